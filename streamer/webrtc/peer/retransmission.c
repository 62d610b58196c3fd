#include "streamer/webrtc/peer/retransmission.h"

#define KEPT_MS 400
#define KEPT_PACKETS 512
#define PACKET_BYTES 1200

typedef struct {
  Path *path;
  Feed *feed;
} Bound;

static void bound_free(gpointer data) {
  Bound *bound = data;
  path_unref(bound->path);
  feed_unref(bound->feed);
  g_free(bound);
}

/* What is not repeated would be waited for in vain: players ask again and again for seconds before they ask
 * for a key frame. */
static GstPadProbeReturn on_request(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Bound *bound = data;
  const GstStructure *request = gst_event_get_structure(GST_PAD_PROBE_INFO_EVENT(info));
  if (!request || !gst_structure_has_name(request, "GstRTPRetransmissionRequest") ||
      path_may_repeat(bound->path, PACKET_BYTES))
    return GST_PAD_PROBE_OK;
  feed_lose(bound->feed);
  return GST_PAD_PROBE_DROP;
}

void retransmission_bound(GstElement *rtprtxsend, Path *path, Feed *feed) {
  Bound *bound = g_new(Bound, 1);
  *bound = (Bound){path_ref(path), feed_ref(feed)};
  g_object_set(rtprtxsend, "max-size-time", KEPT_MS, "max-size-packets", KEPT_PACKETS, NULL);
  g_autoptr(GstPad) pad = gst_element_get_static_pad(rtprtxsend, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_request, bound, bound_free);
}
