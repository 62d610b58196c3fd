/* Letters between threads.
 *
 * A Letter is posted by any thread and delivered by the one thread that reads the mailbox. Who posts one
 * gives it away: from then on it belongs to the mailbox, and from its delivery on to its deliver function,
 * which frees it. Letters are embedded as the first member of what they carry, so that posting allocates
 * nothing and cannot fail.
 *
 * Made of pthread mutexes and conditions, not of GAsyncQueue: ThreadSanitizer follows the former.
 */
#pragma once
#include <glib.h>

typedef struct Letter Letter;
struct Letter {
  Letter *next; /* the mailbox's */
  /* Called once, on the reader's thread. @receiver is what the reader passed. */
  void (*deliver)(Letter *letter, gpointer receiver);
};

typedef struct Mailbox Mailbox;

/* @wake (nullable) is called on the posting thread whenever the mailbox stops being empty: for a reader that
 * waits for something else as well, such as curl_multi_poll(). (transfer full) */
Mailbox *mailbox_new(void (*wake)(gpointer), gpointer wake_data);

/* No thread may use it any more; letters still in it are delivered to NULL. NULL is allowed. */
void mailbox_free(Mailbox *mailbox);

/* Gives a letter away. Any thread; also after mailbox_close(). */
void mailbox_post(Mailbox *mailbox, Letter *letter);

/* Delivers everything that is there, in the order of posting, and does not wait. Returns how many. */
guint mailbox_deliver(Mailbox *mailbox, gpointer receiver);

/* The same for at most @limit letters. Returns whether there are more. */
gboolean mailbox_deliver_some(Mailbox *mailbox, guint limit, gpointer receiver);

/* Waits for a letter and delivers it. Returns FALSE, at once, when the mailbox is closed and empty. Several
 * threads may do this on one mailbox. */
gboolean mailbox_deliver_next(Mailbox *mailbox, gpointer receiver);

/* How many letters were posted and are not delivered yet, for metrics. Any thread. */
guint mailbox_count(Mailbox *mailbox);

/* Lets mailbox_deliver_next() return FALSE once everything is delivered. Any thread. */
void mailbox_close(Mailbox *mailbox);

/* Delivers on the thread that runs @context, until the mailbox is freed. */
void mailbox_attach(Mailbox *mailbox, GMainContext *context, gpointer receiver);
