/* GET_AVAILABILITY, PLAN_SESSION and CANCEL_SESSION. Handlers take the request over. The core's thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *rc_name;
  char *date;
  gint64 duration_minutes; /* 0: as long as usual */
  char *time_zone;         /* nullable: the RC's */
} GetAvailability;

typedef struct {
  char *rc_name; /* nullable: the only one */
  char *date;
  char *time;
  gint64 duration_minutes; /* 0: as long as usual */
  char *time_zone;         /* nullable: the RC's */
  char *name;              /* nullable */
  char *request_id;        /* nullable */
} PlanSession;

typedef struct {
  char *code;
  char *key;   /* nullable: who cancels is staff */
  char *staff; /* a ticket (nullable) */
} CancelSession;

extern const Field verbs_get_availability_fields[];
extern const Field verbs_plan_session_fields[];
extern const Field verbs_cancel_session_fields[];

void verbs_get_availability(gpointer request, gpointer arguments);
void verbs_plan_session(gpointer request, gpointer arguments);
void verbs_cancel_session(gpointer request, gpointer arguments);
