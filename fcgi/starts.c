/* One Start is a small machine: ask() takes a place on the next server and calls it; on_answer() decides
 * whether the session stands (succeed), the same server is asked again (a lost reply: START_SESSION with the
 * same session id is the same session), or the place is given back and the next server asked (fail). Whatever
 * may have been started without our knowing is ended.
 */
#include "fcgi/starts.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/random.h"
#include "fcgi/connection_data.h"
#include "fcgi/endings.h"
#include "fcgi/watches.h"

#include <string.h>

#define SESSION_ID_BYTES 16
/* No further server is asked when this much of the web server's patience (75 s) is gone. */
#define PATIENCE_US (45 * INSTANT_SECOND)
#define RETRY_SOON_SECONDS 5
#define RETRY_LATE_SECONDS 30

struct Starts {
  Core *core;
  GHashTable *starts; /* of Start, as a set; owned */
};

typedef struct {
  Starts *starts;
  Core *core;
  Request *request; /* NULL: its client has gone, or was answered early */
  char *rc_name;
  char *name; /* nullable */
  guint minutes;
  gint64 begun_us;
  GPtrArray *tried; /* of FleetServer, with references */

  FleetServer *server; /* being asked: the last of `tried` */
  char *session;
  char *code;
  gint64 ends_at_us;
  gboolean repeated;
  StreamerCall *call;
} Start;

static void ask(Start *start);

static void free_start(gpointer data) {
  Start *start = data;
  streamer_call_forget(start->call);
  g_ptr_array_unref(start->tried);
  g_free(start->rc_name);
  g_free(start->name);
  g_free(start->session);
  g_free(start->code);
  g_free(start);
}

Starts *starts_new(Core *core) {
  Starts *starts = g_new0(Starts, 1);
  starts->core = core;
  starts->starts = g_hash_table_new_full(NULL, NULL, free_start, NULL);
  return starts;
}

void starts_free(Starts *starts) {
  if (!starts)
    return;
  g_hash_table_unref(starts->starts);
  g_free(starts);
}

static void end(Start *start) {
  g_hash_table_remove(start->starts->starts, start);
}

void starts_refuse_busy(Request *request, Rc *rc) {
  g_autoptr(GError) error = NULL;
  const Fleet *fleet = request_get_core(request)->fleet;
  gint64 free_at_us = rc ? fleet_free_at(fleet, rc) : 0;
  guint retry_seconds = RETRY_SOON_SECONDS;
  g_autofree char *members = NULL;
  if (free_at_us) {
    g_autofree char *text = instant_format(free_at_us);
    members = g_strdup_printf("\"free_at\":\"%s\"", text);
    gint64 seconds = (free_at_us - instant_now_us()) / INSTANT_SECOND;
    retry_seconds = (guint)CLAMP(seconds, 1, RETRY_LATE_SECONDS);
  }
  wire_set_error(&error, WIRE_SERVERS_BUSY, NULL, "All servers of this residential complex are busy.");
  request_refuse_until(request, error, retry_seconds, members);
}

static void on_gone(Request *request, gpointer data) {
  Start *start = data;
  start->request = NULL;
}

/* ---- the end of a try ---- */

static void succeed(Start *start, const ControlStarted *started) {
  FleetServer *server = start->server;
  g_autofree char *name = log_quote(fleet_server_get_info(server)->name);
  gint64 ends_at_us = started->ends_at_us ? started->ends_at_us : start->ends_at_us;
  if (!start->request) {
    fleet_server_give_back(server, start->session);
    endings_begin(start->core, server, start->session);
    end(start);
    return;
  }
  fleet_server_confirm(server, start->session, ends_at_us);
  log_notice("session_started", "server=%s session=%s request=%s tries=%u ms=%d", name, start->session,
             request_get_id(start->request), start->tried->len,
             (int)((g_get_monotonic_time() - start->begun_us) / 1000));
  Session session = {.id = start->session,
                     .code = start->code,
                     .server = server,
                     .starts_at_us = instant_now_us(),
                     .ends_at_us = ends_at_us};
  connection_data_answer(g_steal_pointer(&start->request), &session, "host", start->name);
  end(start);
}

