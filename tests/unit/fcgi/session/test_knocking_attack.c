/* A day of an attack on the codes, by simulation: strangers have to knock, and an honest one with the right
 * code is heard at every moment of it. */
#include "fcgi/base/client_counts.h"
#include "fcgi/rules/guard.h"
#include "fcgi/session/knocks.h"

#define BEGIN_US (1000 * G_TIME_SPAN_SECOND)
#define MOMENT_US (10 * G_TIME_SPAN_MINUTE) /* that is looked at; the attacker is there all the time */
#define CODES 10000
#define LIVE 50
#define CHANCE ((double)LIVE / CODES)
#define ADDRESSES 1000
#define NETWORKS 250
#define SESSION 17 /* the honest one's, of 0 to LIVE - 1 */

/* A stranger, each time somebody else. */
static char *honest_address(guint moment) {
  return g_strdup_printf("192.0.%u.%u", moment / 250 % 250, 1 + moment % 250);
}

static char *attacking_address(guint index) {
  return g_strdup_printf("10.0.%u.%u", index % NETWORKS, 1 + index / NETWORKS);
}

/* All that the attacker's addresses may have knocking at once, at codes drawn blindly. How many of them stand
 * at the honest one's session; @answered: how many were told something by the guard instead. */
static guint knock_everywhere(Guard *guard, ClientCounts *counts, GRand *rand, gint64 now_us,
                              guint *answered) {
  guint at_session = 0;
  for (guint i = 0; i < ADDRESSES * KNOCKS_PER_CLIENT; i++) {
    g_autofree char *client = attacking_address(i % ADDRESSES);
    gint32 code = g_rand_int_range(rand, 0, CODES);
    g_autofree char *session = code < LIVE ? g_strdup_printf("live-%d", code) : NULL;
    guint retry_after_seconds;
    GuardAnswer answer = guard_try(guard, client, session, CHANCE, now_us, &retry_after_seconds);
    *answered += answer != GUARD_REFUSED;
    if (answer != GUARD_REFUSED || !client_counts_have_room(counts, client))
      continue;
    client_counts_add(counts, client);
    at_session += code == SESSION;
  }
  return at_session;
}

/* Whether the honest one's knock at this moment stands at the session, so that a yes lets in at once. */
static gboolean is_heard(Guard *guard, ClientCounts *counts, guint before, guint moment, gint64 now_us) {
  g_autofree char *client = honest_address(moment);
  guint retry_after_seconds;
  GuardAnswer answer = guard_try(guard, client, "honest", CHANCE, now_us, &retry_after_seconds);
  return answer == GUARD_RIGHT || (client_counts_have_room(counts, client) && before < KNOCKS_PER_SESSION);
}

static void test_an_honest_stranger_is_heard_all_day(void) {
  g_autoptr(Guard) guard = guard_new(GUARD_RISK_PER_DAY);
  g_autoptr(GRand) rand = g_rand_new_with_seed(20261201);
  guint answered = 0, moments = 0, heard = 0, knocks = 0, most = 0;
  for (gint64 now_us = BEGIN_US; now_us < BEGIN_US + G_TIME_SPAN_DAY; now_us += MOMENT_US, moments++) {
    g_autoptr(ClientCounts) counts =
        client_counts_new(KNOCKS_PER_CLIENT, KNOCKS_PER_NETWORK / KNOCKS_PER_CLIENT, NULL);
    guint before = knock_everywhere(guard, counts, rand, now_us, &answered);
    knocks += before;
    most = MAX(most, before);
    heard += is_heard(guard, counts, before, moments, now_us);
  }
  g_test_message(
      "%u codes were answered; of %u honest strangers %u were heard; the session had %u knocks of the "
      "attacker, at most %u at once",
      answered, moments, heard, knocks, most);
  g_assert_cmpuint(answered, <=, 10); /* what keeps the guard's promise */
  g_assert_cmpuint(heard, ==, moments);
  g_assert_cmpuint(2 * knocks, <,
                   moments); /* with 25 s for a knock: one in a minute, a host can live with that */
}

/* What one address, or its network, may have at once leaves room at a session for others. */
static void test_one_network_cannot_fill_a_client_of_another(void) {
  g_autoptr(ClientCounts) counts =
      client_counts_new(KNOCKS_PER_CLIENT, KNOCKS_PER_NETWORK / KNOCKS_PER_CLIENT, NULL);
  guint taken = 0;
  for (guint host = 1; host < 250; host++) {
    g_autofree char *client = g_strdup_printf("203.0.113.%u", host);
    for (; client_counts_have_room(counts, client); taken++)
      client_counts_add(counts, client);
  }
  g_assert_cmpuint(taken, ==, KNOCKS_PER_NETWORK);
  g_assert_true(client_counts_have_room(counts, "203.0.114.1"));
  g_assert_true(client_counts_have_room(counts, "127.0.0.1"));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/knocking/an-honest-stranger-is-heard-all-day", test_an_honest_stranger_is_heard_all_day);
  g_test_add_func("/knocking/one-network-cannot-fill-a-client-of-another",
                  test_one_network_cannot_fill_a_client_of_another);
  return g_test_run();
}
