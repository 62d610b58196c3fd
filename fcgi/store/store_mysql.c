#include "fcgi/store/store_mysql.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/program_clock.h"
#include "fcgi/database/sql_schema.h"
#include "fcgi/store/mysql_changes.h"
#include "fcgi/store/mysql_rows.h"
#include "fcgi/store/set_aside.h"

#include <string.h>

#define LOOK_AGAIN_US INSTANT_SECOND
/* What changed is asked for from so long before the last look on: clocks of nodes differ, and what a
 * transaction wrote is seen when it is committed only. */
#define OVERLAP_SECONDS "15"
/* Ended ones are loaded as long as their codes rest (codes.h). */
#define LOADED_HISTORY_DAYS "1"
#define TIME_ANSWER_US (INSTANT_SECOND / 2)
#define UPKEEP_US (10 * INSTANT_MINUTE)
#define UPKEEP_SOON_US (INSTANT_SECOND / 10)
#define FORGET_AT_ONCE 1000
/* So many broken rows are told of, and counted. */
#define REJECTED_MAX 1000

typedef struct PlanLook PlanLook;
typedef struct Upkeep Upkeep;

typedef struct {
  Store base;
  SqlPool *pool;
  Timers *timers;
  MysqlPlan plan;
  StoreMysqlRules rules;
  char **key_marks; /* of the rules (nullable) */
  char *looked_at;  /* the database's time of the last look; NULL: everything is to be read */
  gboolean loaded, failing;
  guint64 writes; /* changes that were given to the database */
  Timer *look_timer, *upkeep_timer;
  PlanLook *look;          /* under way */
  Upkeep *upkeep;          /* under way */
  GHashTable *lanes;       /* rc_name -> RcLane */
  GHashTable *rejected;    /* id -> what is wrong with the row, as the log has it */
  GArray *refreshing;      /* of Refresh: to be told after the look that is under way */
  GArray *refreshing_next; /* of Refresh: after one that begins later */
} MysqlStore;

typedef struct {
  StoreRefreshed func;
  gpointer user_data;
} Refresh;

/* What of an RC has to go in order: who asks for a place that has just been given back must not come before
 * the giving back. All else may overtake. */
typedef struct {
  SqlPool *pool;
  guint ends;      /* sessions' ends on their way to the database */
  GQueue asking;   /* of Put, which wait for them */
  gboolean closed; /* with its store; ends that are under way still hold it */
} RcLane;          /* counted (GRcBox) */

/* ---- changes ---- */

typedef struct {
  SqlJob job;
  RcLane *lane;
  gboolean is_end;
  MysqlPlan plan;
  StoreChangeKind kind;
  Reservation *reservation;
  LedgerRun run;
  guint32 capacity;
  StoreDone done;
  gpointer user_data;
  MysqlAnswer answer;
} Put;

static gboolean run_put(Sql *sql, SqlJob *job, GError **error) {
  Put *put = (Put *)job;
  const StoreChange change = {put->kind, put->reservation, put->run, put->capacity};
  g_clear_pointer(&put->answer.other, reservation_free);
  if (!mysql_change_do(sql, &put->plan, &change, &put->answer, error))
    return FALSE;
  job->refused = put->answer.roll_back;
  return TRUE;
}

static void answer_put(Put *put, StoreOutcome outcome, const char *reason) {
  if (put->done)
    put->done(outcome, put->answer.other, reason, put->user_data);
  g_rc_box_release(put->lane);
  reservation_free(put->reservation);
  reservation_free(put->answer.other);
  g_free(put);
}

static void let_ask(RcLane *lane) {
  if (lane->ends > 0 || lane->closed)
    return;
  for (Put *put; (put = g_queue_pop_head(&lane->asking));)
    sql_pool_run(lane->pool, &put->job);
}

static void on_put_done(SqlJob *job, const GError *error) {
  Put *put = (Put *)job;
  if (put->is_end) {
    put->lane->ends--;
    let_ask(put->lane);
  }
  answer_put(put, error ? STORE_UNAVAILABLE : put->answer.outcome, error ? error->message : NULL);
}

