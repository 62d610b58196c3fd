#include "fcgi/line/lines_shared.h"

#include "common/fields.h"
#include "common/instant.h"
#include "common/log.h"
#include "fcgi/database/sql_pool.h"
#include "fcgi/rules/limits.h"

#define LOOK_US (INSTANT_SECOND / 2)
/* What is to be written is written sooner, together with what comes meanwhile. */
#define WRITE_US (INSTANT_SECOND / 50)
/* How often a coordinator says that it still has its places: some times within place_seconds (5 or more). */
#define RENEW_US (INSTANT_SECOND * 3 / 2)

/* A row of the table. */
typedef struct {
  char *key;
  char *rc_name;
  gint64 arrived_us;
  char *session, *server_name; /* nullable */
  char *client, *network;      /* whose it is (nullable) */
  gboolean is_gone;
  gboolean is_taken; /* gone: it is ours to give up, though the database does not know it yet */
} Row;

/* What one that stands there has to be. */
static const Field row_fields[] = {
    {"place", FIELD_TEXT, G_STRUCT_OFFSET(Row, key), .required = TRUE, LIMIT_PLACE},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(Row, rc_name), .required = TRUE, LIMIT_RC_NAME},
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(Row, session), LIMIT_ID},
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(Row, server_name), LIMIT_SERVER_NAME},
    {"client", FIELD_TEXT, G_STRUCT_OFFSET(Row, client), LIMIT_HOLDER},
    {"network", FIELD_TEXT, G_STRUCT_OFFSET(Row, network), LIMIT_HOLDER},
    {NULL},
};

typedef struct {
  SqlJob job;
  LinesShared *shared; /* NULL: it was freed */
  char *coordinator;
  gint64 keep_seconds;
  gboolean renews;
  GHashTable *changes; /* key -> Row */
  GPtrArray *found;    /* of Row: those of others */
} LinesLook;

struct LinesShared {
  Core *core;
  const LinesSharedListener *listener;
  gpointer user_data;
  GHashTable *changes; /* key -> Row: not given to a LinesLook yet */
  LinesLook *look;     /* under way */
  Timer *timer;
  gint64 renewed_us; /* monotonic */
  gboolean failing;
};

static void free_row(gpointer data) {
  Row *row = data;
  g_free(row->key);
  g_free(row->rc_name);
  g_free(row->session);
  g_free(row->server_name);
  g_free(row->client);
  g_free(row->network);
  g_free(row);
}

static GHashTable *new_changes(void) {
  return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_row);
}

/* ---- at the database ---- */

static gboolean write_row(Sql *sql, const LinesLook *look, const Row *row, GError **error) {
  if (row->is_gone && !row->is_taken)
    return sql_run(sql, "UPDATE places SET gone = 1, seen_at = NOW(6) WHERE place = ? AND coordinator = ?",
                   SQL_VALUES(SQL_TEXT(row->key), SQL_TEXT(look->coordinator)), NULL, NULL, NULL, error);
  return sql_run(
      sql,
      "INSERT INTO places (place, rc_name, arrived_us, coordinator, session, server_name, gone, "
      "client, network, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NOW(6)) ON DUPLICATE KEY UPDATE "
      "coordinator = VALUES(coordinator), session = VALUES(session), "
      "server_name = VALUES(server_name), gone = VALUES(gone), seen_at = VALUES(seen_at)",
      SQL_VALUES(SQL_TEXT(row->key), SQL_TEXT(row->rc_name), SQL_INT(row->arrived_us),
                 SQL_TEXT(look->coordinator), SQL_TEXT(row->session), SQL_TEXT(row->server_name),
                 SQL_INT(row->is_gone), SQL_TEXT(row->client), SQL_TEXT(row->network)),
      NULL, NULL, NULL, error);
}

static gboolean write_rows(Sql *sql, const LinesLook *look, GError **error) {
  GHashTableIter iter;
  gpointer row;
  g_hash_table_iter_init(&iter, look->changes);
  while (g_hash_table_iter_next(&iter, NULL, &row))
    if (!write_row(sql, look, row, error))
      return FALSE;
  return TRUE;
}

static gboolean renew_places(Sql *sql, const LinesLook *look, GError **error) {
  return sql_run(sql, "UPDATE places SET seen_at = NOW(6) WHERE coordinator = ? AND gone = 0",
                 SQL_VALUES(SQL_TEXT(look->coordinator)), NULL, NULL, NULL, error) &&
         sql_run(sql, "DELETE FROM places WHERE seen_at < NOW(6) - INTERVAL ? SECOND LIMIT 1000",
                 SQL_VALUES(SQL_INT(2 * look->keep_seconds)), NULL, NULL, NULL, error);
}

static gboolean collect_place(const SqlRow *row, gpointer data) {
  Row *found = g_new0(Row, 1);
  found->key = g_strdup(sql_row_text(row, 0));
  found->rc_name = g_strdup(sql_row_text(row, 1));
  found->arrived_us = sql_row_int(row, 2);
  found->session = g_strdup(sql_row_text(row, 3));
  found->server_name = g_strdup(sql_row_text(row, 4));
  found->is_gone = sql_row_int(row, 5) != 0;
  found->client = g_strdup(sql_row_text(row, 6));
  found->network = g_strdup(sql_row_text(row, 7));
  gboolean is_sound = found->is_gone || (fields_check(row_fields, found, NULL) &&
                                         (found->session == NULL) == (found->server_name == NULL));
  if (is_sound)
    g_ptr_array_add(data, found);
  else /* none of ours has written that */
    free_row(found);
  return TRUE;
}

