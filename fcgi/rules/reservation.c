#include "fcgi/rules/reservation.h"

#include "fcgi/rules/limits.h"

#include <string.h>

#define AT(member) G_STRUCT_OFFSET(Reservation, member)

static const Field reservation_fields[] = {
    {"id", FIELD_TEXT, AT(id), .required = TRUE, LIMIT_ID},
    {"code", FIELD_DIGITS, AT(code), .required = TRUE, LIMIT_CODE},
    {"rc_name", FIELD_TEXT, AT(rc_name), .required = TRUE, LIMIT_RC_NAME},
    {"starts_at", FIELD_INSTANT, AT(starts_at_us), .required = TRUE, LIMIT_INSTANT},
    {"ends_at", FIELD_INSTANT, AT(ends_at_us), .required = TRUE, LIMIT_INSTANT},
    {"state", FIELD_TEXT, AT(state_name), .required = TRUE},
    {"booked", FIELD_BOOL, AT(booked)},
    {"name", FIELD_TEXT, AT(name), LIMIT_PERSON},
    {"request_id", FIELD_TEXT, AT(request_id), LIMIT_REQUEST_ID},
    {"request_proof", FIELD_TEXT, AT(request_proof), LIMIT_KEY},
    {"client", FIELD_TEXT, AT(client), LIMIT_HOLDER},
    {"network", FIELD_TEXT, AT(network), LIMIT_HOLDER},
    {"server_name", FIELD_TEXT, AT(server_name), LIMIT_SERVER_NAME},
    {"reason", FIELD_TEXT, AT(reason), LIMIT_REASON},
    {"created_at", FIELD_INSTANT, AT(created_at_us), LIMIT_INSTANT},
    {"ended_at", FIELD_INSTANT, AT(ended_at_us), LIMIT_INSTANT},
    {"door", FIELD_TEXT, AT(door), LIMIT_DOOR},
    {"generation", FIELD_INT, AT(generation), LIMIT_GENERATION},
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

/* The word becomes the state. */
static gboolean read_state(Reservation *reservation, GError **error) {
  guint state = 0;
  while (state < G_N_ELEMENTS(state_names) && strcmp(state_names[state], reservation->state_name) != 0)
    state++;
  if (state == G_N_ELEMENTS(state_names)) {
    fields_set_error(error, FIELDS_ERROR_RANGE, "state", "must be planned, running or ended");
    return FALSE;
  }
  reservation->state = (ReservationState)state;
  g_clear_pointer(&reservation->state_name, g_free);
  return TRUE;
}

static gboolean check_order(const Reservation *reservation, GError **error) {
  if (reservation->ends_at_us >= reservation->starts_at_us)
    return TRUE;
  fields_set_error(error, FIELDS_ERROR_RANGE, "ends_at", "is before starts_at");
  return FALSE;
}

/* As it is written. */
static Reservation with_state_name(const Reservation *reservation) {
  Reservation shown = *reservation;
  shown.state_name = (char *)state_names[reservation->state];
  if (reservation->state == RESERVATION_ENDED)
    shown.client = shown.network = NULL;
  return shown;
}

gboolean reservation_check(const Reservation *reservation, GError **error) {
  const Reservation shown = with_state_name(reservation);
  return fields_check(reservation_fields, &shown, error) && check_order(reservation, error);
}

Reservation *reservation_parse(const char *text, GError **error) {
  g_autoptr(Reservation) reservation = g_new0(Reservation, 1);
  if (!fields_read_text(text, strlen(text), reservation_fields, reservation, error) ||
      !read_state(reservation, error) || !check_order(reservation, error))
    return NULL;
  return g_steal_pointer(&reservation);
}

char *reservation_format(const Reservation *reservation) {
  const Reservation shown = with_state_name(reservation);
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
  copy->request_proof = g_strdup(reservation->request_proof);
  copy->client = g_strdup(reservation->client);
  copy->network = g_strdup(reservation->network);
  copy->state_name = NULL;
  copy->server_name = g_strdup(reservation->server_name);
  copy->reason = g_strdup(reservation->reason);
  copy->door = g_strdup(reservation->door);
  return copy;
}

const char *reservation_door(const Reservation *reservation) {
  return reservation->door ? reservation->door : LIMITS_DOOR_OPEN;
}

gboolean reservation_wants_knock(const Reservation *reservation) {
  return g_strcmp0(reservation->door, LIMITS_DOOR_KNOCK) == 0;
}

void reservation_free(Reservation *reservation) {
  fields_free(reservation_fields, reservation);
}
