/* SEND_REPORT. Handlers take the request over. The core's thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *reason;
  char *ticket;  /* NULL: there is no session yet */
  char *browser; /* NULL: it does not say */
} SendReport;

extern const Field verbs_send_report_fields[];

void verbs_send_report(gpointer request, gpointer arguments);
