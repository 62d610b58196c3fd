#include "streamer/webrtc/network/receipt.h"

#include <gst/rtp/rtp.h>

static gboolean has_block_of(GstRTCPPacket *packet, guint32 ssrc) {
  for (guint i = 0; i < gst_rtcp_packet_get_rb_count(packet); i++) {
    guint32 source, highest, jitter, last, since;
    gint32 lost;
    guint8 fraction;
    gst_rtcp_packet_get_rb(packet, i, &source, &fraction, &lost, &highest, &jitter, &last, &since);
    if (source == ssrc)
      return TRUE;
  }
  return FALSE;
}

static gboolean says_received(GstRTCPPacket *packet, guint32 ssrc) {
  switch (gst_rtcp_packet_get_type(packet)) {
  case GST_RTCP_TYPE_SR:
  case GST_RTCP_TYPE_RR:
    return has_block_of(packet, ssrc);
  case GST_RTCP_TYPE_RTPFB:
    return gst_rtcp_packet_fb_get_media_ssrc(packet) == ssrc;
  default:
    return FALSE;
  }
}

gboolean receipt_says_received(GstBuffer *rtcp, guint32 ssrc) {
  GstRTCPBuffer buffer = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  gboolean is_received = FALSE;
  if (!gst_rtcp_buffer_validate_reduced(rtcp) || !gst_rtcp_buffer_map(rtcp, GST_MAP_READ, &buffer))
    return FALSE;
  for (gboolean more = gst_rtcp_buffer_get_first_packet(&buffer, &packet); more && !is_received;
       more = gst_rtcp_packet_move_to_next(&packet))
    is_received = says_received(&packet, ssrc);
  gst_rtcp_buffer_unmap(&buffer);
  return is_received;
}
