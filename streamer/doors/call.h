/* A call: a verb asked by one client, through whichever door, and answered once.
 *
 * A handler gets the call for its own: it answers it, which frees it, now or later. While a call waits, its
 * client may go; a handler that keeps something for it asks to be told (call_on_gone) and then drops it.
 * Main thread.
 */
#pragma once
#include "common/fields.h"
#include "common/verb.h"
#include "common/wire.h"
#include "streamer/http/http_request.h"
#include "streamer/http/http_socket.h"
#include <glib.h>

typedef struct Call Call;

/* Takes the verb in the request's body to its row of @verbs; bad ones are refused here. @context is for the
 * handlers. */
void call_from_request(HttpRequest *request, const Verb *verbs, gpointer context);
/* The same for a message on a WebSocket; the answer carries its `id`. */
void call_from_socket(HttpSocket *socket, const char *text, gsize length, const Verb *verbs,
                      gpointer context);

/* The id of the request that it is a part of, as its caller named it, for the log; "-": none (trace_id.h). */
const char *call_request_id(const Call *call);
gpointer call_context(const Call *call);
HttpSocket *call_socket(const Call *call); /* NULL: it came by HTTP */

/* Answers with the struct @source described by @fields (both NULL: nothing but the word). Frees. */
void call_answer(Call *call, WireMessage message, const Field *fields, gconstpointer source);
/* The same with members as wire_answer() takes them. */
void call_answer_members(Call *call, WireMessage message, const char *members);
/* Refuses (wire_refusal()). Frees. */
void call_refuse(Call *call, const GError *error);
/* The same, and says when to try again (RFC 9110 section 10.2.3). */
void call_refuse_until(Call *call, const GError *error, guint retry_after_seconds);

/* @func is called once if the client goes away before the answer; it has to call_drop(). By HTTP alone:
 * what waits for a WebSocket is bounded by its own time. */
void call_on_gone(Call *call, void (*func)(gpointer data), gpointer data);
void call_drop(Call *call);

/* Refuses an HTTP request that is no call, with another HTTP status than the word's if @status is not 0. */
void call_refuse_request(HttpRequest *request, guint status, const GError *error);
/* The same, and says when to try again. */
void call_refuse_request_until(HttpRequest *request, const GError *error, guint retry_after_seconds);
