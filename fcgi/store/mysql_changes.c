#include "fcgi/store/mysql_changes.h"

#include "fcgi/store/mysql_rows.h"

/* A claim whose coordinator has not said for so long where the session runs is somebody else's to take. */
#define CLAIM_SECONDS "90"

/* What a row holds, read under a lock. */
typedef struct {
  gboolean found;
  ReservationState state;
  gint64 rc, slot_first, slot_end;
  gboolean was_cancelled;
} Held;

/* ---- what is there ---- */

static void answer_refused(MysqlAnswer *answer, StoreOutcome outcome) {
  answer->outcome = outcome;
  answer->roll_back = TRUE;
}

static gboolean read_held(const SqlRow *row, gpointer data) {
  Held *held = data;
  held->found = TRUE;
  held->state = reservation_state_from_name(sql_row_text(row, 0));
  held->rc = sql_row_int(row, 1);
  held->slot_first = sql_row_int(row, 2);
  held->slot_end = sql_row_int(row, 3);
  held->was_cancelled = g_strcmp0(sql_row_text(row, 4), "cancelled") == 0;
  return FALSE;
}

/* Nobody else changes it until the transaction ends. */
static gboolean lock_reservation(Sql *sql, const char *id, Held *held, GError **error) {
  *held = (Held){0};
  return sql_run(sql,
                 "SELECT state, rc, slot_first, slot_end, reason FROM reservations WHERE id = ? FOR UPDATE",
                 SQL_VALUES(SQL_TEXT(id)), read_held, held, NULL, error);
}

/* A reservation that was looked for. */
typedef struct {
  Reservation *reservation; /* nullable */
  GError *problem;          /* it is there and breaks a rule (nullable) */
} Sought;

static gboolean read_reservation(const SqlRow *row, gpointer data) {
  Sought *sought = data;
  sought->reservation = mysql_row_read(row, &sought->problem);
  return FALSE;
}

static gboolean find_request(Sql *sql, const char *request_id, Reservation **other, GError **error) {
  Sought sought = {NULL};
  if (!request_id)
    return TRUE;
  gboolean done = sql_run(sql, "SELECT " MYSQL_ROW_COLUMNS " FROM reservations WHERE request_id = ?",
                          SQL_VALUES(SQL_TEXT(request_id)), read_reservation, &sought, NULL, error);
  *other = sought.reservation;
  if (done && sought.problem)
    g_set_error(error, SQL_ERROR, SQL_ERROR_FAILED, "the table reservations: %s", sought.problem->message);
  done = done && !sought.problem;
  g_clear_error(&sought.problem);
  return done;
}

/* ---- new ones ---- */

/* @duplicate: its id, code or request is there already, and nothing was inserted; NULL: that is an error,
 * too. */
static gboolean insert_reservation(Sql *sql, gint64 rc, const StoreChange *change, gboolean has_code,
                                   gboolean *duplicate, GError **error) {
  const Reservation *it = change->reservation;
  g_autoptr(GError) problem = NULL;
  gboolean inserted = sql_run(
      sql,
      "INSERT INTO reservations (id, code, live_code, rc_name, starts_at, ends_at, booked, name, request_id, "
      "state, server_name, reason, created_at, ended_at, rc, slot_first, slot_end, request_proof, "
      "client, network, door, generation) "
      "VALUES (?, ?, ?, ?, FROM_UNIXTIME(?), FROM_UNIXTIME(?), ?, ?, ?, ?, ?, ?, FROM_UNIXTIME(?), "
      "FROM_UNIXTIME(?), ?, ?, ?, ?, ?, ?, ?, ?)",
      SQL_VALUES(SQL_TEXT(it->id), SQL_TEXT(it->code), SQL_TEXT(has_code ? it->code : NULL),
                 SQL_TEXT(it->rc_name), mysql_instant(it->starts_at_us), mysql_instant(it->ends_at_us),
                 SQL_INT(it->booked), SQL_TEXT(it->name), SQL_TEXT(it->request_id),
                 SQL_TEXT(reservation_state_name(it->state)), SQL_TEXT(it->server_name), SQL_TEXT(it->reason),
                 mysql_instant(it->created_at_us), mysql_instant(it->ended_at_us), SQL_INT(rc),
                 SQL_INT(change->run.first), SQL_INT(ledger_run_end(change->run)),
                 SQL_TEXT(it->request_proof), SQL_TEXT(it->client), SQL_TEXT(it->network), SQL_TEXT(it->door),
                 SQL_INT(it->generation)),
      NULL, NULL, NULL, &problem);
  if (duplicate)
    *duplicate = !inserted && g_error_matches(problem, SQL_ERROR, SQL_ERROR_DUPLICATE);
  if (inserted || (duplicate && *duplicate))
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&problem));
  return FALSE;
}

