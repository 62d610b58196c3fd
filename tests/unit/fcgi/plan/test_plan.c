/* fcgi/plan: who gets a place, what is promised, and what a restart finds. Time is passed in; the disk is
 * real. */
#include "common/wire.h"
#include "fcgi/store/store_json.h"
#include "tests/unit/fcgi/plan/plan_fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static void a_booking_is_on_disk_before_it_is_told(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autoptr(GPtrArray) found = store_json_read(f->path, NULL, NULL);
  g_assert_cmpuint(found->len, ==, 1);
  g_assert_cmpstr(((const Reservation *)found->pdata[0])->id, ==, f->last->id);
  g_assert_cmpuint(strlen(f->last->code), ==, 4);
  g_assert_cmpint(f->last->ends_at_us, ==, NOW + MINUTES(90));
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(85), MINUTES(30), NOW), ==, WIRE_TIME_NOT_AVAILABLE);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(90), MINUTES(30), NOW), ==, -1);
}

static void times_outside_the_horizon_are_refused(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW - MINUTES(1), MINUTES(30), NOW), ==, WIRE_BAD_REQUEST);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(61 * 24 * 60), MINUTES(30), NOW), ==, WIRE_BAD_REQUEST);
}

static void of_five_hundred_three_get_the_last_three(PlanFixture *f, gconstpointer data) {
  const PlanWish wish = {.rc_name = RC, .starts_at_us = NOW + MINUTES(60), .wanted_us = MINUTES(60)};
  guint got = 0;
  plan_set_capacity(f->plan, RC, 3, NULL);
  for (guint i = 0; i < 500; i++) {
    guint before = f->answers;
    plan_book(f->plan, &wish, NOW, plan_fixture_answered, f);
    if (f->answers == before) /* it waits for the disk: it holds a place */
      got++;
  }
  g_assert_cmpuint(got, ==, 3);
  plan_fixture_wait_for(f, 500);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(60)), ==, 3);
}

static void the_same_request_is_the_same_booking(PlanFixture *f, gconstpointer data) {
  const PlanWish wish = {
      .rc_name = RC, .starts_at_us = NOW + MINUTES(60), .wanted_us = MINUTES(30), .request_id = "r"};
  plan_book(f->plan, &wish, NOW, plan_fixture_answered, f);
  plan_book(f->plan, &wish, NOW, plan_fixture_answered, f); /* before the first one was stored */
  plan_fixture_wait_for(f, 2);
  g_assert_cmpint(f->refusal, ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_fixture_reopen(f, NOW);
  plan_book(f->plan, &wish, NOW, plan_fixture_answered, f);
  plan_fixture_wait_for(f, 3);
  g_assert_cmpstr(f->last->id, ==, id);
  g_assert_cmpuint(plan_fixture_count(f->plan), ==, 1);
}

/* Neither the code nor the key of somebody else's booking is to be had by its request id. */
static void a_request_id_is_its_senders_alone(PlanFixture *f, gconstpointer data) {
  PlanWish wish = {.rc_name = RC,
                   .starts_at_us = NOW + MINUTES(60),
                   .wanted_us = MINUTES(30),
                   .request_id = "r",
                   .proof = "a"};
  PlanWish other = wish;
  other.proof = "b";
  plan_book(f->plan, &wish, NOW, plan_fixture_answered, f);
  plan_book(f->plan, &other, NOW, plan_fixture_answered, f); /* before the first one was stored */
  g_assert_cmpint(f->refusal, ==, WIRE_REQUEST_ID_USED);
  plan_fixture_wait_for(f, 2);
  g_assert_cmpint(f->refusal, ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_fixture_reopen(f, NOW);
  plan_book(f->plan, &other, NOW, plan_fixture_answered, f);
  plan_fixture_wait_for(f, 3);
  g_assert_cmpint(f->refusal, ==, WIRE_REQUEST_ID_USED);
  plan_book(f->plan, &wish, NOW, plan_fixture_answered, f);
  plan_fixture_wait_for(f, 4);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpstr(f->last->id, ==, id);
  plan_cancel(f->plan, id, NOW, plan_fixture_answered, f);
  plan_fixture_wait_for(f, 5);
  plan_book(f->plan, &wish, NOW, plan_fixture_answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
}

static void who_waits_when_it_stops_is_told_once(PlanFixture *f, gconstpointer data) {
  const PlanWish wish = {
      .rc_name = RC, .starts_at_us = NOW + MINUTES(60), .wanted_us = MINUTES(30), .request_id = "r"};
  plan_book(f->plan, &wish, NOW, plan_fixture_answered, f);
  plan_book(f->plan, &wish, NOW, plan_fixture_answered, f);
  plan_stop(f->plan);
  g_assert_cmpuint(f->answers, ==, 2);
  g_assert_cmpint(f->refusal, ==, WIRE_STORE_UNAVAILABLE);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(120), MINUTES(30), NOW), ==, WIRE_STORE_UNAVAILABLE);
  plan_fixture_reopen(f, NOW);
  g_assert_cmpuint(f->answers, ==, 3);
  g_assert_cmpuint(plan_fixture_count(f->plan), ==, 1);
  g_autofree char *note = NULL;
  g_assert_true(store_json_check(f->path, &note, NULL));
  g_assert_null(note);
}

static void a_walk_in_gives_way_to_a_booking(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(40), MINUTES(30), NOW), ==, -1);
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(1)), ==, -1);
  g_assert_cmpint(f->last->ends_at_us, ==, NOW + MINUTES(40));
  g_assert_cmpint(f->last->state, ==, RESERVATION_RUNNING);
  plan_ended(f->plan, f->last->id, "users_left", NOW + MINUTES(2));
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(35)), ==,
                  WIRE_SERVERS_BUSY);
}

