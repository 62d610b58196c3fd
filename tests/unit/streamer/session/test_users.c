/* The people of a session, and the players they watch with. */
#include "common/wire.h"
#include "streamer/session/users.h"
#include "streamer/session/viewers.h"

#include <string.h>

#define SECOND ((gint64)G_USEC_PER_SEC)
#define GRACE (20 * SECOND)

static void the_same_id_is_the_same_person(void) {
  g_autoptr(Users) users = users_new();
  gboolean joined;
  const User *first = users_admit(users, "a", "Ann", "host", 0, 0, &joined);
  g_assert_true(joined);
  g_assert_true(users_admit(users, "a", NULL, "guest", 0, 0, &joined) == first);
  g_assert_false(joined);
  g_assert_cmpstr(first->name, ==, "Ann");
  g_assert_cmpstr(first->role, ==, "host");
  users_admit(users, "a", "Anna", "host", 0, 0, NULL);
  g_assert_cmpstr(first->name, ==, "Anna");
  g_assert_cmpuint(users_count(users), ==, 1);
}

static void a_limit_keeps_new_ones_out(void) {
  g_autoptr(Users) users = users_new();
  g_assert_nonnull(users_admit(users, "a", NULL, "guest", 2, 0, NULL));
  g_assert_nonnull(users_admit(users, "b", NULL, "guest", 2, 0, NULL));
  g_assert_null(users_admit(users, "c", NULL, "guest", 2, 0, NULL));
  g_assert_nonnull(users_admit(users, "a", NULL, "guest", 2, 0, NULL));
  g_assert_true(users_remove(users, "b"));
  g_assert_false(users_remove(users, "b"));
  g_assert_nonnull(users_admit(users, "c", NULL, "guest", 2, 0, NULL));
}

