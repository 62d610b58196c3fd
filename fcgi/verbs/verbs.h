/* The coordinator's verbs: a row each in verbs.c, their handlers in verbs_*.c. The core's thread. */
#pragma once
#include "common/verb.h"
#include "fcgi/core/request.h"

/* Ended by a row without name. */
extern const Verb verbs_table[];
/* The words of a metric's label: the verbs' names, behind them "none". NULL beyond that. (static) */
const char *verbs_word(guint number);

/* Reads the verb in a request's text, unless that has been done. Any thread that owns the request. */
void verbs_read(Request *request);
/* Reads and handles it. (transfer full @request) */
void verbs_handle(Request *request);
