/* Those who wait for the start or the end of a session, by its id: it may not be there yet. Main thread. */
#pragma once
#include "streamer/session/session.h"
#include <glib.h>

typedef struct SessionWaiters SessionWaiters;

/* @session is READY, or NULL with a WIRE_ERROR. */
typedef void (*SessionStartedFunc)(Session *session, const GError *error, gpointer data);

SessionWaiters *session_waiters_new(void); /* (transfer full) */
/* Those who still wait are forgotten without a call. NULL is allowed. */
void session_waiters_free(SessionWaiters *waiters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SessionWaiters, session_waiters_free)

/* @func is called once, with what session_waiters_tell_start() is given. */
void session_waiters_await_start(SessionWaiters *waiters, const char *id, SessionStartedFunc func,
                                 gpointer data);
/* @func is called once, by session_waiters_tell_end(). */
void session_waiters_await_end(SessionWaiters *waiters, const char *id, GSourceOnceFunc func, gpointer data);

/* Tells all who wait for @id's start how it went. */
void session_waiters_tell_start(SessionWaiters *waiters, const char *id, Session *session,
                                const GError *error);
/* Tells all who wait for @id's end that nothing is left of it. */
void session_waiters_tell_end(SessionWaiters *waiters, const char *id);
