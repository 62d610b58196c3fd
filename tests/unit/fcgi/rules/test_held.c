/* fcgi/rules/held.h: who holds how much, and who may have more. */
#include "common/wire.h"
#include "fcgi/rules/codes.h"
#include "fcgi/rules/held.h"

#define RC "River"
#define ATTACKED_NETWORKS 250
#define ADDRESSES 4

static const HeldLimits usual = {{200, 100, 100}, 8};

/* Somebody of the client @number in @network. */
static Holder person(guint network, guint number) {
  return (Holder){TRUE, (guint64)network << 32 | number, network};
}

/* ---- counting ---- */

static void test_things_count_for_client_and_network(void) {
  g_autoptr(Held) held = held_new(&usual);
  const Holder one = person(1, 1), neighbour = person(1, 2), stranger = person(2, 1);
  HeldThing *booking = held_add(held, HELD_BOOKINGS, &one, RC, "a", NULL);
  HeldThing *other = held_add(held, HELD_BOOKINGS, &neighbour, "Park", "b", NULL);
  HeldCounts counts = held_count(held, HELD_BOOKINGS, &one, NULL);
  g_assert_true(counts.client == 1 && counts.network == 2);
  counts = held_count(held, HELD_BOOKINGS, &one, RC);
  g_assert_true(counts.client == 1 && counts.network == 1);
  counts = held_count(held, HELD_BOOKINGS, &one, "Park");
  g_assert_true(counts.client == 0 && counts.network == 1);
  counts = held_count(held, HELD_BOOKINGS, &stranger, NULL);
  g_assert_true(counts.client == 0 && counts.network == 0);
  held_move(booking, HELD_SESSIONS);
  g_assert_cmpuint(held_count(held, HELD_BOOKINGS, &one, NULL).client, ==, 0);
  g_assert_cmpuint(held_count(held, HELD_SESSIONS, &one, RC).client, ==, 1);
  g_assert_cmpuint(held_find_most(held, HELD_SESSIONS), ==, 1);
  held_remove(booking);
  held_remove(other);
  counts = held_count(held, HELD_SESSIONS, &one, NULL);
  g_assert_true(counts.client == 0 && counts.network == 0);
  g_assert_cmpuint(held_find_most(held, HELD_SESSIONS), ==, 0);
}

static void test_nobody_holds_nothing(void) {
  g_autoptr(Held) held = held_new(&(HeldLimits){{1, 1, 1}, 1});
  const Holder nobody = {FALSE};
  g_assert_null(held_add(held, HELD_BOOKINGS, &nobody, RC, "a", NULL));
  held_remove(NULL);
  g_assert_true(held_check(held, HELD_BOOKINGS, &nobody, NULL));
  g_assert_true(
      held_check_share(held, HELD_BOOKINGS, HELD_OF_CODES, &nobody, (HeldCounts){100, 100}, 1, NULL));
}

static void test_index_may_go_before_its_things(void) {
  const Holder one = person(1, 1);
  Held *held = held_new(&usual);
  HeldThing *place = held_add(held, HELD_PLACES, &one, RC, NULL, NULL);
  held_free(held);
  held_remove(place);
}

static void collect(const HeldThing *thing, gpointer text) {
  g_string_append(text, held_get_session(thing));
}

static void test_what_somebody_holds_is_found(void) {
  g_autoptr(Held) held = held_new(&usual);
  const Holder one = person(1, 1), neighbour = person(1, 2), stranger = person(2, 1);
  HeldThing *things[] = {held_add(held, HELD_BOOKINGS, &one, RC, "a", NULL),
                         held_add(held, HELD_SESSIONS, &one, "Park", "b", NULL),
                         held_add(held, HELD_BOOKINGS, &neighbour, RC, "c", NULL),
                         held_add(held, HELD_BOOKINGS, &stranger, RC, "d", NULL)};
  g_autoptr(GString) clients = g_string_new(NULL), networks = g_string_new(NULL);
  held_for_each(held, &one, FALSE, collect, clients);
  held_for_each(held, &one, TRUE, collect, networks);
  g_assert_cmpstr(clients->str, ==, "ab");
  g_assert_cmpstr(networks->str, ==, "abc");
  for (guint i = 0; i < G_N_ELEMENTS(things); i++)
    held_remove(things[i]);
}

/* ---- limits ---- */

