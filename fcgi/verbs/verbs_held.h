/* CANCEL_HELD, for staff. Handlers take the request over. The core's thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *staff;   /* a ticket (nullable) */
  char *session; /* one of both is NULL */
  char *code;
  gboolean network; /* not one client alone */
} CancelHeld;

extern const Field verbs_cancel_held_fields[];

void verbs_cancel_held(gpointer request, gpointer arguments);
