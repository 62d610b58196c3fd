#include "fcgi/rules/reservation.h"

#include <string.h>

#define AT(member) G_STRUCT_OFFSET(Reservation, member)

static const Field reservation_fields[] = {
    {"id", FIELD_TEXT, AT(id), .required = TRUE, .min = 1, .max = 64},
    {"code", FIELD_DIGITS, AT(code), .required = TRUE, .min = 4, .max = 9},
    {"rc_name", FIELD_TEXT, AT(rc_name), .required = TRUE, .min = 1, .max = 200},
    {"starts_at", FIELD_INSTANT, AT(starts_at_us), .required = TRUE},
    {"ends_at", FIELD_INSTANT, AT(ends_at_us), .required = TRUE},
    {"state", FIELD_TEXT, AT(state_name), .required = TRUE},
    {"booked", FIELD_BOOL, AT(booked)},
    {"name", FIELD_TEXT, AT(name), .max = 400},
    {"request_id", FIELD_TEXT, AT(request_id), .max = 200},
    {"server_name", FIELD_TEXT, AT(server_name), .max = 200},
    {"reason", FIELD_TEXT, AT(reason), .max = 64},
    {"created_at", FIELD_INSTANT, AT(created_at_us)},
    {"ended_at", FIELD_INSTANT, AT(ended_at_us)},
    {NULL},
};

static const char *const state_names[] = {
    [RESERVATION_PLANNED] = "planned",
    [RESERVATION_RUNNING] = "running",
    [RESERVATION_ENDED] = "ended",
};

const char *reservation_state_name(ReservationState state) {
  return state_names[state];
}

ReservationState reservation_state_from_name(const char *name) {
  guint state = 0;
  while (state < RESERVATION_ENDED && g_strcmp0(state_names[state], name) != 0)
    state++;
  return (ReservationState)state;
}

static gboolean check_reservation(Reservation *reservation, GError **error) {
  guint state = 0;
  while (state < G_N_ELEMENTS(state_names) && strcmp(state_names[state], reservation->state_name) != 0)
    state++;
  if (state == G_N_ELEMENTS(state_names)) {
    fields_set_error(error, FIELDS_ERROR_RANGE, "state", "must be planned, running or ended");
    return FALSE;
  }
  reservation->state = (ReservationState)state;
  g_clear_pointer(&reservation->state_name, g_free);
  if (reservation->ends_at_us < reservation->starts_at_us) {
    fields_set_error(error, FIELDS_ERROR_RANGE, "ends_at", "is before starts_at");
    return FALSE;
  }
  return TRUE;
}

Reservation *reservation_parse(const char *text, GError **error) {
  g_autoptr(Reservation) reservation = g_new0(Reservation, 1);
  if (!fields_read_text(text, strlen(text), reservation_fields, reservation, error) ||
      !check_reservation(reservation, error))
    return NULL;
  return g_steal_pointer(&reservation);
}

char *reservation_format(const Reservation *reservation) {
  Reservation shown = *reservation;
  shown.state_name = (char *)state_names[reservation->state];
  return fields_write(reservation_fields, &shown);
}

Reservation *reservation_copy(const Reservation *reservation) {
  Reservation *copy = g_new(Reservation, 1);
  *copy = *reservation;
  copy->id = g_strdup(reservation->id);
  copy->code = g_strdup(reservation->code);
  copy->rc_name = g_strdup(reservation->rc_name);
  copy->name = g_strdup(reservation->name);
  copy->request_id = g_strdup(reservation->request_id);
  copy->state_name = NULL;
  copy->server_name = g_strdup(reservation->server_name);
  copy->reason = g_strdup(reservation->reason);
  return copy;
}

void reservation_free(Reservation *reservation) {
  fields_free(reservation_fields, reservation);
}
