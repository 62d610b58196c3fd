/* Whether this host can do what a session's settings ask: addresses that it has, elements of GStreamer that
 * can be made, and are brought so far that they look for their devices. No display, no network. After
 * gst_init(), main thread.
 */
#pragma once
#include "streamer/shared/media_settings.h"

/* @problem: "webrtc.h264_encoder: what is wrong", with the setting's name as in config.json. */
typedef void (*MediaCheckFunc)(const char *problem, gpointer data);

/* Calls @say for each thing that is wrong with @settings (MediaSettings as JSON). Blocks while it looks. */
void media_check(const char *settings, MediaCheckFunc say, gpointer data);

/* The addresses alone, the first that is wrong: FALSE with a SETTINGS_ERROR. Opens nothing. */
gboolean media_check_addresses(const MediaSettings *settings, GError **error);
