/* Who steers. */
#include "streamer/session/floor.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define IDLE (60 * SECOND)

/* A floor, its people, and what was told of it. */
typedef struct {
  StreamerSettings settings;
  Users *users;
  Floor *floor;
  GString *told;
} Room;

static void on_changed(const char *holder, FloorReason reason, gpointer data) {
  g_string_append_printf(data, "%s:%s;", floor_reason_name(reason), holder);
}

static void on_requested(const char *user, gpointer data) {
  g_string_append_printf(data, "requested:%s;", user);
}

static void on_declined(const char *user, const char *reason, gpointer data) {
  g_string_append_printf(data, "%s:%s;", reason, user);
}

static const FloorEvents events = {on_changed, on_requested, on_declined};

static Room *room_new(const char *control) {
  Room *room = g_new0(Room, 1);
  room->settings.control = (char *)control;
  room->settings.control_idle_seconds = IDLE / SECOND;
  room->users = users_new();
  room->told = g_string_new(NULL);
  room->floor = floor_new(room->users, &room->settings, &events, room->told);
  return room;
}

static void room_free(Room *room) {
  floor_free(room->floor);
  users_free(room->users);
  g_string_free(room->told, TRUE);
  g_free(room);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Room, room_free)

/* Who is called something with an h is a host. */
static const User *come(Room *room, const char *id, gint64 now_us) {
  const User *user = users_admit(room->users, id, NULL, *id == 'h' ? "host" : "guest", 0, now_us, NULL);
  floor_joined(room->floor, user, now_us);
  return user;
}

static void go(Room *room, const char *id) {
  users_remove(room->users, id);
  floor_left(room->floor, id, 0);
}

static void expect(Room *room, const char *told) {
  g_assert_cmpstr(room->told->str, ==, told);
  g_string_truncate(room->told, 0);
}

static void the_host_has_it_first(void) {
  g_autoptr(Room) room = room_new("host");
  come(room, "guest", 0);
  expect(room, "");
  g_assert_cmpstr(floor_holder(room->floor), ==, "");
  come(room, "host", 0);
  come(room, "host2", 0);
  expect(room, "joined:host;");
  g_assert_cmpstr(floor_holder(room->floor), ==, "host");
}

static void a_guest_asks_and_is_given_it(void) {
  g_autoptr(Room) room = room_new("host");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0), *b = come(room, "b", 0);
  expect(room, "joined:host;");
  floor_request(room->floor, a, 0);
  floor_request(room->floor, b, 0);
  floor_request(room->floor, a, 0);
  expect(room, "requested:a;requested:b;");
  g_auto(GStrv) waiting = floor_requests(room->floor);
  g_assert_cmpstr(waiting[0], ==, "a");
  g_assert_cmpstr(waiting[1], ==, "b");
  g_assert_null(waiting[2]);
  g_assert_true(floor_grant(room->floor, host, b, 0));
  expect(room, "granted:b;");
  g_assert_true(floor_grant(room->floor, b, a, 0)); /* who holds it may pass it on */
  expect(room, "granted:a;");
  g_auto(GStrv) none = floor_requests(room->floor);
  g_assert_null(none[0]);
  g_assert_true(floor_grant(room->floor, a, a, 0));
  expect(room, "");
}

static void only_host_and_holder_decide(void) {
  g_autoptr(Room) room = room_new("host");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0), *b = come(room, "b", 0);
  floor_request(room->floor, b, 0);
  expect(room, "joined:host;requested:b;");
  g_assert_false(floor_grant(room->floor, a, b, 0));
  g_assert_false(floor_grant(room->floor, b, b, 0));
  g_assert_false(floor_decline(room->floor, a, b));
  expect(room, "");
  g_assert_true(floor_decline(room->floor, host, b));
  g_assert_true(floor_decline(room->floor, host, b));
  expect(room, "declined:b;");
}

