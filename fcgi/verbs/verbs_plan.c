#include "fcgi/verbs/verbs_plan.h"

#include "common/instant.h"
#include "common/log.h"
#include "fcgi/base/client_address.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/rules/calendar.h"
#include "fcgi/rules/limits.h"
#include "fcgi/session/code_door.h"
#include "fcgi/session/invitations.h"
#include "fcgi/session/planning.h"
#include "fcgi/staff/staff.h"
#include "fcgi/verbs/lookup.h"

#include <string.h>

#define MAX_ALTERNATIVES 3
/* A request id of this length is taken for a secret of its sender, as a UUID is. */
#define SECRET_ID_LENGTH 32
/* Starts of a day that an answer can hold: one a minute, on a day of 25 hours. */
#define MAX_STARTS (25 * 60)

const Field verbs_get_availability_fields[] = {
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(GetAvailability, rc_name), .required = TRUE, LIMIT_RC_NAME},
    {"date", FIELD_TEXT, G_STRUCT_OFFSET(GetAvailability, date), .required = TRUE, .max = 20},
    {"duration_minutes", FIELD_INT, G_STRUCT_OFFSET(GetAvailability, duration_minutes), LIMIT_MINUTES},
    {"time_zone", FIELD_TEXT, G_STRUCT_OFFSET(GetAvailability, time_zone), .max = 100},
    {NULL},
};

const Field verbs_plan_session_fields[] = {
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(PlanSession, rc_name), LIMIT_RC_NAME},
    {"date", FIELD_TEXT, G_STRUCT_OFFSET(PlanSession, date), .required = TRUE, .max = 20},
    {"time", FIELD_TEXT, G_STRUCT_OFFSET(PlanSession, time), .required = TRUE, .max = 20},
    {"duration_minutes", FIELD_INT, G_STRUCT_OFFSET(PlanSession, duration_minutes), LIMIT_MINUTES},
    {"time_zone", FIELD_TEXT, G_STRUCT_OFFSET(PlanSession, time_zone), .max = 100},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(PlanSession, name), LIMIT_BOOKER},
    {"request_id", FIELD_TEXT, G_STRUCT_OFFSET(PlanSession, request_id), LIMIT_NEW_REQUEST_ID},
    {NULL},
};

const Field verbs_cancel_session_fields[] = {
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(CancelSession, code), .required = TRUE, LIMIT_CODE},
    {"key", FIELD_TEXT, G_STRUCT_OFFSET(CancelSession, key), LIMIT_KEY},
    {"staff", FIELD_TEXT, G_STRUCT_OFFSET(CancelSession, staff), .max = TICKET_MAX_BYTES},
    {NULL},
};

/* An error of the calendar as a refusal about the field that it is about. */
static void refuse_calendar(Request *request, const GError *error) {
  static const char *const fields[] = {
      [CALENDAR_ERROR_ZONE] = "time_zone",
      [CALENDAR_ERROR_DATE] = "date",
      [CALENDAR_ERROR_TIME] = "time",
      [CALENDAR_ERROR_SKIPPED] = "time",
  };
  request_refuse_with(request, WIRE_BAD_REQUEST, fields[error->code], "%s", error->message);
}

/* The zone of a request's dates and times (transfer full): the one it names, or the RC's. */
static GTimeZone *find_zone(const RcRules *rules, const char *name, GError **error) {
  return name ? calendar_zone_new(name, error) : g_time_zone_ref(rules->zone);
}

/* ---- the starts of a day ---- */

typedef struct {
  char *time;
  gint64 starts_at_us;
  gint64 free;
} Slot;

typedef struct {
  char *rc_name;
  char *date;
  char *time_zone;
  char *rc_time_zone;
  gint64 duration_minutes;
  gint64 horizon_days;
  GPtrArray *slots;
} Availability;

static const Field slot_fields[] = {
    {"time", FIELD_TEXT, G_STRUCT_OFFSET(Slot, time)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(Slot, starts_at_us)},
    {"free", FIELD_INT, G_STRUCT_OFFSET(Slot, free)},
    {NULL},
};

static const Field availability_fields[] = {
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(Availability, rc_name)},
    {"date", FIELD_TEXT, G_STRUCT_OFFSET(Availability, date)},
    {"time_zone", FIELD_TEXT, G_STRUCT_OFFSET(Availability, time_zone)},
    {"rc_time_zone", FIELD_TEXT, G_STRUCT_OFFSET(Availability, rc_time_zone)},
    {"duration_minutes", FIELD_INT, G_STRUCT_OFFSET(Availability, duration_minutes)},
    {"horizon_days", FIELD_INT, G_STRUCT_OFFSET(Availability, horizon_days)},
    {"slots", FIELD_LIST, G_STRUCT_OFFSET(Availability, slots), .sub = slot_fields, .size = sizeof(Slot),
     .always = TRUE},
    {NULL},
};