static void a_session_that_ends_early_frees_its_time(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(60), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(5)), ==, WIRE_SERVERS_BUSY);
  plan_fixture_reopen(f, NOW + MINUTES(6));
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(30)), ==, 1); /* it is remembered */
  plan_ended(f->plan, id, "users_left", NOW + MINUTES(7));
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(30)), ==, 0);
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(8)), ==, -1);
}

static void a_no_show_frees_its_place(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(10), MINUTES(60), NOW), ==, -1);
  g_autofree char *code = g_strdup(f->last->code);
  plan_tick(f->plan, NOW + MINUTES(25) - 1);
  g_assert_nonnull(plan_find_code(f->plan, code));
  plan_tick(f->plan, NOW + MINUTES(25));
  g_assert_null(plan_find_code(f->plan, code));
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(40)), ==, 0);
  plan_tick(f->plan, NOW + MINUTES(26) + plan_fixture_rules.history_days * 24 * MINUTES(60));
  g_assert_cmpuint(plan_fixture_count(f->plan), ==, 0);
  if (f->is_mysql) /* rows are forgotten by their age, not by us */
    return;
  plan_fixture_reopen(f, NOW);
  g_assert_cmpuint(plan_fixture_count(f->plan), ==, 0);
}

static void a_booking_that_was_started_is_no_no_show(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(10), MINUTES(60), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_started(f->plan, id, "river-1");
  plan_tick(f->plan, NOW + MINUTES(60));
  g_assert_cmpstr(plan_find(f->plan, id)->server_name, ==, "river-1");
  g_assert_cmpint(plan_find(f->plan, id)->state, ==, RESERVATION_RUNNING);
  plan_tick(f->plan, NOW + MINUTES(70));
  g_assert_cmpstr(plan_find(f->plan, id)->reason, ==, "time_over");
}

static void cancelling_frees_once_it_is_on_disk(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_cancel(f->plan, id, NOW, plan_fixture_answered, f);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(60)), ==, 1);
  plan_fixture_wait_for(f, 2);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(60)), ==, 0);
  plan_cancel(f->plan, id, NOW, plan_fixture_answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
  plan_fixture_reopen(f, NOW);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(60)), ==, 0);
}

