#include "common/language.h"

#include <string.h>

#define SUBTAG_MAX 8

gboolean language_is_tag(const char *text) {
  gboolean is_first = TRUE;
  if (strlen(text) > LANGUAGE_MAX)
    return FALSE;
  for (;; is_first = FALSE) {
    gsize length = 0;
    for (; g_ascii_isalnum(text[length]); length++)
      if (is_first && !g_ascii_isalpha(text[length]))
        return FALSE;
    if (length < (is_first ? 2 : 1) || length > SUBTAG_MAX)
      return FALSE;
    text += length;
    if (*text == '\0')
      return TRUE;
    if (*text++ != '-')
      return FALSE;
  }
}
