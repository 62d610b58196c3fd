#include "common/lws_header.h"

#include <string.h>

char *lws_header_of(struct lws *wsi, enum lws_token_indexes token) {
  int length = lws_hdr_total_length(wsi, token);
  if (length <= 0)
    return NULL;
  char *text = g_malloc((gsize)length + 1);
  if (lws_hdr_copy(wsi, text, length + 1, token) < 0)
    g_clear_pointer(&text, g_free);
  return text;
}

char *lws_header_named(struct lws *wsi, const char *name) {
  int name_length = (int)strlen(name);
  int length = lws_hdr_custom_length(wsi, name, name_length);
  if (length <= 0)
    return NULL;
  char *text = g_malloc((gsize)length + 1);
  if (lws_hdr_custom_copy(wsi, text, length + 1, name, name_length) < 0)
    g_clear_pointer(&text, g_free);
  return text;
}
