#include "streamer/sessions/sessions_status.h"

#include "common/fields.h"
#include "common/program_clock.h"
#include "streamer/base/counts.h"
#include "streamer/sessions/sessions_internal.h"

/* The newest sessions that have ended stand in the status with their reasons. */
#define ENDED_TOLD 32

/* ---- the status ---- */

typedef struct {
  char *knock, *name, *answer;
  gint64 lapses_in_seconds;
} KnockRow;

static const Field knock_fields[] = {
    {"knock", FIELD_TEXT, G_STRUCT_OFFSET(KnockRow, knock)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(KnockRow, name)},
    {"lapses_in_seconds", FIELD_INT, G_STRUCT_OFFSET(KnockRow, lapses_in_seconds)},
    {"answer", FIELD_TEXT, G_STRUCT_OFFSET(KnockRow, answer)},
    {NULL},
};

typedef struct {
  char *session, *code, *state;
  gint64 users, starts_at_us, ends_at_us;
  gboolean kept;
  gint64 generation, removals;
  char **removed;
  GPtrArray *knocks;
} SessionRow;

static const Field session_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(SessionRow, session)},
    {"code", FIELD_TEXT, G_STRUCT_OFFSET(SessionRow, code)},
    {"state", FIELD_TEXT, G_STRUCT_OFFSET(SessionRow, state)},
    {"users", FIELD_INT, G_STRUCT_OFFSET(SessionRow, users)},
    {"kept", FIELD_BOOL, G_STRUCT_OFFSET(SessionRow, kept)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(SessionRow, starts_at_us)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(SessionRow, ends_at_us)},
    {"generation", FIELD_INT, G_STRUCT_OFFSET(SessionRow, generation), .min = 1, .max = G_MAXINT32},
    {"removals", FIELD_INT, G_STRUCT_OFFSET(SessionRow, removals), .min = 1, .max = G_MAXINT32},
    {"removed", FIELD_TEXTS, G_STRUCT_OFFSET(SessionRow, removed)},
    {"knocks", FIELD_LIST, G_STRUCT_OFFSET(SessionRow, knocks), .sub = knock_fields,
     .size = sizeof(KnockRow)},
    {NULL},
};

typedef struct {
  char *session, *reason;
} EndedRow;

static const Field ended_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(EndedRow, session)},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(EndedRow, reason)},
    {NULL},
};

typedef struct {
  char *server_name, *rc_name, *state, *reason;
  gint64 version, session_limit, standbys;
  GPtrArray *sessions, *ended;
} Status;

static const Field status_fields[] = {
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(Status, server_name)},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(Status, rc_name), .always = TRUE},
    {"version", FIELD_INT, G_STRUCT_OFFSET(Status, version)},
    {"state", FIELD_TEXT, G_STRUCT_OFFSET(Status, state)},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(Status, reason)},
    {"session_limit", FIELD_INT, G_STRUCT_OFFSET(Status, session_limit)},
    {"sessions", FIELD_LIST, G_STRUCT_OFFSET(Status, sessions), .sub = session_fields,
     .size = sizeof(SessionRow)},
    {"standbys", FIELD_INT, G_STRUCT_OFFSET(Status, standbys), .min = 1, .max = G_MAXINT32},
    {"ended", FIELD_LIST, G_STRUCT_OFFSET(Status, ended), .sub = ended_fields, .size = sizeof(EndedRow)},
    {NULL},
};

static const char *state_name(const Sessions *sessions) {
  if (sessions->draining || sessions->closed)
    return "draining";
  if (usability_reason(sessions->usability))
    return "unusable";
  return sessions->list->len < sessions->settings->session_limit ? "free" : "busy";
}

/* NULL: there are none. (transfer full) */
static GPtrArray *list_knocks(const Session *session) {
  const Knockers *knockers = session_knockers(session);
  if (knockers_count(knockers) == 0)
    return NULL;
  GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < knockers_count(knockers); i++) {
    const Knocker *knocker = knockers_nth(knockers, i);
    KnockRow *row = g_new0(KnockRow, 1);
    row->knock = knocker->id;
    row->name = *knocker->name ? knocker->name : NULL;
    row->lapses_in_seconds = knocker_seconds(knocker, program_clock_running_us());
    row->answer = (char *)knocker_answer_name(knocker);
    g_ptr_array_add(rows, row);
  }
  return rows;
}

