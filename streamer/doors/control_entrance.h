/* SET_CODE, KNOCK and ANSWER_KNOCK: how one comes into a session. Handlers of control.c's table take the call
 * over. Main thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *session, *code;
  gint64 generation;
} ControlSetCode;

typedef struct {
  char *session, *knock, *name; /* name: nullable */
  gint64 lapses_in_seconds;
} ControlKnock;

typedef struct {
  char *session, *knock;
  gboolean admit;
} ControlAnswerKnock;

extern const Field control_set_code_fields[];
extern const Field control_knock_fields[];
extern const Field control_answer_knock_fields[];

void control_set_code(gpointer call, gpointer arguments);
void control_knock(gpointer call, gpointer arguments);
void control_answer_knock(gpointer call, gpointer arguments);
