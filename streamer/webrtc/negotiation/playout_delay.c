#include "streamer/webrtc/negotiation/playout_delay.h"

#include <gst/rtp/rtp.h>

typedef struct {
  GstRTPHeaderExtension parent;
} PlayoutDelay;
typedef struct {
  GstRTPHeaderExtensionClass parent;
} PlayoutDelayClass;

static GType playout_delay_get_type(void);
G_DEFINE_TYPE(PlayoutDelay, playout_delay, GST_TYPE_RTP_HEADER_EXTENSION)

/* 12 bits of least and 12 bits of greatest delay, in units of 10 ms. */
#define PLAYOUT_DELAY_SIZE 3

static GstRTPHeaderExtensionFlags get_supported_flags(GstRTPHeaderExtension *extension) {
  return GST_RTP_HEADER_EXTENSION_ONE_BYTE | GST_RTP_HEADER_EXTENSION_TWO_BYTE;
}

static gsize get_max_size(GstRTPHeaderExtension *extension, const GstBuffer *input) {
  return PLAYOUT_DELAY_SIZE;
}

static gssize write_zero_delay(GstRTPHeaderExtension *extension, const GstBuffer *input,
                               GstRTPHeaderExtensionFlags flags, GstBuffer *output, guint8 *data,
                               gsize size) {
  if (size < PLAYOUT_DELAY_SIZE)
    return -1;
  memset(data, 0, PLAYOUT_DELAY_SIZE);
  return PLAYOUT_DELAY_SIZE;
}

/* Nobody sends it to us. */
static gboolean read_nothing(GstRTPHeaderExtension *extension, GstRTPHeaderExtensionFlags flags,
                             const guint8 *data, gsize size, GstBuffer *buffer) {
  return TRUE;
}

static gboolean set_caps_from_attributes(GstRTPHeaderExtension *extension, GstCaps *caps) {
  return gst_rtp_header_extension_set_caps_from_attributes_helper(extension, caps, NULL);
}

static void playout_delay_class_init(PlayoutDelayClass *klass) {
  GstRTPHeaderExtensionClass *extension = GST_RTP_HEADER_EXTENSION_CLASS(klass);
  extension->get_supported_flags = get_supported_flags;
  extension->get_max_size = get_max_size;
  extension->write = write_zero_delay;
  extension->read = read_nothing;
  extension->set_caps_from_attributes = set_caps_from_attributes;
  gst_rtp_header_extension_class_set_uri(extension, PLAYOUT_DELAY_URI);
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Playout delay",
                                        GST_RTP_HDREXT_ELEMENT_CLASS,
                                        "Asks the player to show frames at once", "Vitrina");
}

static void playout_delay_init(PlayoutDelay *extension) {
}

gboolean playout_delay_register(void) {
  return gst_element_register(NULL, "rtphdrextplayoutdelay", GST_RANK_MARGINAL, playout_delay_get_type());
}
