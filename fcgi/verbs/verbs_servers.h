/* GET_SERVERS and GET_RCS. Handlers take the request over. The core's thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *range;
} GetServers;

extern const Field verbs_get_servers_fields[];

void verbs_get_servers(gpointer request, gpointer arguments);
void verbs_get_rcs(gpointer request, gpointer arguments);

/* Reads "X-Y", two numbers from 0, both ends included, Y not below X, at most 1,000 apart. */
gboolean verbs_read_range(const char *text, guint *first, guint *last, GError **error);