/* It could not be taken or not be added: perhaps because it was, by this very change or this very request.
 * Else for
 * @otherwise. */
static gboolean explain_refusal(Sql *sql, const Reservation *it, StoreOutcome otherwise, MysqlAnswer *answer,
                                GError **error) {
  Held held;
  if (!lock_reservation(sql, it->id, &held, error) ||
      (!held.found && !find_request(sql, it->request_id, &answer->other, error)))
    return FALSE;
  answer_refused(answer, held.found ? STORE_DONE : answer->other ? STORE_SAME_REQUEST : otherwise);
  return TRUE;
}

/* The slots first: when they are full, nothing was inserted in vain. */
static gboolean do_new(Sql *sql, const MysqlPlan *plan, const StoreChange *change, MysqlAnswer *answer,
                       GError **error) {
  const Reservation *it = change->reservation;
  gboolean full, duplicate;
  MysqlRc rc;
  if (!mysql_slots_find_rc(sql, it->rc_name, &rc, error) ||
      !mysql_slots_take(sql, plan, &rc, change->run.first, ledger_run_end(change->run), change->capacity,
                        &full, error))
    return FALSE;
  if (full)
    return explain_refusal(sql, it, STORE_FULL, answer, error);
  if (!insert_reservation(sql, rc.rc, change, TRUE, &duplicate, error))
    return FALSE;
  return !duplicate || explain_refusal(sql, it, STORE_CODE_TAKEN, answer, error);
}

static gboolean do_ask(Sql *sql, const StoreChange *change, MysqlAnswer *answer, GError **error) {
  if (!find_request(sql, change->reservation->request_id, &answer->other, error))
    return FALSE;
  answer_refused(answer, answer->other ? STORE_SAME_REQUEST : STORE_GONE);
  return TRUE;
}

/* ---- promises about those that are there ---- */

static gboolean do_extend(Sql *sql, const MysqlPlan *plan, const StoreChange *change, MysqlAnswer *answer,
                          GError **error) {
  const Reservation *it = change->reservation;
  gint64 end = ledger_run_end(change->run);
  gboolean full;
  Held held;
  if (!lock_reservation(sql, it->id, &held, error))
    return FALSE;
  if (!held.found || held.state != RESERVATION_RUNNING) {
    answer_refused(answer, STORE_GONE);
    return TRUE;
  }
  if (end <= held.slot_end) /* done before */
    return TRUE;
  MysqlRc rc;
  if (!mysql_slots_find_rc(sql, it->rc_name, &rc, error) ||
      !mysql_slots_take(sql, plan, &rc, held.slot_end, end, change->capacity, &full, error))
    return FALSE;
  if (full) {
    answer_refused(answer, STORE_FULL);
    return TRUE;
  }
  return sql_run(sql, "UPDATE reservations SET ends_at = FROM_UNIXTIME(?), slot_end = ? WHERE id = ?",
                 SQL_VALUES(mysql_instant(it->ends_at_us), SQL_INT(end), SQL_TEXT(it->id)), NULL, NULL, NULL,
                 error);
}

