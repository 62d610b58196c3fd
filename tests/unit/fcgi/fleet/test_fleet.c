/* fcgi/fleet, fcgi/rules/rc, fcgi/rules/sessions: what is known of servers, which one is taken, and what ends
 * next. */
#include "common/instant.h"
#include "fcgi/fleet/fleet.h"

#include <string.h>

typedef struct {
  Fleet *fleet;
  guint changed, added, removed;
  FleetServer *last_added;
} Fixture;

static void on_changed(Rc *rc, gpointer data) {
  ((Fixture *)data)->changed++;
}

static void on_added(FleetServer *server, gpointer data) {
  Fixture *fixture = data;
  fixture->added++;
  fixture->last_added = server;
}

static void on_removed(FleetServer *server, gpointer data) {
  ((Fixture *)data)->removed++;
}

static const FleetListener listener = {on_changed, on_added, on_removed};

static void set_up(Fixture *fixture, gconstpointer data) {
  fixture->fleet = fleet_new(&listener, fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  fleet_free(fixture->fleet);
}

/* Takes a list written as "name:port:rc name:port:rc". */
static void set_list(Fixture *fixture, const char *list) {
  g_auto(GStrv) entries = g_strsplit(list, " ", -1);
  g_autoptr(GString) text = g_string_new("[");
  for (guint i = 0; entries[i] && *entries[i]; i++) {
    g_auto(GStrv) parts = g_strsplit(entries[i], ":", 3);
    g_string_append_printf(
        text, "%s{\"server_name\":\"%s\",\"ip\":\"h\",\"port\":%s,\"rc_info\":{\"rc_name\":\"%s\"}}",
        i ? "," : "", parts[0], parts[1], parts[2]);
  }
  g_string_append_c(text, ']');
  g_autoptr(GError) error = NULL;
  GPtrArray *servers = servers_parse("list", text->str, text->len, &error);
  g_assert_no_error(error);
  fleet_set_servers(fixture->fleet, servers);
}

/* A status with these sessions, written as "id:code id:code". */
static void tell(FleetServer *server, gint64 limit, const char *state, const char *sessions) {
  g_auto(GStrv) entries = g_strsplit(sessions, " ", -1);
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_printf(text, "{\"msg\":\"STATUS\",\"session_limit\":%d,\"state\":\"%s\",\"sessions\":[",
                  (int)limit, state);
  for (guint i = 0; entries[i] && *entries[i]; i++) {
    g_auto(GStrv) parts = g_strsplit(entries[i], ":", 2);
    g_string_append_printf(text, "%s{\"session\":\"%s\",\"code\":\"%s\"}", i ? "," : "", parts[0], parts[1]);
  }
  g_string_append(text, "]}");
  g_autoptr(GError) error = NULL;
  g_autoptr(ControlAnswer) answer = control_answer_read(text->str, text->len, &error);
  g_assert_no_error(error);
  fleet_server_asking(server);
  fleet_server_set_status(server, &answer->status);
}

static FleetServer *add_one(Fixture *fixture, gint64 limit) {
  set_list(fixture, "a:1:R");
  tell(fixture->last_added, limit, "free", "");
  return fixture->last_added;
}

/* A list as above, its first server not enabled. */
static void set_list_without_first(Fixture *fixture, const char *name) {
  g_autofree char *text =
      g_strdup_printf("[{\"server_name\":\"%s\",\"ip\":\"h\",\"port\":1,\"enabled\":false,"
                      "\"rc_info\":{\"rc_name\":\"R\"}}]",
                      name);
  fleet_set_servers(fixture->fleet, servers_parse("list", text, strlen(text), NULL));
}

static void an_rc_is_out_of_reach_when_all_its_servers_are(Fixture *fixture, gconstpointer data) {
  set_list(fixture, "a:1:R b:2:R");
  const Rc *rc = fleet_find_rc(fixture->fleet, "R");
  FleetServer *a = fleet_find_server(fixture->fleet, "a"), *b = fleet_find_server(fixture->fleet, "b");
  g_assert_true(rc_is_reachable(rc)); /* as far as is known */
  fleet_server_set_offline(a, NULL);
  g_assert_true(rc_is_reachable(rc));
  guint changed = fixture->changed;
  fleet_server_set_offline(b, NULL);
  g_assert_false(rc_is_reachable(rc));
  g_assert_cmpuint(fixture->changed, >, changed);
  tell(b, 1, "busy", "s:1234");
  g_assert_true(rc_is_reachable(rc));
  g_assert_cmpuint(rc->online, ==, 1);
  fleet_server_set_offline(b, NULL);
  g_assert_false(rc_is_reachable(rc));
  set_list(fixture, "c:3:R");
  g_assert_true(rc_is_reachable(fleet_find_rc(fixture->fleet, "R")));
}

static void a_server_that_is_not_enabled_drains(Fixture *fixture, gconstpointer data) {
  FleetServer *server = add_one(fixture, 2);
  tell(server, 2, "free", "s:1234");
  set_list_without_first(fixture, "a");
  const Rc *rc = fleet_find_rc(fixture->fleet, "R");
  g_assert_cmpint(fleet_server_get_state(server), ==, FLEET_DRAINING);
  g_assert_nonnull(fleet_server_find_session(server, "s"));
  g_assert_cmpint(rc->capacity, ==, 0);
  g_assert_cmpint(rc->free, ==, 0);
  g_assert_null(rc_choose(rc, NULL));
  g_assert_false(rc_is_reachable(rc));
  set_list(fixture, "a:1:R");
  g_assert_cmpint(fleet_server_get_state(server), ==, FLEET_FREE);
  g_assert_cmpint(rc->capacity, ==, 2);
  g_assert_cmpint(rc->free, ==, 1);
}

static void an_unusable_server_is_as_good_as_away(Fixture *fixture, gconstpointer data) {
  set_list(fixture, "a:1:R");
  FleetServer *server = fixture->last_added;
  const Rc *rc = fleet_find_rc(fixture->fleet, "R");
  tell(server, 3, "free", "s1:1111");
  tell(server, 3, "unusable", "s1:1111");
  g_assert_cmpint(fleet_server_get_state(server), ==, FLEET_UNUSABLE);
  g_assert_nonnull(fleet_server_get_unusable(server));
  g_assert_cmpint(rc->free, ==, 0);
  g_assert_false(rc_is_reachable(rc));
  g_assert_null(rc_choose(rc, NULL));
  g_assert_nonnull(fleet_server_find_session(server, "s1"));
  tell(server, 3, "free", "s1:1111");
  g_assert_null(fleet_server_get_unusable(server));
  g_assert_cmpint(rc->free, ==, 2);
  g_assert_true(rc_is_reachable(rc));
}

static void numbers_add_up(Fixture *fixture, gconstpointer data) {
  set_list(fixture, "a:1:R b:2:S c:3:R");
  const Rc *rc = fleet_find_rc(fixture->fleet, "R");
  g_assert_cmpuint(rc->servers, ==, 2);
  g_assert_cmpint(rc->capacity, ==, 2); /* servers never seen count 1 */
  g_assert_cmpint(rc->free, ==, 0);
  FleetServer *c = fixture->last_added;
  tell(c, 5, "free", "s1:1111");
  g_assert_cmpint(rc->capacity, ==, 6);
  g_assert_cmpint(rc->free, ==, 4);
  g_assert_cmpuint(fleet_count_online(fixture->fleet), ==, 1);
  g_assert_cmpuint(rc->online, ==, 1);
  tell(c, 5, "draining", "s1:1111");
  g_assert_cmpint(rc->free, ==, 0);
  fleet_server_set_offline(c, NULL);
  g_assert_cmpint(rc->capacity, ==, 6); /* as last told */
  g_assert_cmpuint(fleet_count_online(fixture->fleet), ==, 0);
  g_assert_cmpuint(rc->online, ==, 0);
  g_autoptr(GString) text = g_string_new(NULL);
  fleet_append_rcs(fixture->fleet, text);
  g_assert_cmpstr(
      text->str, ==,
      "{\"rc_name\":\"R\",\"info\":{},\"servers\":2,\"capacity\":6,\"free\":0,\"reachable\":0,\"waiting\":0},"
      "{\"rc_name\":\"S\",\"info\":{},\"servers\":1,\"capacity\":1,\"free\":0,\"reachable\":0,\"waiting\":"
      "0}");
}

static void most_free_server_is_chosen(Fixture *fixture, gconstpointer data) {
  FleetServer *servers[3];
  for (guint i = 0; i < 3; i++) {
    set_list(fixture, i == 0 ? "a:1:R" : i == 1 ? "a:1:R b:2:R" : "a:1:R b:2:R c:3:R");
    servers[i] = fixture->last_added;
    tell(servers[i], 10 * (i + 1), "free", "");
  }
  const Rc *rc = fleet_find_rc(fixture->fleet, "R");
  g_autoptr(GPtrArray) tried = g_ptr_array_new();
  for (guint i = 3; i-- > 0;) {
    FleetServer *chosen = rc_choose(rc, tried);
    g_assert_true(chosen == servers[i]);
    g_ptr_array_add(tried, chosen);
  }
  g_assert_null(rc_choose(rc, tried));
  fleet_server_set_doubtful(servers[2]);
  g_assert_true(rc_choose(rc, NULL) == servers[1]);
  fleet_server_set_full(servers[1]);
  g_assert_true(rc_choose(rc, NULL) == servers[0]);
  fleet_server_set_offline(servers[0], NULL);
  g_assert_true(rc_choose(rc, NULL) == servers[2]); /* doubtful is better than none */
  tell(servers[1], 20, "free", "");
  g_assert_true(rc_choose(rc, NULL) == servers[1]); /* a status ends "full" */
}

static void equals_take_turns(Fixture *fixture, gconstpointer data) {
  guint times[2] = {0};
  set_list(fixture, "a:1:R");
  FleetServer *a = fixture->last_added;
  set_list(fixture, "a:1:R b:2:R");
  FleetServer *b = fixture->last_added;
  tell(a, 2, "free", "");
  tell(b, 2, "free", "");
  for (guint i = 0; i < 1000; i++)
    times[rc_choose(fleet_find_rc(fixture->fleet, "R"), NULL) == a]++;
  g_assert_cmpuint(times[0], >, 300);
  g_assert_cmpuint(times[1], >, 300);
}

static void starts_count_before_any_status(Fixture *fixture, gconstpointer data) {
  FleetServer *server = add_one(fixture, 1);
  const Rc *rc = fleet_find_rc(fixture->fleet, "R");
  fleet_server_take(server, "s1", "1111", 0);
  g_assert_cmpint(rc->free, ==, 0);
  g_assert_null(rc_choose(rc, NULL));
  /* A status that was asked for before the start may not know of it. */
  tell(server, 1, "free", "");
  g_assert_cmpint(rc->free, ==, 0);
  fleet_server_give_back(server, "s1");
  g_assert_cmpint(rc->free, ==, 1);
  g_assert_null(fleet_server_find_session(server, "s1"));
}

static void confirmed_session_ends_when_a_newer_status_lacks_it(Fixture *fixture, gconstpointer data) {
  FleetServer *server = add_one(fixture, 1);
  fleet_server_take(server, "s1", "1111", 0);
  fleet_server_asking(server); /* a poll is under way when the start succeeds */
  fleet_server_confirm(server, "s1", instant_now_us() + INSTANT_MINUTE);
  g_autoptr(GPtrArray) none = g_ptr_array_new();
  ControlStatus old = {.session_limit = 1, .sessions = none};
  fleet_server_set_status(server, &old);
  g_assert_nonnull(fleet_server_find_session(server, "s1"));
  tell(server, 1, "free", "");
  g_assert_null(fleet_server_find_session(server, "s1"));
}

static void session_once_seen_ends_with_the_first_status_without_it(Fixture *fixture, gconstpointer data) {
  FleetServer *server = add_one(fixture, 1);
  fleet_server_take(server, "s1", "1111", 0);
  tell(server, 1, "busy", "s1:1111");
  fleet_server_confirm(server, "s1", 0);
  g_autoptr(GPtrArray) none = g_ptr_array_new();
  ControlStatus ended = {.session_limit = 1, .sessions = none};
  fleet_server_set_status(server, &ended);
  g_assert_null(fleet_server_find_session(server, "s1"));
}

static void repeated_status_is_no_news(Fixture *fixture, gconstpointer data) {
  FleetServer *server = add_one(fixture, 2);
  guint changed = fixture->changed;
  tell(server, 2, "free", "");
  g_assert_cmpuint(fixture->changed, ==, changed);
  tell(server, 2, "free", "s1:1111");
  g_assert_cmpuint(fixture->changed, ==, changed + 1);
}

static void unchanged_servers_survive_a_new_list(Fixture *fixture, gconstpointer data) {
  FleetServer *a = add_one(fixture, 3);
  tell(a, 3, "free", "s1:1111");
  set_list(fixture, "b:2:S a:1:S");
  g_assert_cmpuint(fixture->added, ==, 2);
  g_assert_cmpuint(fixture->removed, ==, 0);
  g_assert_cmpint(fleet_server_get_state(a), ==, FLEET_FREE);
  g_assert_null(fleet_find_rc(fixture->fleet, "R"));
  g_assert_cmpint(fleet_find_rc(fixture->fleet, "S")->free, ==, 2);
  g_assert_cmpuint(fleet_find_rc(fixture->fleet, "S")->online, ==, 1);
  g_assert_true(rc_choose(fleet_find_rc(fixture->fleet, "S"), NULL) == a);
  g_assert_nonnull(fleet_server_find_session(a, "s1"));
  g_assert_cmpuint(fleet_count_sessions(fixture->fleet), ==, 1);

  set_list(fixture, "b:2:S a:9:S"); /* moved: another machine, nothing is known of it */
  g_assert_cmpuint(fixture->removed, ==, 1);
  g_assert_cmpuint(fixture->added, ==, 3);
  g_assert_cmpuint(fleet_count_sessions(fixture->fleet), ==, 0);
  g_assert_cmpint(fleet_find_rc(fixture->fleet, "S")->free, ==, 0);
  set_list(fixture, "");
  g_assert_cmpuint(fixture->removed, ==, 3);
  g_assert_cmpuint(fleet_count_rcs(fixture->fleet), ==, 0);
}

static void server_in_use_outlives_the_list(Fixture *fixture, gconstpointer data) {
  FleetServer *server = fleet_server_ref(add_one(fixture, 1));
  fleet_server_take(server, "s1", "1111", 0);
  set_list(fixture, "");
  g_assert_null(fleet_server_get_rc(server));
  fleet_server_confirm(server, "s1", 0);
  fleet_server_give_back(server, "s1");
  fleet_server_set_full(server);
  fleet_server_set_offline(server, NULL);
  g_assert_cmpuint(fleet_count_sessions(fixture->fleet), ==, 0);
  fleet_server_unref(server);
}

/* The ends of R's sessions from now on, in minutes: "1 2". */
static void expect_ends(Fixture *fixture, gint64 now_us, const char *minutes) {
  gint64 ends[8];
  const Rc *rc = fleet_find_rc(fixture->fleet, "R");
  guint count = sessions_next_ends(rc->sessions, now_us, G_N_ELEMENTS(ends), ends);
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < count; i++)
    g_string_append_printf(text, "%s%d", i ? " " : "", (int)((ends[i] - now_us) / INSTANT_MINUTE));
  g_assert_cmpstr(text->str, ==, minutes);
}

