/* Reservations as rows of the database. Any thread. */
#pragma once
#include "fcgi/database/sql.h"
#include "fcgi/rules/reservation.h"

/* What mysql_row_read() reads, in its order: for "SELECT " MYSQL_ROW_COLUMNS " FROM reservations …". */
#define MYSQL_ROW_COLUMNS                                                                                    \
  "id, code, rc_name, UNIX_TIMESTAMP(starts_at), UNIX_TIMESTAMP(ends_at), booked, name, request_id, state, " \
  "server_name, reason, UNIX_TIMESTAMP(created_at), UNIX_TIMESTAMP(ended_at), request_proof, "               \
  "client, network, door, generation"

/* (transfer full); NULL with FIELDS_ERROR when it breaks a rule (reservation_check()). */
Reservation *mysql_row_read(const SqlRow *row, GError **error);
/* The id of a row that was not read. (transfer none) */
const char *mysql_row_id(const SqlRow *row);

/* An instant as the database's functions take and give it: whole seconds since 1970. 0 is NULL. */
SqlValue mysql_instant(gint64 at_us);