/* What is being written is a session already: either it begins, or it is cancelled, never both. */
static void what_is_beginning_is_not_cancelled(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_claim(f->plan, id, NOW + MINUTES(60), plan_fixture_answered, f);
  plan_cancel(f->plan, id, NOW + MINUTES(60), plan_fixture_answered, f);
  g_assert_cmpuint(f->answers, ==, 2);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
  plan_fixture_wait_for(f, 3);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpint(plan_find(f->plan, id)->state, ==, RESERVATION_RUNNING);
}

static void what_is_being_cancelled_does_not_begin(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_cancel(f->plan, id, NOW + MINUTES(60), plan_fixture_answered, f);
  plan_claim(f->plan, id, NOW + MINUTES(60), plan_fixture_answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
  plan_fixture_wait_for(f, 3);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpstr(plan_find(f->plan, id)->reason, ==, "cancelled");
}

static void extending_to_an_end_twice_is_once(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_extend_until(f->plan, id, NOW + MINUTES(44), NOW, plan_fixture_answered, f);
  plan_extend_until(f->plan, id, NOW + MINUTES(44), NOW, plan_fixture_answered, f);
  g_assert_cmpuint(f->answers, ==, 1); /* neither is told before it is stored */
  plan_fixture_wait_for(f, 3);
  gint64 end_us = f->last->ends_at_us;
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpint(end_us, >=, NOW + MINUTES(44));
  g_assert_cmpint(end_us, <, NOW + MINUTES(50));
  plan_fixture_reopen(f, NOW);
  plan_extend_until(f->plan, id, NOW + MINUTES(44), NOW, plan_fixture_answered, f);
  plan_fixture_wait_for(f, 4);
  g_assert_cmpint(f->last->ends_at_us, ==, end_us);
  plan_extend_until(f->plan, id, NOW + MINUTES(31 + 24 * 60 + 50), NOW, plan_fixture_answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_BAD_REQUEST);
}

static void extending_takes_what_is_free(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(50), MINUTES(30), NOW), ==, -1);
  g_assert_cmpuint(plan_room_minutes(f->plan, id, 60), ==, 20);
  plan_extend(f->plan, id, 30, NOW, plan_fixture_answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_EXTENSION_NOT_AVAILABLE);
  plan_extend(f->plan, id, 20, NOW, plan_fixture_answered, f);
  plan_fixture_wait_for(f, 4);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpint(f->last->ends_at_us, ==, NOW + MINUTES(50));
  plan_fixture_reopen(f, NOW);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(45)), ==, 1);
}

static void count_ending(const Reservation *reservation, gpointer user_data) {
  (*(guint *)user_data)++;
}

/* A session on a server that takes no others is in nobody's way, nor anybody in its. */
static void what_runs_apart_takes_nobodys_place(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_set_apart(f->plan, id, TRUE);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(10)), ==, 0);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(20), MINUTES(60), NOW), ==, -1);
  g_assert_cmpuint(plan_room_minutes(f->plan, id, 60), ==, 60);
  plan_extend(f->plan, id, 30, NOW, plan_fixture_answered, f);
  plan_fixture_wait_for(f, 3);
  g_assert_cmpint(f->last->ends_at_us, ==, NOW + MINUTES(60));
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(30)), ==, 1);
  plan_set_apart(f->plan, id, FALSE);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(30)), ==, 2);
  g_assert_cmpuint(plan_room_minutes(f->plan, id, 60), ==, 0);
  plan_ended(f->plan, id, "time_over", NOW + MINUTES(5));
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(30)), ==, 1);
}

static void a_coming_end_is_told_once(PlanFixture *f, gconstpointer data) {
  guint told = 0;
  static const PlanListener listener = {.ending = count_ending};
  plan_set_listener(f->plan, &listener, &told);
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_tick(f->plan, NOW + MINUTES(25) - 1);
  g_assert_cmpuint(told, ==, 0);
  plan_tick(f->plan, NOW + MINUTES(25));
  plan_tick(f->plan, NOW + MINUTES(26));
  g_assert_cmpuint(told, ==, 1);
  plan_extend(f->plan, id, 10, NOW + MINUTES(26), plan_fixture_answered, f);
  plan_fixture_wait_for(f, 2);
  plan_tick(f->plan, NOW + MINUTES(30));
  g_assert_cmpuint(told, ==, 1);
  plan_tick(f->plan, NOW + MINUTES(35));
  g_assert_cmpuint(told, ==, 2);
}

