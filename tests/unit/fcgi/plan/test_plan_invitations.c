/* Codes and doors of sessions that run: a removal gives another code, whoever else writes at the same time.
 */
#include "common/instant.h"
#include "common/wire.h"
#include "fcgi/plan/plan.h"

#include <string.h>

#define NOW (1796000000 * INSTANT_SECOND)
#define MINUTES(n) ((n)*INSTANT_MINUTE)

static const PlanRules rules = {.slot_minutes = 5,
                                .horizon_days = 2,
                                .code_digits = 4,
                                .no_show_minutes = 15,
                                .history_days = 7,
                                .notice_minutes = 5};

/* ---- a store that does what the test says ---- */

typedef struct {
  StoreChangeKind kind;
  Reservation *reservation;
  StoreDone done;
  gpointer user_data;
} Asked;

typedef struct {
  Store base;
  GQueue *asked; /* of Asked, not answered yet */
} SlowStore;

static void begin_slow(Store *store) {
  store->listener.loaded(store->user_data);
}

static void put_slow(Store *store, const StoreChange *change, StoreDone done, gpointer user_data) {
  Asked *asked = g_new(Asked, 1);
  *asked = (Asked){change->kind, reservation_copy(change->reservation), done, user_data};
  g_queue_push_tail(((SlowStore *)store)->asked, asked);
}

static guint64 count_slow(Store *store) {
  return 0;
}

static void free_asked(gpointer data) {
  Asked *asked = data;
  reservation_free(asked->reservation);
  g_free(asked);
}

static void close_slow(Store *store) {
  g_free(store);
}

static const StoreKind slow = {begin_slow, put_slow, NULL, count_slow, close_slow};

typedef struct {
  GQueue asked;
  Plan *plan;
  char *id, *code; /* of a session that runs */
  guint invited, answers;
  Reservation *told; /* the last that was invited */
  int refusal;       /* -1: none */
} Fixture;

/* Answers the change that was asked for first; its kind. */
static StoreChangeKind answer_first(Fixture *f, StoreOutcome outcome, const Reservation *other) {
  Asked *asked = g_queue_pop_head(&f->asked);
  StoreChangeKind kind = asked->kind;
  g_assert_nonnull(asked->done);
  asked->done(outcome, other, "the disk is full", asked->user_data);
  free_asked(asked);
  return kind;
}

static guint count_asked(const Fixture *f) {
  return f->asked.length;
}

static const Reservation *first_asked(const Fixture *f) {
  return ((const Asked *)f->asked.head->data)->reservation;
}

static void on_invited(const Reservation *reservation, gpointer data) {
  Fixture *f = data;
  f->invited++;
  reservation_free(f->told);
  f->told = reservation_copy(reservation);
}

static void on_answered(const Reservation *reservation, const GError *error, gpointer data) {
  Fixture *f = data;
  f->answers++;
  f->refusal = error ? (int)wire_message_of(error) : -1;
}

static void set_up(Fixture *f, gconstpointer data) {
  static const PlanListener listener = {.invited = on_invited};
  SlowStore *store = g_new0(SlowStore, 1);
  store->base.kind = &slow;
  store->asked = &f->asked;
  g_queue_init(&f->asked);
  f->plan = plan_new(&store->base, &rules, NOW);
  plan_set_listener(f->plan, &listener, f);
  plan_set_capacity(f->plan, "River", 1, NULL);
  const PlanWish wish = {.rc_name = "River", .wanted_us = MINUTES(60), .min_us = MINUTES(5)};
  plan_walk_in(f->plan, &wish, NOW, NULL, NULL);
  f->id = g_strdup(first_asked(f)->id);
  f->code = g_strdup(first_asked(f)->code);
  answer_first(f, STORE_DONE, NULL);
}

