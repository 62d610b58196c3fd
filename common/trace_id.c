#include "common/trace_id.h"

#include <string.h>

gboolean trace_id_is_good(const char *text) {
  gsize length = text ? strnlen(text, TRACE_ID_MAX + 1) : 0;
  if (length == 0 || length > TRACE_ID_MAX)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum(text[i]) && !strchr("-_.@", text[i]))
      return FALSE;
  return TRUE;
}
