#include "streamer/engine/engine_capture.h"

#include "common/log.h"
#include "streamer/base/counts.h"
#include "streamer/engine/capture_check.h"
#include "streamer/process/process.h"
#include "streamer/shared/channel.h"
#include "streamer/shared/engine_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What an engine whose channel broke is given to end in order. */
#define CLOSED_STOP_MS 1000
/* What the channel of an engine that ended may take to close: a stray child may hold it. */
#define SILENCE_MS 200
#define ENGINE_OOM_SCORE 500 /* less than the application's, more than the streamer's own */

typedef struct {
  Engine base;
  const char *session;
  Process *process;
  Channel *channel;
  char *last_reason; /* what it said of its own failure (nullable) */
  gboolean silent;   /* the channel has closed: all that it said was read */
  guint silence_source;
  guint watch_source;       /* from its first statistics on */
  gint64 unheard, patience; /* seconds */
  EngineStats stats;
  Metrics *metrics;
  EngineEvents events;
  gpointer data;
} CaptureEngine;

/* ---- whether it lives ---- */

/* A second has passed. It comes after what there is to read, and counts how often it came: whatever stopped
 * the streamer or the whole host for a while has stopped nothing for long in here. */
static gboolean on_unheard_second(gpointer data) {
  CaptureEngine *capture = data;
  if (++capture->unheard < capture->patience)
    return G_SOURCE_CONTINUE;
  capture->watch_source = 0;
  log_warning("engine_silent", "session=%s seconds=%" G_GINT64_FORMAT, capture->session, capture->unheard);
  g_free(capture->last_reason);
  capture->last_reason = g_strdup("it did not say anything any more");
  process_stop(capture->process, 0);
  return G_SOURCE_REMOVE;
}

/* One that tells how it does goes on telling, every few seconds. */
static void watch_over(CaptureEngine *capture) {
  if (!capture->watch_source)
    capture->watch_source =
        g_timeout_add_seconds_full(G_PRIORITY_DEFAULT_IDLE, 1, on_unheard_second, capture, NULL);
}

/* ---- what it says ---- */

/* An engine is not trusted to count upwards. */
static void note_stats(CaptureEngine *capture, const EngineMessage *message) {
  const EngineStats *before = &capture->stats;
  metrics_add(capture->metrics, COUNTS_FRAMES_CAPTURED,
              (guint64)MAX(0, message->captured - before->captured));
  metrics_add(capture->metrics, COUNTS_FRAMES_ENCODED, (guint64)MAX(0, message->encoded - before->encoded));
  capture->stats = (EngineStats){message->captured, message->encoded, message->bitrate_kbps};
}

static void handle(CaptureEngine *capture, const EngineMessage *message) {
  const EngineEvents *events = &capture->events;
  switch (message->type) {
  case ENGINE_READY:
    events->ready(capture->data);
    break;
  case ENGINE_VIEWER_ANSWER:
    events->viewer_answered(message->viewer, message->sdp, NULL, capture->data);
    break;
  case ENGINE_VIEWER_FAILED:
    events->viewer_answered(message->viewer, NULL, message->reason, capture->data);
    break;
  case ENGINE_VIEWER_RESTARTED:
    events->viewer_restarted(message->viewer, message->sdp, message->reason, capture->data);
    break;
  case ENGINE_VIEWER_CONNECTED:
    events->viewer_connected(message->viewer, capture->data);
    break;
  case ENGINE_VIEWER_RECEIVES:
    events->viewer_receives(message->viewer, capture->data);
    break;
  case ENGINE_VIEWER_GONE:
    events->viewer_gone(message->viewer, message->reason, capture->data);
    break;
  case ENGINE_INPUT:
  case ENGINE_TOUCH:
    events->input(message->user ? message->user : "", message->type == ENGINE_INPUT, capture->data);
    break;
  case ENGINE_WINDOW_GONE:
    events->window(ENGINE_WINDOW_IS_GONE, capture->data);
    break;
  case ENGINE_WINDOW_SILENT:
    events->window(ENGINE_WINDOW_IS_SILENT, capture->data);
    break;
  case ENGINE_WINDOW_READY:
    events->window(ENGINE_WINDOW_IS_SHOWN, capture->data);
    break;
  case ENGINE_STATS:
    note_stats(capture, message);
    watch_over(capture);
    break;
  case ENGINE_FAILED:
    g_free(capture->last_reason);
    capture->last_reason = g_strdup(message->reason);
    break;
  default: /* what only we say */
    break;
  }
}

static void on_capture_line(const char *line, gsize length, gpointer data) {
  CaptureEngine *capture = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(EngineMessage) message = engine_message_parse(line, length, &error);
  capture->unheard = 0;
  if (message)
    handle(capture, message);
  else if (!g_error_matches(error, ENGINE_MESSAGE_ERROR, ENGINE_MESSAGE_ERROR_UNKNOWN))
    log_warning("engine_message_bad", "session=%s error=\"%s\"", capture->session, error->message);
}

static gboolean tell_ended(gpointer data) {
  CaptureEngine *capture = data;
  capture->silence_source = 0;
  capture->events.ended(capture->data);
  return G_SOURCE_REMOVE;
}

/* An engine that closed its channel is of no more use, even if it still runs. */
static void on_capture_close(const char *reason, gpointer data) {
  CaptureEngine *capture = data;
  capture->silent = TRUE;
  if (reason)
    log_warning("engine_channel_broken", "session=%s error=\"%s\"", capture->session, reason);
  if (capture->silence_source) {
    g_clear_handle_id(&capture->silence_source, g_source_remove);
    tell_ended(capture);
    return;
  }
  process_stop(capture->process, CLOSED_STOP_MS);
}

