#include "streamer/program/try_out.h"

#include "common/log.h"
#include "streamer/check/check.h"
#include "streamer/engine/engine.h"
#include "streamer/process/remains.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
  const char *config;
  const StreamerSettings *settings;
  gboolean is_flawed;
  char *registry; /* where GStreamer may note what it finds (nullable: where it likes) */
  GMainLoop *loop;
} TryOut;

static void say_flaw(TryOut *out, const char *text) {
  fprintf(stderr, "vitrina-streamer: %s: %s\n", out->config, text);
  out->is_flawed = TRUE;
}

/* @problems (transfer full) */
static void say_problems(TryOut *out, GPtrArray *problems) {
  for (guint i = 0; i < problems->len; i++)
    say_flaw(out, ((const CheckProblem *)problems->pdata[i])->text);
  g_ptr_array_unref(problems);
}

static void on_engine_tried(char *const *problems, gpointer data) {
  TryOut *out = data;
  for (; *problems; problems++)
    say_flaw(out, *problems);
  g_main_loop_quit(out->loop);
}

static gboolean begin_with_engine(gpointer data) {
  TryOut *out = data;
  g_auto(GStrv) environment = g_get_environ();
  if (out->registry)
    environment = g_environ_setenv(environment, "GST_REGISTRY", out->registry, FALSE);
  engine_check(out->settings, environment, on_engine_tried, out);
  return G_SOURCE_REMOVE;
}

/* What is found out about plugins is nobody else's, and does not stay. */
static void try_engine(TryOut *out) {
  g_autofree char *directory = g_dir_make_tmp("vitrina-check-XXXXXX", NULL);
  g_autofree char *registry = directory ? g_build_filename(directory, "registry", NULL) : NULL;
  out->registry = registry;
  log_set_level(LOG_LEVEL_ERROR);
  g_idle_add(begin_with_engine, out);
  g_main_loop_run(out->loop);
  out->registry = NULL;
  if (directory)
    remains_remove_tree(directory);
}

int try_out(const char *config, const StreamerSettings *settings, const GError *flaw) {
  g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
  TryOut out = {.config = config, .settings = settings, .loop = loop};
  if (flaw) {
    g_autofree char *text = g_strconcat("key_file: ", flaw->message, NULL);
    say_flaw(&out, text);
  }
  say_problems(&out, check_host(settings));
  say_problems(&out, check_ports(settings));
  if (g_file_test(settings->webrtc_program, G_FILE_TEST_IS_EXECUTABLE)) /* else told */
    try_engine(&out);
  if (out.is_flawed)
    return SETTINGS_EXIT_STATUS;
  puts("ok");
  return EXIT_SUCCESS;
}

gboolean try_out_at_start(const char *config, const StreamerSettings *settings, char **flaw) {
  TryOut out = {.config = config, .settings = settings};
  g_autoptr(GPtrArray) problems = check_host(settings);
  for (guint i = 0; i < problems->len; i++) {
    const CheckProblem *problem = problems->pdata[i];
    if (!problem->may_be_mended) {
      say_flaw(&out, problem->text);
      continue;
    }
    g_autofree char *quoted = log_quote(problem->text);
    log_warning("check_failed", "problem=%s", quoted);
    if (!*flaw)
      *flaw = g_strdup(problem->text);
  }
  return !out.is_flawed;
}
