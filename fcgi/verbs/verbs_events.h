/* POLL_EVENTS. Handlers take the request over. The core's thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *cursor; /* nullable */
  char *ticket; /* nullable */
  char *place;  /* in the line (nullable) */
  gint64 wait_seconds;
} PollEvents;

extern const Field verbs_poll_events_fields[];

void verbs_poll_events(gpointer request, gpointer arguments);