static gboolean do_claim(Sql *sql, const MysqlPlan *plan, const StoreChange *change, MysqlAnswer *answer,
                         GError **error) {
  guint64 claimed = 0;
  if (!sql_run(sql,
               "UPDATE reservations SET state = 'running', server_name = NULL, claimed_by = ?, changed_at = "
               "NOW(6) "
               "WHERE id = ? AND (state = 'planned' OR (state = 'running' AND server_name IS NULL AND "
               "(claimed_by = ? OR changed_at < NOW(6) - INTERVAL " CLAIM_SECONDS " SECOND)))",
               SQL_VALUES(SQL_TEXT(plan->coordinator), SQL_TEXT(change->reservation->id),
                          SQL_TEXT(plan->coordinator)),
               NULL, NULL, &claimed, error))
    return FALSE;
  if (claimed == 0)
    answer_refused(answer, STORE_GONE);
  return TRUE;
}

/* Over, for whatever reason: its code and what it holds of the slots from its new end on are free. */
static gboolean end_reservation(Sql *sql, const Reservation *it, const Held *held, gint64 slot_end,
                                GError **error) {
  slot_end = MAX(slot_end, held->slot_first);
  return mysql_slots_give_back(sql, held->rc, slot_end, held->slot_end, error) &&
         sql_run(sql,
                 "UPDATE reservations SET state = 'ended', live_code = NULL, client = NULL, network = NULL, "
                 "reason = ?, ended_at = "
                 "FROM_UNIXTIME(?), slot_end = LEAST(slot_end, ?) WHERE id = ?",
                 SQL_VALUES(SQL_TEXT(it->reason), mysql_instant(it->ended_at_us), SQL_INT(slot_end),
                            SQL_TEXT(it->id)),
                 NULL, NULL, NULL, error);
}

static gboolean do_cancel(Sql *sql, const StoreChange *change, MysqlAnswer *answer, GError **error) {
  Held held;
  if (!lock_reservation(sql, change->reservation->id, &held, error))
    return FALSE;
  if (held.found && held.state == RESERVATION_PLANNED)
    return end_reservation(sql, change->reservation, &held, held.slot_first, error);
  if (!held.was_cancelled)
    answer_refused(answer, STORE_GONE);
  return TRUE;
}

/* Nobody draws a generation's code twice: the first who writes it has. */
static gboolean explain_uninvited(Sql *sql, const char *id, MysqlAnswer *answer, GError **error) {
  Sought sought = {NULL};
  gboolean done = sql_run(sql, "SELECT " MYSQL_ROW_COLUMNS " FROM reservations WHERE id = ?",
                          SQL_VALUES(SQL_TEXT(id)), read_reservation, &sought, NULL, error);
  g_clear_error(&sought.problem);
  if (sought.reservation && sought.reservation->state == RESERVATION_RUNNING)
    answer->other = g_steal_pointer(&sought.reservation);
  reservation_free(sought.reservation);
  answer_refused(answer, answer->other ? STORE_OTHER : STORE_GONE);
  return done;
}

/* A code that is another here already stays so while only the door changes. */
static gboolean do_invite(Sql *sql, const StoreChange *change, MysqlAnswer *answer, GError **error) {
  const Reservation *it = change->reservation;
  g_autoptr(GError) problem = NULL;
  guint64 invited = 0;
  if (!sql_run(sql,
               "UPDATE reservations SET live_code = IF(generation < ?, ?, live_code), code = ?, door = ?, "
               "generation = ?, changed_at = NOW(6) WHERE id = ? AND state = 'running' AND "
               "(generation < ? OR (generation = ? AND code = ?))",
               SQL_VALUES(SQL_INT(it->generation), SQL_TEXT(it->code), SQL_TEXT(it->code), SQL_TEXT(it->door),
                          SQL_INT(it->generation), SQL_TEXT(it->id), SQL_INT(it->generation),
                          SQL_INT(it->generation), SQL_TEXT(it->code)),
               NULL, NULL, &invited, &problem)) {
    if (!g_error_matches(problem, SQL_ERROR, SQL_ERROR_DUPLICATE)) {
      g_propagate_error(error, g_steal_pointer(&problem));
      return FALSE;
    }
    answer_refused(answer, STORE_CODE_TAKEN);
    return TRUE;
  }
  return invited > 0 || explain_uninvited(sql, it->id, answer, error);
}