static void tear_down(Fixture *f, gconstpointer data) {
  plan_close(f->plan);
  for (Asked *asked; (asked = g_queue_pop_head(&f->asked)); free_asked(asked))
    if (asked->done)
      asked->done(STORE_UNAVAILABLE, NULL, "closed", asked->user_data);
  reservation_free(f->told);
  g_free(f->id);
  g_free(f->code);
}

static const Reservation *session_of(const Fixture *f) {
  return plan_find(f->plan, f->id);
}

/* ---- removals ---- */

static void a_removal_ends_the_old_code_at_once(Fixture *f, gconstpointer data) {
  plan_renew_invitation(f->plan, f->id, 1, NOW);
  g_assert_null(plan_find_code(f->plan, f->code));
  g_assert_cmpuint(f->invited, ==, 0); /* nobody is told what may be lost */
  g_assert_cmpint(answer_first(f, STORE_DONE, NULL), ==, STORE_INVITE);
  g_assert_cmpuint(f->invited, ==, 1);
  g_assert_true(plan_find_code(f->plan, f->told->code) == session_of(f));
  g_assert_cmpint(f->told->generation, ==, 1);
  g_assert_true(reservation_wants_knock(f->told));
  plan_renew_invitation(f->plan, f->id, 1, NOW); /* every status says so */
  g_assert_cmpuint(count_asked(f), ==, 0);
}

static void the_old_code_rests(Fixture *f, gconstpointer data) {
  guint live, resting;
  plan_renew_invitation(f->plan, f->id, 1, NOW);
  plan_count_codes(f->plan, &live, &resting);
  g_assert_cmpuint(live, ==, 1);
  g_assert_cmpuint(resting, ==, 1);
}

static void of_two_removals_the_last_is_told(Fixture *f, gconstpointer data) {
  plan_renew_invitation(f->plan, f->id, 1, NOW);
  plan_renew_invitation(f->plan, f->id, 2, NOW);
  g_assert_cmpuint(count_asked(f), ==, 1); /* one after the other */
  answer_first(f, STORE_DONE, NULL);
  g_assert_cmpuint(f->invited, ==, 0);
  g_assert_cmpint(first_asked(f)->generation, ==, 2);
  answer_first(f, STORE_DONE, NULL);
  g_assert_cmpuint(f->invited, ==, 1);
  g_assert_cmpint(f->told->generation, ==, 2);
}

static void who_loses_takes_what_is_written(Fixture *f, gconstpointer data) {
  g_autoptr(Reservation) other = reservation_copy(session_of(f));
  g_free(other->code);
  other->code = g_strdup("0817");
  other->generation = 1;
  other->door = g_strdup("knock");
  plan_renew_invitation(f->plan, f->id, 1, NOW);
  g_autofree char *lost = g_strdup(session_of(f)->code);
  answer_first(f, STORE_OTHER, other);
  g_assert_true(plan_find_code(f->plan, "0817") == session_of(f));
  g_assert_true(strcmp(lost, "0817") == 0 || !plan_find_code(f->plan, lost));
  g_assert_cmpstr(f->told->code, ==, "0817");
}

static void a_code_that_is_taken_is_drawn_again(Fixture *f, gconstpointer data) {
  plan_renew_invitation(f->plan, f->id, 1, NOW);
  g_autofree char *taken = g_strdup(session_of(f)->code);
  answer_first(f, STORE_CODE_TAKEN, NULL);
  g_assert_cmpstr(first_asked(f)->code, !=, taken);
  answer_first(f, STORE_DONE, NULL);
  g_assert_null(plan_find_code(f->plan, taken));
  g_assert_true(plan_find_code(f->plan, f->told->code) == session_of(f));
}

