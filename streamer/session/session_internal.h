/* What session.c gives to session_knocks.c, which is a part of it (session.h). Nobody else includes this.
 * Main thread. */
#pragma once
#include "streamer/session/session.h"

/* Those who knock, to be changed. Owned by the session. */
Knockers *session_own_knockers(Session *session);

/* The session's status is another one, and what is due next may be due at another time. */
void session_note_change(Session *session);
