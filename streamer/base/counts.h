/* What the streamer counts and measures, for `GET metrics` (common/metrics.h). counts_table in counts.c has a
 * row for each: name, help, labels. */
#pragma once
#include "common/metrics.h"
#include "common/wire.h"
#include "streamer/base/session_state.h"

typedef enum {
  COUNTS_BUILD,    /* gauge, version: 1 */
  COUNTS_LIMIT,    /* gauge */
  COUNTS_DRAINING, /* gauge: 0 or 1 */
  COUNTS_UNUSABLE, /* gauge: 0 or 1 */
  COUNTS_SESSIONS, /* gauge, SessionState */
  COUNTS_STANDBYS, /* gauge, CountsStandby */
  COUNTS_USERS,    /* gauge */
  COUNTS_VIEWERS,  /* gauge */
  COUNTS_STARTS,   /* CountsFrom */
  COUNTS_START_FAILURES,
  COUNTS_START_SECONDS, /* histogram, CountsFrom: until it is READY */
  COUNTS_ENDS,          /* WireEnd */
  COUNTS_STANDBY_FAILURES,
  COUNTS_TRIAL_FAILURES,
  COUNTS_APP_RESTARTS,
  COUNTS_ENGINE_RESTARTS,
  COUNTS_OUT_OF_BOUNDS,
  COUNTS_LIMITED, /* CountsLimited */
  COUNTS_FRAMES_CAPTURED,
  COUNTS_FRAMES_ENCODED,
  COUNTS_ENCODED_BYTES_PER_SECOND, /* gauge */
  COUNTS_CERTIFICATE_SECONDS,      /* gauge */
  COUNTS_METRICS
} Counts;

/* What a session is made of. */
typedef enum { COUNTS_FROM_NOTHING, COUNTS_FROM_STANDBY } CountsFrom;
typedef enum { COUNTS_STANDBY_STARTING, COUNTS_STANDBY_READY, COUNTS_STANDBY_ENDING } CountsStandby;

/* Of what somebody wanted too much. */
typedef enum {
  COUNTS_LIMITED_CONNECTIONS, /* an address, as */
  COUNTS_LIMITED_REQUESTS,    /* that */
  COUNTS_LIMITED_TALK,        /* a person, as */
  COUNTS_LIMITED_OFFERS       /* that */
} CountsLimited;

extern const Metric counts_table[];
