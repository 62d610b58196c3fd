#include "fcgi/fleet/watches.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/random.h"

#include <string.h>

/* How much later than promised a status may come. */
#define GRACE_MS 1500
/* How much longer than until the next poll a streamer believes that its places are wanted. */
#define WANTED_MORE_SECONDS 5
#define FIRST_RETRY_MS 250
#define LAST_RETRY_MS 2000
/* At most so many statuses a second are asked of a streamer, however often it changes. */
#define MIN_INTERVAL_US (INSTANT_SECOND / 20)
/* A streamer whose statuses break rules is complained of once in this time at most. */
#define COMPLAINT_INTERVAL_US INSTANT_MINUTE
/* While first statuses are still to be asked for, the poll that follows one comes up to so much later: who is
 * there at all matters more at a start than what changed since, and both at once would take twice as long. */
#define SETTLE_MS 4000

/* Servers that are not known to be there are asked in turns, so many at once: thousands of connections in one
 * instant, at a start or after a network was away, would time out together and be tried again together. Those
 * that failed have turns of their own, and so have those that do not answer soon, so that dead ones, who take
 * their time, are in nobody's way. */
typedef enum { TURN_FIRST, TURN_AGAIN, TURN_SLOW, N_TURNS } Turn;
static const guint turn_limits[N_TURNS] = {[TURN_FIRST] = 256, [TURN_AGAIN] = 128, [TURN_SLOW] = 1024};
/* So long a living server takes at most, mostly: then it is the next one's turn. */
#define SLOW_US (3 * INSTANT_SECOND / 10)

typedef struct {
  Core *core;
  FleetServer *server; /* holds a reference */
  StreamerPeer *peer;
  StreamerCall *call;
  Timer *timer;
  char *version; /* of the last status (nullable) */
  gint64 asked_us;
  gboolean wanted;   /* the poll says that its places are, or it was told since */
  guint retry_ms;    /* 0: the last poll went well */
  gboolean repeated; /* a lost poll has been asked again at once */
  gboolean reported; /* the failure is in the log */
  char *complaint;   /* of the last line in the log about what its statuses have wrong (nullable) */
  gint64 complained_us;
  gboolean unusable; /* as the log has it */
  gboolean known;    /* a first status has come, or its failure */
  gboolean in_turn;  /* it is being asked in its turn, */
  GList *queued;     /* or waits for it */
  Turn turn;
} Watch;

struct Watches {
  Core *core;
  GHashTable *watches;      /* of Watch, as a set */
  guint unknown;            /* of them */
  GQueue waiting[N_TURNS];  /* of Watch */
  guint under_way[N_TURNS]; /* how many are being asked */
  gboolean closing;         /* nobody is asked any more */
};

static void watch_ask(gpointer data);
static void leave_turn(Watch *watch);
static void on_turn_slow(gpointer data);

static void watch_ask_in(Watch *watch, gint64 delay_us) {
  watch->timer = timers_add(watch->core->timers, delay_us, watch_ask, watch);
}

/* What was asked for is known now. */
static void watch_ask_again_in(Watch *watch, gint64 delay_us) {
  if (!watch->known)
    watch->core->watches->unknown--;
  watch->known = TRUE;
  if (watch->core->mode == CORE_SERVES)
    watch_ask_in(watch, delay_us);
}

/* Between half and the whole of it, so that many streamers are not asked all at once. */
static gint64 spread_us(guint ms) {
  return 1000 * (gint64)(ms / 2 + random_below(ms / 2 + 1));
}

/* @complaint (nullable): it answered, but not as it should. @clock_difference_s: what its clock is ahead of
 * ours, if that is why; else 0. */
static void watch_fail_for(Watch *watch, const char *what, const char *detail, const char *complaint,
                           gint64 clock_difference_s) {
  const Server *info = fleet_server_get_info(watch->server);
  if (!watch->reported && log_is_on(LOG_LEVEL_WARNING)) {
    g_autofree char *name = log_quote(info->name), *quoted = log_quote(detail);
    log_gather(LOG_LEVEL_WARNING, "server_offline", "server=%s ip=%s port=%d why=%s detail=%s", name,
               info->ip, (int)info->port, what, quoted);
  }
  watch->reported = TRUE;
  fleet_server_set_offline(watch->server, complaint);
  fleet_server_set_clock_difference(watch->server, clock_difference_s);
  g_clear_pointer(&watch->version, g_free);
  watch->retry_ms = watch->retry_ms ? MIN(2 * watch->retry_ms, LAST_RETRY_MS) : FIRST_RETRY_MS;
  watch_ask_again_in(watch, spread_us(watch->retry_ms));
}

static void watch_fail(Watch *watch, const char *what, const char *detail, const char *complaint) {
  watch_fail_for(watch, what, detail, complaint, 0);
}

/* Each that is another than the last is told, but no more than one in a while: what a streamer says wrong
 * may be another thing each time. */
