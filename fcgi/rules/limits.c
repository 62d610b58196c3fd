#include "fcgi/rules/limits.h"

#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

gboolean limits_is_id(const char *text) {
  return text[strspn(text, LETTERS DIGITS "-_")] == 0;
}

gboolean limits_is_hex(const char *text) {
  return text[strspn(text, DIGITS "abcdef")] == 0;
}

gboolean limits_is_code(const char *text) {
  return text[strspn(text, DIGITS)] == 0;
}

gboolean limits_is_door(const char *text) {
  return strcmp(text, LIMITS_DOOR_OPEN) == 0 || strcmp(text, LIMITS_DOOR_KNOCK) == 0;
}
