/* The store that is a database, shared by any number of coordinators. Each holds a copy of what is planned
 * and runs, and asks again every second for what has changed; what may be taken the database decides. While
 * it cannot be reached, nothing is promised, and facts are kept to be written later. The core's thread.
 */
#pragma once
#include "fcgi/base/timers.h"
#include "fcgi/database/sql_pool.h"
#include "fcgi/store/store.h"

/* Plain data, copied. */
typedef struct {
  const char *coordinator; /* unique among those that run */
  guint slot_minutes;
  guint horizon_days; /* rows of slots are made so far ahead */
  guint history_days; /* how long ended ones are kept */
  /* By what all coordinators are known to have the same bookings' key, one of which the database has;
   * NULL-terminated. NULL: not looked at. */
  char *const *key_marks;
} StoreMysqlRules;

/* @pool outlives the store; @timers fire on this thread. (transfer full) */
Store *store_mysql_new(SqlPool *pool, const StoreMysqlRules *rules, Timers *timers);