static RcLane *rc_lane_of(MysqlStore *store, const char *rc_name) {
  RcLane *lane = g_hash_table_lookup(store->lanes, rc_name);
  if (!lane) {
    lane = g_rc_box_new0(RcLane);
    lane->pool = store->pool;
    g_hash_table_insert(store->lanes, g_strdup(rc_name), lane);
  }
  return lane;
}

static void close_rc_lane(gpointer data) {
  RcLane *lane = data;
  lane->closed = TRUE;
  for (Put *put; (put = g_queue_pop_head(&lane->asking));)
    answer_put(put, STORE_UNAVAILABLE, "the coordinator is stopping");
  g_rc_box_release(lane);
}

static void put_change(Store *store, const StoreChange *change, StoreDone done, gpointer user_data) {
  MysqlStore *mysql = (MysqlStore *)store;
  if (change->kind == STORE_FORGET) /* upkeep does it */
    return;
  Put *put = g_new0(Put, 1);
  mysql->writes++;
  put->job.run = run_put;
  put->job.done = on_put_done;
  put->lane = g_rc_box_acquire(rc_lane_of(mysql, change->reservation->rc_name));
  put->is_end = change->kind == STORE_FACT && change->reservation->state == RESERVATION_ENDED;
  put->plan = mysql->plan;
  put->kind = change->kind;
  put->reservation = reservation_copy(change->reservation);
  put->run = change->run;
  put->capacity = change->capacity;
  put->done = done;
  put->user_data = user_data;
  if (put->is_end)
    put->lane->ends++;
  if (put->lane->ends > 0 && (put->kind == STORE_NEW || put->kind == STORE_EXTEND))
    g_queue_push_tail(&put->lane->asking, put);
  else
    sql_pool_run(mysql->pool, &put->job);
}

/* ---- looking for what has changed ---- */

struct PlanLook {
  SqlJob job;
  MysqlStore *store; /* NULL: it was closed */
  char *since;       /* nullable: read everything */
  char *now;
  gint64 now_us; /* the same */
  guint slot_minutes;
  char **key_marks;    /* nullable */
  GPtrArray *found;    /* of Reservation */
  GPtrArray *rejected; /* of RejectedRecord */
};

static gboolean keep_text(const SqlRow *row, gpointer data) {
  *(char **)data = g_strdup(sql_row_text(row, 0));
  return FALSE;
}

static gboolean collect_reservation(const SqlRow *row, gpointer data) {
  PlanLook *look = data;
  g_autoptr(GError) problem = NULL;
  Reservation *reservation = mysql_row_read(row, &problem);
  if (reservation)
    g_ptr_array_add(look->found, reservation);
  else
    rejected_records_add(look->rejected, mysql_row_id(row), NULL, problem->message);
  return TRUE;
}

/* What all agreed on (transfer full): @ours, when nobody has said anything yet. NULL with an error. */
static char *agree(Sql *sql, const char *name, const char *ours, GError **error) {
  char *theirs = NULL;
  if (sql_run(sql, "INSERT IGNORE INTO agreements (name, value) VALUES (?, ?)",
              SQL_VALUES(SQL_TEXT(name), SQL_TEXT(ours)), NULL, NULL, NULL, error) &&
      sql_run(sql, "SELECT value FROM agreements WHERE name = ?", SQL_VALUES(SQL_TEXT(name)), keep_text,
              &theirs, NULL, error))
    return theirs ? theirs : g_strdup("");
  return NULL;
}

/* Keys of bookings that one has given would be void at another. */
static gboolean agree_on_key(Sql *sql, char *const *marks, GError **error) {
  if (!marks)
    return TRUE;
  g_autofree char *theirs = agree(sql, "bookings_key", marks[0], error);
  if (!theirs || g_strv_contains((const char *const *)marks, theirs))
    return theirs != NULL;
  g_set_error(error, SQL_ERROR, SQL_ERROR_FAILED,
              "bookings_key_file is not that of the database's other coordinators; all must have the same");
  return FALSE;
}

