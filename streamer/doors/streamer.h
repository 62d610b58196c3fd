/* The streamer as its doors see it: what every handler is given. One, made in main.c. */
#pragma once
#include "common/metrics.h"
#include "common/ticket.h"
#include "streamer/http/http.h"
#include "streamer/sessions/sessions.h"
#include "streamer/settings/settings.h"

typedef struct {
  StreamerSettings *settings;
  KeyRing *keys; /* the first signs nothing here: a ticket is good by any of them */
  Metrics *metrics;
  Sessions *sessions;
  const Http *http;
  gint64 clocks_told_us; /* monotonic: when the log last had it that clocks differ; 0: not yet */
} Streamer;
