/* The guard against guessing: what honest people notice, and what attackers get, by simulation. */
#include "fcgi/rules/guard.h"

#include <glib/gstdio.h>
#include <malloc.h>
#include <math.h>

#define BEGIN_US (1000 * G_TIME_SPAN_SECOND) /* a machine that has just been switched on */

#define CODES 10000
#define LIVE 50
#define CHANCE ((double)LIVE / CODES)
#define ADDRESSES 1000

static GuardAnswer try_code(Guard *guard, const char *client, const char *session, gint64 now_us) {
  guint retry_after_seconds = 0;
  return guard_try(guard, client, session, CHANCE, now_us, &retry_after_seconds);
}

/* Wrong codes from @client until it is refused. */
static guint wrongs_until_refused(Guard *guard, const char *client, double chance, gint64 now_us) {
  guint wrongs = 0, retry_after_seconds;
  while (guard_try(guard, client, NULL, chance, now_us, &retry_after_seconds) == GUARD_WRONG)
    wrongs++;
  return wrongs;
}

/* The attacker's address number @index, each in a network of its own. */
static char *address(guint index) {
  return g_strdup_printf("10.%u.%u.7", index / 250, index % 250);
}

/* Guesses with all addresses from @from_us to @until_us as fast as the guard lets them, and returns at what
 * times it was answered. When a dozen addresses in a row are refused it waits as long as the guard says. An
 * @insider has a code of their own and types that first, from each address. */
static GArray *attack(Guard *guard, gboolean insider, gint64 from_us, gint64 until_us) {
  GArray *looks = g_array_new(FALSE, FALSE, sizeof(gint64));
  guint refused = 0, index = 0, soonest = G_MAXUINT;
  for (gint64 now_us = from_us; now_us < until_us;) {
    g_autofree char *client = address(index++ % ADDRESSES);
    guint retry_after_seconds = 0;
    if (insider)
      guard_try(guard, client, "own", CHANCE, now_us, &retry_after_seconds);
    if (guard_try(guard, client, NULL, CHANCE, now_us, &retry_after_seconds) == GUARD_WRONG) {
      g_array_append_val(looks, now_us);
      refused = 0;
      continue;
    }
    soonest = MIN(soonest, retry_after_seconds);
    if (++refused < 12)
      continue;
    now_us += soonest * G_TIME_SPAN_SECOND;
    refused = 0;
    soonest = G_MAXUINT;
  }
  return looks;
}

static void shut_the_field(Guard *guard, gint64 now_us) {
  g_autoptr(GArray) looks = attack(guard, FALSE, now_us, now_us + 1);
  g_assert_cmpuint(looks->len, >, 0);
}

static void test_two_slips_go_unnoticed(void) {
  static const double chances[] = {0, 0.0001, 0.0005, 0.001, CHANCE, 0.1};
  for (gsize i = 0; i < G_N_ELEMENTS(chances); i++) {
    g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
    guint retry;
    g_assert_cmpint(guard_try(guard, "192.0.2.1", NULL, chances[i], BEGIN_US, &retry), ==, GUARD_WRONG);
    g_assert_cmpint(guard_try(guard, "192.0.2.1", NULL, chances[i], BEGIN_US, &retry), ==, GUARD_WRONG);
    g_assert_cmpint(guard_try(guard, "192.0.2.1", "s", chances[i], BEGIN_US, &retry), ==, GUARD_RIGHT);
  }
}

/* Also when half of the budget is spent already and everybody is held short. */
static void test_two_slips_go_unnoticed_on_a_bad_day(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  guint retry;
  for (guint i = 0; guard_spent(guard, BEGIN_US) <= 0.5; i++) {
    g_autofree char *client = address(i);
    g_assert_cmpint(guard_try(guard, client, NULL, 0.0005, BEGIN_US, &retry), ==, GUARD_WRONG);
  }
  for (int slip = 0; slip < 2; slip++)
    g_assert_cmpint(guard_try(guard, "192.0.2.1", NULL, 0.0005, BEGIN_US, &retry), ==, GUARD_WRONG);
  g_assert_cmpint(guard_try(guard, "192.0.2.1", "s", 0.0005, BEGIN_US, &retry), ==, GUARD_RIGHT);
  g_assert_cmpuint(wrongs_until_refused(guard, "198.51.100.1", 0.0005, BEGIN_US), ==, 3);
}

