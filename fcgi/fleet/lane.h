/* A thread that calls streamers, some hundred at the same time, by libcurl. streamer_client.c has as many as
 * it needs; nobody else includes this.
 *
 * A call crosses threads twice, as a letter: from the core to its lane, and back when it is done. It belongs
 * to whoever holds the letter. A call is broken off by another letter with its number, because the lane may
 * have finished it meanwhile.
 */
#pragma once
#include "fcgi/base/mailbox.h"

#include <curl/curl.h>

typedef struct Lane Lane;

/* One call, the first member of what its maker knows of it. What is asked is set by the maker, who frees it.
 */
typedef struct {
  Letter letter;  /* the lane's */
  guint64 number; /* no two calls have the same */
  Mailbox *home;  /* where it is brought, done or broken off, for: */
  void (*deliver)(Letter *letter, gpointer receiver);
  char *url;
  gboolean is_address; /* the host in the URL is one, not a name */
  char *body;
  struct curl_slist *headers;
  const char *ca_file; /* nullable */
  guint timeout_ms;

  /* The lane's while it has the call; then what became of it. */
  Lane *lane;
  CURL *easy; /* NULL when it is back */
  CURLcode code;
  curl_off_t sent_us;           /* when the request was about to go out; 0: it was not */
  long status;                  /* of HTTP, if answered */
  GString *text;                /* the body, if answered; made by the maker */
  gboolean too_large;           /* it was more than CONTROL_MAX_ANSWER bytes */
  char detail[CURL_ERROR_SIZE]; /* what curl says of a failure, else "" */
} LaneCall;

/* Starts the thread. (transfer full) */
Lane *lane_new(void);
/* Lets the thread end; what is under way is broken off, and does not come home. */
void lane_end(Lane *lane);
/* Waits until it has ended, after lane_end(). */
void lane_free(Lane *lane);

/* Gives a call away: it comes home later. */
void lane_call(Lane *lane, LaneCall *call);
/* Breaks the call with this number off, which comes home, too; one that is done is passed over. */
void lane_forget(Lane *lane, guint64 number);