static gboolean run_lines_look(Sql *sql, SqlJob *job, GError **error) {
  LinesLook *look = (LinesLook *)job;
  g_ptr_array_set_size(look->found, 0);
  return write_rows(sql, look, error) && (!look->renews || renew_places(sql, look, error)) &&
         sql_run(sql,
                 "SELECT place, rc_name, arrived_us, session, server_name, gone, client, network FROM places "
                 "WHERE coordinator <> ? AND seen_at > NOW(6) - INTERVAL ? SECOND",
                 SQL_VALUES(SQL_TEXT(look->coordinator), SQL_INT(look->keep_seconds)), collect_place,
                 look->found, NULL, error);
}

/* ---- at home ---- */

static void look_after(LinesShared *shared, gint64 pause_us);

/* What was not written is to be written again, unless there is newer. */
static void take_rows_back(LinesShared *shared, LinesLook *look) {
  GHashTableIter iter;
  gpointer key, row;
  g_hash_table_iter_init(&iter, look->changes);
  while (g_hash_table_iter_next(&iter, &key, &row)) {
    if (g_hash_table_contains(shared->changes, key))
      continue;
    g_hash_table_iter_steal(&iter);
    g_hash_table_replace(shared->changes, key, row);
  }
}

/* Others' places, but for those of which we know better meanwhile. */
static void take_found_places(LinesShared *shared, const LinesLook *look) {
  g_autoptr(GHashTable) elsewhere = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < look->found->len; i++) {
    const Row *row = look->found->pdata[i];
    if (g_hash_table_contains(shared->changes, row->key))
      continue;
    if (row->is_gone) {
      shared->listener->gone(row->key, shared->user_data);
      continue;
    }
    g_hash_table_add(elsewhere, row->key);
    shared->listener->elsewhere(&(SharedPlace){row->key, row->rc_name, row->arrived_us,
                                               holder_parse(row->client, row->network), row->session,
                                               row->server_name},
                                shared->user_data);
  }
  shared->listener->keep(elsewhere, shared->user_data);
}

static void tell_lines_failing(LinesShared *shared, const GError *error) {
  if (error && !shared->failing) {
    g_autofree char *reason = log_quote(error->message);
    log_warning("lines_not_shared", "reason=%s", reason);
  }
  shared->failing = error != NULL;
}

static void on_lines_looked(SqlJob *job, const GError *error) {
  LinesLook *look = (LinesLook *)job;
  LinesShared *shared = look->shared;
  if (shared) {
    shared->look = NULL;
    tell_lines_failing(shared, error);
    if (error)
      take_rows_back(shared, look);
    else
      take_found_places(shared, look);
    if (!error && look->renews)
      shared->renewed_us = g_get_monotonic_time();
    look_after(shared, !error && g_hash_table_size(shared->changes) > 0 ? WRITE_US : LOOK_US);
  }
  g_hash_table_unref(look->changes);
  g_ptr_array_unref(look->found);
  g_free(look->coordinator);
  g_free(look);
}

static void begin_lines_look(gpointer data) {
  LinesShared *shared = data;
  const Core *core = shared->core;
  LinesLook *look = g_new0(LinesLook, 1);
  shared->timer = NULL;
  shared->look = look;
  look->job.run = run_lines_look;
  look->job.done = on_lines_looked;
  look->shared = shared;
  look->coordinator = g_strdup(core->name);
  look->keep_seconds = core->configuration->place_seconds;
  look->renews = g_get_monotonic_time() - shared->renewed_us > RENEW_US;
  look->changes = shared->changes;
  shared->changes = new_changes();
  look->found = g_ptr_array_new_with_free_func(free_row);
  sql_pool_run(core->database, &look->job);
}

static void look_after(LinesShared *shared, gint64 pause_us) {
  if (shared->look)
    return;
  timer_clear(&shared->timer);
  shared->timer = timers_add(shared->core->timers, pause_us, begin_lines_look, shared);
}

/* (transfer full @row) */
static void change_row(LinesShared *shared, Row *row) {
  gboolean is_first = g_hash_table_size(shared->changes) == 0;
  g_hash_table_replace(shared->changes, row->key, row);
  if (is_first && !shared->failing)
    look_after(shared, WRITE_US);
}

static Row *row_of(const SharedPlace *place) {
  Row *row = g_new0(Row, 1);
  row->key = g_strdup(place->key);
  row->rc_name = g_strdup(place->rc_name);
  row->arrived_us = place->arrived_us;
  row->session = g_strdup(place->session);
  row->server_name = g_strdup(place->server_name);
  if (place->holder.counts) {
    row->client = holder_format(place->holder.client);
    row->network = holder_format(place->holder.network);
  }
  return row;
}

void lines_shared_put(LinesShared *shared, const SharedPlace *place) {
  if (shared)
    change_row(shared, row_of(place));
}

void lines_shared_remove(LinesShared *shared, const SharedPlace *place) {
  if (!shared)
    return;
  Row *row = row_of(place);
  row->is_gone = TRUE;
  row->is_taken = g_hash_table_contains(shared->changes, row->key);
  change_row(shared, row);
}

LinesShared *lines_shared_new(Core *core, const LinesSharedListener *listener, gpointer user_data) {
  LinesShared *shared = g_new0(LinesShared, 1);
  shared->core = core;
  shared->listener = listener;
  shared->user_data = user_data;
  shared->changes = new_changes();
  look_after(shared, 0);
  return shared;
}

void lines_shared_free(LinesShared *shared) {
  if (!shared)
    return;
  timer_cancel(shared->timer);
  if (shared->look)
    shared->look->shared = NULL;
  g_hash_table_unref(shared->changes);
  g_free(shared);
}