static void names_are_tidied(void) {
  static const struct {
    const char *given, *kept;
  } cases[] = {
      {" Ann ", "Ann"},
      {"A\nn\x7fn", "Ann"},
      {"\xff", "\xef\xbf\xbd"},
      {"", ""},
      {"  ", ""},
      {"\u202eevil", "evil"},
      {"a\u2028b", "ab"},
      {"\u2066 x \u2069", "x"},
      {"\u200b", ""},
      {"\U0001F469\u200D\U0001F680", "\U0001F469\u200D\U0001F680"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(Users) users = users_new();
    g_assert_cmpstr(users_admit(users, "a", cases[i].given, "guest", 0, 0, NULL)->name, ==, cases[i].kept);
  }
  g_autofree char *endless = g_strnfill(1000, 'x');
  g_autoptr(Users) users = users_new();
  g_assert_cmpuint(strlen(users_admit(users, "a", endless, "guest", 0, 0, NULL)->name), ==, USERS_NAME_MAX);
}

static void a_name_is_set_and_taken_back(void) {
  g_autoptr(Users) users = users_new();
  const User *user = users_admit(users, "a", NULL, "guest", 0, 0, NULL);
  g_assert_cmpstr(user->name, ==, "");
  g_assert_true(users_set_name(users, "a", " Ann "));
  g_assert_cmpstr(user->name, ==, "Ann");
  g_assert_false(users_set_name(users, "a", "Ann\n"));
  g_assert_true(users_set_name(users, "a", ""));
  g_assert_cmpstr(user->name, ==, "");
  g_assert_false(users_set_name(users, "nobody", "Ann"));
}

static void numbers_are_never_given_twice(void) {
  g_autoptr(Users) users = users_new();
  g_assert_cmpint(users_admit(users, "a", NULL, "host", 0, 0, NULL)->number, ==, 1);
  g_assert_cmpint(users_admit(users, "b", NULL, "guest", 0, 0, NULL)->number, ==, 2);
  g_assert_cmpint(users_admit(users, "a", NULL, "host", 0, 0, NULL)->number, ==, 1);
  users_remove(users, "b");
  g_assert_cmpint(users_admit(users, "b", NULL, "guest", 0, 0, NULL)->number, ==, 3);
  g_assert_cmpint(users_note_connection(users, "b"), ==, 1);
  g_assert_cmpint(users_note_connection(users, "b"), ==, 2);
  g_assert_cmpint(users_note_connection(users, "nobody"), ==, 0);
}

static void who_is_barred_stays_so_while_that_is_remembered(void) {
  g_autoptr(Users) users = users_new();
  g_assert_false(users_is_barred(users, "a"));
  users_bar(users, "a");
  users_bar(users, "a");
  g_assert_true(users_is_barred(users, "a"));
  for (int i = 0; i < USERS_BARRED_MAX - 1; i++) {
    g_autofree char *id = g_strdup_printf("%d", i);
    users_bar(users, id);
  }
  g_assert_true(users_is_barred(users, "a"));
  users_bar(users, "b");
  g_assert_false(users_is_barred(users, "a"));
  g_assert_true(users_is_barred(users, "0"));
  g_assert_true(users_is_barred(users, "b"));
}

static void everybody_has_talk_of_their_own(void) {
  static const BucketRule rule = {.per_second = 2, .at_once = 3};
  g_autoptr(Users) users = users_new();
  guint wait_seconds = 0;
  users_admit(users, "a", NULL, "guest", 0, 0, NULL);
  users_admit(users, "b", NULL, "guest", 0, 0, NULL);
  g_assert_true(users_take(users, USERS_TALK, "a", &rule, 3, SECOND, &wait_seconds));
  g_assert_false(users_take(users, USERS_TALK, "a", &rule, 3, SECOND, &wait_seconds));
  g_assert_cmpuint(wait_seconds, ==, 2);
  g_assert_true(users_take(users, USERS_TALK, "b", &rule, 1, SECOND, &wait_seconds));
  g_assert_false(users_take(users, USERS_TALK, "a", &rule, 3, 2 * SECOND, &wait_seconds));
  g_assert_true(users_take(users, USERS_TALK, "a", &rule, 2, 2 * SECOND, &wait_seconds));
  users_remove(users, "a");
  users_admit(users, "a", NULL, "guest", 0, 0, NULL);
  g_assert_false(users_take(users, USERS_TALK, "a", &rule, 1, 2 * SECOND, &wait_seconds));
  for (int i = 0; i < USERS_GONE_MAX; i++) {
    g_autofree char *id = g_strdup_printf("%d", i);
    g_assert_true(users_take(users, USERS_TALK, id, &rule, 1, 2 * SECOND, &wait_seconds));
  }
  g_assert_false(users_take(users, USERS_TALK, "a", &rule, 1, 2 * SECOND, &wait_seconds));
}

static void who_is_held_is_present(void) {
  g_autoptr(Users) users = users_new();
  users_admit(users, "a", NULL, "guest", 0, 0, NULL);
  g_assert_cmpint(users_next_deadline(users, GRACE, GRACE), ==, GRACE);
  users_hold(users, "a");
  users_hold(users, "a");
  g_assert_cmpint(users_next_deadline(users, GRACE, GRACE), ==, G_MAXINT64);
  users_release(users, "a", 100 * SECOND);
  g_assert_null(users_next_gone(users, 1000 * SECOND, GRACE, GRACE));
  users_release(users, "a", 200 * SECOND);
  g_assert_cmpint(users_next_deadline(users, GRACE, GRACE), ==, 200 * SECOND + GRACE);
  g_assert_null(users_next_gone(users, 200 * SECOND + GRACE - 1, GRACE, GRACE));
  g_assert_cmpstr(users_next_gone(users, 200 * SECOND + GRACE, GRACE, GRACE)->id, ==, "a");
}

static const char *next_gone(const Users *users, gint64 now_us) {
  const User *user = users_next_gone(users, now_us, GRACE, 9 * GRACE);
  return user ? user->id : "";
}

static void without_whom_nobody_is_there_is_waited_for_longer(void) {
  g_autoptr(Users) users = users_new();
  g_assert_false(users_is_anybody_present(users));
  g_assert_cmpint(users_next_deadline(users, GRACE, 9 * GRACE), ==, G_MAXINT64);
  users_admit(users, "guest", NULL, "guest", 0, 0, NULL);
  users_admit(users, "host", NULL, "host", 0, 0, NULL);
  g_assert_cmpstr(next_gone(users, GRACE), ==, "guest");
  g_assert_cmpint(users_next_deadline(users, GRACE, 9 * GRACE), ==, GRACE);
  users_hold(users, "guest");
  g_assert_true(users_is_anybody_present(users));
  g_assert_cmpstr(next_gone(users, GRACE), ==, "host");
  users_remove(users, "guest");
  g_assert_cmpstr(next_gone(users, 9 * GRACE - 1), ==, "");
  g_assert_cmpint(users_next_deadline(users, GRACE, 9 * GRACE), ==, 9 * GRACE);
  g_assert_cmpstr(next_gone(users, 9 * GRACE), ==, "host");
  users_remove(users, "host");
  users_admit(users, "first", NULL, "guest", 0, 0, NULL);
  users_admit(users, "second", NULL, "guest", 0, 0, NULL);
  g_assert_cmpstr(next_gone(users, GRACE), ==, "second");
  users_note_going(users, "first");
  g_assert_cmpstr(next_gone(users, GRACE), ==, "first");
  users_note_connection(users, "first"); /* and has come again */
  g_assert_cmpstr(next_gone(users, GRACE), ==, "second");
}

static void holds_of_those_not_in_are_ignored(void) {
  g_autoptr(Users) users = users_new();
  users_hold(users, "nobody");
  users_release(users, "nobody", 0);
  users_admit(users, "a", NULL, "guest", 0, 0, NULL);
  users_release(users, "a", 5);
  users_hold(users, "a");
  g_assert_cmpuint(users_find(users, "a")->holds, ==, 1);
}

static void the_first_host_is_found(void) {
  g_autoptr(Users) users = users_new();
  g_assert_null(users_first_host(users, NULL));
  users_admit(users, "guest", NULL, "guest", 0, 0, NULL);
  g_assert_null(users_first_host(users, NULL));
  users_admit(users, "h1", NULL, "host", 0, 0, NULL);
  users_admit(users, "h2", NULL, "host", 0, 0, NULL);
  g_assert_cmpstr(users_first_host(users, NULL)->id, ==, "h1");
  g_assert_cmpstr(users_first_host(users, "h1")->id, ==, "h2");
  users_remove(users, "h1");
  g_assert_cmpstr(users_first_host(users, NULL)->id, ==, "h2");
  g_assert_null(users_first_host(users, "h2"));
  g_assert_cmpstr(users_nth(users, 0)->id, ==, "guest");
}

/* ---- viewers ---- */

static void note_gone(const Viewer *viewer, const char *reason, gpointer data) {
  g_string_append_printf(data, "gone %s: %s;", viewer->user, reason);
}

static void note_answer(const Viewer *viewer, const char *sdp, const GError *error, gpointer data) {
  g_string_append_printf(data, "%s %s;", viewer->user, sdp ? sdp : wire_name(wire_message_of(error)));
}

static void an_offer_is_answered_once(void) {
  g_autoptr(GString) told = g_string_new(NULL);
  Viewers *viewers = viewers_new(note_gone, told);
  const Viewer *viewer = viewers_add(viewers, "a", "v=0", note_answer, told);
  g_assert_cmpint(viewer->number, ==, 1);
  g_assert_cmpuint(strlen(viewer->resource), ==, 32);
  g_assert_true(viewers_find(viewers, viewer->resource) == viewer);
  viewers_answered(viewers, 7, "other", NULL);
  viewers_answered(viewers, 1, "answer", NULL);
  viewers_answered(viewers, 1, "again", NULL);
  viewers_remove(viewers, 1, "closed");
  viewers_remove(viewers, 1, "closed");
  viewers_free(viewers, "the end");
  g_assert_cmpstr(told->str, ==, "a answer;gone a: closed;");
}

static void who_waits_is_always_answered(void) {
  g_autoptr(GString) told = g_string_new(NULL);
  Viewers *viewers = viewers_new(note_gone, told);
  viewers_add(viewers, "bad", "v=0", note_answer, told);
  viewers_add(viewers, "lost", "v=0", note_answer, told);
  viewers_add(viewers, "late", "v=0", note_answer, told);
  viewers_answered(viewers, 1, NULL, "no video");
  viewers_remove(viewers, 2, "failed");
  viewers_free(viewers, "the end");
  g_assert_cmpstr(told->str, ==,
                  "bad BAD_REQUEST;gone bad: no video;lost SERVERS_BUSY;gone lost: failed;"
                  "late SERVERS_BUSY;gone late: the end;");
}

static void a_restart_begins_another_generation(void) {
  g_autoptr(GString) told = g_string_new(NULL);
  Viewers *viewers = viewers_new(note_gone, told);
  const Viewer *viewer = viewers_add(viewers, "a", "v=0\r\na=ice-ufrag:one\r\n", note_answer, told);
  g_assert_false(viewers_restart(viewers, 1, "a=ice-ufrag:two\r\n", note_answer, told));
  viewers_answered(viewers, 1, "answer", NULL);
  g_assert_true(viewers_is_current(viewers, 1, "a=ice-ufrag:one\r\na=candidate:1"));
  g_assert_true(viewers_is_current(viewers, 1, "a=candidate:1"));
  g_assert_false(viewers_is_current(viewers, 1, "a=ice-ufrag:on"));
  g_assert_false(viewers_is_current(viewers, 2, "a=ice-ufrag:one"));

  g_assert_true(viewers_restart(viewers, 1, "a=ice-ufrag:two\r\n", note_answer, told));
  g_assert_false(viewers_restart(viewers, 1, "a=ice-ufrag:three\r\n", note_answer, told));
  viewers_answered(viewers, 1, "of no question", NULL);
  g_assert_cmpuint(viewer->generation, ==, 1);
  viewers_restarted(viewers, 1, "fragment", NULL);
  viewers_restarted(viewers, 1, "again", NULL);
  g_assert_cmpuint(viewer->generation, ==, 2);
  g_assert_true(viewers_is_current(viewers, 1, "a=ice-ufrag:two"));
  g_assert_false(viewers_is_current(viewers, 1, "a=ice-ufrag:one"));
  viewers_free(viewers, "the end");
  g_assert_cmpstr(told->str, ==, "a answer;a fragment;gone a: the end;");
}

static void a_restart_that_fails_leaves_the_viewer(void) {
  g_autoptr(GString) told = g_string_new(NULL);
  Viewers *viewers = viewers_new(note_gone, told);
  const Viewer *viewer = viewers_add(viewers, "a", "v=0", note_answer, told);
  viewers_answered(viewers, 1, "answer", NULL);
  viewers_restart(viewers, 1, "a=ice-ufrag:two", note_answer, told);
  viewers_restarted(viewers, 1, NULL, "no");
  g_assert_cmpuint(viewer->generation, ==, 1);
  g_assert_true(viewers_restart(viewers, 1, "a=ice-ufrag:two", note_answer, told));
  viewers_forget(viewers, 1);
  g_assert_false(viewers_restart(viewers, 1, "a=ice-ufrag:three", note_answer, told));
  viewers_restarted(viewers, 1, "to nobody", NULL);
  g_assert_true(viewers_restart(viewers, 1, "a=ice-ufrag:three", note_answer, told));
  viewers_remove(viewers, 1, "closed");
  viewers_free(viewers, "the end");
  g_assert_cmpstr(told->str, ==, "a answer;a BAD_REQUEST;a SERVERS_BUSY;gone a: closed;");
}

static void viewers_have_a_limit_and_owners(void) {
  g_autoptr(GString) told = g_string_new(NULL);
  Viewers *viewers = viewers_new(note_gone, told);
  for (int i = 0; i < VIEWERS_MAX; i++)
    g_assert_nonnull(viewers_add(viewers, i % 2 ? "odd" : "even", "v=0", NULL, NULL));
  g_assert_null(viewers_add(viewers, "more", "v=0", NULL, NULL));
  g_assert_cmpint(viewers_find_oldest(viewers, "odd")->number, ==, 2);
  g_assert_cmpint(viewers_find_older(viewers, viewers_find_number(viewers, 4))->number, ==, 2);
  g_assert_null(viewers_find_older(viewers, viewers_find_number(viewers, 2)));
  g_assert_null(viewers_find_oldest(viewers, "more"));
  viewers_remove(viewers, 1, "closed");
  g_assert_cmpint(viewers_add(viewers, "more", "v=0", NULL, NULL)->number, ==, VIEWERS_MAX + 1);
  viewers_free(viewers, "the end");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/users/the-same-id-is-the-same-person", the_same_id_is_the_same_person);
  g_test_add_func("/users/a-limit-keeps-new-ones-out", a_limit_keeps_new_ones_out);
  g_test_add_func("/users/names-are-tidied", names_are_tidied);
  g_test_add_func("/users/a-name-is-set-and-taken-back", a_name_is_set_and_taken_back);
  g_test_add_func("/users/numbers-are-never-given-twice", numbers_are_never_given_twice);
  g_test_add_func("/users/who-is-barred-stays-so-while-that-is-remembered",
                  who_is_barred_stays_so_while_that_is_remembered);
  g_test_add_func("/users/everybody-has-talk-of-their-own", everybody_has_talk_of_their_own);
  g_test_add_func("/users/who-is-held-is-present", who_is_held_is_present);
  g_test_add_func("/users/without-whom-nobody-is-there-is-waited-for-longer",
                  without_whom_nobody_is_there_is_waited_for_longer);
  g_test_add_func("/users/holds-of-those-not-in-are-ignored", holds_of_those_not_in_are_ignored);
  g_test_add_func("/users/the-first-host-is-found", the_first_host_is_found);
  g_test_add_func("/viewers/an-offer-is-answered-once", an_offer_is_answered_once);
  g_test_add_func("/viewers/who-waits-is-always-answered", who_waits_is_always_answered);
  g_test_add_func("/viewers/a-restart-begins-another-generation", a_restart_begins_another_generation);
  g_test_add_func("/viewers/a-restart-that-fails-leaves-the-viewer", a_restart_that_fails_leaves_the_viewer);
  g_test_add_func("/viewers/have-a-limit-and-owners", viewers_have_a_limit_and_owners);
  return g_test_run();
}
