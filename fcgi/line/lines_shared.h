/* The waiting lines of all coordinators as one, by the table `places` of their database: each writes who
 * stands with it, and looks twice a second at who stands with the others. So all keep one order, that of
 * arrival, and who comes to another coordinator than before, or after the death of theirs, is known there.
 *
 * What is kept is a hash of a place, never the place itself: who can read the database cannot take one.
 *
 * A place counts as long as its coordinator says within place_seconds that it is there, or that long after
 * its death. While the database cannot be reached each goes on with what it knows. The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/rules/held.h"

typedef struct LinesShared LinesShared;

/* A place, as coordinators tell each other of it. Plain data. */
typedef struct {
  const char *key; /* the hash */
  const char *rc_name;
  gint64 arrived_us; /* by the clock on the wall, which all coordinators have */
  Holder holder;
  const char *session, *server_name; /* that its visitor was let into (nullable) */
} SharedPlace;

/* What is told of the places that other coordinators have. */
typedef struct {
  /* The place is at another coordinator now. */
  void (*elsewhere)(const SharedPlace *place, gpointer user_data);
  /* The place was given up at another coordinator. */
  void (*gone)(const char *key, gpointer user_data);
  /* Only these @keys (a set) are elsewhere: the others have left, or have been lost. */
  void (*keep)(GHashTable *keys, gpointer user_data);
} LinesSharedListener;

/* Begins, when the core has a database. @listener: static. (transfer full) */
LinesShared *lines_shared_new(Core *core, const LinesSharedListener *listener, gpointer user_data);
void lines_shared_free(LinesShared *shared); /* NULL is allowed */

/* The place is ours, as it is now. NULL @shared is allowed. */
void lines_shared_put(LinesShared *shared, const SharedPlace *place);
/* The place, which was ours, is forgotten. NULL @shared is allowed. */
void lines_shared_remove(LinesShared *shared, const SharedPlace *place);
