/* What the streamer's doors share. One, made in main.c. */
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
} Streamer;

/* The address and port that people reach this server by. */
const char *streamer_public_ip(const Streamer *streamer);
gint64 streamer_public_port(const Streamer *streamer);
/* The base of the addresses given to people, ending in a slash (transfer full). */
char *streamer_public_base(const Streamer *streamer);
