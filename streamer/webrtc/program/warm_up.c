#include "streamer/webrtc/program/warm_up.h"

#include "common/log.h"
#include <gst/gst.h>

typedef struct {
  GSourceFunc on_done;
  gpointer data;
} WarmUp;

/* Reading the certificate makes the key, which all connections of the process share. */
static void make_key(void) {
  GstElement *decoder = gst_element_factory_make("dtlsdec", NULL);
  g_autofree char *pem = NULL;
  if (!decoder)
    return;
  gst_object_ref_sink(decoder);
  g_object_get(decoder, "pem", &pem, NULL);
  gst_object_unref(decoder);
}

const char *const warm_up_elements[] = {"nicesrc",     "nicesink", "sctpenc",   "sctpdec",   "srtpenc",
                                        "srtpdec",     "dtlsdec",  "rtpbin",    "rtpvp8pay", "rtph264pay",
                                        "dtlssrtpenc", "appsrc",   "webrtcbin", NULL};

static void load_plugins(void) {
  for (const char *const *name = warm_up_elements; *name; name++) {
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(*name);
    g_autoptr(GstPluginFeature) feature =
        factory ? gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory)) : NULL;
    if (!feature)
      log_error("plugin_missing", "element=%s", *name);
  }
  /* The first webrtcbin starts libnice and OpenSSL. */
  GstElement *webrtc = gst_element_factory_make("webrtcbin", NULL);
  if (!webrtc) /* told above */
    return;
  gst_object_ref_sink(webrtc);
  gst_element_set_state(webrtc, GST_STATE_READY);
  gst_element_set_state(webrtc, GST_STATE_NULL);
  gst_object_unref(webrtc);
}

static gpointer run(gpointer data) {
  WarmUp *warm_up = data;
  make_key();
  load_plugins();
  g_idle_add_full(G_PRIORITY_DEFAULT, warm_up->on_done, warm_up->data, NULL);
  g_free(warm_up);
  return NULL;
}

GThread *warm_up_start(GSourceFunc on_done, gpointer data) {
  WarmUp *warm_up = g_new(WarmUp, 1);
  *warm_up = (WarmUp){on_done, data};
  return g_thread_new("warm-up", run, warm_up);
}