static void capacity_that_falls_takes_nobodys_booking(PlanFixture *f, gconstpointer data) {
  gboolean overbooked;
  plan_set_capacity(f->plan, RC, 2, NULL);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  plan_set_capacity(f->plan, RC, 1, &overbooked);
  g_assert_true(overbooked);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(60)), ==, 2);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, WIRE_TIME_NOT_AVAILABLE);
}

static void what_cannot_be_written_is_not_promised(PlanFixture *f, gconstpointer data) {
  struct rlimit old, small;
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  signal(SIGXFSZ, SIG_IGN);
  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
  small = (struct rlimit){10, old.rlim_max};
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
  int booked = plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW);
  plan_extend(f->plan, id, 10, NOW, plan_fixture_answered, f);
  plan_fixture_wait_for(f, 3);
  int extended = f->refusal;
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
  g_assert_cmpint(booked, ==, WIRE_STORE_UNAVAILABLE);
  g_assert_cmpint(extended, ==, WIRE_STORE_UNAVAILABLE);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(60)), ==, 0);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(35)), ==, 0);
  g_assert_cmpint(plan_find(f->plan, id)->ends_at_us, ==, NOW + MINUTES(30));
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(30), MINUTES(60), NOW), ==, -1);
}

static void sessions_of_operators_take_their_place(PlanFixture *f, gconstpointer data) {
  for (guint i = 0; i < 2; i++) { /* told twice is once */
    g_assert_true(plan_adopt(f->plan, "foreign", "1234", RC, "river-1", NOW, NOW + MINUTES(30), NOW, NULL));
    g_assert_cmpuint(plan_fixture_used(f, NOW), ==, 1);
    g_assert_cmpstr(plan_find_code(f->plan, "1234")->id, ==, "foreign");
  }
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(60), MINUTES(10), NOW), ==, WIRE_SERVERS_BUSY);
}

static void a_broken_plan_is_refused_and_kept(PlanFixture *f, gconstpointer data) {
  static const char text[] = "[{\"id\":\"a\",";
  g_autoptr(GError) error = NULL;
  g_autofree char *kept = NULL;
  plan_close(g_steal_pointer(&f->plan));
  g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
  g_assert_null(store_json_open(f->path, f->home, &error));
  g_assert_nonnull(strstr(error->message, "plan.json: line 1, "));
  g_assert_true(g_file_get_contents(f->path, &kept, NULL, NULL));
  g_assert_cmpstr(kept, ==, text);
}

/* Whatever happens in whatever order, with restarts between: every slot is used by as many as hold it, never
 * by more than there are places, and every code leads to one. */