static void free_session_row(gpointer data) {
  SessionRow *row = data;
  g_clear_pointer(&row->knocks, g_ptr_array_unref);
  g_strfreev(row->removed);
  g_free(row);
}

static GPtrArray *list_sessions(const Sessions *sessions) {
  GPtrArray *rows = g_ptr_array_new_with_free_func(free_session_row);
  for (guint i = 0; i < sessions->list->len; i++) {
    const Session *session = sessions->list->pdata[i];
    SessionRow *row = g_new0(SessionRow, 1);
    row->session = (char *)session_id(session);
    row->code = (char *)session_code(session);
    row->state = (char *)session_state_name(session_state(session));
    row->users = users_count(session_people_users(session_people(session)));
    row->kept = session_is_kept(session);
    row->starts_at_us = session_starts_at_us(session);
    row->ends_at_us = session_ends_at_us(session);
    row->generation = session_code_generation(session);
    row->removals = users_count_barred(session_people_users(session_people(session)));
    row->removed = users_list_barred(session_people_users(session_people(session)), SESSION_REMOVED_MAX);
    row->knocks = list_knocks(session);
    g_ptr_array_add(rows, row);
  }
  return rows;
}

static GPtrArray *list_ended(const Sessions *sessions) {
  GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
  const PastSession *past;
  for (guint i = 0; i < ENDED_TOLD && (past = past_nth(sessions->past, i)); i++) {
    EndedRow *row = g_new0(EndedRow, 1);
    row->session = past->id;
    row->reason = (char *)wire_end_name(past->end);
    g_ptr_array_add(rows, row);
  }
  return rows;
}

char *sessions_status(const Sessions *sessions) {
  g_autoptr(GPtrArray) rows = list_sessions(sessions), ended = list_ended(sessions);
  Status status = {
      .server_name = sessions->settings->server_name,
      .rc_name = sessions->settings->rc_name,
      .state = (char *)state_name(sessions),
      .reason = (char *)usability_reason(sessions->usability),
      .version = status_watches_version(sessions->watches),
      .session_limit = sessions->settings->session_limit,
      .sessions = rows,
      .standbys = kept_stages_count_ready(sessions->kept),
      .ended = ended,
  };
  return fields_write_members(status_fields, &status);
}

typedef struct {
  char *server_name, *state, *reason;
  gint64 session_limit, sessions;
} Health;

static const Field health_fields[] = {
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(Health, server_name)},
    {"state", FIELD_TEXT, G_STRUCT_OFFSET(Health, state)},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(Health, reason)},
    {"session_limit", FIELD_INT, G_STRUCT_OFFSET(Health, session_limit)},
    {"sessions", FIELD_INT, G_STRUCT_OFFSET(Health, sessions)},
    {NULL},
};

char *sessions_health(const Sessions *sessions) {
  Health health = {
      .server_name = sessions->settings->server_name,
      .state = (char *)state_name(sessions),
      .reason = (char *)usability_reason(sessions->usability),
      .session_limit = sessions->settings->session_limit,
      .sessions = sessions->list->len,
  };
  return fields_write(health_fields, &health);
}

/* ---- the gauges ---- */

void sessions_measure(const Sessions *sessions) {
  Metrics *metrics = sessions->metrics;
  guint by_state[SESSION_N_STATES] = {0}, users = 0, viewers = 0;
  gint64 bitrate_kbps = 0;
  for (guint i = 0; i < sessions->list->len; i++) {
    const Session *session = sessions->list->pdata[i];
    by_state[session_state(session)]++;
    users += users_count(session_people_users(session_people(session)));
    viewers += session_count_viewers(session);
    bitrate_kbps += session_engine_stats(session).bitrate_kbps;
  }
  for (guint state = 0; state < SESSION_N_STATES; state++)
    metrics_set(metrics, COUNTS_SESSIONS, by_state[state], state);
  kept_stages_measure(sessions->kept);
  metrics_set(metrics, COUNTS_BUILD, 1, 0);
  metrics_set(metrics, COUNTS_LIMIT, (double)sessions->settings->session_limit);
  metrics_set(metrics, COUNTS_DRAINING, sessions->draining || sessions->closed);
  metrics_set(metrics, COUNTS_UNUSABLE, usability_reason(sessions->usability) != NULL);
  metrics_set(metrics, COUNTS_USERS, users);
  metrics_set(metrics, COUNTS_VIEWERS, viewers);
  metrics_set(metrics, COUNTS_ENCODED_BYTES_PER_SECOND, (double)bitrate_kbps * 1000 / 8);
}