static guint32 places_at(const Ledger *ledger, gint64 starts_at_us, gint64 wanted_us) {
  LedgerRun run = ledger_run(ledger, starts_at_us, starts_at_us + wanted_us);
  guint32 places = 0;
  ledger_free_starts(ledger, run.first, 1, run.count, &places);
  return places;
}

/* Every start from @from_us up to @until_us that can still be booked and can be named. */
static GPtrArray *list_starts(const Ledger *ledger, GTimeZone *zone, gint64 from_us, gint64 until_us,
                              gint64 step_us, gint64 wanted_us) {
  GPtrArray *slots = g_ptr_array_new();
  gint64 now_us = instant_now_us();
  for (gint64 at_us = from_us; at_us < until_us && slots->len < MAX_STARTS; at_us += step_us) {
    if (at_us < now_us || calendar_is_second(zone, at_us))
      continue;
    Slot *slot = g_new(Slot, 1);
    *slot = (Slot){calendar_time_text(zone, at_us), at_us, places_at(ledger, at_us, wanted_us)};
    g_ptr_array_add(slots, slot);
  }
  return slots;
}

void verbs_get_availability(gpointer data, gpointer arguments) {
  Request *request = data;
  const GetAvailability *asked = arguments;
  Core *core = request_get_core(request);
  const RcRules *rules = rc_rules_get(core->configuration->rc_rules, asked->rc_name);
  g_autoptr(GError) error = NULL;
  guint minutes;
  if (!lookup_rc(request, asked->rc_name))
    return;
  if (!lookup_minutes(rules, asked->duration_minutes, &minutes, &error)) {
    request_refuse(request, error);
    return;
  }
  g_autoptr(GTimeZone) zone = find_zone(rules, asked->time_zone, &error);
  gint64 from_us, until_us;
  if (!zone || !calendar_day(zone, asked->date, &from_us, &until_us, &error)) {
    refuse_calendar(request, error);
    return;
  }
  /* Past the horizon nothing can be booked: the ledger says 0 there, and the list of a far day is empty. */
  gint64 horizon_us = instant_now_us() + core->configuration->horizon_days * 24 * 60 * INSTANT_MINUTE;
  const Ledger *ledger = plan_get_ledger(planning_get_plan(core->planning), asked->rc_name);
  Availability answer = {asked->rc_name,
                         asked->date,
                         (char *)(asked->time_zone ? asked->time_zone : rules->time_zone),
                         rules->time_zone,
                         minutes,
                         core->configuration->horizon_days,
                         list_starts(ledger, zone, from_us, MIN(until_us, horizon_us),
                                     rules->booking_step_minutes * INSTANT_MINUTE, minutes * INSTANT_MINUTE)};
  g_autofree char *object = fields_write(availability_fields, &answer);
  fields_free_list(slot_fields, answer.slots);
  request_answer_object(request, WIRE_AVAILABILITY, object);
}

/* ---- booking ---- */

/* A booking on its way to disk. */
typedef struct {
  Core *core;
  Request *request; /* NULL: its client has gone; the booking stands, and the same request_id finds it */
  char *rc_name;
  GTimeZone *zone;
  gint64 starts_at_us, wanted_us;
} Booking;

typedef struct {
  char *code;
  char *rc_name;
  gint64 starts_at_us, ends_at_us;
  char *key;
  char *invite;
  char *time_zone;
} ConnectionCode;

static const Field connection_code_fields[] = {
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ConnectionCode, code)},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionCode, rc_name)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(ConnectionCode, starts_at_us)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(ConnectionCode, ends_at_us)},
    {"key", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionCode, key)},
    {"invite", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionCode, invite)},
    {"rc_time_zone", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionCode, time_zone)},
    {NULL},
};

typedef struct {
  char *date;
  char *time;
  gint64 starts_at_us;
} Alternative;

static const Field alternative_fields[] = {
    {"date", FIELD_TEXT, G_STRUCT_OFFSET(Alternative, date)},
    {"time", FIELD_TEXT, G_STRUCT_OFFSET(Alternative, time)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(Alternative, starts_at_us)},
    {NULL},
};

static void free_booking(Booking *booking) {
  g_free(booking->rc_name);
  g_time_zone_unref(booking->zone);
  g_free(booking);
}

static void on_booking_gone(Request *request, gpointer data) {
  ((Booking *)data)->request = NULL;
}