static void test_limits_name_what_is_held(void) {
  g_autoptr(Held) held = held_new(&(HeldLimits){{2, 1, 0}, 2});
  const Holder one = person(1, 1);
  HeldThing *things[5];
  for (guint i = 0; i < 2; i++) {
    g_assert_true(held_check(held, HELD_BOOKINGS, &one, NULL));
    things[i] = held_add(held, HELD_BOOKINGS, &one, RC, "a", NULL);
  }
  g_autoptr(GError) error = NULL;
  g_assert_false(held_check(held, HELD_BOOKINGS, &one, &error));
  g_assert_error(error, WIRE_ERROR, WIRE_LIMIT_REACHED);
  g_assert_cmpstr(wire_error_get_field(error), ==, "bookings");
  g_assert_cmpuint(held_count_refusals(held, HELD_BOOKINGS), ==, 1);
  g_assert_true(held_check(held, HELD_SESSIONS, &one, NULL));
  g_assert_true(held_check(held, HELD_PLACES, &one, NULL));
  for (guint i = 2; i < 4; i++) {
    const Holder other = person(1, i);
    g_assert_true(held_check(held, HELD_BOOKINGS, &other, NULL));
    things[i] = held_add(held, HELD_BOOKINGS, &other, RC, "a", NULL);
  }
  const Holder last = person(1, 9), stranger = person(2, 1);
  g_assert_false(held_check(held, HELD_BOOKINGS, &last, NULL));
  g_assert_true(held_check(held, HELD_BOOKINGS, &stranger, NULL));
  g_assert_cmpuint(held_count_refusals(held, HELD_BOOKINGS), ==, 1);
  for (guint i = 0; i < 4; i++)
    held_remove(things[i]);
}

static void test_no_limit_is_none(void) {
  g_autoptr(Held) held = held_new(&(HeldLimits){{0, 0, 0}, 8});
  const Holder one = person(1, 1);
  HeldThing *things[100];
  for (guint i = 0; i < G_N_ELEMENTS(things); i++)
    things[i] = held_add(held, HELD_SESSIONS, &one, RC, "a", NULL);
  g_assert_true(held_check(held, HELD_SESSIONS, &one, NULL));
  for (guint i = 0; i < G_N_ELEMENTS(things); i++)
    held_remove(things[i]);
}

typedef struct {
  guint told;
  gboolean network;
  char *session;
} Much;

static void on_much(HeldKind kind, gboolean network, guint count, const char *session, gpointer data) {
  Much *much = data;
  much->told++;
  much->network = network;
  much->session = (char *)session;
}

static void test_who_holds_much_is_told_of_once_while_it_lasts(void) {
  g_autoptr(Held) held = held_new(&(HeldLimits){{8, 8, 8}, 100});
  const Holder one = person(1, 1);
  Much much = {0};
  HeldThing *things[8];
  held_set_listener(held, on_much, &much);
  for (guint round = 1; round <= 2; round++) {
    for (guint i = 0; i < 8; i++) {
      things[i] = held_add(held, HELD_BOOKINGS, &one, RC, "first", NULL);
      g_assert_cmpuint(much.told, ==, i >= 3 ? round : round - 1);
    }
    g_assert_false(much.network);
    g_assert_cmpstr(much.session, ==, "first");
    for (guint i = 0; i < 8; i++)
      held_remove(things[i]);
  }
}

static void test_networks_that_hold_much_are_told_of(void) {
  g_autoptr(Held) held = held_new(&(HeldLimits){{8, 8, 8}, 2});
  Much much = {0};
  HeldThing *things[8];
  held_set_listener(held, on_much, &much);
  for (guint i = 0; i < 8; i++) {
    const Holder neighbour = person(1, i);
    things[i] = held_add(held, HELD_PLACES, &neighbour, RC, NULL, NULL);
  }
  g_assert_cmpuint(much.told, ==, 1);
  g_assert_true(much.network);
  g_assert_null(much.session);
  for (guint i = 0; i < 8; i++)
    held_remove(things[i]);
}

/* ---- shares ---- */

/* Of @total of something, how much one takes who takes all they can: one client, or every client of a
 * network. */
static guint take_all(HeldShare share, guint total, gboolean network) {
  HeldCounts counts = {0, 0};
  guint taken = 0;
  for (; taken < total && held_is_fair(share, counts, total - taken); taken++) {
    counts.network++;
    counts.client += !network;
  }
  return taken;
}

static void test_nobody_takes_all_servers(void) {
  g_assert_cmpuint(take_all(HELD_OF_SERVERS, 1, FALSE), ==, 1);
  for (guint total = 2; total <= 100; total++)
    g_assert_cmpuint(take_all(HELD_OF_SERVERS, total, FALSE), ==, (total + 1) / 2);
  g_assert_cmpuint(take_all(HELD_OF_SERVERS, 2, TRUE), ==, 2);
  for (guint total = 3; total <= 100; total++)
    g_assert_cmpuint(take_all(HELD_OF_SERVERS, total, TRUE), <, total);
}

