#include "streamer/webrtc/network/pacer.h"

#include <gst/base/gstbasetransform.h>

/* A pipeline that is taken down must not wait for longer. */
#define SLICE_US (20 * 1000)

typedef struct {
  GstBaseTransform parent;
  Path *path;
} Pacer;
typedef struct {
  GstBaseTransformClass parent;
} PacerClass;

static GType pacer_get_type(void);
G_DEFINE_TYPE(Pacer, pacer, GST_TYPE_BASE_TRANSFORM)

static GstFlowReturn hold_back(GstBaseTransform *transform, GstBuffer *packet) {
  Pacer *pacer = (Pacer *)transform;
  gint64 wait_us;
  while (pacer->path && (wait_us = path_wait_us(pacer->path, (guint)gst_buffer_get_size(packet))) > 0) {
    if (GST_PAD_IS_FLUSHING(GST_BASE_TRANSFORM_SINK_PAD(transform)))
      return GST_FLOW_FLUSHING;
    g_usleep((gulong)MIN(wait_us, SLICE_US));
  }
  return GST_FLOW_OK;
}

static void pacer_finalize(GObject *object) {
  g_clear_pointer(&((Pacer *)object)->path, path_unref);
  G_OBJECT_CLASS(pacer_parent_class)->finalize(object);
}

static void pacer_class_init(PacerClass *klass) {
  static GstStaticPadTemplate sink =
      GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  static GstStaticPadTemplate source =
      GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  G_OBJECT_CLASS(klass)->finalize = pacer_finalize;
  GST_BASE_TRANSFORM_CLASS(klass)->transform_ip = hold_back;
  GST_BASE_TRANSFORM_CLASS(klass)->transform_ip_on_passthrough = TRUE;
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &sink);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &source);
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Pacer", "Network",
                                        "Spreads packets over time", "Vitrina");
}

static void pacer_init(Pacer *pacer) {
  gst_base_transform_set_passthrough(&pacer->parent, TRUE);
}

gboolean pacer_register(void) {
  return gst_element_register(NULL, "pacer", GST_RANK_NONE, pacer_get_type());
}

void pacer_set_path(GstElement *pacer, Path *path) {
  ((Pacer *)pacer)->path = path_ref(path);
}
