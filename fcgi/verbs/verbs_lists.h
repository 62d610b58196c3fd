/* LIST_SESSIONS and LIST_BOOKINGS, for staff. Handlers take the request over. The core's thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *staff;  /* a ticket (nullable) */
  char *cursor; /* where the last answer ended (nullable) */
  gint64 limit;
} ListSessions;

typedef struct {
  char *staff;  /* a ticket (nullable) */
  char *cursor; /* where the last answer ended (nullable) */
  gint64 limit;
  gint64 from_us, to_us;
} ListBookings;

extern const Field verbs_list_sessions_fields[];
extern const Field verbs_list_bookings_fields[];

void verbs_list_sessions(gpointer request, gpointer arguments);
void verbs_list_sessions_defaults(gpointer arguments);
void verbs_list_bookings(gpointer request, gpointer arguments);
void verbs_list_bookings_defaults(gpointer arguments);