static void watch_log_complaint(Watch *watch) {
  const char *complaint = fleet_server_get_complaint(watch->server);
  gint64 now_us = g_get_monotonic_time();
  if (g_strcmp0(complaint, watch->complaint) == 0 ||
      (watch->complained_us && now_us - watch->complained_us < COMPLAINT_INTERVAL_US))
    return;
  g_autofree char *name = log_quote(fleet_server_get_info(watch->server)->name);
  g_autofree char *why = log_quote(complaint);
  if (complaint && log_is_on(LOG_LEVEL_WARNING))
    log_gather(LOG_LEVEL_WARNING, "status_breaks_rules", "server=%s why=%s", name, why);
  else if (!complaint && log_is_on(LOG_LEVEL_NOTICE))
    log_gather(LOG_LEVEL_NOTICE, "status_keeps_rules", "server=%s", name);
  g_free(watch->complaint);
  watch->complaint = g_strdup(complaint);
  watch->complained_us = now_us;
}

static void watch_log_unusable(Watch *watch) {
  const char *reason = fleet_server_get_unusable(watch->server);
  if (watch->unusable == (reason != NULL))
    return;
  watch->unusable = reason != NULL;
  g_autofree char *name = log_quote(fleet_server_get_info(watch->server)->name), *why = log_quote(reason);
  if (reason && log_is_on(LOG_LEVEL_WARNING))
    log_gather(LOG_LEVEL_WARNING, "server_unusable", "server=%s why=%s", name, why);
  else if (!reason && log_is_on(LOG_LEVEL_NOTICE))
    log_gather(LOG_LEVEL_NOTICE, "server_usable", "server=%s", name);
}

static void watch_succeed(Watch *watch, ControlStatus *status) {
  const Server *info = fleet_server_get_info(watch->server);
  if (fleet_server_get_state(watch->server) == FLEET_OFFLINE && log_is_on(LOG_LEVEL_NOTICE)) {
    g_autofree char *name = log_quote(info->name);
    log_gather(LOG_LEVEL_NOTICE, "server_online", "server=%s session_limit=%d sessions=%u", name,
               (int)status->session_limit, status->sessions->len);
  }
  watch->reported = watch->repeated = FALSE;
  watch->retry_ms = 0;
  g_free(watch->version);
  watch->version = g_steal_pointer(&status->version);
  fleet_server_set_status(watch->server, status);
  watch_log_complaint(watch);
  watch_log_unusable(watch);
  gboolean wait = !watch->known && !g_queue_is_empty(&watch->core->watches->waiting[TURN_FIRST]);
  watch_ask_again_in(watch, wait ? spread_us(SETTLE_MS)
                                 : watch->asked_us + MIN_INTERVAL_US - g_get_monotonic_time());
}

static void on_status_answer(const StreamerResult *result, gpointer data) {
  Watch *watch = data;
  watch->call = NULL;
  leave_turn(watch);
  if (result->outcome == STREAMER_LOST && !watch->repeated) {
    /* A connection may end for reasons of its own; asking again tells. */
    watch->repeated = TRUE;
    watch_ask_in(watch, 0);
    return;
  }
  if (result->outcome != STREAMER_ANSWERED) {
    watch_fail(watch, streamer_outcome_name(result->outcome), result->detail, NULL);
    return;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(ControlAnswer) answer = control_answer_read(result->text, result->length, &error);
  const char *name = fleet_server_get_info(watch->server)->name;
  if (!answer)
    watch_fail(watch, "not_understood", error->message, error->message);
  else if (answer->message == WIRE_NOT_AUTHORIZED && answer->clock_difference_s)
    watch_fail_for(watch, "clocks_differ", answer->reason, NULL, answer->clock_difference_s);
  else if (answer->message != WIRE_STATUS)
    watch_fail(watch, wire_name(answer->message), answer->reason, NULL);
  else if (answer->status.server_name && strcmp(answer->status.server_name, name) != 0)
    watch_fail(watch, "another_server", answer->status.server_name, "server_name: is another server's");
  else
    watch_succeed(watch, &answer->status);
}

/* So long, in seconds, what is said now of its places holds; 0: nobody wants them. */
static guint watch_wanted_seconds(Watch *watch) {
  watch->wanted = fleet_server_is_wanted(watch->server);
  return watch->wanted ? (guint)watch->core->configuration->status_wait_seconds + WANTED_MORE_SECONDS : 0;
}

static void watch_call(Watch *watch) {
  guint wait_seconds = (guint)watch->core->configuration->status_wait_seconds;
  char *body = control_get_status(watch->version, wait_seconds, watch_wanted_seconds(watch));
  watch->asked_us = g_get_monotonic_time();
  fleet_server_asking(watch->server);
  guint timeout_ms = (watch->version ? wait_seconds * 1000 : 0) + GRACE_MS;
  watch->call = streamer_peer_call(watch->peer, body, NULL, timeout_ms, TRUE, on_status_answer, watch);
}

/* What comes of it the poll that waits will say. */
static void on_wanted_told(const StreamerResult *result, gpointer data) {
}

static void watch_tell_wanted(Watch *watch) {
  guint seconds = watch_wanted_seconds(watch);
  if (seconds)
    streamer_peer_call(watch->peer, control_get_status(NULL, 0, seconds), NULL, GRACE_MS, TRUE,
                       on_wanted_told, NULL);
}

void watches_tell_wanted(Watches *watches, const Rc *rc) {
  GHashTableIter iter;
  gpointer key;
  if (!rc->kept)
    return;
  g_hash_table_iter_init(&iter, watches->watches);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    Watch *watch = key;
    if (!watch->wanted && fleet_server_get_rc(watch->server) == rc &&
        fleet_server_keeps_sessions(watch->server))
      watch_tell_wanted(watch);
  }
}