static void a_question_is_taken_back(void) {
  g_autoptr(Room) room = room_new("host");
  come(room, "host", 0);
  const User *a = come(room, "a", 0);
  floor_request(room->floor, a, 0);
  floor_release(room->floor, a, 0);
  floor_release(room->floor, a, 0);
  expect(room, "joined:host;requested:a;withdrawn:a;");
}

static void what_is_given_back_goes_to_the_host(void) {
  g_autoptr(Room) room = room_new("host");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0), *b = come(room, "b", 0);
  floor_grant(room->floor, host, a, 0);
  floor_request(room->floor, b, 0);
  floor_release(room->floor, a, 0);
  expect(room, "joined:host;granted:a;requested:b;released:host;");
  floor_release(room->floor, host, 0); /* no other host: to who asks */
  expect(room, "released:b;");
  go(room, "b");
  expect(room, "left:host;");
  floor_release(room->floor, host, 0);
  expect(room, "released:;");
  floor_request(room->floor, a, 0);
  expect(room, "granted:a;");
}

static void the_host_takes_it_back(void) {
  g_autoptr(Room) room = room_new("host");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0);
  floor_grant(room->floor, host, a, 0);
  floor_request(room->floor, host, 0);
  expect(room, "joined:host;granted:a;taken:host;");
  floor_grant(room->floor, host, a, 0);
  g_assert_true(floor_grant(room->floor, host, host, 0));
  expect(room, "granted:a;taken:host;");
}

static void who_leaves_gives_it_back(void) {
  g_autoptr(Room) room = room_new("host");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0), *b = come(room, "b", 0);
  floor_grant(room->floor, host, a, 0);
  go(room, "a");
  expect(room, "joined:host;granted:a;left:host;");
  go(room, "host");
  expect(room, "left:;");
  come(room, "host", 0);
  expect(room, "joined:host;");
  floor_request(room->floor, b, 0);
  go(room, "host");
  expect(room, "requested:b;left:b;");
  floor_request(room->floor, come(room, "c", 0), 0);
  go(room, "c"); /* the question goes with who asked */
  go(room, "b");
  expect(room, "requested:c;left:;");
}

static void who_is_silent_gives_it_back(void) {
  g_autoptr(Room) room = room_new("host");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0);
  g_assert_cmpint(floor_next_us(room->floor), ==, G_MAXINT64);
  floor_grant(room->floor, host, a, 10 * SECOND); /* and had been silent until then */
  g_assert_cmpint(floor_next_us(room->floor), ==, 10 * SECOND + IDLE);
  users_note_activity(room->users, "a", 20 * SECOND);
  floor_tick(room->floor, 10 * SECOND + IDLE);
  expect(room, "joined:host;granted:a;");
  g_assert_cmpint(floor_next_us(room->floor), ==, 20 * SECOND + IDLE);
  floor_tick(room->floor, 20 * SECOND + IDLE);
  expect(room, "idle:host;");
}

static void with_no_host_silence_leaves_it_to_nobody(void) {
  g_autoptr(Room) room = room_new("host");
  const User *a = come(room, "a", 0), *b = come(room, "b", 0);
  floor_request(room->floor, a, 0);
  floor_tick(room->floor, IDLE);
  expect(room, "granted:a;idle:;");
  floor_touched(room->floor, b, IDLE);
  expect(room, "");
  floor_touched(room->floor, a, IDLE); /* who had it needs not ask */
  expect(room, "touched:a;");
  floor_request(room->floor, b, IDLE);
  floor_tick(room->floor, 2 * IDLE);
  expect(room, "requested:b;idle:b;");
}

static void a_silent_host_keeps_it_until_somebody_asks(void) {
  g_autoptr(Room) room = room_new("host");
  come(room, "host", 0);
  const User *a = come(room, "a", 0), *b = come(room, "b", 0);
  floor_tick(room->floor, 2 * IDLE);
  expect(room, "joined:host;");
  floor_request(room->floor, a, 2 * IDLE);
  expect(room, "idle:a;");
  go(room, "a");
  users_note_activity(room->users, "host", 3 * IDLE);
  floor_request(room->floor, b, 3 * IDLE);
  expect(room, "left:host;requested:b;");
  g_assert_cmpint(floor_next_us(room->floor), ==, 4 * IDLE);
  floor_tick(room->floor, 4 * IDLE);
  expect(room, "idle:b;");
}