/* Slots of another length would be counted in other rows. */
static gboolean agree_on_slots(Sql *sql, guint slot_minutes, GError **error) {
  g_autofree char *ours = g_strdup_printf("%u", slot_minutes);
  g_autofree char *theirs = agree(sql, "slot_minutes", ours, error);
  if (!theirs)
    return FALSE;
  if (strcmp(ours, theirs) == 0)
    return TRUE;
  g_set_error(error, SQL_ERROR, SQL_ERROR_FAILED,
              "slot_minutes is %s here and %s in the database; all coordinators must have the same", ours,
              theirs);
  return FALSE;
}

static gboolean read_all(Sql *sql, PlanLook *look, GError **error) {
  return sql_schema_check(sql, error) && agree_on_slots(sql, look->slot_minutes, error) &&
         agree_on_key(sql, look->key_marks, error) &&
         sql_run(sql,
                 "SELECT " MYSQL_ROW_COLUMNS " FROM reservations WHERE state IN ('planned', 'running') OR "
                 "(state = 'ended' AND ended_at > NOW() - INTERVAL " LOADED_HISTORY_DAYS " DAY)",
                 SQL_NO_VALUES, collect_reservation, look, NULL, error);
}

static gboolean keep_now(const SqlRow *row, gpointer data) {
  PlanLook *look = data;
  look->now = g_strdup(sql_row_text(row, 0));
  look->now_us = sql_row_int(row, 1);
  return FALSE;
}

/* What time it is there. All coordinators go by that clock: by their own ones, the one that is ahead would
 * end what the others let run. An answer that took long says little about the time. */
static gboolean ask_the_time(Sql *sql, PlanLook *look, GError **error) {
  gint64 asked_us = g_get_monotonic_time();
  if (!sql_run(sql, "SELECT NOW(6), CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)", SQL_NO_VALUES,
               keep_now, look, NULL, error))
    return FALSE;
  gint64 took_us = g_get_monotonic_time() - asked_us;
  if (took_us < TIME_ANSWER_US)
    program_clock_follow(look->now_us, asked_us + took_us / 2, "database");
  return TRUE;
}

static gboolean run_plan_look(Sql *sql, SqlJob *job, GError **error) {
  PlanLook *look = (PlanLook *)job;
  g_ptr_array_set_size(look->found, 0);
  g_ptr_array_set_size(look->rejected, 0);
  g_clear_pointer(&look->now, g_free);
  if (!ask_the_time(sql, look, error))
    return FALSE;
  if (!look->since)
    return read_all(sql, look, error);
  /* In order: the end of one comes before another that has been given its code. */
  return sql_run(sql,
                 "SELECT " MYSQL_ROW_COLUMNS
                 " FROM reservations WHERE changed_at > ? - INTERVAL " OVERLAP_SECONDS
                 " SECOND ORDER BY changed_at",
                 SQL_VALUES(SQL_TEXT(look->since)), collect_reservation, look, NULL, error);
}

static void look_for_changes(gpointer data);

static void tell_plan_failing(MysqlStore *store, const GError *error) {
  gboolean failing = error != NULL;
  if (failing && !store->failing) {
    g_autofree char *reason = log_quote(error->message);
    log_error(store->loaded ? "plan_not_followed" : "plan_not_loaded", "reason=%s", reason);
  }
  store->failing = failing;
}

/* The same rows are read again and again: each has one line for what is wrong with it. */
static void tell_rejected(MysqlStore *store, const PlanLook *look) {
  for (guint i = 0; i < look->rejected->len; i++) {
    const RejectedRecord *row = look->rejected->pdata[i];
    const char *known = g_hash_table_lookup(store->rejected, row->id);
    if (g_strcmp0(known, row->reason) == 0 || (!known && g_hash_table_size(store->rejected) >= REJECTED_MAX))
      continue;
    g_autofree char *id = log_quote(row->id), *reason = log_quote(row->reason);
    log_gather(LOG_LEVEL_ERROR, "row_rejected", "table=reservations id=%s reason=%s", id, reason);
    g_hash_table_insert(store->rejected, g_strdup(row->id), g_strdup(row->reason));
  }
}

