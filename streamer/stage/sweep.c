#include "streamer/stage/sweep.h"

#include "streamer/process/remains.h"

#include <gio/gio.h>

/* Rounds of looking for processes that left their group. */
#define SWEEPS 100

typedef struct {
  char *directory;
  Cgroup *cgroup;
  void (*done)(gpointer data);
  gpointer data;
} Sweep;

static void sweep_free(gpointer data) {
  Sweep *sweep = data;
  g_free(sweep->directory);
  g_free(sweep);
}

static void sweep_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable) {
  Sweep *sweep = data;
  cgroup_end(g_steal_pointer(&sweep->cgroup));
  for (int i = 0; i < SWEEPS && remains_kill(sweep->directory); i++)
    g_usleep(1000); /* what was killed needs a moment to be gone, and may have forked before */
  remains_remove_tree(sweep->directory);
  g_task_return_boolean(task, TRUE);
}

static void on_sweep_done(GObject *source, GAsyncResult *result, gpointer data) {
  const Sweep *sweep = g_task_get_task_data(G_TASK(result));
  sweep->done(sweep->data);
}

void sweep_start(const char *directory, Cgroup *cgroup, void (*done)(gpointer data), gpointer data) {
  Sweep *sweep = g_new(Sweep, 1);
  g_autoptr(GTask) task = g_task_new(NULL, NULL, on_sweep_done, NULL);
  *sweep = (Sweep){g_strdup(directory), cgroup, done, data};
  g_task_set_task_data(task, sweep, sweep_free);
  g_task_run_in_thread(task, sweep_in_thread);
}
