#include "streamer/stage/bounds.h"

#include "common/log.h"
#include "streamer/process/process.h"
#include "streamer/process/usage.h"
#include "streamer/settings/cell_settings.h"

#include <gio/gio.h>
#include <unistd.h>

#define WAIT_MS 1000
/* While somebody has taken more than half of what they may. */
#define WAIT_NEAR_MS 250
#define MIB (1024 * 1024)
/* Of X server, sound and engine, beside those that the application may have. */
#define OWN_THREADS 1000

struct Bounds {
  guint64 number; /* no other ever has it */
  const char *session;
  const StreamerSettings *settings;
  guint64 most; /* bytes, at its beginning */
  BoundsExceededFunc exceeded;
  gpointer data;
  Cgroup *cgroup; /* NULL: it is looked at */
};

/* What one look is about: made on the main thread, filled on another. */
typedef struct {
  guint64 number; /* whose it is: of one that may end meanwhile */
  GArray *roots;  /* of pid_t */
  guint64 most;   /* bytes */
  Usage usage;
} Question;

/* One for the whole program, since one look serves all. */
static struct {
  GHashTable *all; /* of Bounds by their number; NULL: none yet */
  guint64 made;
  guint source;
  gboolean looking;
} watch;

static Cgroups *groups; /* nullable */

void bounds_use_cgroups(Cgroups *cgroups) {
  groups = cgroups;
}

static void plan_look(guint wait_ms);

/* ---- the look ---- */

static void question_clear(gpointer data) {
  g_array_unref(((Question *)data)->roots);
}

static void take_look(GTask *task, gpointer source, gpointer data, GCancellable *cancellable) {
  GArray *questions = data;
  g_autoptr(UsageLook) look = usage_look("/proc");
  for (guint i = 0; i < questions->len; i++) {
    Question *question = &g_array_index(questions, Question, i);
    question->usage =
        usage_of(look, (const pid_t *)(gpointer)question->roots->data, question->roots->len, question->most);
  }
  g_task_return_boolean(task, TRUE);
}

static char *describe_most(guint64 most) {
  return g_strdup_printf("the session took more than %" G_GUINT64_FORMAT " MiB of memory", most / MIB);
}

static void tell_exceeded(const Bounds *bounds, const Question *question) {
  g_autofree char *reason = describe_most(question->most);
  log_warning("memory_exceeded",
              "session=%s taken_mb=%" G_GUINT64_FORMAT " bound_mb=%" G_GUINT64_FORMAT " processes=%u",
              bounds->session, question->usage.bytes / MIB, question->most / MIB, question->usage.processes);
  bounds->exceeded(reason, bounds->data);
}

static void on_looked(GObject *source, GAsyncResult *result, gpointer data) {
  const GArray *questions = g_task_get_task_data(G_TASK(result));
  gboolean near = FALSE;
  watch.looking = FALSE;
  for (guint i = 0; i < questions->len; i++) {
    const Question *question = &g_array_index(questions, Question, i);
    Bounds *bounds = g_hash_table_lookup(watch.all, &question->number);
    if (!bounds)
      continue;
    near = near || question->usage.bytes > question->most / 2;
    if (question->usage.bytes > question->most) {
      g_hash_table_remove(watch.all, &bounds->number);
      tell_exceeded(bounds, question);
    }
  }
  plan_look(near ? WAIT_NEAR_MS : WAIT_MS);
}

/* 0: nine tenths of what the machine has. */
static guint64 most_bytes(const StreamerSettings *settings) {
  if (settings->cell_memory_mb)
    return (guint64)settings->cell_memory_mb * MIB;
  return (guint64)sysconf(_SC_PHYS_PAGES) / 10 * 9 * (guint64)sysconf(_SC_PAGESIZE);
}

static gboolean on_look_due(gpointer data) {
  GArray *questions = g_array_new(FALSE, TRUE, sizeof(Question));
  g_autoptr(GTask) task = g_task_new(NULL, NULL, on_looked, NULL);
  GHashTableIter iter;
  gpointer value;
  watch.source = 0;
  watch.looking = TRUE;
  g_array_set_clear_func(questions, question_clear);
  g_hash_table_iter_init(&iter, watch.all);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const Bounds *bounds = value;
    Question question = {
        bounds->number, g_array_new(FALSE, FALSE, sizeof(pid_t)), most_bytes(bounds->settings), {0}};
    process_list(bounds->session, question.roots);
    g_array_append_val(questions, question);
  }
  g_task_set_task_data(task, questions, (GDestroyNotify)g_array_unref);
  g_task_run_in_thread(task, take_look);
  return G_SOURCE_REMOVE;
}

/* Nobody to look at: no look. */
static void plan_look(guint wait_ms) {
  if (!watch.looking && !watch.source && g_hash_table_size(watch.all) > 0)
    watch.source = g_timeout_add(wait_ms, on_look_due, NULL);
}

/* ---- groups ---- */

/* NULL: there are none, or not for this one. */
static Cgroup *make_group(const Bounds *bounds) {
  g_autoptr(GError) error = NULL;
  gint64 processes = bounds->settings->cell_processes;
  if (!groups || !cell_settings_wants_cell(bounds->settings))
    return NULL;
  Cgroup *cgroup = cgroup_new(groups, bounds->most, processes ? (guint)processes + OWN_THREADS : 0, &error);
  if (!cgroup)
    log_warning("cgroup_failed", "session=%s error=\"%s\"", bounds->session, error->message);
  return cgroup;
}

const Cgroup *bounds_get_cgroup(const Bounds *bounds) {
  return bounds->cgroup;
}

Cgroup *bounds_take_cgroup(Bounds *bounds) {
  return g_steal_pointer(&bounds->cgroup);
}

gboolean bounds_ran_out(const Bounds *bounds) {
  return bounds->cgroup && cgroup_ran_out(bounds->cgroup);
}

char *bounds_describe(const Bounds *bounds) {
  return describe_most(bounds->most);
}

/* ---- life ---- */

Bounds *bounds_new(const char *session, const StreamerSettings *settings, BoundsExceededFunc exceeded,
                   gpointer data) {
  Bounds *bounds = g_new0(Bounds, 1);
  bounds->number = ++watch.made;
  bounds->session = session;
  bounds->settings = settings;
  bounds->most = most_bytes(settings);
  bounds->exceeded = exceeded;
  bounds->data = data;
  bounds->cgroup = make_group(bounds);
  if (!watch.all)
    watch.all = g_hash_table_new(g_int64_hash, g_int64_equal);
  if (bounds->cgroup)
    return bounds;
  g_hash_table_insert(watch.all, &bounds->number, bounds);
  plan_look(WAIT_MS);
  return bounds;
}

void bounds_free(Bounds *bounds) {
  if (!bounds)
    return;
  g_hash_table_remove(watch.all, &bounds->number);
  if (g_hash_table_size(watch.all) == 0)
    g_clear_handle_id(&watch.source, g_source_remove);
  cgroup_end(bounds->cgroup);
  g_free(bounds);
}
