/* A private database server for tests, with the tables in it. One a program: starting takes some seconds. */
#pragma once
#include "fcgi/sql.h"

/* NULL when this machine has none: the tests are to be skipped. (transfer full) */
char *mariadb_start(void); /* the socket */
void mariadb_stop(void);   /* ends it and removes what it left */
SqlAddress mariadb_address(const char *socket);
/* Empties all tables. */
void mariadb_clear(Sql *sql);
