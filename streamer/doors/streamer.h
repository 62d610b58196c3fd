/* The streamer as its doors see it: what every handler is given. One, made in main.c. */
#pragma once
#include "common/metrics.h"
#include "common/ticket.h"
#include "streamer/sessions/sessions.h"
#include "streamer/settings/settings.h"

typedef struct {
  StreamerSettings *settings;
  TicketKey *key;
  Metrics *metrics;
  Sessions *sessions;
  gint64 clocks_told_us; /* monotonic: when the log last had it that clocks differ; 0: not yet */
} Streamer;
