#include "streamer/webrtc/network/silence.h"

#include <stdatomic.h>

struct Silence {
  atomic_llong heard_us;
  atomic_llong sent_us; /* the first since then; 0: none */
};

Silence *silence_new(void) {
  Silence *silence = g_atomic_rc_box_new0(Silence);
  atomic_init(&silence->heard_us, g_get_monotonic_time());
  atomic_init(&silence->sent_us, 0);
  return silence;
}

Silence *silence_ref(Silence *silence) {
  return g_atomic_rc_box_acquire(silence);
}

void silence_unref(Silence *silence) {
  g_atomic_rc_box_release(silence);
}

void silence_note_sent(Silence *silence, gint64 now_us) {
  long long none = 0;
  atomic_compare_exchange_strong(&silence->sent_us, &none, now_us);
}

void silence_note_heard(Silence *silence, gint64 now_us) {
  atomic_store(&silence->heard_us, now_us);
  atomic_store(&silence->sent_us, 0);
}

gint64 silence_unheard_us(const Silence *silence, gint64 now_us) {
  return now_us - atomic_load(&silence->heard_us);
}

gint64 silence_unanswered_us(const Silence *silence, gint64 now_us) {
  gint64 sent_us = atomic_load(&silence->sent_us);
  return sent_us ? now_us - sent_us : 0;
}
