/* The bytes of an answer: made once, never changed, and shared by all who send it, on whichever thread.
 *
 * Like GBytes, with a count that ThreadSanitizer can follow. Any thread.
 */
#pragma once
#include <glib.h>

typedef struct Body Body;

/* @text (transfer full), ended by a NUL that does not count. (transfer full) */
Body *body_new(char *text);
Body *body_ref(Body *body);
void body_unref(Body *body); /* NULL is allowed */
const char *body_get_text(const Body *body);
gsize body_get_length(const Body *body);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Body, body_unref)
