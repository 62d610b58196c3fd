/* The settings of a session's picture and sound: the "webrtc" object of the streamer's config.json, which the
 * streamer checks and hands to each engine as it is. media_settings_table in media_settings.c is their
 * manual: name, limits, default, a sentence each.
 */
#pragma once
#include "common/settings.h"
#include <glib.h>

/* The picture codecs that Vitrina knows. */
typedef enum { MEDIA_CODEC_H264, MEDIA_CODEC_VP8, MEDIA_CODECS } MediaCodec;

/* How one codec is encoded. */
typedef struct {
  char *element;          /* what stands between raw I420 and the encoded stream, in gst-launch's language */
  char *bitrate_property; /* the property of it that takes the bit rate; "" when the description says it */
  gint64 bitrate_unit;    /* bits per second that one unit of this property means */
} MediaEncoder;

/* Pixels. */
typedef struct {
  guint width, height;
} MediaSize;

typedef struct {
  gint64 width, height; /* pixels, even; those to begin with where the picture fits somebody's screen */
  char *resolution;     /* "fit" or "fixed" */
  gint64 max_width, max_height,
      max_pixels;      /* of a picture that fits; max_pixels 0: what the encoder can do */
  gint64 framerate;    /* frames a second, at most */
  gint64 bitrate_kbps; /* to each viewer, at most; all that is sent while `adaptive` is off */
  gint64 bitrate_min_kbps, bitrate_start_kbps;
  gboolean adaptive;  /* the rate follows what each viewer's network carries */
  char **codec_names; /* in order of preference */
  MediaEncoder encoders[MEDIA_CODECS];
  gboolean sound;
  gint64 udp_port_min, udp_port_max; /* 0: any */
  char **ice_addresses;              /* empty: all of the host */
  char **public_addresses;           /* public_address.h */
  char *ice_transport_policy;        /* "all" or "relay" */
  gboolean playout_delay;
  char *pointer; /* "auto", "absolute" or "relative" */
  gint64 mtu;    /* bytes of an RTP packet */
} MediaSettings;

extern const Setting media_settings_table[];

/* The codec's name as settings and SDP write it: "H264". Static. */
const char *media_codec_name(MediaCodec codec);

/* The codec of that name, in any letter case (RFC 4855 section 3); FALSE when there is none. */
gboolean media_codec_find(const char *name, MediaCodec *codec);

/* Reads @json (an object's text; NULL: all defaults) into @settings, which must be zeroed. @name stands for
 * the file in the messages: "config.json: webrtc". Checks what the table cannot say as well. On failure
 * @settings is empty, and the error is a SETTINGS_ERROR. */
gboolean media_settings_read(const char *name, const char *json, MediaSettings *settings, GError **error);

/* Whether the picture takes the size of the screen of who steers. */
gboolean media_settings_fit(const MediaSettings *settings);

/* How large the X display is: all sizes that the picture can have find room in it. */
MediaSize media_settings_display(const MediaSettings *settings);

/* Frees what it holds and zeroes it. */
void media_settings_clear(MediaSettings *settings);