static void next_ends_are_known(Fixture *fixture, gconstpointer data) {
  FleetServer *server = add_one(fixture, 5);
  gint64 now_us = instant_now_us();
  expect_ends(fixture, now_us, "");
  fleet_server_take(server, "s1", "1111", now_us + 3 * INSTANT_MINUTE);
  fleet_server_take(server, "s2", "2222", now_us + 2 * INSTANT_MINUTE);
  fleet_server_take(server, "s3", "3333", 0);
  fleet_server_take(server, "s4", "4444", now_us - INSTANT_MINUTE); /* should be over */
  expect_ends(fixture, now_us, "2 3");
  fleet_server_confirm(server, "s2", now_us + 7 * INSTANT_MINUTE);
  expect_ends(fixture, now_us, "3 7");
  fleet_server_give_back(server, "s1");
  expect_ends(fixture, now_us, "7");
  fleet_server_set_offline(server, NULL); /* what ends there makes no room */
  expect_ends(fixture, now_us, "");
  tell(server, 5, "free", "s2:2222");
  expect_ends(fixture, now_us, "7");
  tell(server, 5, "draining", "s2:2222");
  expect_ends(fixture, now_us, "");
}

static void busy_servers_are_wanted_while_more_wait_than_are_free(Fixture *fixture, gconstpointer data) {
  set_list(fixture, "a:1:R b:2:R c:3:S");
  FleetServer *a = fleet_find_server(fixture->fleet, "a"), *b = fleet_find_server(fixture->fleet, "b");
  Rc *rc = fleet_find_rc(fixture->fleet, "R");
  gint64 now_us = g_get_monotonic_time();
  tell(a, 1, "busy", "s1:1111");
  tell(b, 1, "free", "");
  rc->claims = 1; /* and there is one for them */
  g_assert_false(fleet_server_is_wanted(a));
  rc->claims = 2;
  g_assert_true(fleet_server_is_wanted(a));
  g_assert_false(fleet_server_is_wanted(b)); /* which is free */
  g_assert_false(fleet_server_is_wanted(fleet_find_server(fixture->fleet, "c")));
  tell(a, 1, "draining", "s1:1111"); /* nobody will be given it */
  g_assert_false(fleet_server_is_wanted(a));
  tell(a, 1, "busy", "s1:1111");
  rc->claims = 0;
  rc->booked_us = now_us;
  g_assert_false(fleet_server_is_wanted(a));
  tell(b, 1, "busy", "s2:2222");
  g_assert_true(rc_is_wanted(rc, now_us + INSTANT_SECOND));
  g_assert_false(rc_is_wanted(rc, now_us + INSTANT_MINUTE)); /* who had a booking has not looked any more */
}

