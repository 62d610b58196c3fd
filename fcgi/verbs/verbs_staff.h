/* DRAIN_SERVER and END_SESSION, for staff. Handlers take the request over. The core's thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *staff; /* a ticket (nullable) */
  char *server_name;
  gboolean on;
} DrainServer;

typedef struct {
  char *staff;   /* a ticket (nullable) */
  char *session; /* one of both is NULL */
  char *code;
} EndSession;

extern const Field verbs_drain_server_fields[];
extern const Field verbs_end_session_fields[];

void verbs_drain_server(gpointer request, gpointer arguments);
void verbs_end_session(gpointer request, gpointer arguments);
