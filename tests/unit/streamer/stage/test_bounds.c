/* The bounds of sessions, looked at by the streamer itself: there are no control groups here. */
#include "streamer/stage/bounds.h"

#include "streamer/process/process.h"

#include <string.h>

typedef struct {
  const char *name;
  StreamerSettings settings;
  Process *process;
  Bounds *bounds;
  guint told;
  char *reason;
} Fixture;

static void on_exceeded(const char *reason, gpointer data) {
  Fixture *fixture = data;
  fixture->told++;
  g_free(fixture->reason);
  fixture->reason = g_strdup(reason);
}

static void start(Fixture *fixture, const char *name, gint64 memory_mb, const char *script) {
  static char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
  char *arguments[] = {"sh", "-c", (char *)script, NULL};
  g_autoptr(GError) error = NULL;
  fixture->name = name;
  fixture->settings.cell_memory_mb = memory_mb;
  fixture->settings.isolation = "none";
  ProcessPlan plan = {.name = "test",
                      .session = fixture->name,
                      .arguments = arguments,
                      .environment = environment,
                      .channel_fd = -1};
  fixture->bounds = bounds_new(fixture->name, &fixture->settings, on_exceeded, fixture);
  fixture->process = process_start(&plan, NULL, NULL, &error);
  g_assert_no_error(error);
}

static void stop(Fixture *fixture) {
  bounds_free(fixture->bounds);
  process_free(fixture->process);
  g_free(fixture->reason);
}

/* Some hundred MiB in a child's child. */
#define EATS "sh -c 'x=$(head -c 150000000 /dev/zero | tr \"\\0\" x); sleep 1000' & wait"

static void who_takes_more_is_told_of_once_and_nobody_else(void) {
  Fixture eater = {0}, other = {0}, free_one = {0};
  start(&other, "other", 64, "sleep 1000");
  start(&free_one, "free", 0, EATS);
  start(&eater, "eater", 64, EATS);
  while (!eater.told)
    g_main_context_iteration(NULL, TRUE);
  g_assert_cmpstr(eater.reason, ==, "the session took more than 64 MiB of memory");
  /* One that begins now is told of after a look at all of them. */
  Fixture next = {0};
  start(&next, "next", 64, EATS);
  while (!next.told)
    g_main_context_iteration(NULL, TRUE);
  g_assert_cmpuint(eater.told, ==, 1);
  g_assert_cmpuint(other.told, ==, 0);
  g_assert_cmpuint(free_one.told, ==, 0);
  g_assert_null(bounds_get_cgroup(eater.bounds));
  g_assert_false(bounds_ran_out(eater.bounds));
  stop(&next);
  stop(&eater);
  stop(&free_one);
  stop(&other);
}

static void a_bound_that_is_lowered_holds_at_once(void) {
  Fixture session = {0}, yardstick = {0};
  start(&session, "session", 100000, EATS);
  start(&yardstick, "yardstick", 64, EATS);
  while (!yardstick.told)
    g_main_context_iteration(NULL, TRUE);
  g_assert_cmpuint(session.told, ==, 0);
  session.settings.cell_memory_mb = 64;
  while (!session.told)
    g_main_context_iteration(NULL, TRUE);
  stop(&session);
  stop(&yardstick);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/bounds/who-takes-more-is-told-of-once-and-nobody-else",
                  who_takes_more_is_told_of_once_and_nobody_else);
  g_test_add_func("/bounds/a-bound-that-is-lowered-holds-at-once", a_bound_that_is_lowered_holds_at_once);
  return g_test_run();
}
