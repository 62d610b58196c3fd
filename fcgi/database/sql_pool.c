#include "fcgi/database/sql_pool.h"

#include "common/instant.h"
#include "common/log.h"

#include <pthread.h>
#include <stdatomic.h>

#define TRIES_MAX 12
#define PAUSE_MIN_US 1000
#define PAUSE_MAX_US (100 * 1000)
/* No job is begun again after this: whoever asks has gone. */
#define PATIENCE_US (30 * INSTANT_SECOND)
/* Between two connections that could not be made: jobs that come meanwhile fail at once. */
#define UNREACHABLE_US INSTANT_SECOND

typedef enum { NOT_TRIED, REACHABLE, UNREACHABLE } Reach;

struct SqlPool {
  SqlAddress address; /* its texts are the pool's */
  Mailbox *home, *inbox;
  pthread_t *threads;
  guint size;
  atomic_uint node;                  /* which of the address's is asked */
  atomic_uint told_node;             /* the one that the log names */
  atomic_llong unreachable_until_us; /* monotonic */
  _Atomic(Reach) reach;
};

/* A thread of the pool. */
typedef struct {
  SqlPool *pool;
  Sql *sql; /* NULL: not connected */
  guint node;
} Worker;

/* ---- connections ---- */

/* @problem NULL: there is one. */
static void tell_reach(SqlPool *pool, const GError *problem) {
  Reach reach = problem ? UNREACHABLE : REACHABLE;
  if (atomic_exchange(&pool->reach, reach) == reach)
    return;
  if (!problem) {
    log_notice("database_reached", NULL);
    return;
  }
  g_autofree char *reason = log_quote(problem->message);
  log_error("database_unreachable", "reason=%s", reason);
}

/* @from did not do: all go on to @to, unless they have left it already. */
static void leave_node(SqlPool *pool, guint from, guint to) {
  atomic_compare_exchange_strong(&pool->node, &from, to);
}

static void tell_node(SqlPool *pool, guint node) {
  if (atomic_exchange(&pool->told_node, node) != node)
    log_notice("database_node_changed", "node=%s", pool->address.nodes[node]);
}

static gboolean connect_worker(Worker *worker, GError **error) {
  SqlPool *pool = worker->pool;
  g_autoptr(GError) problem = NULL;
  guint first = atomic_load(&pool->node);
  if (worker->sql)
    return TRUE;
  if (g_get_monotonic_time() < atomic_load(&pool->unreachable_until_us)) {
    g_set_error(error, SQL_ERROR, SQL_ERROR_UNAVAILABLE, "the database cannot be reached");
    return FALSE;
  }
  worker->node = first;
  worker->sql = sql_connect_from(&pool->address, &worker->node, &problem);
  if (worker->sql) {
    leave_node(pool, first, worker->node);
    tell_reach(pool, NULL);
    tell_node(pool, worker->node);
    return TRUE;
  }
  atomic_store(&pool->unreachable_until_us, g_get_monotonic_time() + UNREACHABLE_US);
  tell_reach(pool, problem);
  g_set_error_literal(error, SQL_ERROR, SQL_ERROR_UNAVAILABLE, problem->message);
  return FALSE;
}

static void drop_if_lost(Worker *worker) {
  if (worker->sql && sql_is_lost(worker->sql))
    g_clear_pointer(&worker->sql, sql_free);
}

/* ---- jobs ---- */

static gboolean run_once(Worker *worker, SqlJob *job, GError **error) {
  job->refused = FALSE;
  gboolean done = sql_begin(worker->sql, error) && job->run(worker->sql, job, error) &&
                  (job->refused || sql_commit(worker->sql, error));
  if (!done || job->refused)
    sql_roll_back(worker->sql);
  drop_if_lost(worker);
  return done;
}

