/* What of the media settings this host cannot do: what no table of settings can know. After gst_init(), main
 * thread. */
#pragma once
#include "streamer/shared/media_settings.h"

/* Adds a sentence without its full stop (transfer full, char *) to @problems for each thing that is wrong
 * with
 * @settings on this host: addresses that it does not have, encoders that cannot be made. Has no side effects,
 * and opens no device. */
void media_check(const MediaSettings *settings, GPtrArray *problems);

/* The addresses alone, the first that is wrong: FALSE with a SETTINGS_ERROR. */
gboolean media_check_addresses(const MediaSettings *settings, GError **error);