static void random_lives_keep_the_rule(PlanFixture *f, gconstpointer data) {
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
  gint64 now = NOW;
  plan_set_capacity(f->plan, RC, 3, NULL);
  for (guint step = 0; step < 3000; step++) {
    guint before = f->answers;
    const char *id = ids->len ? ids->pdata[g_test_rand_int_range(0, (gint32)ids->len)] : "";
    const PlanWish wish = {.rc_name = RC,
                           .starts_at_us = now + MINUTES(g_test_rand_int_range(0, 300)),
                           .wanted_us = MINUTES(g_test_rand_int_range(5, 90)),
                           .min_us = MINUTES(10)};
    switch (g_test_rand_int_range(0, 8)) {
    case 0:
    case 1:
      plan_book(f->plan, &wish, now, plan_fixture_answered, f);
      break;
    case 2:
      plan_walk_in(f->plan, &wish, now, plan_fixture_answered, f);
      break;
    case 3:
      plan_cancel(f->plan, id, now, plan_fixture_answered, f);
      break;
    case 4:
      plan_extend(f->plan, id, 15, now, plan_fixture_answered, f);
      break;
    case 5:
      plan_ended(f->plan, id, "users_left", now);
      plan_fixture_answered(NULL, NULL, f);
      break;
    case 6:
      plan_started(f->plan, id, "river-1");
      plan_fixture_answered(NULL, NULL, f);
      break;
    case 7:
      now += MINUTES(g_test_rand_int_range(0, 10));
      plan_tick(f->plan, now);
      plan_fixture_answered(NULL, NULL, f);
      break;
    }
    plan_fixture_wait_for(f, before + 1);
    if (f->last && !g_ptr_array_find_with_equal_func(ids, f->last->id, g_str_equal, NULL))
      g_ptr_array_add(ids, g_strdup(f->last->id));
    if (step % 100 == 99) {
      plan_fixture_reopen(f, now);
      plan_set_capacity(f->plan, RC, 3, NULL);
    }
    for (gint64 at = now; at < now + MINUTES(400); at += MINUTES(5))
      g_assert_cmpuint(plan_fixture_used(f, at), <=, 3);
  }
  for (gint64 slot = now - now % MINUTES(5) + MINUTES(5); slot < now + MINUTES(400); slot += MINUTES(5)) {
    guint32 holders = 0;
    for (guint i = 0; i < ids->len; i++) {
      const Reservation *r = plan_find(f->plan, ids->pdata[i]);
      if (!r || r->state == RESERVATION_ENDED || r->starts_at_us >= slot + MINUTES(5) ||
          r->ends_at_us <= slot)
        continue;
      g_assert_true(plan_find_code(f->plan, r->code) == r);
      holders++;
    }
    g_assert_cmpuint(holders, ==, plan_fixture_used(f, slot));
  }
}

int main(int argc, char **argv) {
  plan_fixture_begin(&argc, &argv);
  plan_fixture_add_json("a-booking-is-on-disk-before-it-is-told", a_booking_is_on_disk_before_it_is_told);
  plan_fixture_add("times-outside-the-horizon-are-refused", times_outside_the_horizon_are_refused);
  plan_fixture_add("of-five-hundred-three-get-the-last-three", of_five_hundred_three_get_the_last_three);
  plan_fixture_add("the-same-request-is-the-same-booking", the_same_request_is_the_same_booking);
  plan_fixture_add("a-request-id-is-its-senders-alone", a_request_id_is_its_senders_alone);
  plan_fixture_add("who-waits-when-it-stops-is-told-once", who_waits_when_it_stops_is_told_once);
  plan_fixture_add("a-walk-in-gives-way-to-a-booking", a_walk_in_gives_way_to_a_booking);
  plan_fixture_add("a-session-that-ends-early-frees-its-time", a_session_that_ends_early_frees_its_time);
  plan_fixture_add("a-no-show-frees-its-place", a_no_show_frees_its_place);
  plan_fixture_add("a-booking-that-was-started-is-no-no-show", a_booking_that_was_started_is_no_no_show);
  plan_fixture_add("cancelling-frees-once-it-is-on-disk", cancelling_frees_once_it_is_on_disk);
  plan_fixture_add("what-is-beginning-is-not-cancelled", what_is_beginning_is_not_cancelled);
  plan_fixture_add("what-is-being-cancelled-does-not-begin", what_is_being_cancelled_does_not_begin);
  plan_fixture_add("extending-to-an-end-twice-is-once", extending_to_an_end_twice_is_once);
  plan_fixture_add("extending-takes-what-is-free", extending_takes_what_is_free);
  plan_fixture_add_json("what-runs-apart-takes-nobodys-place", what_runs_apart_takes_nobodys_place);
  plan_fixture_add("a-coming-end-is-told-once", a_coming_end_is_told_once);
  plan_fixture_add("capacity-that-falls-takes-nobodys-booking", capacity_that_falls_takes_nobodys_booking);
  plan_fixture_add_json("what-cannot-be-written-is-not-promised", what_cannot_be_written_is_not_promised);
  plan_fixture_add("sessions-of-operators-take-their-place", sessions_of_operators_take_their_place);
  plan_fixture_add_json("a-broken-plan-is-refused-and-kept", a_broken_plan_is_refused_and_kept);
  plan_fixture_add("random-lives-keep-the-rule", random_lives_keep_the_rule);
  return plan_fixture_run();
}
