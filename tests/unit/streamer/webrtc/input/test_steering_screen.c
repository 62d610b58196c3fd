/* Whose screen the picture is made for: the rule of steering.h. */
#include "streamer/webrtc/input/steering.h"

static void ignore_move(gint x, gint y, gpointer data) {
}
static void ignore_press(guint number, gboolean down, gpointer data) {
}
static void ignore_flush(gpointer data) {
}
static const InputSink deaf = {.move = ignore_move,
                               .move_by = ignore_move,
                               .button = ignore_press,
                               .key = ignore_press,
                               .flush = ignore_flush};

typedef struct {
  Steering *steering;
  guint width, told, heard;
} Room;

static void note_input(const char *user, gboolean steers, gpointer data) {
  Room *room = data;
  room->heard++;
}

static void note_screen(guint width, guint height, gpointer data) {
  Room *room = data;
  room->width = width;
  room->told++;
}

static void room_open(Room *room) {
  *room = (Room){.steering = steering_new(960, 540, &deaf, NULL, note_input, room)};
  steering_watch_screen(room->steering, note_screen, room);
}

static void room_settle(void) {
  while (g_main_context_iteration(NULL, FALSE))
    ;
}

static void say_width(SteeringSeat *seat, guint width) {
  g_autofree char *text = g_strdup_printf("{\"type\":\"screen\",\"width\":%u,\"height\":600}", width);
  steering_seat_feed(seat, text);
  room_settle();
}

static void control(Room *room, const char *user) {
  steering_set_controller(room->steering, user);
  room_settle();
}

static void leave(SteeringSeat *seat) {
  steering_seat_leave(seat);
  steering_seat_free(seat);
  room_settle();
}

static void test_it_is_that_of_who_steers(void) {
  Room room;
  room_open(&room);
  SteeringSeat *host = steering_join(room.steering, "host"), *guest = steering_join(room.steering, "guest");
  say_width(host, 1000);
  g_assert_cmpuint(room.told, ==, 0);
  control(&room, "host");
  g_assert_cmpuint(room.width, ==, 1000);
  say_width(guest, 2000);
  g_assert_cmpuint(room.width, ==, 1000);
  control(&room, "guest");
  g_assert_cmpuint(room.width, ==, 2000);
  control(&room, NULL);
  say_width(host, 1100);
  g_assert_cmpuint(room.width, ==, 2000);
  control(&room, "host");
  g_assert_cmpuint(room.width, ==, 1100);
  leave(host);
  leave(guest);
  steering_free(room.steering);
}

static void test_the_player_that_spoke_last_counts(void) {
  Room room;
  room_open(&room);
  control(&room, "host");
  SteeringSeat *old = steering_join(room.steering, "host"), *new = steering_join(room.steering, "host");
  say_width(new, 1000);
  say_width(old, 900);
  g_assert_cmpuint(room.width, ==, 900);
  leave(old);
  control(&room, "guest"); /* who has said nothing */
  g_assert_cmpuint(room.width, ==, 900);
  control(&room, "host");
  g_assert_cmpuint(room.width, ==, 1000);
  leave(new);
  steering_free(room.steering);
}

/* Neither a hand that steers nor one that wants to. */
static void test_it_is_no_input(void) {
  Room room;
  room_open(&room);
  SteeringSeat *host = steering_join(room.steering, "host"), *guest = steering_join(room.steering, "guest");
  control(&room, "host");
  say_width(host, 1000);
  say_width(guest, 2000);
  g_assert_cmpuint(room.heard, ==, 0);
  leave(host);
  leave(guest);
  steering_free(room.steering);
}

static void test_a_screen_without_a_size_is_none(void) {
  Room room;
  room_open(&room);
  SteeringSeat *host = steering_join(room.steering, "host");
  control(&room, "host");
  static const char *const flawed[] = {
      "{\"type\":\"screen\"}",
      "{\"type\":\"screen\",\"width\":5}",
      "{\"type\":\"screen\",\"width\":0,\"height\":5}",
      "{\"type\":\"screen\",\"width\":-5,\"height\":5}",
      "{\"type\":\"screen\",\"width\":5,\"height\":100001}",
      "{\"type\":\"screen\",\"width\":\"5\",\"height\":5}",
  };
  for (guint i = 0; i < G_N_ELEMENTS(flawed); i++)
    steering_seat_feed(host, flawed[i]);
  room_settle();
  g_assert_cmpuint(room.told, ==, 0);
  leave(host);
  steering_free(room.steering);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/steering/screen/it-is-that-of-who-steers", test_it_is_that_of_who_steers);
  g_test_add_func("/steering/screen/the-player-that-spoke-last-counts",
                  test_the_player_that_spoke_last_counts);
  g_test_add_func("/steering/screen/it-is-no-input", test_it_is_no_input);
  g_test_add_func("/steering/screen/a-screen-without-a-size-is-none", test_a_screen_without_a_size_is_none);
  return g_test_run();
}