/* Whichever comes second of those that have one id: an operator's with a booking's id, then the booking. */
static void session_taken_twice_is_one(Fixture *fixture, gconstpointer data) {
  FleetServer *server = add_one(fixture, 3);
  gint64 now_us = instant_now_us();
  tell(server, 3, "free", "s1:1111");
  fleet_server_take(server, "s1", "2222", now_us + INSTANT_MINUTE);
  g_assert_cmpuint(fleet_count_sessions(fixture->fleet), ==, 1);
  g_assert_cmpstr(fleet_server_find_session(server, "s1")->code, ==, "2222");
  g_assert_cmpint(fleet_find_rc(fixture->fleet, "R")->free, ==, 2);
  expect_ends(fixture, now_us, "1");
  fleet_server_give_back(server, "s1");
  g_assert_null(fleet_server_find_session(server, "s1"));
  g_assert_cmpuint(fleet_count_sessions(fixture->fleet), ==, 0);
}

/* They take places; what they are called is nothing to go by. */
static void sessions_against_the_rules_take_places(Fixture *fixture, gconstpointer data) {
  FleetServer *server = add_one(fixture, 5);
  tell(server, 5, "free", "s1:1111 s2:22 s1:1111 s/3:3333");
  g_assert_cmpint(fleet_find_rc(fixture->fleet, "R")->free, ==, 2);
  g_assert_cmpuint(fleet_count_sessions(fixture->fleet), ==, 1);
  g_assert_cmpuint(fleet_count_strange(fixture->fleet), ==, 2);
  g_assert_nonnull(fleet_server_find_session(server, "s1"));
  g_assert_null(fleet_server_find_session(server, "s2"));
  g_assert_cmpstr(fleet_server_get_complaint(server), ==, "sessions[1].code: must have at least 4 bytes");
  tell(server, 5, "free", "s1:11"); /* it is known: it goes on as it was */
  g_assert_cmpstr(fleet_server_find_session(server, "s1")->code, ==, "1111");
  g_assert_cmpint(fleet_find_rc(fixture->fleet, "R")->free, ==, 4);
  g_assert_cmpuint(fleet_count_strange(fixture->fleet), ==, 0);
  tell(server, 5, "free", "s1:1111");
  g_assert_null(fleet_server_get_complaint(server));
  fleet_server_set_offline(server, "msg: is no known answer");
  g_autoptr(GString) text = g_string_new(NULL);
  fleet_append_servers(fixture->fleet, text, 0, 0);
  g_assert_true(g_str_has_suffix(text->str, ",\"complaint\":\"msg: is no known answer\"}"));
  tell(server, 5, "free", "s2:22");
  set_list(fixture, "");
  g_assert_cmpuint(fleet_count_strange(fixture->fleet), ==, 0);
}

