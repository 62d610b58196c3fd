#include "fcgi/rules/rc.h"

#include "common/instant.h"
#include "common/random.h"

/* Whoever waits with a booking looks several times in this time. */
#define BOOKED_LOOKS_US (2 * INSTANT_SECOND)

Rc *rc_new(const char *name) {
  Rc *rc = g_new0(Rc, 1);
  rc->name = g_strdup(name);
  rc->sessions = sessions_new();
  for (guint i = 0; i <= RC_MAX_RANK; i++)
    rc->ranks[i] = g_ptr_array_new();
  return rc;
}

void rc_free(Rc *rc) {
  if (!rc)
    return;
  for (guint i = 0; i <= RC_MAX_RANK; i++)
    g_ptr_array_unref(rc->ranks[i]);
  sessions_free(rc->sessions);
  g_free(rc->name);
  g_free(rc->info);
  g_free(rc);
}

gboolean rc_is_reachable(const Rc *rc) {
  return rc->online > 0 || rc->pending > 0;
}

gint64 rc_free_for_newcomers(const Rc *rc) {
  return MAX(0, rc->free - (gint64)rc->claims);
}

gboolean rc_is_wanted(const Rc *rc, gint64 now_us) {
  gboolean has_booked = rc->booked_us && now_us - rc->booked_us < BOOKED_LOOKS_US;
  return (gint64)rc->claims > rc->free || (has_booked && rc->free <= 0);
}

void rc_place(Rc *rc, FleetServer *server, gsize place_offset, int rank) {
  RcPlace *place = G_STRUCT_MEMBER_P(server, place_offset);
  rank = MIN(rank, RC_MAX_RANK);
  if (place->rank == rank)
    return;
  if (place->rank >= 0) {
    GPtrArray *old = rc->ranks[place->rank];
    g_ptr_array_remove_index_fast(old, place->position);
    if (place->position < old->len) {
      RcPlace *moved = G_STRUCT_MEMBER_P(old->pdata[place->position], place_offset);
      moved->position = place->position;
    }
  }
  place->rank = rank;
  if (rank >= 0) {
    place->position = rc->ranks[rank]->len;
    g_ptr_array_add(rc->ranks[rank], server);
  }
}

static gboolean was_tried(const GPtrArray *tried, gconstpointer server) {
  return tried && g_ptr_array_find((GPtrArray *)tried, server, NULL);
}

FleetServer *rc_choose(const Rc *rc, const GPtrArray *tried) {
  for (int rank = RC_MAX_RANK; rank >= 0; rank--) {
    const GPtrArray *servers = rc->ranks[rank];
    guint first = servers->len ? random_below(servers->len) : 0;
    for (guint i = 0; i < servers->len; i++) {
      gpointer server = servers->pdata[(first + i) % servers->len];
      if (!was_tried(tried, server))
        return server;
    }
  }
  return NULL;
}
