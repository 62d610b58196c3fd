/* The door that a code opens: what is answered to somebody who types one, and who is let through it unasked.
 * The core's thread.
 */
#pragma once
#include "fcgi/core/request.h"
#include "fcgi/rules/reservation.h"

/* The reservation that @code is of (transfer none, until the plan changes); NULL: there is none, or whether
 * there is must not be told, and the request has been refused (transfer full then). @key (nullable): a
 * booking's secret, whose owner has not guessed the code. */
const Reservation *code_door_try(Request *request, const char *code, const char *key);

/* The request's client is told the session's code: it may type it as often as it likes. */
void code_door_told(const Request *request, const char *session);