static void test_one_client_has_few_wrong_codes(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  g_assert_cmpuint(wrongs_until_refused(guard, "192.0.2.1", CHANCE, BEGIN_US), ==, 3);
  g_assert_cmpint(try_code(guard, "192.0.2.1", "s", BEGIN_US), ==, GUARD_REFUSED);
  g_autoptr(Guard) sparse = guard_new(GUARD_RISK_PER_DAY);
  g_assert_cmpuint(wrongs_until_refused(sparse, "192.0.2.1", 0.0001, BEGIN_US), ==, 10);
  g_autoptr(Guard) empty = guard_new(GUARD_RISK_PER_DAY);
  g_assert_cmpuint(wrongs_until_refused(empty, "192.0.2.1", 0, BEGIN_US), ==, 10);
}

static void test_waiting_as_told_is_enough(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  guint retry;
  wrongs_until_refused(guard, "192.0.2.1", CHANCE, BEGIN_US);
  g_assert_cmpint(guard_try(guard, "192.0.2.1", NULL, CHANCE, BEGIN_US, &retry), ==, GUARD_REFUSED);
  g_assert_cmpuint(retry, >, 3600);
  gint64 then_us = BEGIN_US + retry * G_TIME_SPAN_SECOND;
  g_assert_cmpint(try_code(guard, "192.0.2.1", NULL, then_us - 2 * G_TIME_SPAN_SECOND), ==, GUARD_REFUSED);
  g_assert_cmpint(try_code(guard, "192.0.2.1", NULL, then_us), ==, GUARD_WRONG);

  shut_the_field(guard, then_us);
  g_assert_cmpint(guard_try(guard, "192.0.2.99", NULL, CHANCE, then_us, &retry), ==, GUARD_REFUSED);
  g_assert_cmpuint(retry, <=, 90000);
  g_assert_cmpint(try_code(guard, "192.0.2.99", NULL, then_us + (retry - 1) * G_TIME_SPAN_SECOND), ==,
                  GUARD_REFUSED);
  g_assert_cmpint(try_code(guard, "192.0.2.99", NULL, then_us + retry * G_TIME_SPAN_SECOND), ==, GUARD_WRONG);
}