static void test_a_carrier_has_room(void) {
  g_assert_cmpuint(take_all(HELD_OF_CODES, 4000, FALSE), >=, 100);
  g_assert_cmpuint(take_all(HELD_OF_CODES, 400000, FALSE), >=, 10000);
  g_assert_cmpuint(take_all(HELD_OF_LINE, 500, FALSE), >=, 50);
}

static void test_who_holds_none_gets_the_last(void) {
  for (HeldShare share = HELD_OF_CODES; share <= HELD_OF_LINE; share++) {
    g_assert_true(held_is_fair(share, (HeldCounts){0, 0}, 1));
    g_assert_false(held_is_fair(share, (HeldCounts){1, 2}, 1));
    g_assert_true(held_is_fair(share, (HeldCounts){1, 1}, 1000));
    g_assert_true(held_is_fair(share, (HeldCounts){1, 1}, 0)); /* there is nothing to be kept */
  }
}

/* Attackers of 1,000 addresses in 250 networks, one after the other, round and round, take what they can of
 * @total, until none of them can have more; returns what is left. */
static guint attack(Held *held, HeldKind kind, HeldShare share, const char *rc_name, guint total,
                    GPtrArray *things) {
  guint left = total, before;
  do {
    before = left;
    for (guint i = 0; i < ATTACKED_NETWORKS * ADDRESSES && left > 0; i++) {
      const Holder attacker = person(1 + i % ATTACKED_NETWORKS, i / ATTACKED_NETWORKS);
      const HeldCounts counts = held_count(held, kind, &attacker, rc_name);
      if (!held_check(held, kind, &attacker, NULL) || !held_is_fair(share, counts, left))
        continue;
      g_ptr_array_add(things, held_add(held, kind, &attacker, RC, "x", NULL));
      left--;
    }
  } while (left < before && left > 0);
  return left;
}

/* What is left to so many who hold nothing, each of a network of their own. */
static void assert_strangers_get_some(Held *held, HeldKind kind, HeldShare share, const char *rc_name,
                                      guint left, guint strangers, GPtrArray *things) {
  for (guint i = 0; i < strangers; i++, left--) {
    const Holder stranger = person(100000 + i, 1);
    g_assert_cmpuint(left, >, 0);
    g_assert_true(held_check(held, kind, &stranger, NULL));
    g_assert_true(held_is_fair(share, held_count(held, kind, &stranger, rc_name), left));
    g_ptr_array_add(things, held_add(held, kind, &stranger, RC, "x", NULL));
  }
}

static void test_a_thousand_attackers_leave_room(void) {
  g_autoptr(Held) held = held_new(&usual);
  g_autoptr(GPtrArray) things = g_ptr_array_new_with_free_func((GDestroyNotify)held_remove);
  g_autoptr(Codes) codes = codes_new(4);
  guint left = attack(held, HELD_BOOKINGS, HELD_OF_CODES, NULL, codes_left_for_bookings(codes), things);
  g_assert_cmpuint(left, >=, 200);
  assert_strangers_get_some(held, HELD_BOOKINGS, HELD_OF_CODES, NULL, left, 100, things);
  left = attack(held, HELD_SESSIONS, HELD_OF_SERVERS, RC, 1000, things);
  assert_strangers_get_some(held, HELD_SESSIONS, HELD_OF_SERVERS, RC, left, 1, things);
  left = attack(held, HELD_PLACES, HELD_OF_LINE, RC, 500, things);
  assert_strangers_get_some(held, HELD_PLACES, HELD_OF_LINE, RC, left, 4, things);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/held/things_count_for_client_and_network", test_things_count_for_client_and_network);
  g_test_add_func("/held/nobody_holds_nothing", test_nobody_holds_nothing);
  g_test_add_func("/held/index_may_go_before_its_things", test_index_may_go_before_its_things);
  g_test_add_func("/held/what_somebody_holds_is_found", test_what_somebody_holds_is_found);
  g_test_add_func("/held/limits_name_what_is_held", test_limits_name_what_is_held);
  g_test_add_func("/held/no_limit_is_none", test_no_limit_is_none);
  g_test_add_func("/held/who_holds_much_is_told_of_once_while_it_lasts",
                  test_who_holds_much_is_told_of_once_while_it_lasts);
  g_test_add_func("/held/networks_that_hold_much_are_told_of", test_networks_that_hold_much_are_told_of);
  g_test_add_func("/held/nobody_takes_all_servers", test_nobody_takes_all_servers);
  g_test_add_func("/held/a_carrier_has_room", test_a_carrier_has_room);
  g_test_add_func("/held/who_holds_none_gets_the_last", test_who_holds_none_gets_the_last);
  g_test_add_func("/held/a_thousand_attackers_leave_room", test_a_thousand_attackers_leave_room);
  return g_test_run();
}
