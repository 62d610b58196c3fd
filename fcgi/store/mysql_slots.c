#include "fcgi/store/mysql_slots.h"

#include "common/instant.h"

/* A day of five-minute slots, so that few statements make many. */
#define SLOTS_AT_ONCE 288
#define FORGET_AT_ONCE 1000

static gint64 current_slot(const MysqlPlan *plan) {
  return instant_now_us() / (plan->slot_minutes * INSTANT_MINUTE);
}

/* One statement for many rows; the text is the same each time, so that it is prepared once. */
static const char *many_slots_text(void) {
  static gsize made = 0;
  static char *text;
  if (g_once_init_enter(&made)) {
    GString *built = g_string_new("INSERT IGNORE INTO slots (rc, slot) VALUES (?, ?)");
    for (guint i = 1; i < SLOTS_AT_ONCE; i++)
      g_string_append(built, ", (?, ?)");
    text = g_string_free(built, FALSE);
    g_once_init_leave(&made, 1);
  }
  return text;
}

static gboolean make_many(Sql *sql, gint64 rc, gint64 first, GError **error) {
  SqlValue values[2 * SLOTS_AT_ONCE];
  for (guint i = 0; i < SLOTS_AT_ONCE; i++) {
    values[2 * i] = SQL_INT(rc);
    values[2 * i + 1] = SQL_INT(first + i);
  }
  return sql_run(sql, many_slots_text(), values, G_N_ELEMENTS(values), NULL, NULL, NULL, error);
}

static gboolean read_rc(const SqlRow *row, gpointer data) {
  *(MysqlRc *)data = (MysqlRc){sql_row_int(row, 0), sql_row_int(row, 1)};
  return FALSE;
}

gboolean mysql_slots_find_rc(Sql *sql, const char *rc_name, MysqlRc *found, GError **error) {
  static const char question[] = "SELECT rc, slots_until FROM rcs WHERE rc_name = ?";
  *found = (MysqlRc){0};
  if (!sql_run(sql, question, SQL_VALUES(SQL_TEXT(rc_name)), read_rc, found, NULL, error))
    return FALSE;
  if (found->rc)
    return TRUE;
  return sql_run(sql, "INSERT IGNORE INTO rcs (rc_name) VALUES (?)", SQL_VALUES(SQL_TEXT(rc_name)), NULL,
                 NULL, NULL, error) &&
         sql_run(sql, question, SQL_VALUES(SQL_TEXT(rc_name)), read_rc, found, NULL, error);
}

/* Rows are there from the time when they were made up to slots_until, without a gap. */
static gboolean make_slots(Sql *sql, const MysqlPlan *plan, MysqlRc *rc, gint64 end, GError **error) {
  if (end <= rc->slots_until)
    return TRUE;
  for (gint64 first = MAX(rc->slots_until, current_slot(plan)); first < end; first += SLOTS_AT_ONCE)
    if (!make_many(sql, rc->rc, first, error))
      return FALSE;
  rc->slots_until = end;
  return sql_run(sql, "UPDATE rcs SET slots_until = GREATEST(slots_until, ?) WHERE rc = ?",
                 SQL_VALUES(SQL_INT(end), SQL_INT(rc->rc)), NULL, NULL, NULL, error);
}

gboolean mysql_slots_make(Sql *sql, const MysqlPlan *plan, const char *rc_name, gint64 end, GError **error) {
  MysqlRc rc;
  if (!mysql_slots_find_rc(sql, rc_name, &rc, error))
    return FALSE;
  gint64 from = MAX(rc.slots_until, current_slot(plan));
  return make_slots(sql, plan, &rc, MIN(from + SLOTS_AT_ONCE, end), error);
}

gboolean mysql_slots_forget(Sql *sql, const MysqlPlan *plan, gboolean *more, GError **error) {
  guint64 deleted = 0;
  gint64 before = current_slot(plan) - SLOTS_AT_ONCE;
  gboolean done = sql_run(sql, "DELETE FROM slots WHERE slot < ? LIMIT " G_STRINGIFY(FORGET_AT_ONCE) "",
                          SQL_VALUES(SQL_INT(before)), NULL, NULL, &deleted, error);
  *more = deleted == FORGET_AT_ONCE;
  return done;
}

gboolean mysql_slots_take(Sql *sql, const MysqlPlan *plan, MysqlRc *rc, gint64 first, gint64 end,
                          guint32 capacity, gboolean *full, GError **error) {
  guint64 taken = 0;
  first = MAX(first, current_slot(plan));
  *full = FALSE;
  if (first >= end)
    return TRUE;
  if (!make_slots(sql, plan, rc, end, error) ||
      !sql_run(sql, "UPDATE slots SET used = used + 1 WHERE rc = ? AND slot >= ? AND slot < ? AND used < ?",
               SQL_VALUES(SQL_INT(rc->rc), SQL_INT(first), SQL_INT(end), SQL_INT(capacity)), NULL, NULL,
               &taken, error))
    return FALSE;
  *full = (gint64)taken != end - first;
  return TRUE;
}

gboolean mysql_slots_give_back(Sql *sql, gint64 rc, gint64 first, gint64 end, GError **error) {
  return first >= end ||
         sql_run(sql, "UPDATE slots SET used = used - 1 WHERE rc = ? AND slot >= ? AND slot < ? AND used > 0",
                 SQL_VALUES(SQL_INT(rc), SQL_INT(first), SQL_INT(end)), NULL, NULL, NULL, error);
}
