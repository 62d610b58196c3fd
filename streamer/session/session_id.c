#include "streamer/session/session_id.h"

#include <string.h>

gboolean session_is_id(const char *text) {
  gsize length = strlen(text);
  return length >= 1 && length <= SESSION_ID_MAX &&
         strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}
