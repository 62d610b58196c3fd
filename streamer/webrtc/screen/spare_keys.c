#include "streamer/webrtc/screen/spare_keys.h"

typedef struct {
  guint keycode;
  gunichar character; /* 0: none */
  gint64 pressed_us;  /* the last time; G_MININT64: never */
} Spare;

struct SpareKeys {
  GArray *spares; /* of Spare */
};

SpareKeys *spare_keys_new(void) {
  SpareKeys *keys = g_new(SpareKeys, 1);
  keys->spares = g_array_new(FALSE, FALSE, sizeof(Spare));
  return keys;
}

void spare_keys_free(SpareKeys *keys) {
  if (!keys)
    return;
  g_array_unref(keys->spares);
  g_free(keys);
}

void spare_keys_add(SpareKeys *keys, guint keycode, gunichar character) {
  Spare spare = {keycode, character, G_MININT64};
  g_array_append_val(keys->spares, spare);
}

/* Of those never pressed one that types nothing goes first: another engine's letters are left as they are. */
static gboolean is_staler(const Spare *spare, const Spare *than) {
  if (spare->pressed_us != than->pressed_us)
    return spare->pressed_us < than->pressed_us;
  return spare->character == 0 && than->character != 0;
}

/* The one that types @character, else the longest unused. NULL: there is none. */
static Spare *choose_spare(SpareKeys *keys, gunichar character) {
  Spare *stalest = NULL;
  for (guint i = 0; i < keys->spares->len; i++) {
    Spare *spare = &g_array_index(keys->spares, Spare, i);
    if (spare->character == character)
      return spare;
    if (!stalest || is_staler(spare, stalest))
      stalest = spare;
  }
  return stalest;
}

gboolean spare_keys_take(SpareKeys *keys, gunichar character, gint64 now_us, SpareKey *key) {
  Spare *spare = choose_spare(keys, character);
  if (!spare)
    return FALSE;
  *key = (SpareKey){.keycode = spare->keycode, .is_new = spare->character != character, .at_us = now_us};
  if (key->is_new && spare->pressed_us != G_MININT64)
    key->at_us = MAX(now_us, spare->pressed_us + SPARE_KEYS_SETTLE_US);
  spare->character = character;
  spare->pressed_us = key->at_us;
  return TRUE;
}
