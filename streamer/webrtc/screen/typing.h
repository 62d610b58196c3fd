/* Types text into the X display: what the keyboard has by its keys, all else by keys that nobody has and that
 * are made to type it (spare_keys.h). One thread at a time.
 *
 * Nothing here waits. Where a key must not change yet, the X server holds the press back, and with it all
 * that comes later on the same connection: the order is kept.
 */
#pragma once
#include <X11/Xlib.h>
#include <glib.h>

/* The display is at most so far behind; text that would make it later is left out. */
#define TYPING_MAX_BEHIND_US (4 * G_USEC_PER_SEC)

typedef struct Typing Typing;

/* Looks at the keyboard as it is: what an engine before this one has made of keys is used again. @display has
 * XTEST, and must outlive it. (transfer full) */
Typing *typing_new(Display *display);
void typing_free(Typing *typing); /* NULL is allowed */

/* Presses what types @text (UTF-8), in order; a line's end is Enter, a tab Tab. Control characters are left
 * out, and what the application's toolkit cannot read is its loss. No key may be down. @now_us:
 * g_get_monotonic_time(). The caller flushes. */
void typing_type(Typing *typing, const char *text, gint64 now_us);
