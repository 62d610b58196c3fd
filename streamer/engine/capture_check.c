#include "streamer/engine/capture_check.h"

#include "streamer/process/process.h"
#include "streamer/shared/channel.h"
#include "streamer/shared/engine_message.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* A first look at all plugins of a slow host takes long. */
#define CHECK_SECONDS 60
#define CHECK_STOP_MS 1000
/* What the channel of a program that ended may take to close: a stray child may hold it. */
#define SILENCE_MS 200
#define PROBLEMS_MAX 100

typedef struct {
  Process *process;
  Channel *channel;
  GPtrArray *problems; /* of char * */
  gboolean is_late, is_closed;
  guint late_source, silence_source;
  EngineCheckedFunc func;
  gpointer data;
} CaptureCheck;

static void check_free(CaptureCheck *check) {
  g_clear_handle_id(&check->late_source, g_source_remove);
  g_clear_handle_id(&check->silence_source, g_source_remove);
  channel_free(check->channel);
  process_free(check->process);
  g_ptr_array_unref(check->problems);
  g_free(check);
}

static void add_problem(CaptureCheck *check, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_problem(CaptureCheck *check, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *problem = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  if (check->problems->len < PROBLEMS_MAX)
    g_ptr_array_add(check->problems, g_steal_pointer(&problem));
}

/* One that found something has said so, and ends badly; of one that says nothing the end says it. */
static void note_end(CaptureCheck *check) {
  g_autofree char *end = process_describe_end(check->process), *words = process_last_words(check->process);
  if (check->is_late)
    add_problem(check, "webrtc_program: did not say within %d seconds what it can do", CHECK_SECONDS);
  else if (!process_ended_well(check->process) && check->problems->len == 0)
    add_problem(check, "webrtc_program: the engine %s%s%s", end, *words ? ": " : "", words);
}

/* Tells what there is to tell, and is no more. */
static void check_finish(CaptureCheck *check) {
  if (check->process)
    note_end(check);
  g_ptr_array_add(check->problems, NULL);
  check->func((char *const *)check->problems->pdata, check->data);
  check_free(check);
}

static gboolean on_check_silent(gpointer data) {
  CaptureCheck *check = data;
  check->silence_source = 0;
  check_finish(check);
  return G_SOURCE_REMOVE;
}

static void on_check_line(const char *line, gsize length, gpointer data) {
  CaptureCheck *check = data;
  g_autoptr(EngineMessage) message = engine_message_parse(line, length, NULL);
  if (message && message->type == ENGINE_FAILED)
    add_problem(check, "%s", message->reason);
}

static void on_check_closed(const char *reason, gpointer data) {
  CaptureCheck *check = data;
  check->is_closed = TRUE;
  if (process_has_ended(check->process))
    check_finish(check);
}

static void on_check_ended(Process *process, gpointer data) {
  CaptureCheck *check = data;
  g_clear_handle_id(&check->late_source, g_source_remove);
  check->silence_source = g_timeout_add(check->is_closed ? 0 : SILENCE_MS, on_check_silent, check);
}

static gboolean on_check_late(gpointer data) {
  CaptureCheck *check = data;
  check->late_source = 0;
  check->is_late = TRUE;
  process_stop(check->process, CHECK_STOP_MS);
  return G_SOURCE_REMOVE;
}

static gboolean check_launch(CaptureCheck *check, const StreamerSettings *settings, char *const *environment,
                             GError **error) {
  int ends[2];
  char *arguments[] = {settings->webrtc_program, "--check", NULL};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "socketpair: %s", g_strerror(errno));
    return FALSE;
  }
  ProcessPlan plan = {
      .name = "preparation", .arguments = arguments, .environment = environment, .channel_fd = ends[1]};
  check->process = process_start(&plan, on_check_ended, check, error);
  close(ends[1]);
  if (check->process)
    check->channel = channel_new(ends[0], on_check_line, on_check_closed, check);
  else
    close(ends[0]);
  return check->process != NULL;
}

void capture_check(const StreamerSettings *settings, char *const *environment, EngineCheckedFunc func,
                   gpointer data) {
  g_autoptr(GError) error = NULL;
  CaptureCheck *check = g_new0(CaptureCheck, 1);
  check->problems = g_ptr_array_new_with_free_func(g_free);
  check->func = func;
  check->data = data;
  if (!check_launch(check, settings, environment, &error)) {
    add_problem(check, "webrtc_program: %s", error->message);
    check_finish(check);
    return;
  }
  engine_message_send(check->channel,
                      &(EngineMessage){.type = ENGINE_CHECK, .settings = settings->webrtc_json});
  check->late_source = g_timeout_add_seconds(CHECK_SECONDS, on_check_late, check);
}
