#include "fcgi/staff/staff.h"

#include "common/file_mark.h"
#include "common/instant.h"
#include "common/log.h"
#include "common/ticket.h"
#include "fcgi/database/sql_pool.h"
#include "fcgi/staff/staff_kinds.h"
#include "fcgi/staff/staff_mysql.h"

/* How old what is known of the table may be. */
#define FRESH_US INSTANT_SECOND

typedef struct Reading Reading;

struct Staff {
  Core *core;
  GPtrArray *list; /* of StaffTicket; NULL: nothing was read yet */
  FileMark mark;   /* of the file that was read last, good or broken */
  gboolean looked; /* it was read */
  gint64 read_us;  /* monotonic: when the table was */
  Reading *reading;
};

/* The table being read, and who waits for it. */
struct Reading {
  SqlJob job;
  Staff *staff;    /* NULL: it is gone */
  GPtrArray *list; /* what was read (nullable) */
  GQueue waiting;  /* of Waiter */
};

typedef struct {
  Reading *reading;
  Request *request;
  StaffAgain again;
} Waiter;

Staff *staff_new(Core *core) {
  Staff *staff = g_new0(Staff, 1);
  staff->core = core;
  return staff;
}

void staff_free(Staff *staff) {
  if (!staff)
    return;
  if (staff->reading)
    staff->reading->staff = NULL;
  g_clear_pointer(&staff->list, g_ptr_array_unref);
  g_free(staff);
}

/* ---- the file ---- */

/* What is broken changes nothing. */
static void look_at_file(Staff *staff) {
  const char *path = staff->core->configuration->staff_file;
  FileMark now = file_mark_of(path);
  if (staff->looked && file_mark_is_same(&now, &staff->mark))
    return;
  g_autoptr(GError) error = NULL;
  GPtrArray *list = staff_list_read(path, &error);
  staff->mark = now;
  staff->looked = TRUE;
  if (list) {
    g_clear_pointer(&staff->list, g_ptr_array_unref);
    staff->list = list;
    return;
  }
  g_autofree char *reason = log_quote(error->message);
  log_error("staff_tickets_kept", "tickets=%u reason=%s", staff->list ? staff->list->len : 0, reason);
}

/* ---- the table ---- */

static gboolean run_staff_reading(Sql *sql, SqlJob *job, GError **error) {
  Reading *reading = (Reading *)job;
  g_clear_pointer(&reading->list, g_ptr_array_unref);
  reading->list = staff_mysql_read(sql, error);
  return reading->list != NULL;
}

static void answer_waiter(Waiter *waiter, gboolean known) {
  Request *request = waiter->request;
  StaffAgain again = waiter->again;
  g_free(waiter);
  request_resume(request);
  if (known)
    again(request);
  else
    request_refuse_with(
        request, WIRE_STORE_UNAVAILABLE, NULL,
        "The database does not answer, and the ticket cannot be looked up. Try again in a moment.");
}

static void on_staff_read(SqlJob *job, const GError *error) {
  Reading *reading = (Reading *)job;
  Staff *staff = reading->staff;
  if (staff) {
    staff->reading = NULL;
    if (!error) {
      g_clear_pointer(&staff->list, g_ptr_array_unref);
      staff->list = g_steal_pointer(&reading->list);
      staff->read_us = g_get_monotonic_time();
    }
    while (!g_queue_is_empty(&reading->waiting))
      answer_waiter(g_queue_pop_head(&reading->waiting), !error);
  }
  g_queue_clear_full(&reading->waiting, g_free);
  g_clear_pointer(&reading->list, g_ptr_array_unref);
  g_free(reading);
}

static void on_waiter_gone(Request *request, gpointer data) {
  Waiter *waiter = data;
  g_queue_remove(&waiter->reading->waiting, waiter);
  g_free(waiter);
}

static void wait_for_table(Staff *staff, Request *request, StaffAgain again) {
  Reading *reading = staff->reading;
  if (!reading) {
    reading = g_new0(Reading, 1);
    reading->job.run = run_staff_reading;
    reading->job.done = on_staff_read;
    reading->staff = staff;
    g_queue_init(&reading->waiting);
    staff->reading = reading;
    sql_pool_run(staff->core->database, &reading->job);
  }
  Waiter *waiter = g_new(Waiter, 1);
  *waiter = (Waiter){reading, request, again};
  g_queue_push_tail(&reading->waiting, waiter);
  request_wait(request, on_waiter_gone, waiter);
}

/* ---- who may ---- */

static const StaffTicket *find_listed(const Staff *staff, const Ticket *ticket, GError **error) {
  const StaffTicket *listed = staff->list ? staff_list_find(staff->list, ticket->id) : NULL;
  if (!listed)
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "staff",
                   "This ticket is not in the list of those that are good.");
  else if (listed->revoked_at_us)
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "staff", "This ticket was revoked.");
  else if (listed->expires_at_us <= instant_now_us())
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "staff", "The ticket has expired.");
  else
    return listed;
  return NULL;
}

static Ticket *read_staff_ticket(const Staff *staff, const char *text, GError **error) {
  if (text)
    return ticket_verify_staff(site_keys_get_staff(staff->core->keys), text, error);
  wire_set_error(error, WIRE_NOT_AUTHORIZED, "staff", "This wants a ticket of staff.");
  return NULL;
}

const StaffTicket *staff_admit(Staff *staff, Request *request, const char *text, StaffAgain again) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Ticket) ticket = read_staff_ticket(staff, text, &error);
  if (ticket && staff->core->database && g_get_monotonic_time() - staff->read_us > FRESH_US) {
    wait_for_table(staff, request, again);
    return NULL;
  }
  if (ticket && !staff->core->database)
    look_at_file(staff);
  const StaffTicket *listed = ticket ? find_listed(staff, ticket, &error) : NULL;
  const StaffKind *kind = listed ? staff_kind_find(ticket->role) : NULL;
  if (listed && kind && staff_kind_may(kind, request_get_verb(request)->name))
    return listed;
  if (listed)
    wire_set_error(&error, WIRE_FORBIDDEN, "staff", "This ticket is not for that.");
  request_refuse(request, error);
  return NULL;
}

/* ---- what they did ---- */

struct StaffActor {
  char *ticket;
  char *name; /* nullable */
  char *request;
  const char *verb; /* static */
};

StaffActor *staff_actor_new(const StaffTicket *ticket, const Request *request) {
  StaffActor *actor = g_new(StaffActor, 1);
  *actor = (StaffActor){g_strdup(ticket->id), g_strdup(ticket->name), g_strdup(request_get_id(request)),
                        request_get_verb(request)->name};
  return actor;
}

void staff_actor_free(StaffActor *actor) {
  if (!actor)
    return;
  g_free(actor->ticket);
  g_free(actor->name);
  g_free(actor->request);
  g_free(actor);
}

void staff_actor_did(StaffActor *actor, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  g_autofree char *name = log_quote(actor->name);
  log_notice("staff_did", "request=%s ticket=%s name=%s verb=%s %s", actor->request, actor->ticket, name,
             actor->verb, what);
  staff_actor_free(actor);
}
