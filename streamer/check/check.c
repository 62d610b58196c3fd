#include "streamer/check/check_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

/* What a session's directory needs at least to be of any use. */
#define LEAST_BYTES (1024 * 1024)
/* The longest name that a session's socket gets below it: the sound server's. */
#define LONGEST_BELOW "/streamer-01234567/s9999999999/sound/pulse"
#define PLACEHOLDER_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

G_DEFINE_QUARK(vitrina - check - error, check_error)

static void problem_free(gpointer data) {
  CheckProblem *problem = data;
  g_free(problem->text);
  g_free(problem);
}

GPtrArray *check_problems_new(void) {
  return g_ptr_array_new_with_free_func(problem_free);
}

void check_complain(GPtrArray *problems, gboolean may_be_mended, const char *setting, const char *format,
                    ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *rule = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  CheckProblem *problem = g_new0(CheckProblem, 1);
  problem->text = g_strconcat(setting, ": ", rule, NULL);
  problem->may_be_mended = may_be_mended;
  g_ptr_array_add(problems, problem);
}

/* ---- the application's command line ---- */

/* What looks like a placeholder and is none was meant to be one: the application would get it as it is. */
static void check_placeholders(const StreamerSettings *settings, GPtrArray *problems) {
  for (char **argument = settings->app; *argument; argument++) {
    for (const char *open = strchr(*argument, '{'); open; open = strchr(open + 1, '{')) {
      gsize length = strspn(open + 1, PLACEHOLDER_CHARACTERS);
      g_autofree char *name = g_strndup(open, length + 2);
      if (length > 0 && open[length + 1] == '}' && !streamer_settings_is_placeholder(name))
        check_complain(problems, FALSE, "app", "%s is no placeholder", name);
    }
  }
}

/* ---- programs ---- */

/* As process_start() looks for them. */
static void check_program(GPtrArray *problems, const char *setting, const char *program) {
  g_autofree char *found = g_find_program_in_path(program);
  if (found)
    return;
  gboolean is_there = strchr(program, '/') && access(program, F_OK) == 0;
  check_complain(problems, TRUE, setting, "cannot run %s: %s", program,
                 is_there ? "it is no executable file" : "there is no such program");
}

/* Xvfb starts xkbcomp for itself, and ends without it. */
static void check_programs(const StreamerSettings *settings, GPtrArray *problems) {
  check_program(problems, "app", settings->app[0]);
  check_program(problems, "engine", "Xvfb");
  check_program(problems, "engine", "xkbcomp");
  check_program(problems, "webrtc_program", settings->webrtc_program);
  if (settings->media.sound)
    check_program(problems, "webrtc.sound", "pulseaudio");
}

/* ---- directories ---- */

/* The nearest directory above @path that exists (transfer full). */
static char *nearest_directory(const char *path) {
  char *at = g_strdup(path);
  while (access(at, F_OK) != 0 && errno == ENOENT && !g_str_equal(at, "/") && !g_str_equal(at, ".")) {
    g_autofree char *below = at;
    at = g_path_get_dirname(below);
  }
  return at;
}

/* A socket's address holds so much of a path (unix(7)). */
static void check_room_for_names(const char *path, GPtrArray *problems) {
  const gsize most = sizeof((struct sockaddr_un *)0)->sun_path - sizeof LONGEST_BELOW;
  if (strlen(path) > most)
    check_complain(problems, FALSE, "state_directory",
                   "%s: has more than %" G_GSIZE_FORMAT " bytes: sockets below it would have no names", path,
                   most);
}

static void check_state_directory(const StreamerSettings *settings, GPtrArray *problems) {
  static const char setting[] = "state_directory";
  g_autofree char *path = streamer_settings_state_directory(settings), *nearest = nearest_directory(path);
  struct stat info;
  struct statvfs disk;
  check_room_for_names(path, problems);
  if (stat(nearest, &info) != 0)
    check_complain(problems, TRUE, setting, "%s: %s", nearest, g_strerror(errno));
  else if (!S_ISDIR(info.st_mode))
    check_complain(problems, TRUE, setting, "%s: is no directory", nearest);
  else if (g_str_equal(path, nearest) && info.st_uid != getuid())
    check_complain(problems, TRUE, setting, "%s: belongs to another user", path);
  else if (access(nearest, W_OK | X_OK) != 0)
    check_complain(problems, TRUE, setting, "%s: cannot be written: %s", nearest, g_strerror(errno));
  else if (statvfs(nearest, &disk) == 0 && (guint64)disk.f_bavail * disk.f_frsize < LEAST_BYTES)
    check_complain(problems, TRUE, setting, "%s: the disk is full", nearest);
}

/* ---- all of it ---- */

/* In the order in which a start would find them. */
static const struct {
  void (*find)(const StreamerSettings *settings, GPtrArray *problems);
  gboolean finds_mendable; /* else nothing that it finds may be mended while the streamer runs */
} checks[] = {
    {check_placeholders, FALSE},   {check_certificate, TRUE}, {check_cell, FALSE},
    {check_state_directory, TRUE}, {check_programs, TRUE},
};

static GPtrArray *find_problems(const StreamerSettings *settings, gboolean mendable_alone) {
  GPtrArray *problems = check_problems_new();
  for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
    if (checks[i].finds_mendable || !mendable_alone)
      checks[i].find(settings, problems);
  return problems;
}

GPtrArray *check_host(const StreamerSettings *settings) {
  return find_problems(settings, FALSE);
}

gboolean check_host_is_good(const StreamerSettings *settings, GError **error) {
  g_autoptr(GPtrArray) problems = find_problems(settings, TRUE);
  for (guint i = 0; i < problems->len; i++) {
    const CheckProblem *problem = problems->pdata[i];
    if (!problem->may_be_mended)
      continue;
    g_set_error_literal(error, CHECK_ERROR, CHECK_ERROR_HOST, problem->text);
    return FALSE;
  }
  return TRUE;
}
