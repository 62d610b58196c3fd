/* fcgi/base/mailbox, timers, body, answers: what threads and waiting stand on. */
#include "fcgi/base/answers.h"
#include "fcgi/base/mailbox.h"
#include "fcgi/base/timers.h"

#include <string.h>

#define POSTERS 4
#define LETTERS 5000

typedef struct {
  Letter letter;
  guint poster, number;
} Note;

typedef struct {
  guint next[POSTERS]; /* the number expected from each poster */
  guint count;
  GMainLoop *loop;
} Reader;

static void deliver(Letter *letter, gpointer receiver) {
  Note *note = (Note *)letter;
  Reader *reader = receiver;
  if (reader) {
    g_assert_cmpuint(note->number, ==, reader->next[note->poster]++);
    if (++reader->count == POSTERS * LETTERS && reader->loop)
      g_main_loop_quit(reader->loop);
  }
  g_free(note);
}

typedef struct {
  Mailbox *mailbox;
  guint number;
} Poster;

static void post(Mailbox *mailbox, guint poster, guint number) {
  Note *note = g_new0(Note, 1);
  note->letter.deliver = deliver;
  note->poster = poster;
  note->number = number;
  mailbox_post(mailbox, &note->letter);
}

static gpointer run_poster(gpointer data) {
  Poster *poster = data;
  for (guint i = 0; i < LETTERS; i++)
    post(poster->mailbox, poster->number, i);
  return NULL;
}

static void start_posters(Mailbox *mailbox, Poster posters[POSTERS], GThread *threads[POSTERS]) {
  for (guint i = 0; i < POSTERS; i++) {
    posters[i] = (Poster){mailbox, i};
    threads[i] = g_thread_new("poster", run_poster, &posters[i]);
  }
}

static void join(GThread *threads[POSTERS]) {
  for (guint i = 0; i < POSTERS; i++)
    g_thread_join(threads[i]);
}

static void main_loop_gets_every_letter_in_order(void) {
  Poster posters[POSTERS];
  GThread *threads[POSTERS];
  Mailbox *mailbox = mailbox_new(NULL, NULL);
  Reader reader = {.loop = g_main_loop_new(NULL, FALSE)};
  start_posters(mailbox, posters, threads); /* some letters are there before it is attached */
  mailbox_attach(mailbox, NULL, &reader);
  g_main_loop_run(reader.loop);
  join(threads);
  g_assert_cmpuint(reader.count, ==, POSTERS * LETTERS);
  mailbox_free(mailbox);
  g_main_loop_unref(reader.loop);
}

static gpointer run_reader(gpointer data) {
  gpointer *both = data;
  while (mailbox_deliver_next(both[0], both[1]))
    ;
  return NULL;
}

static void waiting_thread_gets_every_letter_until_closed(void) {
  Poster posters[POSTERS];
  GThread *threads[POSTERS];
  Mailbox *mailbox = mailbox_new(NULL, NULL);
  Reader reader = {.count = 0};
  gpointer both[] = {mailbox, &reader};
  GThread *thread = g_thread_new("reader", run_reader, both);
  start_posters(mailbox, posters, threads);
  join(threads);
  mailbox_close(mailbox);
  g_thread_join(thread);
  g_assert_cmpuint(reader.count, ==, POSTERS * LETTERS);
  mailbox_free(mailbox);
}

static void count_wakes(gpointer data) {
  ++*(guint *)data;
}

static void reader_is_woken_when_the_mailbox_fills(void) {
  guint wakes = 0;
  Reader reader = {.count = 0};
  Mailbox *mailbox = mailbox_new(count_wakes, &wakes);
  post(mailbox, 0, 0);
  post(mailbox, 0, 1);
  g_assert_cmpuint(wakes, ==, 1);
  g_assert_cmpuint(mailbox_deliver(mailbox, &reader), ==, 2);
  g_assert_cmpuint(mailbox_deliver(mailbox, &reader), ==, 0);
  post(mailbox, 0, 2);
  g_assert_cmpuint(wakes, ==, 2);
  post(mailbox, 0, 3);
  g_assert_true(mailbox_deliver_some(mailbox, 1, &reader));
  g_assert_false(mailbox_deliver_some(mailbox, 1, &reader));
  g_assert_cmpuint(reader.count, ==, 4);
  post(mailbox, 0, 4);
  mailbox_free(mailbox); /* with a letter in it, which is delivered to nobody */
  g_assert_cmpuint(reader.count, ==, 4);
}

