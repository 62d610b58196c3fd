/* Calls to streamers by HTTP(S), through libcurl.
 *
 * Threads of its own (lanes) run the transfers; each streamer always has the same lane, so that its
 * connection is kept and found again. Calls are made, and answers come back, on the core's thread.
 */
#pragma once
#include "fcgi/base/mailbox.h"
#include "fcgi/core/site_keys.h"

typedef struct StreamerClient StreamerClient;
/* One streamer: where it is, and the tickets made for it. */
typedef struct StreamerPeer StreamerPeer;
/* One call under way. */
typedef struct StreamerCall StreamerCall;

typedef enum {
  STREAMER_ANSWERED,    /* an HTTP answer came */
  STREAMER_UNREACHABLE, /* no connection: the streamer has not seen the request */
  STREAMER_LOST,        /* the connection broke: whether the streamer did what was asked is not known */
  STREAMER_TIMED_OUT,   /* no answer in time: likewise */
  STREAMER_TOO_LARGE,   /* it answered more than CONTROL_MAX_ANSWER bytes */
} StreamerOutcome;

typedef struct {
  StreamerOutcome outcome;
  guint status;     /* of HTTP, if answered */
  const char *text; /* the body, if answered; NUL-terminated */
  gsize length;
  const char *detail; /* what curl says of a failure, else "" */
} StreamerResult;

/* @result is valid during the call only. */
typedef void (*StreamerAnswered)(const StreamerResult *result, gpointer user_data);

/* @max_lanes: at most so many threads. @ca_file (nullable): certificates to trust, read for each connection.
 * @keys (transfer none) and
 * @home, the mailbox that brings answers to the core, must outlive the client. (transfer full) */
StreamerClient *streamer_client_new(guint max_lanes, const char *ca_file, const SiteKeys *keys,
                                    Mailbox *home);

/* Ends the threads; calls under way are given up, and no StreamerAnswered is called any more. NULL is
 * allowed. */
void streamer_client_free(StreamerClient *client);

/* How many calls other than @watching ones are under way. */
guint streamer_client_count_calls(const StreamerClient *client);

/* @name: the server's name, which is the tickets' audience. @generation: of its key. @url: its base, ending
 * in
 * "/". (transfer full) */
StreamerPeer *streamer_peer_new(StreamerClient *client, const char *name, gint64 generation, const char *url);
void streamer_peer_set_generation(StreamerPeer *peer, gint64 generation); /* of its key, from now on */
void streamer_peer_free(StreamerPeer *peer); /* calls under way go on; NULL is allowed */

/* Posts @body (transfer full) to the streamer's control path. @answered is called once, later, unless the
 * call is forgotten before. @request_id: of whose request it is (trace_id.h), which the streamer's log and
 * answer carry on (nullable). @watching: a long poll, which does not count as a call to be waited for at the
 * end. Returns: (transfer none) valid until @answered was called. */
StreamerCall *streamer_peer_call(StreamerPeer *peer, char *body, const char *request_id, guint timeout_ms,
                                 gboolean watching, StreamerAnswered answered, gpointer user_data);

/* Breaks the call off; its StreamerAnswered will not be called. NULL is allowed. */
void streamer_call_forget(StreamerCall *call);

/* "lost", for the log (static). */
const char *streamer_outcome_name(StreamerOutcome outcome);
