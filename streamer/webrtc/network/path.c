#include "streamer/webrtc/network/path.h"

#include <gst/rtp/rtp.h>

/* What SRTP, UDP and IPv4 add to an RTP packet. */
#define OVERHEAD_BYTES (10 + 8 + 20)

struct Path {
  GMutex lock;
  Congestion *congestion;
  CongestionLimits limits;
  guint8 extension; /* 0: no feedback */
  Silence *silence;
};

Path *path_new(const CongestionLimits *limits, guint transport_cc_id, Silence *silence) {
  Path *path = g_atomic_rc_box_new0(Path);
  g_mutex_init(&path->lock);
  path->congestion = congestion_new(limits, g_get_monotonic_time());
  path->limits = *limits;
  path->extension = (guint8)transport_cc_id;
  path->silence = silence_ref(silence);
  return path;
}

Path *path_ref(Path *path) {
  return g_atomic_rc_box_acquire(path);
}

static void path_clear(gpointer data) {
  Path *path = data;
  congestion_free(path->congestion);
  silence_unref(path->silence);
  g_mutex_clear(&path->lock);
}

void path_unref(Path *path) {
  g_atomic_rc_box_release_full(path, path_clear);
}

static void path_unref_data(gpointer path) {
  path_unref(path);
}

static void path_unref_closure(gpointer path, GClosure *closure) {
  path_unref(path);
}

/* ---- what goes out ---- */

static void note_packet(Path *path, GstBuffer *buffer, gint64 now_us) {
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  gpointer number; /* 2 bytes, big-endian, not aligned */
  guint size;
  if (!gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp))
    return;
  if (gst_rtp_buffer_get_extension_onebyte_header(&rtp, path->extension, 0, &number, &size) &&
      size == sizeof(guint16)) {
    const guint8 *bytes = number;
    g_mutex_lock(&path->lock);
    congestion_note_sent(path->congestion, (guint16)(bytes[0] << 8 | bytes[1]),
                         gst_rtp_buffer_get_packet_len(&rtp) + OVERHEAD_BYTES, now_us);
    g_mutex_unlock(&path->lock);
  }
  gst_rtp_buffer_unmap(&rtp);
}

static GstPadProbeReturn on_sent(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Path *path = data;
  gint64 now_us = g_get_monotonic_time();
  silence_note_sent(path->silence, now_us);
  if (path->extension == 0)
    return GST_PAD_PROBE_OK;
  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST)) {
    note_packet(path, GST_PAD_PROBE_INFO_BUFFER(info), now_us);
    return GST_PAD_PROBE_OK;
  }
  GstBufferList *list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
  for (guint i = 0; i < gst_buffer_list_length(list); i++)
    note_packet(path, gst_buffer_list_get(list, i), now_us);
  return GST_PAD_PROBE_OK;
}

/* The session has written the numbers when its packets come out of this pad. */
static void on_pad(GstElement *rtpsession, GstPad *pad, gpointer path) {
  if (g_str_has_prefix(GST_OBJECT_NAME(pad), "send_rtp_src"))
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_sent,
                      path_ref(path), path_unref_data);
}

/* ---- what comes back ---- */

static void on_feedback(GObject *session, guint type, guint format, guint sender, guint media, GstBuffer *fci,
                        gpointer data) {
  Path *path = data;
  GstMapInfo map;
  if (type != GST_RTCP_TYPE_RTPFB || format != GST_RTCP_RTPFB_TYPE_TWCC || !fci ||
      !gst_buffer_map(fci, &map, GST_MAP_READ))
    return;
  g_mutex_lock(&path->lock);
  congestion_take_feedback(path->congestion, map.data, map.size, g_get_monotonic_time());
  g_mutex_unlock(&path->lock);
  gst_buffer_unmap(fci, &map);
}

void path_watch(Path *path, GstElement *rtpsession) {
  g_autoptr(GObject) session = NULL;
  g_object_get(rtpsession, "internal-session", &session, NULL);
  if (path->extension != 0)
    g_signal_connect_data(session, "on-feedback-rtcp", G_CALLBACK(on_feedback), path_ref(path),
                          path_unref_closure, 0);
  g_signal_connect_data(rtpsession, "pad-added", G_CALLBACK(on_pad), path_ref(path), path_unref_closure, 0);
}

gint64 path_wait_us(Path *path, guint bytes) {
  if (path->extension == 0)
    return 0;
  g_mutex_lock(&path->lock);
  gint64 wait_us = congestion_wait_us(path->congestion, bytes + OVERHEAD_BYTES, g_get_monotonic_time());
  g_mutex_unlock(&path->lock);
  return wait_us;
}

gboolean path_may_repeat(Path *path, guint bytes) {
  g_mutex_lock(&path->lock);
  gboolean may = congestion_may_repeat(path->congestion, bytes + OVERHEAD_BYTES, g_get_monotonic_time());
  g_mutex_unlock(&path->lock);
  return may;
}

void path_report(Path *path, CongestionReport *report) {
  if (path->extension == 0) {
    *report = (CongestionReport){.target_kbps = path->limits.max_kbps, .send_kbps = path->limits.max_kbps};
    return;
  }
  g_mutex_lock(&path->lock);
  congestion_check(path->congestion, g_get_monotonic_time());
  congestion_report(path->congestion, report);
  g_mutex_unlock(&path->lock);
}
