#include "streamer/stage/display.h"

#include "common/random.h"
#include "streamer/process/process.h"
#include "streamer/process/remains.h"
#include "streamer/stage/display_probe.h"

#include <X11/Xauth.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COOKIE_NAME "MIT-MAGIC-COOKIE-1"
#define COOKIE_BYTES 16 /* of randomness; written as twice as many hexadecimal digits */
#define NUMBER_MAX 65535
/* When memory runs out, the application goes first, then what is under it, and the streamer last. */
#define DISPLAY_OOM_SCORE 500
/* What a server that is of no use is given to end in order. */
#define USELESS_STOP_MS 1000

struct Display {
  char *directory, *authority, *name;
  gboolean in_cell;
  Process *process;
  int number_fd;
  char number[16]; /* what it has said of its number so far, a line */
  guint number_source;
  DisplayProbe *probe;
  char *flaw; /* why it is ended though it runs (nullable) */
  DisplayEvents events;
  gpointer data;
};

/* ---- the cookie ---- */

/* One entry that is good for any host name and display number: the number is not known yet. */
static gboolean write_cookie(const char *path, GError **error) {
  g_autofree char *cookie = random_hex(COOKIE_BYTES);
  Xauth entry = {
      .family = FamilyWild,
      .name_length = strlen(COOKIE_NAME),
      .name = COOKIE_NAME,
      .data_length = 2 * COOKIE_BYTES,
      .data = cookie,
  };
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  gboolean written = file && XauWriteAuth(file, &entry);
  if (file && fclose(file) != 0)
    written = FALSE;
  if (!written)
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: cannot write the cookie", path);
  return written;
}

/* ---- the server ---- */

static void close_number(Display *display) {
  g_clear_handle_id(&display->number_source, g_source_remove);
  if (display->number_fd >= 0)
    close(display->number_fd);
  display->number_fd = -1;
}

static void on_probed(const char *flaw, gpointer data) {
  Display *display = data;
  g_clear_pointer(&display->probe, display_probe_free);
  if (!flaw) {
    display->events.ready(display->data);
    return;
  }
  display->flaw = g_strdup(flaw);
  process_stop(display->process, USELESS_STOP_MS);
}

/* The number and its line feed come in two parts. */
static gboolean on_number(gint fd, GIOCondition condition, gpointer data) {
  Display *display = data;
  char *at = display->number + strlen(display->number);
  gssize got = read(fd, at, (gsize)(display->number + sizeof display->number - 1 - at));
  if (got > 0 && !strchr(display->number, '\n') && at + got < display->number + sizeof display->number - 1)
    return G_SOURCE_CONTINUE;
  display->number_source = 0;
  close_number(display);
  gint64 number = g_ascii_isdigit(display->number[0]) ? g_ascii_strtoll(display->number, NULL, 10) : -1;
  /* A server that says nothing is about to end, and that is noticed by itself. */
  if (got <= 0 || number < 0 || number > NUMBER_MAX)
    return G_SOURCE_REMOVE;
  display->name = g_strdup_printf(":%d", (int)number);
  /* In a cell the socket goes with its directory. */
  g_autofree char *name = g_strdup_printf("X%d", (int)number);
  g_autofree char *socket = display->in_cell
                                ? g_build_filename(display->directory, CELL_HOST_DISPLAY, name, NULL)
                                : g_build_filename("/tmp/.X11-unix", name, NULL);
  if (!display->in_cell)
    remains_note_display(display->directory, (guint)number, NULL);
  display->probe = display_probe_start(socket, on_probed, display);
  return G_SOURCE_REMOVE;
}

static void on_xvfb_ended(Process *process, gpointer data) {
  Display *display = data;
  close_number(display);
  g_clear_pointer(&display->probe, display_probe_free);
  remains_remove_display(display->directory);
  display->events.ended(display->data);
}

/* -nolisten local: no abstract socket beside the file, which whoever has this network could reach. */
static char *const cell_options[] = {CELL_DISPLAY, "-nolisten", "local", NULL};

static Process *run_xvfb(Display *display, const DisplayPlan *plan, int number_fd, GError **error) {
  g_autofree char *screen =
      g_strdup_printf("%" G_GINT64_FORMAT "x%" G_GINT64_FORMAT "x24", plan->width, plan->height);
  g_autofree char *displayfd = g_strdup_printf("%d", PROCESS_CHANNEL_FD);
  /* -noreset: it outlives an application that is started again; -s 0: no screen saver. */
  char *arguments[] = {
      "Xvfb",      "-displayfd", displayfd,  "-screen", "0", screen, "-auth", display->authority,
      "-nolisten", "tcp",        "-noreset", "-s",      "0", "-dpi", "96",    NULL,
      NULL,        NULL,         NULL};
  if (plan->cell)
    memcpy(arguments + g_strv_length(arguments), cell_options, sizeof cell_options);
  ProcessPlan process = {
      .name = "display",
      .session = plan->session,
      .arguments = arguments,
      .environment = plan->environment,
      .directory = plan->directory,
      .channel_fd = number_fd,
      .cell = plan->cell,
      .part = CELL_PART_DISPLAY,
      .oom_score = DISPLAY_OOM_SCORE,
  };
  return process_start(&process, on_xvfb_ended, display, error);
}

Display *display_start(const DisplayPlan *plan, const DisplayEvents *events, gpointer data, GError **error) {
  g_autoptr(Display) display = g_new0(Display, 1);
  int ends[2];
  display->directory = g_strdup(plan->directory);
  g_autofree char *cookie = g_build_filename(plan->directory, CELL_HOST_COOKIE, NULL);
  display->authority = g_strdup(plan->cell ? CELL_COOKIE : cookie);
  display->in_cell = plan->cell != NULL;
  display->events = *events;
  display->data = data;
  display->number_fd = -1;
  if (!write_cookie(cookie, error) || !g_unix_open_pipe(ends, FD_CLOEXEC, error))
    return NULL;
  display->number_fd = ends[0];
  display->process = run_xvfb(display, plan, ends[1], error);
  close(ends[1]);
  if (!display->process)
    return NULL;
  display->number_source = g_unix_fd_add(display->number_fd, G_IO_IN | G_IO_HUP, on_number, display);
  return g_steal_pointer(&display);
}

const char *display_get_name(const Display *display) {
  return display->name;
}

const char *display_get_authority(const Display *display) {
  return display->authority;
}

char *display_describe_end(const Display *display) {
  if (display->flaw)
    return g_strdup(display->flaw);
  g_autofree char *end = process_describe_end(display->process);
  g_autofree char *words = process_last_words(display->process);
  return g_strdup_printf("the X server %s%s%s", end, *words ? ": " : "", words);
}

void display_stop(Display *display, guint deadline_ms) {
  process_stop(display->process, deadline_ms);
}

gboolean display_has_ended(const Display *display) {
  return process_has_ended(display->process);
}

void display_free(Display *display) {
  if (!display)
    return;
  close_number(display);
  display_probe_free(display->probe);
  if (display->process) {
    process_free(display->process);
    remains_remove_display(display->directory);
  }
  g_free(display->directory);
  g_free(display->authority);
  g_free(display->name);
  g_free(display->flaw);
  g_free(display);
}
