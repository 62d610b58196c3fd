#include "streamer/process/keeper.h"

#include "common/log.h"
#include "streamer/process/process.h"
#include "streamer/process/remains.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A keeper that cannot live is not started more often than this. */
#define RESTART_MS 1000

struct Keeper {
  char *directory;
  GHashTable *groups; /* of pid_t as pointers: those alive */
  Process *process;
  int pipe;
  guint restart_source;
};

/* ---- in the streamer ---- */

static void keeper_tell(Keeper *keeper, pid_t group, gboolean alive) {
  char line[32];
  int length = snprintf(line, sizeof line, "%c%d\n", alive ? '+' : '-', (int)group);
  /* A keeper that does not read is as good as dead, and the next one is told all. */
  if (keeper->pipe >= 0 && write(keeper->pipe, line, (gsize)length) != length)
    log_warning("keeper_deaf", "error=\"%s\"", g_strerror(errno));
}

static void on_group(pid_t group, gboolean alive, gpointer data) {
  Keeper *keeper = data;
  if (alive)
    g_hash_table_add(keeper->groups, GINT_TO_POINTER(group));
  else
    g_hash_table_remove(keeper->groups, GINT_TO_POINTER(group));
  keeper_tell(keeper, group, alive);
}

static gboolean keeper_launch(Keeper *keeper, GError **error);

static gboolean on_restart(gpointer data) {
  Keeper *keeper = data;
  g_autoptr(GError) error = NULL;
  keeper->restart_source = 0;
  if (keeper_launch(keeper, &error))
    return G_SOURCE_REMOVE;
  log_error("keeper_failed", "error=\"%s\"", error->message);
  keeper->restart_source = g_timeout_add(RESTART_MS, on_restart, keeper);
  return G_SOURCE_REMOVE;
}

static void on_keeper_ended(Process *process, gpointer data) {
  Keeper *keeper = data;
  g_clear_pointer(&keeper->process, process_free);
  close(keeper->pipe);
  keeper->pipe = -1;
  keeper->restart_source = g_timeout_add(RESTART_MS, on_restart, keeper);
}

static gboolean keeper_launch(Keeper *keeper, GError **error) {
  int ends[2];
  char *arguments[] = {"/proc/self/exe", "--keeper", keeper->directory, NULL};
  g_auto(GStrv) environment = g_environ_setenv(NULL, "PATH", "/usr/bin:/bin", TRUE);
  ProcessPlan plan = {.name = "keeper", .arguments = arguments, .environment = environment, .outlives = TRUE};
  if (!g_unix_open_pipe(ends, FD_CLOEXEC, error))
    return FALSE;
  plan.channel_fd = ends[0];
  keeper->process = process_start(&plan, on_keeper_ended, keeper, error);
  close(ends[0]);
  if (!keeper->process) {
    close(ends[1]);
    return FALSE;
  }
  keeper->pipe = ends[1];
  g_unix_set_fd_nonblocking(keeper->pipe, TRUE, NULL);
  GHashTableIter iter;
  gpointer group;
  g_hash_table_iter_init(&iter, keeper->groups);
  while (g_hash_table_iter_next(&iter, &group, NULL))
    keeper_tell(keeper, GPOINTER_TO_INT(group), TRUE);
  return TRUE;
}

Keeper *keeper_start(const char *directory, GError **error) {
  Keeper *keeper = g_new0(Keeper, 1);
  keeper->directory = g_strdup(directory);
  keeper->groups = g_hash_table_new(NULL, NULL);
  keeper->pipe = -1;
  if (!keeper_launch(keeper, error)) {
    keeper_free(keeper);
    return NULL;
  }
  process_watch_groups(on_group, keeper);
  return keeper;
}

void keeper_free(Keeper *keeper) {
  if (!keeper)
    return;
  process_watch_groups(NULL, NULL);
  g_clear_handle_id(&keeper->restart_source, g_source_remove);
  if (keeper->pipe >= 0)
    close(keeper->pipe);
  if (keeper->process)
    process_wait(keeper->process);
  process_free(keeper->process);
  g_hash_table_destroy(keeper->groups);
  g_free(keeper->directory);
  g_free(keeper);
}

/* ---- the keeper itself ---- */

static GHashTable *follow_groups(FILE *lines) {
  GHashTable *groups = g_hash_table_new(NULL, NULL);
  char line[64];
  while (fgets(line, sizeof line, lines)) {
    gint64 group = g_ascii_strtoll(line + 1, NULL, 10);
    if (group <= 1)
      continue;
    if (line[0] == '+')
      g_hash_table_add(groups, GINT_TO_POINTER((gint)group));
    else
      g_hash_table_remove(groups, GINT_TO_POINTER((gint)group));
  }
  return groups;
}

int keeper_run(const char *directory) {
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  FILE *lines = fdopen(PROCESS_CHANNEL_FD, "r");
  if (!lines)
    return 1;
  g_autoptr(GHashTable) groups = follow_groups(lines);
  GHashTableIter iter;
  gpointer group;
  g_hash_table_iter_init(&iter, groups);
  while (g_hash_table_iter_next(&iter, &group, NULL))
    kill(-(pid_t)GPOINTER_TO_INT(group), SIGKILL);
  remains_clear(directory);
  fclose(lines);
  return 0;
}
