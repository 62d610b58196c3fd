/* Tries whether an X server asks for its cookie: one that could not read it lets in whoever comes. Main
 * thread.
 */
#pragma once
#include <glib.h>

typedef struct DisplayProbe DisplayProbe;

/* @flaw NULL: it refused a client without a cookie; else what is wrong, a clause for people. The probe may be
 * freed in the call. */
typedef void (*DisplayProbeFunc)(const char *flaw, gpointer data);

/* Comes to the server at the Unix socket @path without a cookie. @func is called once, from the main loop,
 * unless the probe is freed before. (transfer full) */
DisplayProbe *display_probe_start(const char *path, DisplayProbeFunc func, gpointer data);
void display_probe_free(DisplayProbe *probe); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DisplayProbe, display_probe_free)