static void fail(Start *start, const char *why, const char *detail, gboolean may_stand) {
  g_autofree char *name = log_quote(fleet_server_get_info(start->server)->name);
  g_autofree char *quoted = log_quote(detail);
  log_warning("start_failed", "server=%s session=%s why=%s detail=%s", name, start->session, why, quoted);
  fleet_server_set_doubtful(start->server);
  fleet_server_give_back(start->server, start->session);
  if (may_stand)
    endings_begin(start->core, start->server, start->session);
  ask(start);
}

static void fail_full(Start *start) {
  fleet_server_set_full(start->server);
  fleet_server_give_back(start->server, start->session);
  ask(start);
}

static void call(Start *start);

static void on_answer(const StreamerResult *result, gpointer data) {
  Start *start = data;
  start->call = NULL;
  if (result->outcome == STREAMER_LOST && !start->repeated) {
    start->repeated = TRUE;
    call(start);
    return;
  }
  if (result->outcome != STREAMER_ANSWERED) {
    /* After a repetition, even "unreachable" leaves the first attempt open. */
    gboolean may_stand = result->outcome != STREAMER_UNREACHABLE || start->repeated;
    fail(start, streamer_outcome_name(result->outcome), result->detail, may_stand);
    return;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(ControlAnswer) answer = control_answer_read(result->text, result->length, &error);
  if (!answer)
    fail(start, "not_understood", error->message, TRUE);
  else if (answer->message == WIRE_SESSION_LIMIT_REACHED)
    fail_full(start);
  else if (answer->message != WIRE_SESSION_CONNECTION_DATA)
    fail(start, wire_name(answer->message), answer->reason, FALSE);
  else if (strcmp(answer->started.session, start->session) != 0 ||
           strcmp(answer->started.code, start->code) != 0)
    fail(start, "another_session", answer->started.session, TRUE);
  else
    succeed(start, &answer->started);
}

/* ---- a try ---- */

static void call(Start *start) {
  StreamerPeer *peer = watches_get_peer(start->server);
  if (!peer) {
    fail(start, "not_in_the_list", NULL, FALSE);
    return;
  }
  char *body = control_start_session(start->session, start->code, start->rc_name, start->ends_at_us);
  guint timeout_ms = 1000 * (guint)start->core->configuration->start_timeout_seconds;
  start->call = streamer_peer_call(peer, body, timeout_ms, FALSE, on_answer, start);
}

static void take_place(Start *start, FleetServer *server) {
  start->server = server;
  g_ptr_array_add(start->tried, fleet_server_ref(server));
  g_free(start->session);
  start->session = random_hex(SESSION_ID_BYTES);
  start->ends_at_us = instant_now_us() + start->minutes * INSTANT_MINUTE;
  start->repeated = FALSE;
  fleet_server_take(server, start->session, start->code, start->ends_at_us);
}

static void ask(Start *start) {
  Rc *rc = fleet_find_rc(start->core->fleet, start->rc_name);
  gboolean is_late = g_get_monotonic_time() - start->begun_us > PATIENCE_US;
  FleetServer *server = rc && start->request && !is_late ? rc_choose(rc, start->tried) : NULL;
  if (!server) {
    if (start->request)
      starts_refuse_busy(g_steal_pointer(&start->request), rc);
    end(start);
    return;
  }
  take_place(start, server);
  call(start);
}

void starts_begin(Starts *starts, Request *request, const Rc *rc, guint minutes, const char *name) {
  Core *core = starts->core;
  guint digits = (guint)core->configuration->code_digits;
  g_autofree char *code = sessions_draw_code(fleet_get_sessions(core->fleet), digits);
  if (!code) {
    request_refuse_with(request, WIRE_CODES_EXHAUSTED, NULL,
                        "There are too many sessions to draw another code.");
    return;
  }
  Start *start = g_new0(Start, 1);
  start->starts = starts;
  start->core = core;
  start->request = request;
  start->rc_name = g_strdup(rc->name);
  start->name = g_strdup(name);
  start->minutes = minutes;
  start->code = g_steal_pointer(&code);
  start->begun_us = g_get_monotonic_time();
  start->tried = g_ptr_array_new_with_free_func((GDestroyNotify)fleet_server_unref);
  g_hash_table_add(starts->starts, start);
  request_wait(request, on_gone, start);
  ask(start);
}

void starts_answer_all(Starts *starts) {
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, starts->starts);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    Start *start = key;
    if (start->request)
      starts_refuse_busy(g_steal_pointer(&start->request), NULL);
  }
}
