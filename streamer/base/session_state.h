/* The states of a session (session.h has their order), and the words for them. Any thread. */
#pragma once

typedef enum { SESSION_STARTING, SESSION_READY, SESSION_ENDING, SESSION_N_STATES } SessionState;

/* "starting", "ready", "ending" (static): as STATUS and the metrics say it. */
const char *session_state_name(SessionState state);
