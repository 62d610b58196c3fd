/* The stages that are kept ready for sessions (standby.h): standbys, which are whole and have a place each,
 * as many as the setting `standby_sessions` says, and displays, bare ones without a place, as many as
 * `standby_displays` says, for the starts that would get no standby. While the host cannot show sessions
 * there are none of them, but a trial from time to time: a stage that is begun to see whether it can. Main
 * thread.
 */
#pragma once
#include "common/metrics.h"
#include "streamer/settings/settings.h"
#include "streamer/stage/stage.h"
#include <glib.h>

typedef struct KeptStages KeptStages;

/* What they ask of and tell to who has the sessions. */
typedef struct {
  guint (*room)(gpointer data);      /* places that no session has or waits for; 0: none are to be kept */
  char *(*directory)(gpointer data); /* the path of a new stage's (transfer full) */
  void (*changed)(gpointer data);    /* how many standbys are ready */
  void (*gone)(gpointer data);       /* nothing is left of one */
  void (*shown)(gpointer data);      /* an application is up in one */
  /* One was not set up, or failed later, by whose fault (stage.h). */
  void (*failed)(StageFault fault, const char *reason, gpointer data);
  gboolean (*is_usable)(gpointer data);  /* FALSE: trials are made */
  const char *(*rc_name)(gpointer data); /* of a trial's application (nullable) */
} KeptStagesHooks;

/* All that is given outlives them. The first ones are made with the first kept_stages_update(). (transfer
 * full) */
KeptStages *kept_stages_new(const StreamerSettings *settings, const char *cache_directory, Metrics *metrics,
                            const KeptStagesHooks *hooks, gpointer data);
void kept_stages_free(KeptStages *kept); /* kills what runs; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeptStages, kept_stages_free)

/* Makes and ends what has to be, after the settings or the room may have changed. */
void kept_stages_update(KeptStages *kept);
/* The same of displays alone, after a start: that takes a standby first, so that those cannot be too many. */
void kept_stages_update_displays(KeptStages *kept);

/* The host is found to be of no use, or may be of use again: a trial is made, at once where @afresh, else
 * after the pause that the trials before ask for. */
void kept_stages_try(KeptStages *kept, gboolean afresh);

/* A standby, else a display, for a session to take over (transfer full); NULL: there is none. */
Stage *kept_stages_take(KeptStages *kept);
gboolean kept_stages_can_take_standby(const KeptStages *kept);

/* Standbys and trials, each of which has a place until nothing is left of it. */
guint kept_stages_count_standbys(const KeptStages *kept);
guint kept_stages_count_ready(const KeptStages *kept); /* standbys */
/* Standbys, trials and displays, ending ones too. */
guint kept_stages_count(const KeptStages *kept);
/* Sets the gauge of standbys. */
void kept_stages_measure(const KeptStages *kept);
