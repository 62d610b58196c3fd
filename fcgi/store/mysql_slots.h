/* The ledger in the database: a row for each slot of an RC, which says how many places are taken in it.
 *
 * Whatever takes a place *changes the rows of its slots*, each only where a place is left: the one scheme
 * that never overbooks, on one server and on several Galera nodes, where locks are not replicated and only
 * changed rows are certified. Rows are made ahead of time, and when they are needed before. All functions are
 * for within a transaction and fail with SQL_ERROR. Any thread.
 */
#pragma once
#include "fcgi/database/sql.h"

/* Plain data: what is the same for all that a coordinator does. */
typedef struct {
  const char *coordinator; /* its name, for claims: unique among those that run */
  guint slot_minutes;
} MysqlPlan;

/* An RC's number, and up to which slot its rows are there. */
typedef struct {
  gint64 rc, slots_until;
} MysqlRc;

/* An RC that has no number gets one. */
gboolean mysql_slots_find_rc(Sql *sql, const char *rc_name, MysqlRc *found, GError **error);

/* Takes one place in each slot from @first to before @end where fewer than @capacity are taken; what is past
 * is passed over. @full: not in all of them, and so to be rolled back. */
gboolean mysql_slots_take(Sql *sql, const MysqlPlan *plan, MysqlRc *rc, gint64 first, gint64 end,
                          guint32 capacity, gboolean *full, GError **error);
gboolean mysql_slots_give_back(Sql *sql, gint64 rc, gint64 first, gint64 end, GError **error);

/* Makes rows of an RC ahead, one day's at most, towards @end. */
gboolean mysql_slots_make(Sql *sql, const MysqlPlan *plan, const char *rc_name, gint64 end, GError **error);
/* Deletes rows that are a day old, a bounded number. @more: there are more. */
gboolean mysql_slots_forget(Sql *sql, const MysqlPlan *plan, gboolean *more, GError **error);