/* The nearest starts that are free, as the "alternatives" member (transfer full). */
static char *find_alternatives(const Booking *booking) {
  const Configuration *configuration = booking->core->configuration;
  const RcRules *rules = rc_rules_get(configuration->rc_rules, booking->rc_name);
  const Ledger *ledger = plan_get_ledger(planning_get_plan(booking->core->planning), booking->rc_name);
  LedgerRun wanted = ledger_run(ledger, booking->starts_at_us, booking->starts_at_us + booking->wanted_us);
  guint step = (guint)MAX(1, rules->booking_step_minutes / configuration->slot_minutes);
  gint64 starts[MAX_ALTERNATIVES];
  guint found = ledger_nearest(ledger, wanted, step, MAX_ALTERNATIVES, starts);
  GString *members = g_string_new("\"alternatives\":[");
  for (guint i = 0; i < found; i++) {
    gint64 at_us = ledger_slot_starts_at(ledger, starts[i]);
    if (at_us < instant_now_us() || calendar_is_second(booking->zone, at_us))
      continue;
    g_autofree char *date = calendar_date_text(booking->zone, at_us);
    g_autofree char *time = calendar_time_text(booking->zone, at_us);
    const Alternative alternative = {date, time, at_us};
    g_autofree char *object = fields_write(alternative_fields, &alternative);
    g_string_append_printf(members, "%s%s", g_str_has_suffix(members->str, "[") ? "" : ",", object);
  }
  g_string_append_c(members, ']');
  return g_string_free(members, FALSE);
}

static void refuse_booking(Booking *booking, const GError *error) {
  Request *request = booking->request;
  if (!request)
    return;
  if (wire_message_of(error) != WIRE_TIME_NOT_AVAILABLE) {
    request_refuse(request, error);
    return;
  }
  g_autofree char *members = find_alternatives(booking);
  request_refuse_until(request, error, 0, members);
}

static void confirm_booking(Booking *booking, const Reservation *reservation) {
  if (!booking->request)
    return;
  Planning *planning = booking->core->planning;
  const RcRules *rules = rc_rules_get(booking->core->configuration->rc_rules, reservation->rc_name);
  g_autofree char *key = planning_make_key(planning, reservation);
  g_autofree char *invite = invitations_make(booking->core, reservation);
  const ConnectionCode answer = {.code = reservation->code,
                                 .rc_name = reservation->rc_name,
                                 .starts_at_us = reservation->starts_at_us,
                                 .ends_at_us = reservation->ends_at_us,
                                 .key = key,
                                 .invite = invite,
                                 .time_zone = rules->time_zone};
  g_autofree char *object = fields_write(connection_code_fields, &answer);
  code_door_told(booking->request, reservation->id);
  request_answer_object(booking->request, WIRE_CONNECTION_CODE, object);
}

/* @event of a booking, for operators: what they find it by, and nothing that opens or cancels it. */
static void tell_booking(const Request *request, const char *event, const Reservation *reservation) {
  g_autofree char *rc = log_quote(reservation->rc_name);
  g_autofree char *starts_at = instant_format(reservation->starts_at_us);
  g_autofree char *ends_at = instant_format(reservation->ends_at_us);
  request_log(request, event, "session=%s rc=%s starts_at=%s ends_at=%s", reservation->id, rc, starts_at,
              ends_at);
}

static void on_booked(const Reservation *reservation, const GError *error, gpointer data) {
  Booking *booking = data;
  if (reservation)
    tell_booking(booking->request, "booked", reservation);
  if (reservation)
    confirm_booking(booking, reservation);
  else
    refuse_booking(booking, error);
  free_booking(booking);
}

/* The RC that is meant: named, or the only one. NULL: the request has been refused. */
static const Rc *find_rc(Request *request, const char *name) {
  const Fleet *fleet = request_get_core(request)->fleet;
  if (name)
    return lookup_rc(request, name);
  if (fleet_count_rcs(fleet) == 1)
    return fleet_get_rc(fleet, 0);
  request_refuse_with(request, WIRE_BAD_REQUEST, "rc_name",
                      "rc_name: is missing, and there is not exactly one residential complex.");
  return NULL;
}

/* Whose request id it is: a keyed hash of it, of all that is asked for, and, where it is so short that it may
 * be somebody else's, too, of the client's network. (transfer full) NULL when there is no id. */