static void take_found_reservations(MysqlStore *store, PlanLook *look) {
  for (guint i = 0; i < look->found->len; i++) {
    const Reservation *found = look->found->pdata[i];
    g_hash_table_remove(store->rejected, found->id);
    store->base.listener.seen(found, store->base.user_data);
  }
  tell_rejected(store, look);
  store->base.rejected = g_hash_table_size(store->rejected);
  g_free(store->looked_at);
  store->looked_at = g_steal_pointer(&look->now);
  if (store->loaded)
    return;
  store->loaded = TRUE;
  log_notice("plan_loaded", "reservations=%u", look->found->len);
  store->base.listener.loaded(store->base.user_data);
}

static void tell_refreshed(GArray **refreshing, gboolean known) {
  g_autoptr(GArray) told = g_steal_pointer(refreshing);
  *refreshing = g_array_new(FALSE, FALSE, sizeof(Refresh));
  for (guint i = 0; i < told->len; i++) {
    const Refresh *refresh_mysql = &g_array_index(told, Refresh, i);
    refresh_mysql->func(known, refresh_mysql->user_data);
  }
}

static void on_plan_looked(SqlJob *job, const GError *error) {
  PlanLook *look = (PlanLook *)job;
  MysqlStore *store = look->store;
  if (store) {
    store->look = NULL;
    tell_plan_failing(store, error);
    if (!error)
      take_found_reservations(store, look);
    tell_refreshed(&store->refreshing, error == NULL);
    gint64 pause_us = store->refreshing_next->len ? 0 : LOOK_AGAIN_US;
    store->look_timer = timers_add(store->timers, pause_us, look_for_changes, store);
  }
  g_ptr_array_unref(look->found);
  g_ptr_array_unref(look->rejected);
  g_free(look->since);
  g_free(look->now);
  g_strfreev(look->key_marks);
  g_free(look);
}

static void look_for_changes(gpointer data) {
  MysqlStore *store = data;
  PlanLook *look = g_new0(PlanLook, 1);
  store->look_timer = NULL;
  store->look = look;
  GArray *now = store->refreshing;
  store->refreshing = store->refreshing_next;
  store->refreshing_next = now;
  look->job.run = run_plan_look;
  look->job.done = on_plan_looked;
  look->store = store;
  look->since = g_strdup(store->looked_at);
  look->slot_minutes = store->plan.slot_minutes;
  look->key_marks = g_strdupv(store->key_marks);
  look->found = g_ptr_array_new_with_free_func((GDestroyNotify)reservation_free);
  look->rejected = rejected_records_new();
  sql_pool_run(store->pool, &look->job);
}

/* ---- upkeep: slots ahead, old rows away ---- */

struct Upkeep {
  SqlJob job;
  MysqlStore *store; /* NULL: it was closed */
  MysqlPlan plan;
  gint64 slots_until;
  guint history_days;
  gboolean more;
};

/* The RC whose rows end soonest, if that is too soon. */
static gboolean make_slots_of_one(Sql *sql, Upkeep *upkeep, gboolean *more, GError **error) {
  g_autofree char *rc_name = NULL;
  *more = FALSE;
  if (!sql_run(sql, "SELECT rc_name FROM rcs WHERE slots_until < ? ORDER BY slots_until LIMIT 1",
               SQL_VALUES(SQL_INT(upkeep->slots_until)), keep_text, &rc_name, NULL, error))
    return FALSE;
  if (!rc_name)
    return TRUE;
  *more = TRUE;
  return mysql_slots_make(sql, &upkeep->plan, rc_name, upkeep->slots_until, error);
}

static gboolean run_upkeep(Sql *sql, SqlJob *job, GError **error) {
  Upkeep *upkeep = (Upkeep *)job;
  gboolean more_slots, old_slots;
  guint64 forgotten = 0;
  if (!make_slots_of_one(sql, upkeep, &more_slots, error) ||
      !mysql_slots_forget(sql, &upkeep->plan, &old_slots, error) ||
      !sql_run(sql,
               "DELETE FROM reservations WHERE state = 'ended' AND ended_at < NOW() - INTERVAL ? DAY "
               "LIMIT " G_STRINGIFY(FORGET_AT_ONCE),
               SQL_VALUES(SQL_INT(upkeep->history_days)), NULL, NULL, &forgotten, error))
    return FALSE;
  upkeep->more = more_slots || old_slots || forgotten == FORGET_AT_ONCE;
  return TRUE;
}

