/* Ready answers: a bounded memory of request text -> answer, for verbs whose answer depends on nothing but
 * the request's own bytes and the state of the fleet.
 *
 * The core puts an answer in when it has made one, and empties the memory whenever the fleet changes, before
 * anybody is told of the change. A door's thread looks a request up as it arrives: a hit spares the parsing
 * and two changes of thread. Any thread.
 */
#pragma once
#include "common/verb.h"
#include "common/wire.h"
#include "fcgi/base/body.h"

typedef struct Answers Answers;

Answers *answers_new(void);          /* (transfer full) */
void answers_free(Answers *answers); /* NULL is allowed */

/* What an answer is, for limits and counting. */
typedef struct {
  const Verb *verb;
  WireMessage message;
} AnswerKind;

/* The answer to exactly this request text (transfer full), or NULL. */
Body *answers_find(Answers *answers, const char *text, AnswerKind *kind);

/* Remembers @body. Forgets all others first when there are too many or they are too large. */
void answers_put(Answers *answers, const char *text, Body *body, AnswerKind kind);

/* Forgets all. */
void answers_clear(Answers *answers);
