/* The players that watch a session: from an offer to the end of the viewing.
 *
 * A viewer has a number, which the engine knows it by, and a resource name that cannot be guessed, which its
 * player knows it by (WHEP). Each answer is waited for at most VIEWERS_ANSWER_SECONDS. Main thread.
 */
#pragma once
#include <glib.h>

#define VIEWERS_MAX 64 /* of a session */
#define VIEWERS_ANSWER_SECONDS 10

typedef struct Viewers Viewers;

typedef struct {
  gint64 number;
  const char *resource, *user; /* owned by the viewer */
  guint generation;            /* of its ICE: 1, and one more with every restart */
} Viewer;

/* The answer to an offer or a restart, once: @sdp, or NULL and a WIRE_ERROR, BAD_REQUEST when what was asked
 * is at fault. An offer's viewer is then gone, one that was to restart goes on. @viewer is valid during the
 * call. */
typedef void (*ViewersAnswerFunc)(const Viewer *viewer, const char *sdp, const GError *error, gpointer data);

/* A viewer is gone, whatever the cause: its person is no longer held by it. */
typedef void (*ViewersGoneFunc)(const Viewer *viewer, const char *reason, gpointer data);

Viewers *viewers_new(ViewersGoneFunc gone, gpointer data);
/* Ends all with @reason, as viewers_remove() does. */
void viewers_clear(Viewers *viewers, const char *reason);
/* The same, and frees. NULL is allowed. */
void viewers_free(Viewers *viewers, const char *reason);

/* A new viewer of @user that waits for the answer to @offer; NULL when there are VIEWERS_MAX. Owned by
 * @viewers.
 */
const Viewer *viewers_add(Viewers *viewers, const char *user, const char *offer, ViewersAnswerFunc answer,
                          gpointer data);
const Viewer *viewers_find(const Viewers *viewers, const char *resource);
const Viewer *viewers_find_number(const Viewers *viewers, gint64 number);
/* The oldest viewer of @user; NULL when there is none. */
const Viewer *viewers_find_oldest(const Viewers *viewers, const char *user);
/* The oldest viewer of the same user whose offer came before that of @viewer; NULL when there is none. */
const Viewer *viewers_find_older(const Viewers *viewers, const Viewer *viewer);
guint viewers_count(const Viewers *viewers);

/* The engine answered @number, or cannot. Unknown numbers are ignored. */
void viewers_answered(Viewers *viewers, gint64 number, const char *sdp, const char *reason);

/* Whether @fragment is of the generation that @number's ICE is in: it has the same user name fragment, or
 * none (RFC 8840 section 4.4). */
gboolean viewers_is_current(const Viewers *viewers, gint64 number, const char *fragment);

/* @number is to restart its ICE with @fragment, and @answer is waited for. FALSE: it waits for one already,
 * or is not there. */
gboolean viewers_restart(Viewers *viewers, gint64 number, const char *fragment, ViewersAnswerFunc answer,
                         gpointer data);
/* The engine did so, or cannot. Ignored where no restart is waited for. */
void viewers_restarted(Viewers *viewers, gint64 number, const char *fragment, const char *reason);
/* Nobody waits for the answer any more: it is not called. */
void viewers_forget(Viewers *viewers, gint64 number);

/* It is gone: an answer that it waits for is refused, then `gone` is told. Unknown numbers are ignored. */
void viewers_remove(Viewers *viewers, gint64 number, const char *reason);
