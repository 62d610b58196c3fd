#include "tests/unit/fcgi/mariadb.h"

#include "fcgi/database/sql_schema.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static char *directory;
static char *socket_path;
static GPid pid;

static void die_with_parent(gpointer data) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

SqlAddress mariadb_address(const char *socket) {
  return (SqlAddress){.socket = socket,
                      .database = "vitrina",
                      .user = "root",
                      .connect_timeout_seconds = 5,
                      .answer_timeout_seconds = 30};
}

/* Until it answers, or has ended. */
static Sql *wait_until_it_answers(void) {
  SqlAddress address = mariadb_address(socket_path);
  address.database = NULL;
  for (guint tries = 0; tries < 1200; tries++) {
    Sql *sql = sql_connect(&address, NULL);
    if (sql)
      return sql;
    g_assert_cmpint(waitpid(pid, NULL, WNOHANG), ==, 0);
    g_usleep(50 * 1000);
  }
  g_assert_not_reached();
}

const char *mariadb_start(void) {
  g_autoptr(GError) error = NULL;
  sql_library_open();
  g_autofree char *server = g_find_program_in_path("mariadbd");
  if (!server && !g_file_test("/usr/sbin/mariadbd", G_FILE_TEST_IS_EXECUTABLE))
    return NULL;
  const char *source = g_getenv("VITRINA_SOURCE");
  g_autofree char *script = g_build_filename(source ? source : ".", "tests/system/lib/mariadb", NULL);
  directory = g_dir_make_tmp("vitrina-db-XXXXXX", NULL);
  char *arguments[] = {script, directory, NULL};
  g_spawn_async(NULL, arguments, NULL,
                G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                die_with_parent, NULL, &pid, &error);
  g_assert_no_error(error);
  socket_path = g_build_filename(directory, "s.sock", NULL);
  g_autoptr(Sql) sql = wait_until_it_answers();
  guint from, to;
  g_assert_true(sql_run_script(sql, "CREATE DATABASE vitrina;\nUSE vitrina;\n", &error));
  g_assert_true(sql_schema_migrate(sql, &from, &to, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(from, ==, 0);
  g_assert_cmpuint(to, >, 0);
  return socket_path;
}

void mariadb_clear(Sql *sql) {
  g_assert_true(sql_run_script(sql,
                               "DELETE FROM reservations;\nDELETE FROM slots;\nDELETE FROM rcs;\n"
                               "DELETE FROM servers;\nDELETE FROM agreements;\nDELETE FROM places;\n",
                               NULL));
}

static void stop(void) {
  char *arguments[] = {"rm", "-rf", directory, NULL};
  kill(pid, SIGTERM);
  waitpid(pid, NULL, 0);
  g_spawn_sync(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
  g_clear_pointer(&directory, g_free);
  g_clear_pointer(&socket_path, g_free);
}

int mariadb_run_tests(void) {
  int status = g_test_run();
  if (socket_path)
    stop();
  sql_library_close();
  return status;
}

int mariadb_skip_tests(void) {
  g_print("1..0 # SKIP there is no mariadbd on this machine\n");
  sql_library_close();
  return 0;
}
