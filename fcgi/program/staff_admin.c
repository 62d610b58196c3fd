#include "fcgi/program/staff_admin.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/random.h"
#include "common/settings.h"
#include "common/ticket.h"
#include "fcgi/database/sql_schema.h"
#include "fcgi/staff/staff_kinds.h"
#include "fcgi/staff/staff_mysql.h"

#include <stdio.h>
#include <string.h>

#define ID_BYTES 8
#define DEFAULT_DAYS 90
#define MAX_DAYS 3660

/* ---- the list, wherever it is ---- */

static Sql *open_table(const Configuration *configuration, GError **error) {
  const SqlAddress address = configuration_get_database(configuration);
  g_autoptr(Sql) sql = sql_connect(&address, error);
  return sql && sql_schema_check(sql, error) ? g_steal_pointer(&sql) : NULL;
}

static GPtrArray *read_tickets(const Configuration *configuration, GError **error) {
  if (!configuration_has_database(configuration))
    return staff_list_read(configuration->staff_file, error);
  g_autoptr(Sql) sql = open_table(configuration, error);
  return sql ? staff_mysql_read(sql, error) : NULL;
}

/* @ticket: (transfer full). */
static gboolean add_ticket(const Configuration *configuration, StaffTicket *ticket, GError **error) {
  if (!configuration_has_database(configuration))
    return staff_list_add(configuration->staff_file, ticket, instant_now_us(), error);
  g_autoptr(Sql) sql = open_table(configuration, error);
  gboolean done =
      sql && sql_begin(sql, error) && staff_mysql_add(sql, ticket, error) && sql_commit(sql, error);
  staff_ticket_free(ticket);
  return done;
}

/* ---- making one ---- */

static gboolean check_wish(const char *kind, const char *name, gint64 days, GError **error) {
  g_autofree char *kinds = staff_kinds_describe();
  if (!staff_kind_find(kind))
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "--ticket: is to be one of: %s", kinds);
  else if (name && (strlen(name) > STAFF_NAME_MAX || !g_utf8_validate(name, -1, NULL)))
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "--name: must be UTF-8 of at most %d bytes",
                STAFF_NAME_MAX);
  else if (days < 0 || days > MAX_DAYS)
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "--days: must be from 1 to %d", MAX_DAYS);
  else
    return TRUE;
  return FALSE;
}

gboolean staff_admin_make(const Configuration *configuration, const char *kind, const char *name, gint64 days,
                          GError **error) {
  if (!check_wish(kind, name, days, error))
    return FALSE;
  g_autoptr(KeyRing) master = key_ring_load(configuration->key_file, error);
  if (!master)
    return FALSE;
  g_autoptr(KeyRing) keys = key_ring_derive_staff(master);
  g_autofree char *id = random_hex(ID_BYTES);
  gint64 now_us = instant_now_us();
  gint64 expires_at_us = now_us + (days ? days : DEFAULT_DAYS) * 24 * 60 * INSTANT_MINUTE;
  StaffTicket *listed = g_new0(StaffTicket, 1);
  *listed = (StaffTicket){g_strdup(id), g_strdup(kind), g_strdup(name), now_us, expires_at_us, 0};
  if (!add_ticket(configuration, listed, error))
    return FALSE;
  const Ticket ticket = {.audience = (char *)TICKET_STAFF_AUDIENCE,
                         .role = (char *)kind,
                         .name = (char *)name,
                         .id = id,
                         .expires_at_us = expires_at_us};
  g_autofree char *text = ticket_sign(keys, &ticket), *until = instant_format(expires_at_us);
  puts(text);
  fprintf(stderr,
          "Ticket %s (%s), good until %s. Whoever has it can use it: keep it as you keep a password.\n", id,
          kind, until);
  return TRUE;
}

/* ---- looking, and taking back ---- */

static const char *state_of(const StaffTicket *ticket) {
  if (ticket->revoked_at_us)
    return "revoked";
  return ticket->expires_at_us <= instant_now_us() ? "expired" : "good";
}

gboolean staff_admin_list(const Configuration *configuration, GError **error) {
  g_autoptr(GPtrArray) list = read_tickets(configuration, error);
  for (guint i = 0; list && i < list->len; i++) {
    const StaffTicket *ticket = list->pdata[i];
    g_autofree char *until = instant_format(ticket->expires_at_us), *name = log_quote(ticket->name);
    printf("%s %s %s %s %s\n", ticket->id, ticket->kind, until, state_of(ticket), name);
  }
  return list != NULL;
}

gboolean staff_admin_revoke(const Configuration *configuration, const char *id, GError **error) {
  gint64 now_us = instant_now_us();
  if (configuration_has_database(configuration)) {
    g_autoptr(Sql) sql = open_table(configuration, error);
    if (!sql || !sql_begin(sql, error) || !staff_mysql_revoke(sql, id, now_us, error) ||
        !sql_commit(sql, error))
      return FALSE;
  } else if (!staff_list_revoke(configuration->staff_file, id, now_us, error)) {
    return FALSE;
  }
  printf("Ticket %s is not good any more.\n", id);
  return TRUE;
}