static void test_an_ipv6_network_is_one_client(void) {
  static const struct {
    const char *first, *second;
    gboolean same;
  } rows[] = {
      {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", TRUE},
      {"2001:db8:1:2::1", "2001:db8:1:3::1", FALSE},
      {"192.0.2.1", "::ffff:192.0.2.1", TRUE},
      {"192.0.2.1", "192.0.2.2", FALSE},
      {"unix:", "nonsense", TRUE},
      {"", "192.0.2.1", FALSE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
    wrongs_until_refused(guard, rows[i].first, CHANCE, BEGIN_US);
    GuardAnswer answer = try_code(guard, rows[i].second, "s", BEGIN_US);
    g_assert_cmpint(answer, ==, rows[i].same ? GUARD_REFUSED : GUARD_RIGHT);
  }
}

static void test_who_knows_a_code_is_never_refused_it(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  guard_remember(guard, "192.0.2.1", "booked", BEGIN_US);
  g_assert_cmpint(try_code(guard, "192.0.2.2", "typed", BEGIN_US), ==, GUARD_RIGHT);
  shut_the_field(guard, BEGIN_US);
  /* their neighbour's slips, and their own, are beside the point */
  wrongs_until_refused(guard, "192.0.2.1", CHANCE, BEGIN_US);
  gint64 later_us = BEGIN_US + 23 * G_TIME_SPAN_HOUR;
  g_assert_cmpint(try_code(guard, "192.0.2.1", "booked", later_us), ==, GUARD_RIGHT);
  g_assert_cmpint(try_code(guard, "192.0.2.2", "typed", later_us), ==, GUARD_RIGHT);
  g_assert_cmpint(try_code(guard, "192.0.2.3", "typed", BEGIN_US), ==, GUARD_REFUSED);
  g_assert_cmpint(try_code(guard, "192.0.2.1", "typed", BEGIN_US), ==, GUARD_REFUSED);
}

static void test_regulars_have_a_reserve(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  guard_remember(guard, "192.0.2.1", "yesterday's", BEGIN_US);
  shut_the_field(guard, BEGIN_US);
  g_assert_cmpint(try_code(guard, "198.51.100.1", "s", BEGIN_US), ==, GUARD_REFUSED);
  g_assert_cmpint(try_code(guard, "192.0.2.1", NULL, BEGIN_US), ==, GUARD_WRONG);
  g_assert_cmpint(try_code(guard, "192.0.2.1", NULL, BEGIN_US), ==, GUARD_WRONG);
  g_assert_cmpint(try_code(guard, "192.0.2.1", "today's", BEGIN_US), ==, GUARD_RIGHT);
  /* for a day */
  g_autoptr(Guard) other = guard_new(GUARD_RISK_PER_DAY);
  guard_remember(other, "192.0.2.1", "yesterday's", BEGIN_US);
  shut_the_field(other, BEGIN_US + 2 * G_TIME_SPAN_HOUR);
  g_assert_cmpint(try_code(other, "192.0.2.1", "today's", BEGIN_US + G_TIME_SPAN_DAY - 1), ==, GUARD_RIGHT);
  g_assert_cmpint(try_code(other, "192.0.2.1", "tomorrow's", BEGIN_US + 3 * G_TIME_SPAN_DAY), ==,
                  GUARD_RIGHT);
  shut_the_field(other, BEGIN_US + 5 * G_TIME_SPAN_DAY);
  g_assert_cmpint(try_code(other, "192.0.2.1", "s", BEGIN_US + 5 * G_TIME_SPAN_DAY), ==, GUARD_REFUSED);
}

/* Three days of guessing from 200 addresses of one network, IPv4 or IPv6: a stranger is always answered. */
static void test_no_single_network_shuts_the_field(void) {
  static const double chances[] = {0.0001, 0.0005, CHANCE};
  for (gsize i = 0; i < 2 * G_N_ELEMENTS(chances); i++) {
    g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
    double chance = chances[i / 2];
    guint looks = 0, retry;
    for (gint64 now_us = BEGIN_US; now_us < BEGIN_US + 3 * G_TIME_SPAN_DAY;
         now_us += 20 * G_TIME_SPAN_MINUTE) {
      for (guint host = 1; host <= 200; host++) {
        g_autofree char *client =
            i % 2 ? g_strdup_printf("2001:db8:7:%x::1", host) : g_strdup_printf("203.0.113.%u", host);
        looks += guard_try(guard, client, NULL, chance, now_us, &retry) == GUARD_WRONG;
      }
      g_assert_cmpfloat(guard_spent(guard, now_us), <=, 0.66);
      g_assert_cmpint(guard_try(guard, "192.0.2.1", "s", chance, now_us, &retry), ==, GUARD_RIGHT);
      guard_remember(guard, "198.51.100.1", "s", now_us); /* right codes of others cost nothing */
    }
    g_assert_cmpuint(looks, >, 0);
  }
}

/* The most looks that fall into any 24 hours. */
static guint most_in_a_day(const GArray *looks) {
  guint most = 0;
  for (guint first = 0, last = 0; last < looks->len; last++) {
    while (g_array_index(looks, gint64, last) - g_array_index(looks, gint64, first) >= G_TIME_SPAN_DAY)
      first++;
    most = MAX(most, last - first + 1);
  }
  return most;
}

/* The chance that @looks different guesses meet one of LIVE codes. */
static double chance_to_find(guint looks) {
  double missed = 1;
  for (guint i = 0; i < looks; i++)
    missed *= (double)(CODES - LIVE - i) / (CODES - i);
  return 1 - missed;
}

static void test_a_thousand_addresses_stay_below_one_in_twenty(void) {
  for (int insider = 0; insider < 2; insider++) {
    g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
    for (guint i = 0; insider && i < ADDRESSES; i++) { /* the attacker booked the session */
      g_autofree char *client = address(i);
      guard_remember(guard, client, "own", BEGIN_US);
    }
    g_autoptr(GArray) looks = attack(guard, insider, BEGIN_US, BEGIN_US + 10 * G_TIME_SPAN_DAY);
    guint most = most_in_a_day(looks);
    g_test_message("%s: at most %u looks in 24 hours, chance to find one of %d codes: %.2f %%",
                   insider ? "attacker with a code of their own" : "blind attacker", most, LIVE,
                   100 * chance_to_find(most));
    g_assert_cmpuint(most, ==, insider ? 10 : 7);
    g_assert_cmpfloat(chance_to_find(most), <, 0.05);
  }
}

/* The same by trying it: days of attack on random codes. With 7 looks a day the share of days with a find
 * is 3.45 %; 5 % would be 6 standard deviations away. The seed is fixed, so that the result is too. */
static void test_simulated_days_of_attack(void) {
  enum { DAYS = 2000 };
  g_autoptr(GRand) rand = g_rand_new_with_seed(20261201);
  guint found = 0;
  g_autoptr(Guard) guard = NULL;
  for (guint day = 0; day < DAYS; day++) {
    g_clear_pointer(&guard, guard_free);
    guard = guard_new(GUARD_RISK_PER_DAY);
    g_autoptr(GArray) looks = attack(guard, FALSE, BEGIN_US, BEGIN_US + G_TIME_SPAN_DAY);
    gboolean hit = FALSE;
    for (guint i = 0; i < looks->len;
         i++) /* guess i is any code not yet guessed; which, makes no difference */
      hit |= g_rand_int_range(rand, 0, CODES - (gint32)i) < LIVE;
    found += hit;
  }
  g_test_message("a code was found on %.2f %% of %d days", 100.0 * found / DAYS, DAYS);
  g_assert_cmpuint(found, <, DAYS / 20);
  g_assert_cmpuint(found, >, DAYS / 50);
}

static void test_the_promise_holds_while_codes_come_and_go(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  g_autoptr(GRand) rand = g_rand_new_with_seed(7);
  double missed = 1;
  for (guint i = 0; i < 20000; i++) {
    double chance = g_rand_int_range(rand, 0, LIVE + 1) / (double)CODES;
    g_autofree char *client = address(i % ADDRESSES);
    guint retry;
    guard_remember(guard, client, "own", BEGIN_US);
    if (guard_try(guard, client, NULL, chance, BEGIN_US, &retry) == GUARD_WRONG)
      missed *= 1 - chance;
  }
  g_assert_cmpfloat(1 - missed, <, 0.05);
  g_assert_cmpfloat(1 - missed, >, 0.03);
}

static void test_six_digits_leave_room_for_a_thousand_slips(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  guint slips = 0, retry;
  for (guint i = 0; i < 2 * ADDRESSES; i++) {
    g_autofree char *client = address(i % ADDRESSES);
    slips += guard_try(guard, client, NULL, LIVE / 1e6, BEGIN_US, &retry) == GUARD_WRONG;
  }
  g_assert_cmpuint(slips, ==, 717); /* 70 % of 1,025 */
}

static void test_a_flood_of_addresses_costs_no_memory(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  g_assert_cmpint(try_code(guard, "192.0.2.1", "s", BEGIN_US), ==, GUARD_RIGHT);
  gsize before = mallinfo2().uordblks;
  guint refused = 0;
  for (guint i = 0; i < 200000; i++) {
    g_autofree char *client = g_strdup_printf("2001:db8:%x:%x::1", i / 65536, i % 65536);
    refused += try_code(guard, client, NULL, BEGIN_US + i) == GUARD_REFUSED;
  }
  g_assert_cmpuint(refused, >=, 199990);
  g_assert_cmpuint(mallinfo2().uordblks, <=, before + 4096);
  g_assert_cmpint(try_code(guard, "192.0.2.1", "s", BEGIN_US), ==, GUARD_RIGHT);
}

static void test_a_clock_that_goes_back_frees_nothing(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  gint64 late_us = BEGIN_US + 100 * G_TIME_SPAN_DAY;
  shut_the_field(guard, late_us);
  g_assert_cmpint(try_code(guard, "192.0.2.1", "s", BEGIN_US), ==, GUARD_REFUSED);
  g_assert_cmpint(try_code(guard, "192.0.2.1", "s", late_us), ==, GUARD_REFUSED);
  g_autoptr(Guard) other = guard_new(GUARD_RISK_PER_DAY);
  wrongs_until_refused(other, "192.0.2.1", CHANCE, late_us);
  g_assert_cmpint(try_code(other, "192.0.2.1", "s", BEGIN_US), ==, GUARD_REFUSED);
}

/* Thirty days ahead, and back: what was spent then is forgotten a day later, not a month. */
static void test_a_clock_that_was_ahead_costs_a_day(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  shut_the_field(guard, BEGIN_US + 30 * G_TIME_SPAN_DAY);
  gint64 now_us = BEGIN_US;
  for (; now_us <= BEGIN_US + 25 * G_TIME_SPAN_HOUR; now_us += G_TIME_SPAN_HOUR)
    guard_spent(guard, now_us);
  g_assert_cmpint(try_code(guard, "192.0.2.1", "s", now_us), ==, GUARD_RIGHT);
  g_assert_cmpfloat(guard_spent(guard, now_us), ==, 0);
  /* Who is let in now is known now. */
  g_assert_cmpint(try_code(guard, "192.0.2.1", "s", now_us + G_TIME_SPAN_MINUTE), ==, GUARD_RIGHT);
}

/* For processes that live for one code each. */
static void a_file_remembers(void) {
  g_autofree char *directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(directory, "guard", NULL);
  g_autoptr(GError) error = NULL;
  guint wrongs = 0;
  for (GuardAnswer answer = GUARD_WRONG; answer == GUARD_WRONG; wrongs++) {
    Guard *guard = guard_open(path, GUARD_RISK_PER_DAY, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(guard_spent(guard, BEGIN_US) > 0, ==, wrongs > 0);
    answer = try_code(guard, "192.0.2.1", NULL, BEGIN_US);
    guard_free(guard);
  }
  Guard *fresh = guard_new(GUARD_RISK_PER_DAY);
  g_assert_cmpuint(wrongs - 1, ==, wrongs_until_refused(fresh, "192.0.2.1", CHANCE, BEGIN_US));
  guard_free(fresh);
  /* What is not of its form is begun anew. */
  g_assert_true(g_file_set_contents(path, "rubbish", -1, NULL));
  Guard *anew = guard_open(path, GUARD_RISK_PER_DAY, &error);
  g_assert_cmpfloat(guard_spent(anew, BEGIN_US), ==, 0);
  guard_free(anew);
  g_unlink(path);
  g_rmdir(directory);
  g_assert_null(guard_open(path, GUARD_RISK_PER_DAY, &error));
  g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/guard/two-slips-go-unnoticed", test_two_slips_go_unnoticed);
  g_test_add_func("/guard/two-slips-go-unnoticed-on-a-bad-day", test_two_slips_go_unnoticed_on_a_bad_day);
  g_test_add_func("/guard/one-client-has-few-wrong-codes", test_one_client_has_few_wrong_codes);
  g_test_add_func("/guard/waiting-as-told-is-enough", test_waiting_as_told_is_enough);
  g_test_add_func("/guard/an-ipv6-network-is-one-client", test_an_ipv6_network_is_one_client);
  g_test_add_func("/guard/who-knows-a-code-is-never-refused-it", test_who_knows_a_code_is_never_refused_it);
  g_test_add_func("/guard/regulars-have-a-reserve", test_regulars_have_a_reserve);
  g_test_add_func("/guard/no-single-network-shuts-the-field", test_no_single_network_shuts_the_field);
  g_test_add_func("/guard/a-thousand-addresses-stay-below-one-in-twenty",
                  test_a_thousand_addresses_stay_below_one_in_twenty);
  g_test_add_func("/guard/simulated-days-of-attack", test_simulated_days_of_attack);
  g_test_add_func("/guard/the-promise-holds-while-codes-come-and-go",
                  test_the_promise_holds_while_codes_come_and_go);
  g_test_add_func("/guard/six-digits-leave-room-for-a-thousand-slips",
                  test_six_digits_leave_room_for_a_thousand_slips);
  g_test_add_func("/guard/a-flood-of-addresses-costs-no-memory", test_a_flood_of_addresses_costs_no_memory);
  g_test_add_func("/guard/a-clock-that-goes-back-frees-nothing", test_a_clock_that_goes_back_frees_nothing);
  g_test_add_func("/guard/a-clock-that-was-ahead-costs-a-day", test_a_clock_that_was_ahead_costs_a_day);
  g_test_add_func("/guard/a-file-remembers", a_file_remembers);
  return g_test_run();
}
