#include "streamer/stage/sound.h"

#include "streamer/process/process.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>

/* PulseAudio says nowhere that it is up: its socket is tried this often. */
#define PROBE_MS 10
#define SOCKET_NAME "pulse"
#define SOUND_OOM_SCORE 500 /* see display.c */

struct Sound {
  char *socket, *server;
  Process *process;
  guint probe_source;
  SoundEvents events;
  gpointer data;
};

static gboolean on_probe(gpointer data) {
  Sound *sound = data;
  g_autoptr(GSocket) probe = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new(sound->socket);
  if (!probe)
    return G_SOURCE_CONTINUE;
  g_socket_set_blocking(probe, FALSE);
  if (!g_socket_connect(probe, address, NULL, NULL))
    return G_SOURCE_CONTINUE;
  sound->probe_source = 0;
  sound->events.ready(sound->data);
  return G_SOURCE_REMOVE;
}

static void on_pulseaudio_ended(Process *process, gpointer data) {
  Sound *sound = data;
  g_clear_handle_id(&sound->probe_source, g_source_remove);
  sound->events.ended(sound->data);
}

/* It would ask a bus for these, and there is none. */
static char *const cell_options[] = {"--realtime=no", "--high-priority=no", NULL};

static Process *run_pulseaudio(Sound *sound, const SoundPlan *plan, const char *socket, GError **error) {
  g_autofree char *protocol =
      g_strdup_printf("module-native-protocol-unix socket=%s auth-anonymous=1", socket);
  char *arguments[] = {"pulseaudio",
                       "-n",
                       "--daemonize=no",
                       "--exit-idle-time=-1",
                       "--disable-shm=yes",
                       "--use-pid-file=no",
                       "--log-target=stderr",
                       "--log-level=error",
                       "-L",
                       protocol,
                       "-L",
                       "module-null-sink sink_name=vitrina",
                       NULL,
                       NULL,
                       NULL};
  if (plan->cell)
    memcpy(arguments + g_strv_length(arguments), cell_options, sizeof cell_options);
  ProcessPlan process = {
      .name = "sound",
      .session = plan->session,
      .arguments = arguments,
      .environment = plan->environment,
      .directory = plan->directory,
      .channel_fd = -1,
      .cell = plan->cell,
      .part = CELL_PART_SOUND,
      .oom_score = SOUND_OOM_SCORE,
  };
  return process_start(&process, on_pulseaudio_ended, sound, error);
}

Sound *sound_start(const SoundPlan *plan, const SoundEvents *events, gpointer data, GError **error) {
  g_autoptr(Sound) sound = g_new0(Sound, 1);
  sound->socket = g_build_filename(plan->directory, plan->cell ? CELL_HOST_SOUND : ".", SOCKET_NAME, NULL);
  const char *socket = plan->cell ? CELL_SOUND "/" SOCKET_NAME : sound->socket;
  sound->server = g_strconcat("unix:", socket, NULL);
  sound->events = *events;
  sound->data = data;
  sound->process = run_pulseaudio(sound, plan, socket, error);
  if (!sound->process)
    return NULL;
  sound->probe_source = g_timeout_add(PROBE_MS, on_probe, sound);
  return g_steal_pointer(&sound);
}

const char *sound_get_server(const Sound *sound) {
  return sound->server;
}

char *sound_describe_end(const Sound *sound) {
  g_autofree char *end = process_describe_end(sound->process);
  g_autofree char *words = process_last_words(sound->process);
  return g_strdup_printf("the sound server %s%s%s", end, *words ? ": " : "", words);
}

void sound_stop(Sound *sound, guint deadline_ms) {
  process_stop(sound->process, deadline_ms);
}

gboolean sound_has_ended(const Sound *sound) {
  return process_has_ended(sound->process);
}

void sound_free(Sound *sound) {
  if (!sound)
    return;
  g_clear_handle_id(&sound->probe_source, g_source_remove);
  process_free(sound->process);
  g_free(sound->socket);
  g_free(sound->server);
  g_free(sound);
}