typedef struct {
  GString *fired;
  GMainLoop *loop;
  Timers *timers;
  Timer *victim;
} Clockwork;

static void fire_a(gpointer data) {
  g_string_append_c(((Clockwork *)data)->fired, 'a');
}

static void fire_b_and_cancel(gpointer data) {
  Clockwork *clockwork = data;
  g_string_append_c(clockwork->fired, 'b');
  timer_clear(&clockwork->victim);
}

static void fire_last(gpointer data) {
  Clockwork *clockwork = data;
  g_string_append_c(clockwork->fired, 'z');
  g_main_loop_quit(clockwork->loop);
}

static void timers_fire_in_order_and_not_when_cancelled(void) {
  Clockwork clockwork = {
      .fired = g_string_new(NULL), .loop = g_main_loop_new(NULL, FALSE), .timers = timers_new(NULL)};
  timers_add(clockwork.timers, 30000, fire_last, &clockwork);
  timers_add(clockwork.timers, 10000, fire_b_and_cancel, &clockwork);
  clockwork.victim = timers_add(clockwork.timers, 20000, fire_a, &clockwork);
  timers_add(clockwork.timers, -5, fire_a, &clockwork);
  timer_cancel(timers_add(clockwork.timers, 0, fire_a, &clockwork));
  timer_cancel(NULL);
  g_main_loop_run(clockwork.loop);
  g_assert_cmpstr(clockwork.fired->str, ==, "abz");
  g_assert_null(clockwork.victim);
  timers_add(clockwork.timers, 0, fire_a, &clockwork); /* freed without being called */
  timers_free(clockwork.timers);
  g_string_free(clockwork.fired, TRUE);
  g_main_loop_unref(clockwork.loop);
}

static void answers_are_remembered_until_cleared(void) {
  Answers *answers = answers_new();
  AnswerKind kind = {NULL, WIRE_RCS_FOUND};
  g_autoptr(Body) body = body_new(g_strdup("{}"));
  g_assert_null(answers_find(answers, "a", &kind));
  answers_put(answers, "a", body, kind);
  g_autoptr(Body) found = answers_find(answers, "a", &kind);
  g_assert_true(found == body);
  g_assert_cmpuint(kind.message, ==, WIRE_RCS_FOUND);
  g_assert_null(answers_find(answers, "b", &kind));
  answers_clear(answers);
  g_assert_null(answers_find(answers, "a", &kind));
  g_assert_cmpstr(body_get_text(found), ==, "{}");
  answers_free(answers);
}

static void answers_are_bounded(void) {
  Answers *answers = answers_new();
  AnswerKind kind = {NULL, WIRE_RCS_FOUND};
  guint kept = 0;
  for (guint i = 0; i < 10000; i++) {
    g_autofree char *text = g_strdup_printf("%u", i);
    g_autoptr(Body) body = body_new(g_strnfill(10000, 'x'));
    answers_put(answers, text, body, kind);
  }
  for (guint i = 0; i < 10000; i++) {
    g_autofree char *text = g_strdup_printf("%u", i);
    g_autoptr(Body) body = answers_find(answers, text, &kind);
    kept += body != NULL;
  }
  g_assert_cmpuint(kept, >, 0);
  g_assert_cmpuint(kept, <, 1000);
  g_autofree char *long_text = g_strnfill(300, 'x');
  g_autoptr(Body) body = body_new(g_strdup("{}"));
  answers_put(answers, long_text, body, kind);
  g_assert_null(answers_find(answers, long_text, &kind));
  answers_free(answers);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mailbox/main-loop-gets-every-letter-in-order", main_loop_gets_every_letter_in_order);
  g_test_add_func("/mailbox/waiting-thread-gets-every-letter-until-closed",
                  waiting_thread_gets_every_letter_until_closed);
  g_test_add_func("/mailbox/reader-is-woken-when-it-fills", reader_is_woken_when_the_mailbox_fills);
  g_test_add_func("/timers/fire-in-order-and-not-when-cancelled",
                  timers_fire_in_order_and_not_when_cancelled);
  g_test_add_func("/answers/remembered-until-cleared", answers_are_remembered_until_cleared);
  g_test_add_func("/answers/bounded", answers_are_bounded);
  return g_test_run();
}