static void broken_statuses_are_refused(void) {
  static const char *const bad[] = {
      "",
      "{}",
      "[]",
      "{\"msg\":\"STATUS\"}",
      "{\"msg\":\"WHAT\"}",
      "{\"msg\":\"STATUS\",\"session_limit\":-1,\"sessions\":[]}",
      "{\"msg\":\"STATUS\",\"session_limit\":1,\"sessions\":{}}",
      "{\"msg\":\"STATUS\",\"session_limit\":1001,\"sessions\":[]}",
      "{\"msg\":\"SESSION_CONNECTION_DATA\",\"session\":\"s\"}",
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(control_answer_read(bad[i], strlen(bad[i]), &error));
    g_assert_nonnull(error);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)
  ADD("/fleet/numbers-add-up", numbers_add_up);
  ADD("/fleet/an-unusable-server-is-as-good-as-away", an_unusable_server_is_as_good_as_away);
  ADD("/fleet/an-rc-is-out-of-reach-when-all-its-servers-are",
      an_rc_is_out_of_reach_when_all_its_servers_are);
  ADD("/fleet/a-server-that-is-not-enabled-drains", a_server_that_is_not_enabled_drains);
  ADD("/fleet/most-free-server-is-chosen", most_free_server_is_chosen);
  ADD("/fleet/equals-take-turns", equals_take_turns);
  ADD("/fleet/starts-count-before-any-status", starts_count_before_any_status);
  ADD("/fleet/confirmed-session-ends-when-a-newer-status-lacks-it",
      confirmed_session_ends_when_a_newer_status_lacks_it);
  ADD("/fleet/session-once-seen-ends-with-the-first-status-without-it",
      session_once_seen_ends_with_the_first_status_without_it);
  ADD("/fleet/repeated-status-is-no-news", repeated_status_is_no_news);
  ADD("/fleet/unchanged-servers-survive-a-new-list", unchanged_servers_survive_a_new_list);
  ADD("/fleet/server-in-use-outlives-the-list", server_in_use_outlives_the_list);
  ADD("/fleet/next-ends-are-known", next_ends_are_known);
  ADD("/fleet/busy-servers-are-wanted-while-more-wait-than-are-free",
      busy_servers_are_wanted_while_more_wait_than_are_free);
  ADD("/fleet/session-taken-twice-is-one", session_taken_twice_is_one);
  ADD("/fleet/sessions-against-the-rules-take-places", sessions_against_the_rules_take_places);
#undef ADD
  g_test_add_func("/control/broken-statuses-are-refused", broken_statuses_are_refused);
  return g_test_run();
}