/* Its last words may still be in the channel: they are read first. */
static void on_capture_ended(Process *process, gpointer data) {
  CaptureEngine *capture = data;
  g_clear_handle_id(&capture->watch_source, g_source_remove);
  capture->patience = G_MAXINT64; /* nor by what it still says */
  if (capture->silent)
    tell_ended(capture);
  else
    capture->silence_source = g_timeout_add(SILENCE_MS, tell_ended, capture);
}

/* ---- the kind ---- */

static gboolean capture_launch(CaptureEngine *capture, const EnginePlan *plan, GError **error) {
  int ends[2];
  char *arguments[] = {plan->settings->webrtc_program, NULL};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "socketpair: %s", g_strerror(errno));
    return FALSE;
  }
  ProcessPlan process = {
      .name = "engine",
      .session = plan->session,
      .arguments = arguments,
      .environment = plan->environment,
      .directory = plan->directory,
      .channel_fd = ends[1],
      .cell = plan->cell,
      .part = CELL_PART_ENGINE,
      .oom_score = ENGINE_OOM_SCORE,
  };
  capture->process = process_start(&process, on_capture_ended, capture, error);
  close(ends[1]);
  if (!capture->process) {
    close(ends[0]);
    return FALSE;
  }
  capture->channel = channel_new(ends[0], on_capture_line, on_capture_close, capture);
  return TRUE;
}

static void capture_free(Engine *engine) {
  CaptureEngine *capture = (CaptureEngine *)engine;
  g_clear_handle_id(&capture->silence_source, g_source_remove);
  g_clear_handle_id(&capture->watch_source, g_source_remove);
  channel_free(capture->channel);
  process_free(capture->process);
  g_free(capture->last_reason);
  g_free(capture);
}

static Engine *capture_start(const EnginePlan *plan, const EngineEvents *events, gpointer data,
                             GError **error) {
  CaptureEngine *capture = g_new0(CaptureEngine, 1);
  capture->base.kind = &engine_capture;
  capture->session = plan->session;
  capture->patience = plan->settings->engine_timeout_seconds;
  capture->metrics = plan->metrics;
  capture->events = *events;
  capture->data = data;
  if (!capture_launch(capture, plan, error)) {
    capture_free(&capture->base);
    return NULL;
  }
  engine_message_send(capture->channel,
                      &(EngineMessage){.type = ENGINE_CONFIGURE, .settings = plan->settings->webrtc_json});
  return &capture->base;
}

static void say(Engine *engine, const EngineMessage *message) {
  engine_message_send(((CaptureEngine *)engine)->channel, message);
}

static void capture_control(Engine *engine, const char *user) {
  say(engine, &(EngineMessage){.type = ENGINE_CONTROL, .user = (char *)user});
}

static void capture_viewer_add(Engine *engine, gint64 viewer, const char *user, const char *offer,
                               const char *ice_servers) {
  say(engine, &(EngineMessage){.type = ENGINE_VIEWER_ADD,
                               .viewer = viewer,
                               .user = (char *)user,
                               .sdp = (char *)offer,
                               .ice_servers = (char *)ice_servers});
}

static void capture_viewer_candidate(Engine *engine, gint64 viewer, const char *fragment) {
  say(engine, &(EngineMessage){.type = ENGINE_VIEWER_CANDIDATE, .viewer = viewer, .sdp = (char *)fragment});
}

static void capture_viewer_restart(Engine *engine, gint64 viewer, const char *fragment) {
  say(engine, &(EngineMessage){.type = ENGINE_VIEWER_RESTART, .viewer = viewer, .sdp = (char *)fragment});
}

static void capture_viewer_remove(Engine *engine, gint64 viewer) {
  say(engine, &(EngineMessage){.type = ENGINE_VIEWER_REMOVE, .viewer = viewer});
}

static void capture_stop(Engine *engine, guint deadline_ms) {
  CaptureEngine *capture = (CaptureEngine *)engine;
  g_clear_handle_id(&capture->watch_source, g_source_remove);
  capture->patience = G_MAXINT64;
  if (process_has_ended(capture->process))
    return;
  say(engine, &(EngineMessage){.type = ENGINE_STOP});
  process_stop(capture->process, deadline_ms);
}

static const EngineStats *capture_stats(const Engine *engine) {
  return &((const CaptureEngine *)engine)->stats;
}

static gboolean capture_has_ended(const Engine *engine) {
  const CaptureEngine *capture = (const CaptureEngine *)engine;
  return process_has_ended(capture->process) && !capture->silence_source;
}

static char *capture_describe_end(const Engine *engine) {
  const CaptureEngine *capture = (const CaptureEngine *)engine;
  g_autofree char *end = process_describe_end(capture->process);
  g_autofree char *words =
      capture->last_reason ? g_strdup(capture->last_reason) : process_last_words(capture->process);
  return g_strdup_printf("the engine %s%s%s", end, *words ? ": " : "", words);
}

const EngineKind engine_capture = {
    .name = "capture",
    .wire_name = "whep",
    .check = capture_check,
    .start = capture_start,
    .control = capture_control,
    .viewer_add = capture_viewer_add,
    .viewer_candidate = capture_viewer_candidate,
    .viewer_restart = capture_viewer_restart,
    .viewer_remove = capture_viewer_remove,
    .stop = capture_stop,
    .stats = capture_stats,
    .has_ended = capture_has_ended,
    .describe_end = capture_describe_end,
    .free = capture_free,
};
