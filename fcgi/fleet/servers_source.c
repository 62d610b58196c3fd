#include "fcgi/fleet/servers_source.h"

#include "common/file_mark.h"
#include "common/instant.h"
#include "common/log.h"
#include "fcgi/database/sql_pool.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/servers_mysql.h"

#include <string.h>

#define DATABASE_RETRY_US (2 * INSTANT_SECOND)

typedef struct Reading Reading;

struct ServersSource {
  Core *core;
  FileMark file_mark;  /* of what was read last, good or broken */
  char *database_mark; /* the same; NULL: nothing was read yet */
  Reading *reading;    /* of the database, under way */
  gboolean loaded;
  gboolean failing; /* the database cannot be asked; said once for each such time */
  Timer *timer;
};

static void look_at_source_again(gpointer data);

static void look_again_after(ServersSource *source, gint64 delay_us) {
  timer_cancel(source->timer);
  source->timer = timers_add(source->core->timers, delay_us, look_at_source_again, source);
}

static void look_again_later(ServersSource *source) {
  look_again_after(source, source->core->configuration->time_between_updates_seconds * INSTANT_SECOND);
}

/* @servers (transfer full). */
static void take_servers(ServersSource *source, GPtrArray *servers) {
  log_notice("servers_read", "servers=%u", servers->len);
  source->loaded = TRUE;
  fleet_set_servers(source->core->fleet, servers);
}

static void keep_last(ServersSource *source, const GError *error) {
  g_autofree char *reason = log_quote(error->message);
  log_error("servers_kept", "servers=%u reason=%s", fleet_count_servers(source->core->fleet), reason);
}

/* ---- the file ---- */

static gboolean read_file(ServersSource *source, GError **error) {
  const char *path = source->core->configuration->servers_file;
  source->file_mark = file_mark_of(path);
  GPtrArray *servers = servers_load(path, error);
  if (!servers)
    return FALSE;
  take_servers(source, servers);
  return TRUE;
}

static void reload_file(ServersSource *source) {
  g_autoptr(GError) error = NULL;
  if (!read_file(source, &error))
    keep_last(source, error);
}

/* ---- the database ---- */

struct Reading {
  SqlJob job;
  ServersSource *source; /* NULL: it was closed */
  char *known;           /* the mark of what was read before (nullable) */
  char *mark;
  GPtrArray *servers; /* NULL: nothing has changed, or a row is broken */
  GError *problem;    /* a row's */
};

static void forget_result(Reading *reading) {
  g_clear_pointer(&reading->mark, g_free);
  g_clear_pointer(&reading->servers, g_ptr_array_unref);
  g_clear_error(&reading->problem);
}

static gboolean run_reading(Sql *sql, SqlJob *job, GError **error) {
  Reading *reading = (Reading *)job;
  g_autoptr(GError) problem = NULL;
  forget_result(reading);
  reading->mark = servers_mysql_mark(sql, error);
  if (!reading->mark)
    return FALSE;
  if (g_strcmp0(reading->mark, reading->known) == 0)
    return TRUE;
  reading->servers = servers_mysql_read(sql, &problem);
  if (reading->servers || problem->domain != SQL_ERROR) {
    reading->problem = g_steal_pointer(&problem);
    return TRUE;
  }
  g_propagate_error(error, g_steal_pointer(&problem));
  return FALSE;
}

static void take_reading(ServersSource *source, Reading *reading) {
  if (g_strcmp0(reading->mark, source->database_mark) == 0)
    return;
  g_free(source->database_mark);
  source->database_mark = g_steal_pointer(&reading->mark);
  if (reading->servers)
    take_servers(source, g_steal_pointer(&reading->servers));
  else
    keep_last(source, reading->problem);
}

static void on_servers_read(SqlJob *job, const GError *error) {
  Reading *reading = (Reading *)job;
  ServersSource *source = reading->source;
  if (source) {
    source->reading = NULL;
    if (error && !source->failing)
      keep_last(source, error);
    source->failing = error != NULL;
    if (!error)
      take_reading(source, reading);
    if (error && !source->loaded)
      look_again_after(source, DATABASE_RETRY_US);
    else
      look_again_later(source);
  }
  forget_result(reading);
  g_free(reading->known);
  g_free(reading);
}

static void read_database(ServersSource *source) {
  if (source->reading)
    return;
  Reading *reading = g_new0(Reading, 1);
  reading->job.run = run_reading;
  reading->job.done = on_servers_read;
  reading->source = source;
  reading->known = g_strdup(source->database_mark);
  source->reading = reading;
  sql_pool_run(source->core->database, &reading->job);
}

/* ---- either ---- */

static void look_at_source_again(gpointer data) {
  ServersSource *source = data;
  source->timer = NULL;
  if (source->core->database) {
    read_database(source);
    return;
  }
  FileMark now = file_mark_of(source->core->configuration->servers_file);
  if (!file_mark_is_same(&now, &source->file_mark))
    reload_file(source);
  look_again_later(source);
}

void servers_source_reload(ServersSource *source) {
  if (source->core->database)
    read_database(source);
  else
    reload_file(source);
}

gboolean servers_source_is_loaded(const ServersSource *source) {
  return source->loaded;
}

ServersSource *servers_source_open(Core *core, GError **error) {
  ServersSource *source = g_new0(ServersSource, 1);
  source->core = core;
  if (core->database) {
    read_database(source);
  } else if (!read_file(source, error)) {
    g_free(source);
    return NULL;
  } else {
    look_again_later(source);
  }
  return source;
}

void servers_source_close(ServersSource *source) {
  if (!source)
    return;
  if (source->reading)
    source->reading->source = NULL;
  timer_cancel(source->timer);
  g_free(source->database_mark);
  g_free(source);
}
