/* The visitors in the lines, and what is answered to them. The core's thread. */
#pragma once
#include "fcgi/line/line.h"
#include "fcgi/rules/sessions.h"

/* Somebody in the line, or, if they are SERVED, beside it. NULL: the line is full. @key (transfer full):
 * visitors_key_of() their token. (transfer none: the lines', until visitor_forget()) */
Visitor *visitor_new(Line *line, char *key, const Holder *holder, VisitorState state, gint64 arrived_us);
void visitor_free(gpointer visitor);

char *visitors_key_of(const char *token); /* (transfer full) */
/* The one with this place, who may be elsewhere. NULL: there is none. */
Visitor *visitors_find(const Lines *lines, const char *place);

/* Tells other coordinators of one who is ours, as they are now: a newcomer, one from elsewhere, or with
 * another session. */
void visitor_share(const Visitor *visitor);
/* Ends the session that they do not come for. */
void visitor_end_session(Visitor *visitor);
/* Gives up the place, and what stands for it, and frees the visitor. */
void visitor_forget(Visitor *visitor);

/* The visitor's request, who is away from now on; NULL when they were. (transfer full) */
Request *visitor_take_request(Visitor *visitor);
/* Answers their request, if there is one: SERVERS_BUSY, and where they stand. */
void visitor_answer_busy(Visitor *visitor);
/* Lets the visitor's request wait, until until_us. */
void visitor_wait(Visitor *visitor);
/* Lets the visitor in, and remembers it for a while, should the answer be lost. (transfer full @request) */
void visitor_let_in(Visitor *visitor, Request *request, const Session *session);
