#include "fcgi/store/mysql_rows.h"

#include "common/instant.h"

const char *mysql_row_id(const SqlRow *row) {
  return sql_row_text(row, 0);
}

Reservation *mysql_row_read(const SqlRow *row, GError **error) {
  g_autoptr(Reservation) reservation = g_new0(Reservation, 1);
  reservation->id = g_strdup(mysql_row_id(row));
  reservation->code = g_strdup(sql_row_text(row, 1));
  reservation->rc_name = g_strdup(sql_row_text(row, 2));
  reservation->starts_at_us = sql_row_int(row, 3) * INSTANT_SECOND;
  reservation->ends_at_us = sql_row_int(row, 4) * INSTANT_SECOND;
  reservation->booked = sql_row_int(row, 5) != 0;
  reservation->name = g_strdup(sql_row_text(row, 6));
  reservation->request_id = g_strdup(sql_row_text(row, 7));
  reservation->state = reservation_state_from_name(sql_row_text(row, 8));
  reservation->server_name = g_strdup(sql_row_text(row, 9));
  reservation->reason = g_strdup(sql_row_text(row, 10));
  reservation->created_at_us = sql_row_int(row, 11) * INSTANT_SECOND;
  reservation->ended_at_us = sql_row_int(row, 12) * INSTANT_SECOND;
  reservation->request_proof = g_strdup(sql_row_text(row, 13));
  reservation->client = g_strdup(sql_row_text(row, 14));
  reservation->network = g_strdup(sql_row_text(row, 15));
  reservation->door = g_strdup(sql_row_text(row, 16));
  reservation->generation = sql_row_int(row, 17);
  return reservation_check(reservation, error) ? g_steal_pointer(&reservation) : NULL;
}

SqlValue mysql_instant(gint64 at_us) {
  return at_us ? SQL_INT(at_us / INSTANT_SECOND) : SQL_NULL;
}
