/* The yardstick of the booking bench: the plain transaction that takes places and adds a booking, in a tight
 * loop over the client library, without a coordinator. Usage: book THREADS SECONDS SOCKET…; thread n works on
 * the server of the n-th socket, in turn. Prints bookings a second and the milliseconds that 99 of 100 took
 * at most. */
#include <glib.h>
#include <mysql/mysql.h>
#include <mysql/mysqld_error.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define STARTS 96
#define SLOTS_APART 3 /* a quarter of an hour in slots of five minutes */
#define SLOTS_LONG 6
#define SLOTS (STARTS * SLOTS_APART + SLOTS_LONG)

typedef struct {
  pthread_t thread;
  guint number;
  MYSQL *connection;
  GArray *times_ms; /* of double */
} Booker;

static gint64 end_us;

static MYSQL *connect_to(const char *socket) {
  MYSQL *connection = mysql_init(NULL);
  if (!mysql_real_connect(connection, NULL, "root", NULL, NULL, 0, socket, 0))
    g_error("%s: %s", socket, mysql_error(connection));
  return connection;
}

static gboolean run(MYSQL *connection, const char *statement) {
  if (mysql_query(connection, statement) == 0)
    return TRUE;
  guint problem = mysql_errno(connection);
  if (problem != ER_LOCK_DEADLOCK && problem != ER_LOCK_WAIT_TIMEOUT)
    g_error("%s: %s", statement, mysql_error(connection));
  mysql_rollback(connection);
  return FALSE;
}

static void make_tables(MYSQL *connection) {
  run(connection, "CREATE DATABASE IF NOT EXISTS plain");
  run(connection, "USE plain");
  run(connection, "CREATE OR REPLACE TABLE slots (rc INT, slot INT, used INT NOT NULL DEFAULT 0, "
                  "PRIMARY KEY (rc, slot)) ENGINE=InnoDB");
  run(connection, "CREATE OR REPLACE TABLE bookings (id CHAR(32) PRIMARY KEY, slot_first INT, slot_end INT, "
                  "name VARCHAR(400)) ENGINE=InnoDB");
  g_autoptr(GString) rows = g_string_new("INSERT INTO slots (rc, slot) VALUES (1, 0)");
  for (guint slot = 1; slot < SLOTS; slot++)
    g_string_append_printf(rows, ", (1, %u)", slot);
  run(connection, rows->str);
}

static gboolean book_once(Booker *booker, guint n) {
  gint first = g_random_int_range(0, STARTS) * SLOTS_APART;
  g_autofree char *take = g_strdup_printf("UPDATE slots SET used = used + 1 WHERE rc = 1 AND slot >= %d AND "
                                          "slot < %d AND used < 10000000",
                                          first, first + SLOTS_LONG);
  g_autofree char *add = g_strdup_printf("INSERT INTO bookings VALUES ('%u-%u', %d, %d, NULL)",
                                         booker->number, n, first, first + SLOTS_LONG);
  return run(booker->connection, "START TRANSACTION") && run(booker->connection, take) &&
         mysql_affected_rows(booker->connection) == SLOTS_LONG && run(booker->connection, add) &&
         run(booker->connection, "COMMIT");
}

static gpointer book(gpointer data) {
  Booker *booker = data;
  mysql_thread_init();
  for (guint n = 0;; n++) {
    gint64 begun_us = g_get_monotonic_time();
    if (begun_us > end_us)
      break;
    while (!book_once(booker, n))
      g_usleep((gulong)g_random_int_range(500, 5000));
    double took_ms = (double)(g_get_monotonic_time() - begun_us) / 1000;
    g_array_append_val(booker->times_ms, took_ms);
  }
  mysql_thread_end();
  return NULL;
}

static gint compare(gconstpointer a, gconstpointer b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fputs("usage: book THREADS SECONDS SOCKET...\n", stderr);
    return 2;
  }
  guint count = (guint)atoi(argv[1]), sockets = (guint)argc - 3;
  double seconds = g_ascii_strtod(argv[2], NULL);
  g_autofree Booker *bookers = g_new0(Booker, count);
  g_autoptr(GArray) all_ms = g_array_new(FALSE, FALSE, sizeof(double));
  mysql_library_init(0, NULL, NULL);
  MYSQL *first = connect_to(argv[3]);
  make_tables(first);
  mysql_close(first);
  for (guint i = 0; i < count; i++) {
    bookers[i] = (Booker){.number = i, .times_ms = g_array_new(FALSE, FALSE, sizeof(double))};
    bookers[i].connection = connect_to(argv[3 + i % sockets]);
    run(bookers[i].connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    run(bookers[i].connection, "USE plain");
  }
  end_us = g_get_monotonic_time() + (gint64)(seconds * 1e6);
  for (guint i = 0; i < count; i++)
    pthread_create(&bookers[i].thread, NULL, book, &bookers[i]);
  for (guint i = 0; i < count; i++) {
    pthread_join(bookers[i].thread, NULL);
    g_array_append_vals(all_ms, bookers[i].times_ms->data, bookers[i].times_ms->len);
    g_array_unref(bookers[i].times_ms);
    mysql_close(bookers[i].connection);
  }
  mysql_library_end();
  g_array_sort(all_ms, compare);
  printf("%.1f %.2f\n", all_ms->len / seconds, g_array_index(all_ms, double, all_ms->len * 99 / 100));
  return 0;
}