/* What failed there with @error. What one node cannot do another perhaps can. */
static gboolean is_worth_repeating(Worker *worker, const GError *error) {
  guint nodes = sql_address_count_nodes(&worker->pool->address);
  if (g_error_matches(error, SQL_ERROR, SQL_ERROR_CONFLICT) ||
      g_error_matches(error, SQL_ERROR, SQL_ERROR_LOST))
    return TRUE;
  if (nodes == 1 || !g_error_matches(error, SQL_ERROR, SQL_ERROR_UNAVAILABLE))
    return FALSE;
  leave_node(worker->pool, worker->node, (worker->node + 1) % nodes);
  return TRUE;
}

static void pause_before_try(guint tries) {
  gint64 most_us = MIN((gint64)PAUSE_MIN_US << MIN(tries, 16), PAUSE_MAX_US);
  g_usleep((gulong)g_random_int_range(PAUSE_MIN_US / 2, (gint32)most_us));
}

static void deliver_answer(Letter *letter, gpointer receiver) {
  SqlJob *job = (SqlJob *)letter;
  g_autoptr(GError) error = g_steal_pointer(&job->error);
  job->done(job, error);
}

static void run_until_done(Worker *worker, SqlJob *job) {
  gint64 begun_us = g_get_monotonic_time();
  for (guint tries = 1;; tries++) {
    if (!connect_worker(worker, &job->error) || run_once(worker, job, &job->error))
      return;
    if (!is_worth_repeating(worker, job->error) || tries == TRIES_MAX ||
        g_get_monotonic_time() > begun_us + PATIENCE_US)
      return;
    g_clear_error(&job->error);
    pause_before_try(tries);
  }
}

static void deliver_job(Letter *letter, gpointer receiver) {
  SqlJob *job = (SqlJob *)letter;
  Worker *worker = receiver;
  run_until_done(worker, job);
  job->letter.deliver = deliver_answer;
  mailbox_post(worker->pool->home, &job->letter);
}

static gpointer run_pool_worker(gpointer data) {
  Worker worker = {data, NULL, 0};
  while (mailbox_deliver_next(worker.pool->inbox, &worker))
    ;
  sql_free(worker.sql);
  return NULL;
}

void sql_pool_run(SqlPool *pool, SqlJob *job) {
  job->error = NULL;
  job->letter.deliver = deliver_job;
  mailbox_post(pool->inbox, &job->letter);
}

/* ---- life ---- */

static void copy_address(SqlAddress *to, const SqlAddress *from) {
  *to = *from;
  to->host = g_strdup(from->host);
  to->nodes = (const char *const *)g_strdupv((char **)from->nodes);
  to->socket = g_strdup(from->socket);
  to->database = g_strdup(from->database);
  to->user = g_strdup(from->user);
  to->password = g_strdup(from->password);
  to->ca_file = g_strdup(from->ca_file);
}

static void clear_address(SqlAddress *address) {
  g_free((char *)address->host);
  g_strfreev((char **)address->nodes);
  g_free((char *)address->socket);
  g_free((char *)address->database);
  g_free((char *)address->user);
  g_free((char *)address->password);
  g_free((char *)address->ca_file);
}

SqlPool *sql_pool_new(const SqlAddress *address, guint size, Mailbox *home) {
  SqlPool *pool = g_new0(SqlPool, 1);
  copy_address(&pool->address, address);
  pool->home = home;
  pool->inbox = mailbox_new(NULL, NULL);
  pool->threads = g_new0(pthread_t, size);
  while (pool->size < size && pthread_create(&pool->threads[pool->size], NULL, run_pool_worker, pool) == 0)
    pool->size++;
  return pool;
}

void sql_pool_free(SqlPool *pool) {
  if (!pool)
    return;
  mailbox_close(pool->inbox);
  for (guint i = 0; i < pool->size; i++)
    pthread_join(pool->threads[i], NULL);
  mailbox_free(pool->inbox);
  clear_address(&pool->address);
  g_free(pool->threads);
  g_free(pool);
}
