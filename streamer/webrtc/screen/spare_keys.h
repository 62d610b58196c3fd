/* The keys that nobody has, and what each of them types now: who types what the keyboard does not have puts
 * it on one of these for the moment. Pure; time is handed in. One thread at a time.
 *
 * An application learns that a key types something else and reads the keyboard anew, and that only when it
 * comes to the news. So a key keeps its character as long as it can (who types the same letters changes
 * nothing), the one that is longest unused is taken for a new one, and that not before an application must
 * have come to its last press.
 */
#pragma once
#include <glib.h>

/* After its press a key keeps its character at least so long. */
#define SPARE_KEYS_SETTLE_US (G_USEC_PER_SEC / 2)

typedef struct SpareKeys SpareKeys;

typedef struct {
  guint keycode;
  gboolean is_new; /* it does not type this yet */
  gint64 at_us;    /* when it may be pressed: the moment that was asked for, or later */
} SpareKey;

/* None yet. (transfer full) */
SpareKeys *spare_keys_new(void);
void spare_keys_free(SpareKeys *keys); /* NULL is allowed */

/* There is one with @keycode, which types @character; 0: nothing. */
void spare_keys_add(SpareKeys *keys, guint keycode, gunichar character);

/* The one that types @character from now on, for a press at @now_us. FALSE: there is none at all. */
gboolean spare_keys_take(SpareKeys *keys, gunichar character, gint64 now_us, SpareKey *key);
