#include "fcgi/fleet/endings.h"

#include "common/instant.h"
#include "common/log.h"
#include "fcgi/fleet/watches.h"

#define MAX_TRIES 5
#define TRY_AGAIN_US INSTANT_SECOND

typedef struct {
  Core *core;
  FleetServer *server; /* holds a reference */
  char *session;
  guint tries;
} Ending;

static void try_ending_again(gpointer data);

static void free_ending(Ending *ending) {
  fleet_server_unref(ending->server);
  g_free(ending->session);
  g_free(ending);
}

static void on_ending_answer(const StreamerResult *result, gpointer data) {
  Ending *ending = data;
  gboolean answered = result->outcome == STREAMER_ANSWERED;
  g_autofree char *name = log_quote(fleet_server_get_info(ending->server)->name);
  log_info("session_given_up", "server=%s session=%s outcome=%s status=%u", name, ending->session,
           streamer_outcome_name(result->outcome), result->status);
  if (answered || ending->tries >= MAX_TRIES || ending->core->stopping)
    free_ending(ending);
  else
    timers_add(ending->core->timers, ending->tries * TRY_AGAIN_US, try_ending_again, ending);
}

static void try_ending_again(gpointer data) {
  Ending *ending = data;
  StreamerPeer *peer = watches_get_peer(ending->server);
  if (!peer) { /* it is in the list no more */
    free_ending(ending);
    return;
  }
  ending->tries++;
  guint timeout_ms = 1000 * (guint)ending->core->configuration->call_timeout_seconds;
  streamer_peer_call(peer, control_end_session(ending->session), NULL, timeout_ms, FALSE, on_ending_answer,
                     ending);
}

void endings_begin(Core *core, FleetServer *server, const char *session) {
  Ending *ending = g_new0(Ending, 1);
  ending->core = core;
  ending->server = fleet_server_ref(server);
  ending->session = g_strdup(session);
  try_ending_again(ending);
}