/* ---- turns ---- */

static void take_turns(Watches *watches, Turn turn) {
  while (!watches->closing && watches->under_way[turn] < turn_limits[turn] &&
         !g_queue_is_empty(&watches->waiting[turn])) {
    Watch *watch = g_queue_pop_head(&watches->waiting[turn]);
    watch->queued = NULL;
    watch->in_turn = TRUE;
    watches->under_way[turn]++;
    watch_call(watch);
    watch->timer = timers_add(watch->core->timers, SLOW_US, on_turn_slow, watch);
  }
}

/* It goes on waiting for the answer, and the turn is another's. */
static void on_turn_slow(gpointer data) {
  Watch *watch = data;
  Watches *watches = watch->core->watches;
  watch->timer = NULL;
  if (watches->under_way[TURN_SLOW] >= turn_limits[TURN_SLOW]) {
    watch->timer = timers_add(watch->core->timers, SLOW_US, on_turn_slow, watch);
    return;
  }
  Turn turn = watch->turn;
  watches->under_way[turn]--;
  watch->turn = TURN_SLOW;
  watches->under_way[TURN_SLOW]++;
  take_turns(watches, turn);
}

static void leave_turn(Watch *watch) {
  Watches *watches = watch->core->watches;
  timer_clear(&watch->timer); /* of a slow turn: who is asked waits for nothing else */
  if (watch->queued)
    g_queue_delete_link(&watches->waiting[watch->turn], g_steal_pointer(&watch->queued));
  if (!watch->in_turn)
    return;
  watch->in_turn = FALSE;
  watches->under_way[watch->turn]--;
  take_turns(watches, watch->turn);
}

static void watch_ask(gpointer data) {
  Watch *watch = data;
  watch->timer = NULL;
  if (watch->version) {
    watch_call(watch);
    return;
  }
  GQueue *waiting = &watch->core->watches->waiting[watch->turn = watch->retry_ms ? TURN_AGAIN : TURN_FIRST];
  g_queue_push_tail(waiting, watch);
  watch->queued = waiting->tail;
  take_turns(watch->core->watches, watch->turn);
}

static void free_watch(gpointer data) {
  Watch *watch = data;
  streamer_call_forget(watch->call);
  timer_clear(&watch->timer);
  leave_turn(watch);
  streamer_peer_free(watch->peer);
  fleet_server_set_peer(watch->server, NULL);
  fleet_server_unref(watch->server);
  g_free(watch->version);
  g_free(watch->complaint);
  g_free(watch);
}

Watches *watches_new(Core *core) {
  Watches *watches = g_new0(Watches, 1);
  watches->core = core;
  watches->watches = g_hash_table_new_full(NULL, NULL, free_watch, NULL);
  return watches;
}

void watches_free(Watches *watches) {
  if (!watches)
    return;
  watches->closing = TRUE;
  g_hash_table_unref(watches->watches);
  g_free(watches);
}

void watches_add(Watches *watches, FleetServer *server) {
  Core *core = watches->core;
  const Server *info = fleet_server_get_info(server);
  g_autofree char *url = server_control_url(info, core->configuration->streamer_tls);
  Watch *watch = g_new0(Watch, 1);
  watch->core = core;
  watch->server = fleet_server_ref(server);
  watch->peer = streamer_peer_new(core->streamers, info->name, info->generation, url);
  fleet_server_set_peer(server, watch);
  g_hash_table_add(watches->watches, watch);
  watches->unknown++;
  watch_ask(watch);
}

void watches_list_changed(Watches *watches) {
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, watches->watches);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    Watch *watch = key;
    streamer_peer_set_generation(watch->peer, fleet_server_get_info(watch->server)->generation);
  }
}

guint watches_count_unknown(const Watches *watches) {
  return watches->unknown;
}

void watches_remove(Watches *watches, FleetServer *server) {
  Watch *watch = fleet_server_get_peer(server);
  if (!watch)
    return;
  watches->unknown -= !watch->known;
  g_hash_table_remove(watches->watches, watch);
}

StreamerPeer *watches_get_peer(FleetServer *server) {
  Watch *watch = server ? fleet_server_get_peer(server) : NULL;
  return watch ? watch->peer : NULL;
}