static void without_the_setting_silence_costs_nothing(void) {
  g_autoptr(Room) room = room_new("host");
  room->settings.control_idle_seconds = 0;
  come(room, "host", 0);
  floor_request(room->floor, come(room, "a", 0), 0);
  floor_tick(room->floor, 1000 * IDLE);
  expect(room, "joined:host;requested:a;");
  g_assert_cmpint(floor_next_us(room->floor), ==, G_MAXINT64);
}

static void a_touch_takes_nothing_from_who_has_it(void) {
  g_autoptr(Room) room = room_new("host");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0);
  floor_touched(room->floor, a, 1000 * IDLE);
  floor_grant(room->floor, host, a, 0);
  floor_touched(room->floor, host, 1000 * IDLE);
  expect(room, "joined:host;granted:a;");
}

static void a_host_has_it_by_a_touch_when_nobody_has(void) {
  g_autoptr(Room) room = room_new("host");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0);
  floor_release(room->floor, host, 0);
  floor_touched(room->floor, a, 0);
  expect(room, "joined:host;released:;");
  floor_touched(room->floor, host, 0);
  expect(room, "touched:host;");
}

static void free_control_goes_by_touch(void) {
  g_autoptr(Room) room = room_new("free");
  const User *host = come(room, "host", 0), *a = come(room, "a", 0);
  expect(room, "");
  floor_touched(room->floor, a, 0);
  floor_touched(room->floor, host, SECOND); /* a's hands are on it */
  expect(room, "touched:a;");
  floor_steered(room->floor, a, SECOND);
  floor_steered(room->floor, host, SECOND); /* what was on its way when they lost it */
  floor_touched(room->floor, host, SECOND + FLOOR_HANDS_OFF_US - 1);
  expect(room, "");
  floor_touched(room->floor, host, SECOND + FLOOR_HANDS_OFF_US);
  expect(room, "touched:host;");
  floor_release(room->floor, host, 100 * SECOND);
  expect(room, "released:;");
  floor_touched(room->floor, a, 100 * SECOND);
  go(room, "a");
  expect(room, "touched:a;left:;");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/floor/the-host-has-it-first", the_host_has_it_first);
  g_test_add_func("/floor/a-guest-asks-and-is-given-it", a_guest_asks_and_is_given_it);
  g_test_add_func("/floor/only-host-and-holder-decide", only_host_and_holder_decide);
  g_test_add_func("/floor/a-question-is-taken-back", a_question_is_taken_back);
  g_test_add_func("/floor/what-is-given-back-goes-to-the-host", what_is_given_back_goes_to_the_host);
  g_test_add_func("/floor/the-host-takes-it-back", the_host_takes_it_back);
  g_test_add_func("/floor/who-leaves-gives-it-back", who_leaves_gives_it_back);
  g_test_add_func("/floor/who-is-silent-gives-it-back", who_is_silent_gives_it_back);
  g_test_add_func("/floor/with-no-host-silence-leaves-it-to-nobody",
                  with_no_host_silence_leaves_it_to_nobody);
  g_test_add_func("/floor/a-silent-host-keeps-it-until-somebody-asks",
                  a_silent_host_keeps_it_until_somebody_asks);
  g_test_add_func("/floor/without-the-setting-silence-costs-nothing",
                  without_the_setting_silence_costs_nothing);
  g_test_add_func("/floor/a-touch-takes-nothing-from-who-has-it", a_touch_takes_nothing_from_who_has_it);
  g_test_add_func("/floor/a-host-has-it-by-a-touch-when-nobody-has",
                  a_host_has_it_by_a_touch_when_nobody_has);
  g_test_add_func("/floor/free-control-goes-by-touch", free_control_goes_by_touch);
  return g_test_run();
}
