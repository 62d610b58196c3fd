/* What is done with a request before the core hears of it: an answer that is ready is given, its verb is
 * read, and a client that asks too often (rate_limit.h) is refused. So neither readers nor floods cost the
 * core's thread anything.
 *
 * Any thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"

/* @answers, @configuration and @metering must outlive it. (transfer full) */
Admission *admission_new(const Configuration *configuration, Answers *answers, Metering *metering);
void admission_free(Admission *admission); /* NULL is allowed */

/* TRUE: @reply (its body transfer full) is the answer; the request is noted (request_note()) and still the
 * caller's. FALSE: it is the core's to answer, by resources_handle(). The caller is a door's thread that owns
 * the request. */
gboolean admission_answer(Admission *admission, Request *request, Reply *reply);
