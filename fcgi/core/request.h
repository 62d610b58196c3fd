/* Requests: one verb (or one GET of health) asked by one client, through whichever door.
 *
 * A door's thread makes a Request and gives it to the core. There it has one owner at a time, and is answered
 * exactly once: request_answer() and its sisters take it over, tell the door, and free it. A handler that
 * cannot answer yet calls request_wait() and keeps the Request; it holds no thread meanwhile. Should the
 * client go away, the Request's cancel function is called (its owner forgets it) and the Request is freed
 * without an answer.
 *
 * Everything here runs on the core's thread, but request_new(), request_set_call(), request_set_echo(),
 * request_adopt_id(), request_set_authorization(), request_make_refusal(), request_note() and the reading
 * functions, which a door's thread uses before it gives the Request away.
 */
#pragma once
#include "common/verb.h"
#include "common/wire.h"
#include "fcgi/base/body.h"
#include "fcgi/base/holder.h"

typedef struct Core Core;
typedef struct Metering Metering;
typedef struct Request Request;

/* What is sent back. Plain data; the door that gets one owns the body. */
typedef struct {
  guint status;        /* of HTTP */
  WireMessage message; /* what the body says; WIRE_N_MESSAGES: no message of the wire */
  Body *body;
  const char *content_type;  /* static; NULL: it is JSON */
  guint retry_after_seconds; /* 0: none */
  const char *allow;         /* the "Allow" header of a 405 (static, nullable) */
  const char *more_headers;  /* whole lines, each with its end (static, nullable) */
} Reply;

/* How a request came in, and how its answer goes out. */
typedef struct {
  /* Sends the answer; takes @reply's body. Does not block. The Request is freed after this returns. */
  void (*send)(Request *request, const Reply *reply);
  /* The answer will take a while: from now on call request_gone() when the client goes away. */
  void (*watch)(Request *request);
} Door;

/* @connection: the door's own. @method, @target: of HTTP, the target as the client sent it (copied).
 * @address: the client's (copied, nullable). @text: the body (transfer full, NUL-terminated), NULL when it
 * was too large. (transfer full) */
Request *request_new(const Door *door, gpointer connection, const char *method, const char *target,
                     const char *address, char *text, gsize length);

/* Frees a request that is not to be answered. */
void request_free(Request *request);

gpointer request_get_connection(const Request *request);
const char *request_get_id(const Request *request); /* for the log and the X-Request-Id header */
/* Takes over the id that somebody before us gave it, before anybody was told ours. FALSE: it is none
 * (trace_id.h; nullable), and nothing has changed. */
gboolean request_adopt_id(Request *request, const char *id);
/* The value of its Authorization header, which its client wrote (copied, nullable). */
void request_set_authorization(Request *request, const char *header);
const char *request_get_authorization(const Request *request); /* NULL: none */
const char *request_get_method(const Request *request);
/* The last segment of the target's path, without the query: "api" of "/any/path/api?x". */
const char *request_get_resource(const Request *request);
const char *request_get_address(const Request *request);             /* "-" when unknown */
gint64 request_get_received_us(const Request *request);              /* monotonic */
const char *request_get_text(const Request *request, gsize *length); /* NULL: it was too large */

/* Who would hold what the request brings about. To be asked once: it costs something. */
Holder request_find_holder(const Request *request);

Core *request_get_core(const Request *request);
void request_set_core(Request *request, Core *core);

/* What the text says (verbs_read()): the verb (static, nullable), its arguments (transfer full, nullable), or
 * what is wrong with it (transfer full, nullable). */
void request_set_call(Request *request, const Verb *verb, gpointer arguments, GError *error);
gboolean request_is_read(const Request *request);        /* whether request_set_call() has been called */
const Verb *request_get_verb(const Request *request);    /* (nullable) */
const GError *request_get_error(const Request *request); /* (nullable) */
/* Once. (transfer full, for verb_free_arguments(); nullable) */
gpointer request_take_arguments(Request *request);
/* The "id" that the answer shall carry, as JSON text (transfer full, nullable). */
void request_set_echo(Request *request, char *id);
/* From its answer on, the client shall also be told what is told to this audience alone (events.h: a
 * session's id). Only doors that push events care. */
void request_follow(Request *request, const char *audience);
/* The same as @person, who may be expelled from it later. */
void request_follow_as(Request *request, const char *audience, const char *person);
const char *request_get_followed(const Request *request); /* NULL: none */
const char *request_get_follower(const Request *request); /* as whom; NULL: nobody */
/* Whether the store has been asked for what is new before this was handled. */
void request_set_looked(Request *request);
gboolean request_has_looked(const Request *request);
/* The store could not be asked: what is not known here may be there all the same. */
void request_set_unsure(Request *request);
gboolean request_is_unsure(const Request *request);
/* The answer may be given again to the same text while the fleet stays as it is. */
void request_set_repeatable(Request *request);

/* Which complex it is about, for the log. (transfer none, copied) */
void request_set_rc(Request *request, const char *rc_name);
/* The client has a place in line and will ask again by itself: that it is refused until then is no news for
 * the log. */
void request_set_in_line(Request *request);

/* Whether there is room for one more request that waits, and for one of this client. */
gboolean request_may_wait(const Request *request);

typedef void (*RequestCancel)(Request *request, gpointer user_data);

/* The caller keeps the request and will answer it later. @cancel is called, on the core's thread, if the
 * client goes away before; the request is freed after it returns. */
void request_wait(Request *request, RequestCancel cancel, gpointer user_data);
/* It waits no longer, @cancel is forgotten, and the caller goes on with it: it is answered, or waits again.
 */
void request_resume(Request *request);

/* {"msg":@message,@members} (@members nullable, without braces). (transfer full @request) */
void request_answer(Request *request, WireMessage message, const char *members);
/* The same with the members of an object's text: "{…}". */
void request_answer_object(Request *request, WireMessage message, const char *object);
/* Any text with any HTTP status. @content_type: static; NULL: JSON. @text (transfer full) */
void request_answer_text(Request *request, guint status, const char *content_type, char *text);
/* A body that is shared by many. @body (transfer none) */
void request_answer_body(Request *request, WireMessage message, Body *body);
/* A refusal, or an error of ours, which is logged with the request's id. @error (transfer none) */
void request_refuse(Request *request, const GError *error);
/* A refusal that tells when to try again, with @members more (nullable). */
void request_refuse_until(Request *request, const GError *error, guint retry_after_seconds,
                          const char *members);
/* A refusal of this kind, about @field (nullable). */
void request_refuse_with(Request *request, WireMessage message, const char *field, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* METHOD_NOT_ALLOWED; @allow (static): the methods that are. */
void request_refuse_method(Request *request, const char *allow);

/* NOT_AUTHORIZED: a bearer's token is wanted (RFC 6750 section 3); @reason (static): one sentence. */
void request_refuse_bearer(Request *request, const char *reason);

/* For doors: the client of a waiting request has gone. (transfer full) */
void request_gone(Request *request);

/* The reply of a refusal as request_refuse_until() sends it, for a door's thread to send by itself. Its body
 * is (transfer full). */
Reply request_make_refusal(Request *request, const GError *error, guint retry_after_seconds,
                           const char *members);

/* A line of the log for operators about what came of it: "event request=… client=… " and @format. @request
 * NULL: its client has gone. Never a code, a key or a ticket. */
void request_log(const Request *request, const char *event, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Counts the request with its answer, writes its line of the access log, and, when somebody was turned away
 * who would have had a session, one for operators, so many a minute. @metering nullable. Any thread. */
void request_note(const Request *request, const Reply *reply, Metering *metering);
