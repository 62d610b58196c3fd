/* A reservation: one place of an RC for a run of time. A booking is one that starts later, a session that
 * somebody started is one that runs. Each is an object of sessions_planned.json.
 *
 * Plain data with its table; any thread.
 */
#pragma once
#include "common/fields.h"

typedef enum {
  RESERVATION_PLANNED, /* its time may have come; nobody has */
  RESERVATION_RUNNING, /* its session runs, or is being started */
  RESERVATION_ENDED,   /* over, cancelled, or nobody came: kept for the record */
} ReservationState;
#define RESERVATION_N_STATES (RESERVATION_ENDED + 1)

typedef struct {
  char *id; /* 128 random bits in hexadecimal; the session's id on its streamer */
  char *code;
  char *rc_name;
  gint64 starts_at_us, ends_at_us;
  gboolean booked;                   /* ahead of time, not by starting a session at once */
  char *name;                        /* of who booked or started (nullable) */
  char *request_id;                  /* the client's own (nullable) */
  char *request_proof;               /* a keyed hash of who sent it and what was asked (nullable) */
  char *client, *network;            /* whose it is until it is over (holder.h; nullable) */
  ReservationState state;            /* stands in the file as the word of state_name */
  char *state_name;                  /* used while reading and writing only */
  char *server_name;                 /* where it runs (nullable) */
  char *reason;                      /* why it ended: a WireEnd's word, "cancelled" or "no_show" (nullable) */
  gint64 created_at_us, ended_at_us; /* ended_at_us is 0 until then */
  char *door;                        /* LIMITS_DOOR_KNOCK, or open (nullable) */
  gint64 generation;                 /* of code and invitation: how many people the host has removed */
} Reservation;

const char *reservation_state_name(ReservationState state); /* "planned" (static) */
/* The state of this name; RESERVATION_ENDED for one that is none. */
ReservationState reservation_state_from_name(const char *name);

/* Whether it keeps to the rules (limits.h) by which reservation_parse() will read what reservation_format()
 * makes of it. To be asked of every one that comes from outside, whichever way. FALSE with FIELDS_ERROR. */
gboolean reservation_check(const Reservation *reservation, GError **error);

/* @text as one reservation (transfer full), checked beyond what the table says; NULL with FIELDS_ERROR. */
Reservation *reservation_parse(const char *text, GError **error);
/* As one line of JSON (transfer full): of one that is over, without whose it was. */
char *reservation_format(const Reservation *reservation);

/* A word of limits.h (static, or the reservation's). */
const char *reservation_door(const Reservation *reservation);
/* Whether who comes has to be let in by a host. */
gboolean reservation_wants_knock(const Reservation *reservation);

Reservation *reservation_copy(const Reservation *reservation); /* (transfer full) */
void reservation_free(Reservation *reservation);               /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reservation, reservation_free)
