/* The door that a code opens: what is answered to somebody who types one, and who is let through it unasked.
 * The core's thread.
 */
#pragma once
#include "fcgi/core/request.h"
#include "fcgi/rules/reservation.h"

/* The reservation that @code is of (transfer none, until the plan changes); NULL: there is none, or whether
 * there is must not be told, and the request has been refused (transfer full then). @key (nullable): a
 * booking's secret, whose owner has not guessed the code. Nobody knocks. */
const Reservation *code_door_try(Request *request, const char *code, const char *key);

/* Somebody who wants to come in. Plain data; the texts but for the code are nullable. */
typedef struct {
  const char *code;
  const char *name;
  const char *key;    /* the booking's */
  const char *invite; /* its invitation's */
  gboolean is_staff;  /* an operator, whose ticket is good */
} CodeDoorWish;

/* The reservation that the wish opens (transfer none, until the plan changes), and whether as its host. NULL:
 * it has been refused, or waits until a host has answered (transfer full @request then). */
const Reservation *code_door_enter(Request *request, const CodeDoorWish *wish, gboolean *is_host);

/* Whether one of the secrets (both nullable) that are shown beside the code of @reservation is right. */
gboolean code_door_secret_is_right(const Core *core, const Reservation *reservation, const char *key,
                                   const char *invite);

/* That it is not known, because the store could not be asked. (transfer full @request) */
void code_door_refuse_unsure(Request *request);

/* The request's client is told the session's code: it may type it as often as it likes. */
void code_door_told(const Request *request, const char *session);
