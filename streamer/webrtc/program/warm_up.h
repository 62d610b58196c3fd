/* What a session needs once and what takes long, done while the application still starts: the DTLS key (100
 * to 360 ms) and the plugins behind webrtcbin. */
#pragma once
#include <glib.h>

/* Starts it in a thread of its own; @on_done is called on the main thread when all is there. Once, after
 * gst_init(). Returns the thread (transfer full), which must have ended before gst_deinit(). */
GThread *warm_up_start(GSourceFunc on_done, gpointer data);

/* The elements that every session is made of, ended by NULL. */
extern const char *const warm_up_elements[];
