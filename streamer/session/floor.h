/* Floor control (in the words of RFC 4582): who of the people in a session steers.
 *
 * One floor, held by one person or nobody. The host is its chair: asked, the floor is theirs at once, and
 * they or its holder grant it to others. What a holder gives back goes to the host; when there is no other
 * host, to who has asked longest; else to nobody, and then to the first who asks.
 *
 * The holder gives it back by leaving, and by being silent for `control_idle_seconds`. Silence costs a host
 * nothing until somebody asks, and who lost the floor to nobody for silence has it again by a touch. With the
 * setting `control` "free", a touch alone takes the floor whenever its holder's hands have been off for
 * FLOOR_HANDS_OFF_US, and nobody is given it unasked.
 *
 * A pure module: it knows the people by their list, and what changes it says by its events. Time is handed in
 * (program_clock_running_us()'s). Main thread.
 */
#pragma once
#include "streamer/session/users.h"
#include "streamer/settings/settings.h"
#include <glib.h>

#define FLOOR_HANDS_OFF_US (2 * (gint64)G_USEC_PER_SEC)

typedef struct Floor Floor;

/* Why the holder changed. */
typedef enum {
  FLOOR_GRANTED,  /* who could decide gave it, or nobody had it */
  FLOOR_RELEASED, /* the holder gave it back */
  FLOOR_LEFT,     /* the holder is no longer in */
  FLOOR_IDLE,     /* the holder was silent */
  FLOOR_TAKEN,    /* the host took it back */
  FLOOR_JOINED,   /* the host came, and nobody had it */
  FLOOR_TOUCHED,  /* by a touch */
  FLOOR_N_REASONS
} FloorReason;
/* "granted" (static). */
const char *floor_reason_name(FloorReason reason);

/* Called from within the functions below; must not call them. */
typedef struct {
  void (*changed)(const char *holder, FloorReason reason, gpointer data);
  void (*requested)(const char *user, gpointer data);
  void (*declined)(const char *user, const char *reason, gpointer data); /* "declined" or "withdrawn" */
} FloorEvents;

/* @users and @settings outlive it; of the settings, `control` and `control_idle_seconds` are looked at each
 * time. */
Floor *floor_new(const Users *users, const StreamerSettings *settings, const FloorEvents *events,
                 gpointer data);
void floor_free(Floor *floor); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Floor, floor_free)

const char *floor_holder(const Floor *floor); /* "": nobody */
/* Who asks for it, the longest waiting first (transfer full). */
char **floor_requests(const Floor *floor);

/* @user is in from now on, or is no longer. */
void floor_joined(Floor *floor, const User *user, gint64 now_us);
void floor_left(Floor *floor, const char *user, gint64 now_us);

/* @user, who is in, asks for it, or gives it or the question back. */
void floor_request(Floor *floor, const User *user, gint64 now_us);
void floor_release(Floor *floor, const User *user, gint64 now_us);

/* @by decides about @user; both are in. FALSE: @by is neither the holder nor a host. */
gboolean floor_grant(Floor *floor, const User *by, const User *user, gint64 now_us);
gboolean floor_decline(Floor *floor, const User *by, const User *user);

/* @user's hands are on the picture: as its holder's, or pressing what would be input if they were. Either may
 * come a moment after the floor has changed. */
void floor_steered(Floor *floor, const User *user, gint64 now_us);
void floor_touched(Floor *floor, const User *user, gint64 now_us);

/* Silence: takes the floor from a holder who is silent for too long. Anything that a person does ends their
 * silence (users_note_activity()). */
void floor_tick(Floor *floor, gint64 now_us);
/* When that is next to be called if nothing happens; G_MAXINT64: never. */
gint64 floor_next_us(const Floor *floor);
