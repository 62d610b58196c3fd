#include "fcgi/verbs/verbs_lists.h"

#include "common/instant.h"
#include "fcgi/session/planning.h"
#include "fcgi/staff/staff.h"
#include "fcgi/verbs/lookup.h"

#include <string.h>

#define DEFAULT_LIMIT 100
#define MAX_LIMIT 1000
#define MAX_CURSOR 100

const Field verbs_list_sessions_fields[] = {
    {"staff", FIELD_TEXT, G_STRUCT_OFFSET(ListSessions, staff), .max = TICKET_MAX_BYTES},
    {"cursor", FIELD_TEXT, G_STRUCT_OFFSET(ListSessions, cursor), .max = MAX_CURSOR},
    {"limit", FIELD_INT, G_STRUCT_OFFSET(ListSessions, limit), .min = 1, .max = MAX_LIMIT},
    {NULL},
};

const Field verbs_list_bookings_fields[] = {
    {"staff", FIELD_TEXT, G_STRUCT_OFFSET(ListBookings, staff), .max = TICKET_MAX_BYTES},
    {"cursor", FIELD_TEXT, G_STRUCT_OFFSET(ListBookings, cursor), .max = MAX_CURSOR},
    {"limit", FIELD_INT, G_STRUCT_OFFSET(ListBookings, limit), .min = 1, .max = MAX_LIMIT},
    {"from", FIELD_INSTANT, G_STRUCT_OFFSET(ListBookings, from_us), .required = TRUE},
    {"to", FIELD_INSTANT, G_STRUCT_OFFSET(ListBookings, to_us), .required = TRUE},
    {NULL},
};

void verbs_list_sessions_defaults(gpointer arguments) {
  ((ListSessions *)arguments)->limit = DEFAULT_LIMIT;
}

void verbs_list_bookings_defaults(gpointer arguments) {
  ((ListBookings *)arguments)->limit = DEFAULT_LIMIT;
}

/* One line of either list. */
typedef struct {
  char *session;
  char *code;
  char *rc_name;
  char *name;
  char *state;
  gint64 starts_at_us, ends_at_us;
  gboolean booked;
  char *server_name;
  char *reason;
} Line;

static const Field line_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(Line, session)},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(Line, code)},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(Line, rc_name)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(Line, name)},
    {"state", FIELD_TEXT, G_STRUCT_OFFSET(Line, state)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(Line, starts_at_us)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(Line, ends_at_us)},
    {"booked", FIELD_BOOL, G_STRUCT_OFFSET(Line, booked), .always = TRUE},
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(Line, server_name)},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(Line, reason)},
    {NULL},
};

static void append_line(GString *out, const Reservation *it) {
  const Line line = {it->id,
                     it->code,
                     it->rc_name,
                     it->name,
                     (char *)reservation_state_name(it->state),
                     it->starts_at_us,
                     it->ends_at_us,
                     it->booked,
                     it->server_name,
                     it->reason};
  g_autofree char *object = fields_write(line_fields, &line);
  g_string_append(out, object);
}

/* A cursor names the last line by what the list is sorted by. */
static gboolean read_place(const char *cursor, PlanQuery *query) {
  char *rest = NULL;
  gint64 seconds = cursor ? g_ascii_strtoll(cursor, &rest, 10) : 0;
  if (!cursor)
    return TRUE;
  if (rest == cursor || *rest != '-' || seconds < 0 || seconds > G_MAXINT64 / INSTANT_SECOND)
    return FALSE;
  query->after_us = seconds * INSTANT_SECOND;
  query->after = rest + 1;
  return TRUE;
}

static void answer_list(Request *request, const char *cursor, PlanQuery *query, const char *member,
                        WireMessage message) {
  gboolean more;
  if (!read_place(cursor, query)) {
    request_refuse_with(request, WIRE_BAD_REQUEST, "cursor", "cursor: is not one of a list's.");
    return;
  }
  const Plan *plan = planning_get_plan(request_get_core(request)->planning);
  g_autoptr(GPtrArray) list = plan_list(plan, query, &more);
  g_autoptr(GString) members = g_string_new(NULL);
  g_string_printf(members, "\"%s\":[", member);
  for (guint i = 0; i < list->len; i++) {
    if (i)
      g_string_append_c(members, ',');
    append_line(members, list->pdata[i]);
  }
  g_string_append_c(members, ']');
  if (more) {
    const Reservation *last = list->pdata[list->len - 1];
    g_autofree char *next =
        g_strdup_printf("%" G_GINT64_FORMAT "-%s", last->starts_at_us / INSTANT_SECOND, last->id);
    g_string_append(members, ",\"next\":");
    fields_append_quoted(members, next);
  }
  request_answer(request, message, members->str);
}

void verbs_list_sessions(gpointer data, gpointer arguments) {
  Request *request = data;
  const ListSessions *asked = arguments;
  PlanQuery query = {.most = (guint)asked->limit};
  if (staff_admit(request_get_core(request)->staff, request, asked->staff, lookup_again))
    answer_list(request, asked->cursor, &query, "sessions", WIRE_SESSIONS_FOUND);
}

void verbs_list_bookings(gpointer data, gpointer arguments) {
  Request *request = data;
  const ListBookings *asked = arguments;
  PlanQuery query = {
      .bookings = TRUE, .from_us = asked->from_us, .until_us = asked->to_us, .most = (guint)asked->limit};
  if (!staff_admit(request_get_core(request)->staff, request, asked->staff, lookup_again))
    return;
  if (asked->to_us <= asked->from_us)
    request_refuse_with(request, WIRE_BAD_REQUEST, "to", "to: must be after from.");
  else
    answer_list(request, asked->cursor, &query, "bookings", WIRE_BOOKINGS_FOUND);
}
