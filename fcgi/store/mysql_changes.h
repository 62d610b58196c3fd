/* A change of the plan as one transaction (store.h says what each kind promises; mysql_slots.h how places are
 * taken).
 *
 * Every change may be done twice: ids are made by who asks, and what is so already is not done again. The
 * connection is in a transaction that the caller ends. Any thread.
 */
#pragma once
#include "fcgi/store/mysql_slots.h"
#include "fcgi/store/store.h"

typedef struct {
  StoreOutcome outcome;
  gboolean roll_back; /* the transaction is to be rolled back: it was refused, or had been done before */
  Reservation *other; /* (transfer full) for STORE_SAME_REQUEST, else NULL */
} MysqlAnswer;

/* FALSE with @error of SQL_ERROR; the transaction is then to be rolled back, too. */
gboolean mysql_change_do(Sql *sql, const MysqlPlan *plan, const StoreChange *change, MysqlAnswer *answer,
                         GError **error);

/* Puts a reservation in that was kept elsewhere, ended ones too, whether there is room or not. What is there
 * of the same id stays. In a transaction. */
gboolean mysql_change_import(Sql *sql, const MysqlPlan *plan, const Reservation *reservation, LedgerRun run,
                             GError **error);
