#include "fcgi/base/mailbox.h"
#include <errno.h>
#include <glib-unix.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct Mailbox {
  pthread_mutex_t lock;
  pthread_cond_t filled;
  Letter *first, **last; /* under lock */
  gboolean closed;       /* under lock */
  atomic_uint count;     /* of letters, delivered ones not */
  void (*wake)(gpointer);
  gpointer wake_data;
  int event; /* an eventfd while attached, else -1 */
  GSource *source;
  gpointer receiver; /* of the attached context */
};

Mailbox *mailbox_new(void (*wake)(gpointer), gpointer wake_data) {
  Mailbox *mailbox = g_new0(Mailbox, 1);
  pthread_mutex_init(&mailbox->lock, NULL);
  pthread_cond_init(&mailbox->filled, NULL);
  mailbox->last = &mailbox->first;
  mailbox->wake = wake;
  mailbox->wake_data = wake_data;
  mailbox->event = -1;
  return mailbox;
}

void mailbox_free(Mailbox *mailbox) {
  if (!mailbox)
    return;
  if (mailbox->source) {
    g_source_destroy(mailbox->source);
    g_source_unref(mailbox->source);
  }
  mailbox_deliver(mailbox, NULL);
  if (mailbox->event >= 0)
    close(mailbox->event);
  pthread_cond_destroy(&mailbox->filled);
  pthread_mutex_destroy(&mailbox->lock);
  g_free(mailbox);
}

static void ring_mailbox(Mailbox *mailbox) {
  guint64 one = 1;
  /* EAGAIN means that the counter is full: the reader is awake anyway. */
  while (write(mailbox->event, &one, sizeof one) < 0 && errno == EINTR)
    ;
}

void mailbox_post(Mailbox *mailbox, Letter *letter) {
  letter->next = NULL;
  pthread_mutex_lock(&mailbox->lock);
  gboolean was_empty = !mailbox->first;
  atomic_fetch_add_explicit(&mailbox->count, 1, memory_order_relaxed);
  *mailbox->last = letter;
  mailbox->last = &letter->next;
  if (was_empty && mailbox->event >= 0)
    ring_mailbox(mailbox);
  pthread_cond_signal(&mailbox->filled);
  pthread_mutex_unlock(&mailbox->lock);
  if (was_empty && mailbox->wake)
    mailbox->wake(mailbox->wake_data);
}

guint mailbox_count(Mailbox *mailbox) {
  return atomic_load_explicit(&mailbox->count, memory_order_relaxed);
}

static void deliver_letter(Mailbox *mailbox, Letter *letter, gpointer receiver) {
  atomic_fetch_sub_explicit(&mailbox->count, 1, memory_order_relaxed);
  letter->deliver(letter, receiver);
}

static Letter *take_all_letters(Mailbox *mailbox) {
  pthread_mutex_lock(&mailbox->lock);
  Letter *letters = g_steal_pointer(&mailbox->first);
  mailbox->last = &mailbox->first;
  pthread_mutex_unlock(&mailbox->lock);
  return letters;
}

guint mailbox_deliver(Mailbox *mailbox, gpointer receiver) {
  guint delivered = 0;
  for (Letter *letter = take_all_letters(mailbox), *next; letter; letter = next, delivered++) {
    next = letter->next;
    deliver_letter(mailbox, letter, receiver);
  }
  return delivered;
}

/* Under lock. NULL when there is none. */
static Letter *take_first_letter(Mailbox *mailbox) {
  Letter *letter = mailbox->first;
  if (letter) {
    mailbox->first = letter->next;
    if (!mailbox->first)
      mailbox->last = &mailbox->first;
  }
  return letter;
}

gboolean mailbox_deliver_some(Mailbox *mailbox, guint limit, gpointer receiver) {
  for (;;) {
    pthread_mutex_lock(&mailbox->lock);
    Letter *letter = limit > 0 ? take_first_letter(mailbox) : NULL;
    gboolean is_more = mailbox->first != NULL;
    pthread_mutex_unlock(&mailbox->lock);
    if (!letter)
      return is_more;
    limit--;
    deliver_letter(mailbox, letter, receiver);
  }
}

gboolean mailbox_deliver_next(Mailbox *mailbox, gpointer receiver) {
  pthread_mutex_lock(&mailbox->lock);
  while (!mailbox->first && !mailbox->closed)
    pthread_cond_wait(&mailbox->filled, &mailbox->lock);
  Letter *letter = take_first_letter(mailbox);
  pthread_mutex_unlock(&mailbox->lock);
  if (!letter)
    return FALSE;
  deliver_letter(mailbox, letter, receiver);
  return TRUE;
}

void mailbox_close(Mailbox *mailbox) {
  pthread_mutex_lock(&mailbox->lock);
  mailbox->closed = TRUE;
  pthread_cond_broadcast(&mailbox->filled);
  pthread_mutex_unlock(&mailbox->lock);
}

static gboolean on_mailbox_filled(int fd, GIOCondition condition, gpointer data) {
  Mailbox *mailbox = data;
  guint64 count;
  while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
    ;
  mailbox_deliver(mailbox, mailbox->receiver);
  return G_SOURCE_CONTINUE;
}

void mailbox_attach(Mailbox *mailbox, GMainContext *context, gpointer receiver) {
  g_return_if_fail(mailbox->event < 0);
  int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0)
    g_error("eventfd: %s", g_strerror(errno));
  mailbox->receiver = receiver;
  mailbox->source = g_unix_fd_source_new(event, G_IO_IN);
  g_source_set_callback(mailbox->source, G_SOURCE_FUNC(on_mailbox_filled), mailbox, NULL);
  pthread_mutex_lock(&mailbox->lock);
  mailbox->event = event;
  if (mailbox->first)
    ring_mailbox(mailbox);
  pthread_mutex_unlock(&mailbox->lock);
  g_source_attach(mailbox->source, context);
}
