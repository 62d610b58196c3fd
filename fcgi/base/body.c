#include "fcgi/base/body.h"
#include <stdatomic.h>
#include <string.h>

struct Body {
  atomic_uint references;
  gsize length;
  char *text;
};

Body *body_new(char *text) {
  Body *body = g_new0(Body, 1);
  atomic_init(&body->references, 1);
  body->length = strlen(text);
  body->text = text;
  return body;
}

Body *body_ref(Body *body) {
  atomic_fetch_add_explicit(&body->references, 1, memory_order_relaxed);
  return body;
}

void body_unref(Body *body) {
  if (!body || atomic_fetch_sub_explicit(&body->references, 1, memory_order_acq_rel) > 1)
    return;
  g_free(body->text);
  g_free(body);
}

const char *body_get_text(const Body *body) {
  return body->text;
}

gsize body_get_length(const Body *body) {
  return body->length;
}