static void a_removal_is_written_when_it_can_be(Fixture *f, gconstpointer data) {
  plan_renew_invitation(f->plan, f->id, 1, NOW);
  answer_first(f, STORE_UNAVAILABLE, NULL);
  g_assert_null(plan_find_code(f->plan, f->code)); /* the old code opens nothing meanwhile */
  plan_tick(f->plan, NOW + 10 * INSTANT_SECOND);
  g_assert_cmpint(answer_first(f, STORE_DONE, NULL), ==, STORE_INVITE);
  g_assert_cmpuint(f->invited, ==, 1);
  g_assert_cmpint(answer_first(f, STORE_DONE, NULL), ==, STORE_FACT);
  plan_tick(f->plan, NOW + 20 * INSTANT_SECOND);
  g_assert_cmpuint(count_asked(f), ==, 0);
}

static void one_that_ended_meanwhile_has_no_code(Fixture *f, gconstpointer data) {
  plan_renew_invitation(f->plan, f->id, 1, NOW);
  plan_ended(f->plan, f->id, "users_left", NOW);
  answer_first(f, STORE_GONE, NULL);
  guint live, resting;
  plan_count_codes(f->plan, &live, &resting);
  g_assert_cmpuint(live, ==, 0);
  g_assert_cmpuint(f->invited, ==, 0);
}

/* ---- doors ---- */

static void a_door_is_set_when_it_is_written(Fixture *f, gconstpointer data) {
  plan_set_door(f->plan, f->id, "knock", NOW, on_answered, f);
  g_assert_cmpuint(f->answers, ==, 0);
  plan_set_door(f->plan, f->id, "open", NOW, on_answered, f); /* one at a time */
  g_assert_cmpint(f->refusal, ==, WIRE_STORE_UNAVAILABLE);
  answer_first(f, STORE_DONE, NULL);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpuint(f->invited, ==, 1);
  g_assert_true(reservation_wants_knock(session_of(f)));
  g_assert_cmpstr(session_of(f)->code, ==, f->code);
}

static void a_door_that_cannot_be_written_is_as_it_was(Fixture *f, gconstpointer data) {
  plan_set_door(f->plan, f->id, "knock", NOW, on_answered, f);
  answer_first(f, STORE_UNAVAILABLE, NULL);
  g_assert_cmpint(f->refusal, ==, WIRE_STORE_UNAVAILABLE);
  g_assert_false(reservation_wants_knock(session_of(f)));
  plan_tick(f->plan, NOW + 10 * INSTANT_SECOND);
  g_assert_cmpuint(count_asked(f), ==, 0);
  plan_set_door(f->plan, "nobody's", "knock", NOW, on_answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
}

static void a_removal_wins_over_a_door(Fixture *f, gconstpointer data) {
  plan_set_door(f->plan, f->id, "open", NOW, on_answered, f);
  plan_renew_invitation(f->plan, f->id, 1, NOW);
  answer_first(f, STORE_UNAVAILABLE, NULL); /* the door's */
  plan_tick(f->plan, NOW + 10 * INSTANT_SECOND);
  answer_first(f, STORE_DONE, NULL);
  g_assert_true(reservation_wants_knock(session_of(f)));
  g_assert_cmpint(f->told->generation, ==, 1);
}

#define TEST(name, func) g_test_add("/plan-invitations/" name, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST("a-removal-ends-the-old-code-at-once", a_removal_ends_the_old_code_at_once);
  TEST("the-old-code-rests", the_old_code_rests);
  TEST("of-two-removals-the-last-is-told", of_two_removals_the_last_is_told);
  TEST("who-loses-takes-what-is-written", who_loses_takes_what_is_written);
  TEST("a-code-that-is-taken-is-drawn-again", a_code_that_is_taken_is_drawn_again);
  TEST("a-removal-is-written-when-it-can-be", a_removal_is_written_when_it_can_be);
  TEST("one-that-ended-meanwhile-has-no-code", one_that_ended_meanwhile_has_no_code);
  TEST("a-door-is-set-when-it-is-written", a_door_is_set_when_it_is_written);
  TEST("a-door-that-cannot-be-written-is-as-it-was", a_door_that_cannot_be_written_is_as_it_was);
  TEST("a-removal-wins-over-a-door", a_removal_wins_over_a_door);
  return g_test_run();
}
