#include "streamer/webrtc/retransmission.h"

#define KEPT_MS 400
#define KEPT_PACKETS 512
#define PACKET_BYTES 1200.0
#define SHARE 0.10
#define BURST_SECONDS 0.3

/* A token bucket, in bytes; of the one thread that takes RTCP in. */
typedef struct {
  double bytes_per_second, burst_bytes, bytes;
  gint64 filled_us;
} Bucket;

static GstPadProbeReturn on_request(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Bucket *bucket = data;
  const GstStructure *request = gst_event_get_structure(GST_PAD_PROBE_INFO_EVENT(info));
  if (!request || !gst_structure_has_name(request, "GstRTPRetransmissionRequest"))
    return GST_PAD_PROBE_OK;
  gint64 now_us = g_get_monotonic_time();
  double elapsed = (double)(now_us - bucket->filled_us) / G_USEC_PER_SEC;
  bucket->filled_us = now_us;
  bucket->bytes = MIN(bucket->bytes + elapsed * bucket->bytes_per_second, bucket->burst_bytes);
  if (bucket->bytes < PACKET_BYTES)
    return GST_PAD_PROBE_DROP;
  bucket->bytes -= PACKET_BYTES;
  return GST_PAD_PROBE_OK;
}

void retransmission_bound(GstElement *rtprtxsend, gint64 bitrate_kbps) {
  Bucket *bucket = g_new0(Bucket, 1);
  bucket->bytes_per_second = (double)bitrate_kbps * 1000 / 8 * SHARE;
  bucket->burst_bytes = bucket->bytes_per_second * BURST_SECONDS + 3 * PACKET_BYTES;
  bucket->bytes = bucket->burst_bytes;
  bucket->filled_us = g_get_monotonic_time();
  g_object_set(rtprtxsend, "max-size-time", KEPT_MS, "max-size-packets", KEPT_PACKETS, NULL);
  g_autoptr(GstPad) pad = gst_element_get_static_pad(rtprtxsend, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_request, bucket, g_free);
}
