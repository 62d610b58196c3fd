/* A session's sound: a PulseAudio server of its own with one sink, reached by a socket in the session's
 * directory. What the application plays is heard from the sink's monitor. Main thread. */
#pragma once
#include "streamer/process/cell.h"
#include <glib.h>

typedef struct Sound Sound;

typedef struct {
  void (*ready)(gpointer data); /* clients can connect */
  void (*ended)(gpointer data); /* the server is gone, whether it was stopped or not */
} SoundEvents;

typedef struct {
  const char *session;   /* for the log */
  const char *directory; /* the session's */
  char *const *environment;
  const Cell *cell; /* nullable: none; outlives sound_start() */
} SoundPlan;

/* Returns: (transfer full), or NULL with an error when it cannot run. */
Sound *sound_start(const SoundPlan *plan, const SoundEvents *events, gpointer data, GError **error);

/* For PULSE_SERVER, as its clients see it: "unix:…". Owned by the sound. */
const char *sound_get_server(const Sound *sound);

/* How the server ended and its last words (transfer full). */
char *sound_describe_end(const Sound *sound);

void sound_stop(Sound *sound, guint deadline_ms);
gboolean sound_has_ended(const Sound *sound);
void sound_free(Sound *sound); /* kills a server that still runs; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sound, sound_free)