static void keep_up(gpointer data);

static void on_kept_up(SqlJob *job, const GError *error) {
  Upkeep *upkeep = (Upkeep *)job;
  MysqlStore *store = upkeep->store;
  if (store) {
    gint64 pause_us = !error && upkeep->more ? UPKEEP_SOON_US : UPKEEP_US;
    store->upkeep = NULL;
    store->upkeep_timer = timers_add(store->timers, pause_us, keep_up, store);
  }
  g_free(upkeep);
}

/* By a time that is doubted nothing is forgotten: rows of slots that are still to come would be missing. */
static void keep_up(gpointer data) {
  MysqlStore *store = data;
  if (program_clock_is_doubted()) {
    store->upkeep_timer = timers_add(store->timers, LOOK_AGAIN_US, keep_up, store);
    return;
  }
  Upkeep *upkeep = g_new0(Upkeep, 1);
  gint64 slot_us = store->plan.slot_minutes * INSTANT_MINUTE;
  gint64 ahead_us = (gint64)(store->rules.horizon_days + 2) * 24 * 60 * INSTANT_MINUTE;
  store->upkeep_timer = NULL;
  store->upkeep = upkeep;
  upkeep->job.run = run_upkeep;
  upkeep->job.done = on_kept_up;
  upkeep->store = store;
  upkeep->plan = store->plan;
  upkeep->slots_until = (instant_now_us() + ahead_us) / slot_us;
  upkeep->history_days = store->rules.history_days;
  sql_pool_run(store->pool, &upkeep->job);
}

/* ---- life ---- */

static void begin_mysql(Store *store) {
  MysqlStore *mysql = (MysqlStore *)store;
  look_for_changes(mysql);
  mysql->upkeep_timer = timers_add(mysql->timers, INSTANT_SECOND, keep_up, mysql);
}

static void refresh_mysql(Store *store, StoreRefreshed func, gpointer user_data) {
  MysqlStore *mysql = (MysqlStore *)store;
  const Refresh asked = {func, user_data};
  g_array_append_val(mysql->refreshing_next, asked);
  if (mysql->look) /* it began before: the next one begins when it is done */
    return;
  timer_cancel(mysql->look_timer);
  look_for_changes(mysql);
}

static guint64 count_mysql_writes(Store *store) {
  return ((MysqlStore *)store)->writes;
}

static void close_mysql(Store *store) {
  MysqlStore *mysql = (MysqlStore *)store;
  tell_refreshed(&mysql->refreshing, FALSE);
  tell_refreshed(&mysql->refreshing_next, FALSE);
  g_array_unref(mysql->refreshing);
  g_array_unref(mysql->refreshing_next);
  timer_cancel(mysql->look_timer);
  timer_cancel(mysql->upkeep_timer);
  if (mysql->look)
    mysql->look->store = NULL;
  if (mysql->upkeep)
    mysql->upkeep->store = NULL;
  g_hash_table_unref(mysql->lanes);
  g_hash_table_unref(mysql->rejected);
  g_free(mysql->looked_at);
  g_strfreev(mysql->key_marks);
  g_free(mysql);
}

static const StoreKind store_mysql = {begin_mysql, put_change, refresh_mysql, count_mysql_writes,
                                      close_mysql};

Store *store_mysql_new(SqlPool *pool, const StoreMysqlRules *rules, Timers *timers) {
  MysqlStore *store = g_new0(MysqlStore, 1);
  store->base.kind = &store_mysql;
  store->pool = pool;
  store->rules = *rules;
  store->rules.key_marks = store->key_marks = g_strdupv((char **)rules->key_marks);
  store->plan = (MysqlPlan){rules->coordinator, rules->slot_minutes};
  store->timers = timers;
  store->refreshing = g_array_new(FALSE, FALSE, sizeof(Refresh));
  store->refreshing_next = g_array_new(FALSE, FALSE, sizeof(Refresh));
  store->rejected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  store->lanes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_rc_lane);
  return &store->base;
}
