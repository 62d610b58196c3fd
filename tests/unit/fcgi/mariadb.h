/* A private database server for tests, with the tables in it. One a program: starting takes some seconds. */
#pragma once
#include "fcgi/database/sql.h"

/* Opens the client library and starts the server. Its socket, until mariadb_run_tests() is over; NULL: this
 * machine has none. */
const char *mariadb_start(void);
/* g_test_run(); then ends the server, if there is one, with all that it left, and the library. */
int mariadb_run_tests(void);
/* Tells that the program's tests are skipped, for want of a server; what main() shall return. */
int mariadb_skip_tests(void);
SqlAddress mariadb_address(const char *socket);
/* Empties all tables. */
void mariadb_clear(Sql *sql);