/* ---- facts ---- */

/* Of a session that nobody planned here. Its code may be somebody's already; its places may be taken. */
static gboolean adopt_session(Sql *sql, const MysqlPlan *plan, const StoreChange *change, MysqlAnswer *answer,
                              GError **error) {
  gboolean full, duplicate;
  Held held;
  MysqlRc rc;
  if (!mysql_slots_find_rc(sql, change->reservation->rc_name, &rc, error) ||
      !mysql_slots_take(sql, plan, &rc, change->run.first, ledger_run_end(change->run), G_MAXUINT32, &full,
                        error) ||
      !insert_reservation(sql, rc.rc, change, TRUE, &duplicate, error))
    return FALSE;
  if (!duplicate)
    return TRUE;
  if (!lock_reservation(sql, change->reservation->id, &held, error))
    return FALSE;
  if (!held.found)
    return insert_reservation(sql, rc.rc, change, FALSE, NULL, error);
  answer_refused(answer, STORE_DONE); /* another coordinator has just done it */
  return TRUE;
}

static gboolean do_fact(Sql *sql, const MysqlPlan *plan, const StoreChange *change, MysqlAnswer *answer,
                        GError **error) {
  const Reservation *it = change->reservation;
  Held held;
  if (!lock_reservation(sql, it->id, &held, error))
    return FALSE;
  if (!held.found)
    return it->state == RESERVATION_ENDED || adopt_session(sql, plan, change, answer, error);
  if (held.state == RESERVATION_ENDED) /* an end is for good */
    return TRUE;
  if (it->state == RESERVATION_ENDED)
    return end_reservation(sql, it, &held, ledger_run_end(change->run), error);
  return sql_run(
      sql, "UPDATE reservations SET state = ?, server_name = ? WHERE id = ?",
      SQL_VALUES(SQL_TEXT(reservation_state_name(it->state)), SQL_TEXT(it->server_name), SQL_TEXT(it->id)),
      NULL, NULL, NULL, error);
}

gboolean mysql_change_import(Sql *sql, const MysqlPlan *plan, const Reservation *reservation, LedgerRun run,
                             GError **error) {
  const StoreChange change = {STORE_FACT, reservation, run, G_MAXUINT32};
  MysqlAnswer answer = {0};
  Held held;
  if (!lock_reservation(sql, reservation->id, &held, error))
    return FALSE;
  if (held.found)
    return TRUE;
  if (reservation->state != RESERVATION_ENDED)
    return adopt_session(sql, plan, &change, &answer, error);
  MysqlRc rc;
  return mysql_slots_find_rc(sql, reservation->rc_name, &rc, error) &&
         insert_reservation(sql, rc.rc, &change, FALSE, NULL, error);
}

gboolean mysql_change_do(Sql *sql, const MysqlPlan *plan, const StoreChange *change, MysqlAnswer *answer,
                         GError **error) {
  *answer = (MysqlAnswer){.outcome = STORE_DONE};
  switch (change->kind) {
  case STORE_NEW:
    return do_new(sql, plan, change, answer, error);
  case STORE_EXTEND:
    return do_extend(sql, plan, change, answer, error);
  case STORE_CLAIM:
    return do_claim(sql, plan, change, answer, error);
  case STORE_CANCEL:
    return do_cancel(sql, change, answer, error);
  case STORE_INVITE:
    return do_invite(sql, change, answer, error);
  case STORE_ASK:
    return do_ask(sql, change, answer, error);
  case STORE_FACT:
    return do_fact(sql, plan, change, answer, error);
  case STORE_FORGET:
    return TRUE; /* rows are forgotten by their age (store_mysql.c) */
  }
  g_return_val_if_reached(FALSE);
}
