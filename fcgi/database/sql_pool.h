/* Jobs for the database: each is one transaction, run by one of a few threads that have a connection each,
 * and answered at home.
 *
 * A job that meets a conflict (deadlock, lock time-out, failed certification) is rolled back and tried again,
 * a bounded number of times, with growing random pauses. One whose connection broke is tried again as well:
 * nobody knows then whether its COMMIT was done, so **a job must be one that may be done twice** (its rows
 * have ids that the caller made). While the database cannot be reached, jobs fail at once and a connection is
 * tried now and then.
 *
 * With several nodes, all threads stay with one that works. When it is gone or has lost its cluster, they go
 * on to the next one, and what was under way is done again there.
 */
#pragma once
#include "fcgi/base/mailbox.h"
#include "fcgi/database/sql.h"

typedef struct SqlPool SqlPool;
typedef struct SqlJob SqlJob;

/* The first member of what a job carries. */
struct SqlJob {
  Letter letter; /* the pool's */
  /* On a thread of the pool, in a transaction, perhaps several times. FALSE with @error of SQL_ERROR rolls
   * back. */
  gboolean (*run)(Sql *sql, SqlJob *job, GError **error);
  /* At home, once; @error NULL: it is committed. Frees the job. */
  void (*done)(SqlJob *job, const GError *error);
  gboolean refused; /* for run() to set: rolled back all the same, and no failure */
  GError *error;    /* the pool's */
};

/* @size threads. @address (with its texts) is copied. @home: where jobs are answered. Nothing is connected
 * yet. (transfer full) */
SqlPool *sql_pool_new(const SqlAddress *address, guint size, Mailbox *home);
/* Does what was given to it, then ends; answers that are not delivered yet still are. NULL is allowed. */
void sql_pool_free(SqlPool *pool);

/* Gives a job away (transfer full). Jobs are begun in this order, and finish in any. Any thread. */
void sql_pool_run(SqlPool *pool, SqlJob *job);