static char *make_proof(const Request *request, const PlanSession *asked, const PlanWish *wish) {
  if (!wish->request_id)
    return NULL;
  ClientPrefix client = client_address_read(request_get_address(request));
  gboolean is_secret = strlen(wish->request_id) >= SECRET_ID_LENGTH;
  g_autoptr(GString) subject = g_string_new(NULL);
  fields_append_quoted(subject, wish->request_id);
  fields_append_quoted(subject, wish->rc_name);
  fields_append_quoted(subject, asked->name ? asked->name : "");
  g_string_append_printf(subject, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT,
                         wish->starts_at_us, wish->wanted_us,
                         is_secret ? 0 : client_address_number(&client, client.network_bytes));
  return key_ring_secret(site_keys_get_bookings(request_get_core(request)->keys), "request", subject->str);
}

void verbs_plan_session(gpointer data, gpointer arguments) {
  Request *request = data;
  const PlanSession *asked = arguments;
  Core *core = request_get_core(request);
  const Rc *rc = find_rc(request, asked->rc_name);
  if (!rc)
    return;
  const RcRules *rules = rc_rules_get(core->configuration->rc_rules, rc->name);
  g_autoptr(GError) error = NULL;
  guint minutes;
  if (!lookup_minutes(rules, asked->duration_minutes, &minutes, &error)) {
    request_refuse(request, error);
    return;
  }
  g_autoptr(GTimeZone) zone = find_zone(rules, asked->time_zone, &error);
  gint64 starts_at_us;
  if (!zone || !calendar_instant(zone, asked->date, asked->time, &starts_at_us, &error)) {
    refuse_calendar(request, error);
    return;
  }
  Booking *booking = g_new(Booking, 1);
  *booking = (Booking){
      core, request, g_strdup(rc->name), g_steal_pointer(&zone), starts_at_us, minutes * INSTANT_MINUTE};
  PlanWish wish = {.rc_name = rc->name,
                   .starts_at_us = starts_at_us,
                   .wanted_us = booking->wanted_us,
                   .holder = request_find_holder(request),
                   .name = asked->name,
                   .request_id = asked->request_id};
  g_autofree char *proof = make_proof(request, asked, &wish);
  wish.proof = proof;
  request_wait(request, on_booking_gone, booking);
  plan_book(planning_get_plan(core->planning), &wish, instant_now_us(), on_booked, booking);
}

/* ---- cancelling ---- */

typedef struct {
  Request *request;  /* NULL: its client has gone */
  StaffActor *actor; /* NULL: who booked it cancels it */
} Cancellation;

static void on_cancellation_gone(Request *request, gpointer data) {
  ((Cancellation *)data)->request = NULL;
}

static void on_cancelled(const Reservation *reservation, const GError *error, gpointer data) {
  Cancellation *cancellation = data;
  if (reservation)
    tell_booking(cancellation->request, "cancelled", reservation);
  if (cancellation->request && reservation)
    request_answer(cancellation->request, WIRE_SESSION_CANCELLED, NULL);
  else if (cancellation->request)
    request_refuse(cancellation->request, error);
  if (reservation && cancellation->actor)
    staff_actor_did(cancellation->actor, "session=%s", reservation->id);
  else
    staff_actor_free(cancellation->actor);
  g_free(cancellation);
}

/* @actor: (transfer full, nullable). */
static void begin_cancelling(Request *request, const Reservation *reservation, StaffActor *actor) {
  Cancellation *cancellation = g_new(Cancellation, 1);
  *cancellation = (Cancellation){request, actor};
  request_wait(request, on_cancellation_gone, cancellation);
  plan_cancel(planning_get_plan(request_get_core(request)->planning), reservation->id, instant_now_us(),
              on_cancelled, cancellation);
}

static void cancel_with_key(Request *request, const CancelSession *asked) {
  /* A wrong key tells that the code lives: it is a guess like any other. */
  const Reservation *reservation = lookup_code(request, asked->code, asked->key);
  if (!reservation)
    return;
  if (planning_key_is_right(request_get_core(request)->planning, reservation, asked->key))
    begin_cancelling(request, reservation, NULL);
  else
    request_refuse_with(request, WIRE_FORBIDDEN, "key", "This is not the key of the booking.");
}

static void cancel_as_staff(Request *request, const CancelSession *asked) {
  const StaffTicket *staff =
      staff_admit(request_get_core(request)->staff, request, asked->staff, lookup_again);
  const Reservation *reservation = staff ? lookup_session(request, NULL, asked->code) : NULL;
  if (reservation)
    begin_cancelling(request, reservation, staff_actor_new(staff, request));
}

void verbs_cancel_session(gpointer data, gpointer arguments) {
  Request *request = data;
  const CancelSession *asked = arguments;
  if (asked->staff)
    cancel_as_staff(request, asked);
  else if (asked->key)
    cancel_with_key(request, asked);
  else
    request_refuse_with(request, WIRE_BAD_REQUEST, "key", "key: is missing");
}
