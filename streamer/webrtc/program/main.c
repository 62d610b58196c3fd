/* vitrina-webrtc: one session's engine. Started by the streamer with a socket as descriptor 3 and the
 * session's display in the environment; see streamer/shared/engine_message.h for what they say to each other.
 */
#include "config.h"

#include "common/log.h"
#include "streamer/shared/channel.h"
#include "streamer/shared/engine_message.h"
#include "streamer/webrtc/base/media_clock.h"
#include "streamer/webrtc/base/trace.h"
#include "streamer/webrtc/negotiation/playout_delay.h"
#include "streamer/webrtc/network/pacer.h"
#include "streamer/webrtc/program/media_check.h"
#include "streamer/webrtc/program/media_session.h"
#include "streamer/webrtc/screen/x_connection.h"
#include <fcntl.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define CHANNEL_FD 3
#define LAST_WORDS_MS 1000
/* An orderly end that takes longer than this is no longer worth waiting for. */
#define STOP_SECONDS 4

typedef struct {
  GMainLoop *loop;
  Channel *channel;
  MediaSession *session;
} Program;

static Program program;

/* The end that is not orderly: threads that still run are left to the kernel. */
static G_NORETURN void end_failed(const char *reason, int exit_status, gpointer data) {
  g_autofree char *quoted = log_quote(reason);
  log_error("engine_failed", "reason=%s", quoted);
  engine_message_send(program.channel, &(EngineMessage){.type = ENGINE_FAILED, .reason = (char *)reason});
  channel_flush(program.channel, LAST_WORDS_MS);
  _exit(exit_status);
}

static void send_message(const EngineMessage *message, gpointer data) {
  engine_message_send(program.channel, message);
}

static void on_line(const char *line, gsize length, gpointer data) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EngineMessage) message = engine_message_parse(line, length, &error);
  if (g_error_matches(error, ENGINE_MESSAGE_ERROR, ENGINE_MESSAGE_ERROR_UNKNOWN))
    log_warning("message_unknown", NULL);
  else if (!message)
    end_failed("the streamer sends what is no message", EX_PROTOCOL, NULL);
  else if (message->type == ENGINE_STOP)
    g_main_loop_quit(program.loop);
  else
    media_session_obey(program.session, message);
}

/* The streamer is gone, and nobody is left to end us. */
static void on_close(const char *reason, gpointer data) {
  log_notice("streamer_gone", NULL);
  _exit(reason ? EX_IOERR : EX_OK);
}

static gboolean end_for_lost_display(gpointer data) {
  end_failed("the X server is gone", EX_UNAVAILABLE, NULL);
}

/* On whatever thread used the display: it has nothing more to do, the main thread ends the process. */
static void on_display_lost(void) {
  if (g_main_context_is_owner(NULL))
    end_for_lost_display(NULL);
  g_idle_add_full(G_PRIORITY_HIGH, end_for_lost_display, NULL, NULL);
  for (;;)
    pause();
}

static gboolean on_signal(gpointer data) {
  g_main_loop_quit(program.loop);
  return G_SOURCE_CONTINUE;
}

static gboolean print_version(const char *name, const char *value, gpointer data, GError **error) {
  puts("vitrina-webrtc " PACKAGE_VERSION);
  exit(EX_OK);
}

static gboolean is_check;

static void read_options(int *argc, char ***argv) {
  static const GOptionEntry entries[] = {
      {"check", 0, 0, G_OPTION_ARG_NONE, &is_check, "Say what of the settings cannot be done here, and end",
       NULL},
      {"version", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, print_version, "Print the version", NULL},
      {NULL},
  };
  g_autoptr(GOptionContext) context = g_option_context_new("- a session's picture and input over WebRTC");
  g_autoptr(GError) error = NULL;
  g_option_context_set_summary(
      context,
      "Started by vitrina-streamer, with a socket to it as descriptor 3 and DISPLAY in the environment.");
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, argc, argv, &error) || *argc > 1) {
    fprintf(stderr, "vitrina-webrtc: %s\n", error ? error->message : "takes no arguments");
    exit(EX_USAGE);
  }
  if (fcntl(CHANNEL_FD, F_SETFD, FD_CLOEXEC) < 0) {
    fputs("vitrina-webrtc: descriptor 3 is no socket to a streamer\n", stderr);
    exit(EX_USAGE);
  }
}

/* ---- a check instead of a session ---- */

static gboolean is_flawed;

static void say_problem(const char *problem, gpointer data) {
  is_flawed = TRUE;
  engine_message_send(program.channel, &(EngineMessage){.type = ENGINE_FAILED, .reason = (char *)problem});
}

static void on_check_line(const char *line, gsize length, gpointer data) {
  g_autoptr(EngineMessage) message = engine_message_parse(line, length, NULL);
  if (message && message->type == ENGINE_CHECK)
    media_check(message->settings, say_problem, NULL);
  channel_flush(program.channel, LAST_WORDS_MS);
  _exit(is_flawed ? EX_CONFIG : EX_OK);
}

static G_NORETURN void run_check(void) {
  program.loop = g_main_loop_new(NULL, FALSE);
  program.channel = channel_new(CHANNEL_FD, on_check_line, on_close, NULL);
  for (;;)
    g_main_loop_run(program.loop);
}

int main(int argc, char **argv) {
  read_options(&argc, &argv);
  log_open("vitrina-webrtc", LOG_LEVEL_INFO);
  gst_init(NULL, NULL);
  if (is_check)
    run_check();
  trace_init();
  media_clock_init();
  playout_delay_register();
  pacer_register();
  x_connection_init(on_display_lost);
  program.loop = g_main_loop_new(NULL, FALSE);
  program.channel = channel_new(CHANNEL_FD, on_line, on_close, NULL);
  const MediaSessionEvents events = {.say = send_message, .failed = end_failed};
  program.session = media_session_new(&events, NULL);
  guint term = g_unix_signal_add(SIGTERM, on_signal, NULL);
  guint interrupt = g_unix_signal_add(SIGINT, on_signal, NULL);
  g_main_loop_run(program.loop);

  alarm(STOP_SECONDS);
  g_source_remove(term);
  g_source_remove(interrupt);
  media_session_free(program.session);
  channel_flush(program.channel, LAST_WORDS_MS);
  channel_free(program.channel);
  g_main_loop_unref(program.loop);
  gst_deinit();
  return EX_OK;
}
