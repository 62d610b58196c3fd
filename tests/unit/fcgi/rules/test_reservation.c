/* fcgi/reservation, fcgi/limits: what passes the border can be written, and what was written is read as it
 * was. */
#include "common/instant.h"
#include "fcgi/rules/reservation.h"

#include <string.h>

#define RECORDS 20000
#define MAX_TEXT 420

/* A text as the world has them: of the right length or not, of the right characters or not. (transfer full)
 */
static char *some_text(GRand *rand) {
  static const char *const parts[] = {"a",    "7",    "-", "_", " ", "\"", "\\",   "\n",
                                      "\x01", "\x7f", "/", "é", "ж", "🏠",  "\xff", "\xed\xa0\x80"};
  guint some = (guint)g_rand_int_range(rand, 0, 3) ? 4 : G_N_ELEMENTS(parts);
  guint most = g_rand_boolean(rand) ? 10 : MAX_TEXT;
  GString *text = g_string_new(NULL);
  for (gint32 left = g_rand_int_range(rand, 0, (gint32)most); left > 0; left--)
    g_string_append(text, parts[g_rand_int_range(rand, 0, (gint32)some)]);
  return g_string_free(text, FALSE);
}

static char *some_digits(GRand *rand) {
  g_autofree char *digits = g_strdup_printf("%010u", g_rand_int(rand));
  return g_strndup(digits, (gsize)g_rand_int_range(rand, 0, 11));
}

static char *text_or_none(GRand *rand) {
  return g_rand_boolean(rand) ? some_text(rand) : NULL;
}

static gint64 some_instant(GRand *rand) {
  static const gint64 edges[] = {0,
                                 1,
                                 500000,
                                 INSTANT_SECOND,
                                 G_MAXINT32 * INSTANT_SECOND,
                                 (G_MAXINT32 + (gint64)1) * INSTANT_SECOND,
                                 -INSTANT_SECOND,
                                 G_MAXINT64};
  gint32 edge = g_rand_int_range(rand, 0, 4 * G_N_ELEMENTS(edges));
  return edge < (gint32)G_N_ELEMENTS(edges) ? edges[edge] : (gint64)g_rand_int(rand) * INSTANT_SECOND / 2;
}

static Reservation *some_reservation(GRand *rand) {
  Reservation *it = g_new0(Reservation, 1);
  gboolean tame = g_rand_int_range(rand, 0, 4) > 0; /* else next to none would pass */
  it->id = tame ? g_strdup_printf("id-%u", g_rand_int(rand)) : text_or_none(rand);
  it->code = tame ? g_strdup_printf("%04d", g_rand_int_range(rand, 0, 1000000000)) : some_digits(rand);
  it->rc_name = tame ? g_strdup("Река \"А\"\n") : text_or_none(rand);
  it->starts_at_us = tame ? g_rand_int_range(rand, 1, G_MAXINT32 / 2) * INSTANT_SECOND : some_instant(rand);
  it->ends_at_us =
      tame ? it->starts_at_us + g_rand_int_range(rand, -9, 9) * INSTANT_SECOND : some_instant(rand);
  it->booked = g_rand_boolean(rand);
  it->name = text_or_none(rand);
  it->request_id = text_or_none(rand);
  it->state = (ReservationState)g_rand_int_range(rand, 0, RESERVATION_N_STATES);
  it->server_name = text_or_none(rand);
  it->reason = g_rand_boolean(rand) ? g_strdup("time_over") : text_or_none(rand);
  it->created_at_us = some_instant(rand);
  it->ended_at_us = some_instant(rand);
  return it;
}

static void assert_same_second(gint64 a, gint64 b) {
  g_assert_cmpint(a / INSTANT_SECOND, ==, b / INSTANT_SECOND);
}

static void assert_same(const Reservation *a, const Reservation *b) {
  g_assert_cmpstr(a->id, ==, b->id);
  g_assert_cmpstr(a->code, ==, b->code);
  g_assert_cmpstr(a->rc_name, ==, b->rc_name);
  assert_same_second(a->starts_at_us, b->starts_at_us);
  assert_same_second(a->ends_at_us, b->ends_at_us);
  g_assert_cmpint(a->booked, ==, b->booked);
  g_assert_cmpstr(a->name, ==, b->name);
  g_assert_cmpstr(a->request_id, ==, b->request_id);
  g_assert_cmpint(a->state, ==, b->state);
  g_assert_cmpstr(a->server_name, ==, b->server_name);
  g_assert_cmpstr(a->reason, ==, b->reason);
  assert_same_second(a->created_at_us, b->created_at_us);
  assert_same_second(a->ended_at_us, b->ended_at_us);
}

static void every_record_that_is_written_is_read(void) {
  g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)g_test_rand_int());
  guint passed = 0;
  for (guint i = 0; i < RECORDS; i++) {
    g_autoptr(Reservation) it = some_reservation(rand);
    g_autoptr(GError) border = NULL, error = NULL;
    if (!reservation_check(it, &border)) {
      g_assert_error(border, FIELDS_ERROR, border->code);
      continue;
    }
    g_autofree char *text = reservation_format(it);
    g_autoptr(Reservation) back = reservation_parse(text, &error);
    g_assert_no_error(error);
    g_assert_true(reservation_check(back, NULL));
    assert_same(it, back);
    g_assert_null(strchr(text, '\n')); /* one line */
    passed++;
  }
  g_test_message("%u of %u passed the border", passed, RECORDS);
  g_assert_cmpuint(passed, >, RECORDS / 100);
}

/* What is read passes the border of every other way, too. */
static void every_record_that_is_read_can_be_written(void) {
  g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)g_test_rand_int());
  for (guint i = 0; i < RECORDS; i++) {
    g_autoptr(Reservation) it = some_reservation(rand);
    if (!it->id || !it->code || !it->rc_name || it->starts_at_us <= 0 || it->starts_at_us == G_MAXINT64 ||
        it->ends_at_us <= 0 || it->ends_at_us == G_MAXINT64 || it->created_at_us == G_MAXINT64 ||
        it->ended_at_us == G_MAXINT64)
      continue;
    g_autofree char *text = reservation_format(it);
    g_autoptr(Reservation) read = reservation_parse(text, NULL);
    g_assert_true(!read || reservation_check(read, NULL));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/reservation/every-record-that-is-written-is-read", every_record_that_is_written_is_read);
  g_test_add_func("/reservation/every-record-that-is-read-can-be-written",
                  every_record_that_is_read_can_be_written);
  return g_test_run();
}
