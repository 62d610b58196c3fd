#include "streamer/session/viewers.h"

#include "common/random.h"
#include "common/wire.h"

#include <string.h>

#define RESOURCE_BYTES 16

typedef struct {
  Viewer viewer;
  char *resource, *user;
  char *ufrag,
      *next_ufrag; /* the player's, of this generation and of the one that is waited for (nullable) */
  Viewers *viewers;
  ViewersAnswerFunc answer; /* NULL once it is answered, or nobody waits */
  gboolean restarting;      /* the engine is to answer a restart */
  gpointer answer_data;
  guint timeout_source;
} ViewerEntry;

struct Viewers {
  GPtrArray *list; /* of ViewerEntry, the oldest first */
  gint64 next_number;
  ViewersGoneFunc gone;
  gpointer data;
};

static void entry_free(gpointer data) {
  ViewerEntry *entry = data;
  g_clear_handle_id(&entry->timeout_source, g_source_remove);
  g_free(entry->resource);
  g_free(entry->user);
  g_free(entry->ufrag);
  g_free(entry->next_ufrag);
  g_free(entry);
}

Viewers *viewers_new(ViewersGoneFunc gone, gpointer data) {
  Viewers *viewers = g_new0(Viewers, 1);
  viewers->list = g_ptr_array_new();
  viewers->next_number = 1;
  viewers->gone = gone;
  viewers->data = data;
  return viewers;
}

void viewers_clear(Viewers *viewers, const char *reason) {
  while (viewers->list->len)
    viewers_remove(viewers, ((ViewerEntry *)viewers->list->pdata[0])->viewer.number, reason);
}

void viewers_free(Viewers *viewers, const char *reason) {
  if (!viewers)
    return;
  viewers_clear(viewers, reason);
  g_ptr_array_unref(viewers->list);
  g_free(viewers);
}

static ViewerEntry *find_number(const Viewers *viewers, gint64 number) {
  for (guint i = 0; i < viewers->list->len; i++) {
    ViewerEntry *entry = viewers->list->pdata[i];
    if (entry->viewer.number == number)
      return entry;
  }
  return NULL;
}

const Viewer *viewers_find(const Viewers *viewers, const char *resource) {
  for (guint i = 0; i < viewers->list->len; i++) {
    const ViewerEntry *entry = viewers->list->pdata[i];
    if (g_str_equal(entry->resource, resource))
      return &entry->viewer;
  }
  return NULL;
}

const Viewer *viewers_find_number(const Viewers *viewers, gint64 number) {
  const ViewerEntry *entry = find_number(viewers, number);
  return entry ? &entry->viewer : NULL;
}

const Viewer *viewers_find_oldest(const Viewers *viewers, const char *user) {
  for (guint i = 0; i < viewers->list->len; i++) {
    const ViewerEntry *entry = viewers->list->pdata[i];
    if (g_str_equal(entry->user, user))
      return &entry->viewer;
  }
  return NULL;
}

const Viewer *viewers_find_older(const Viewers *viewers, const Viewer *viewer) {
  const Viewer *oldest = viewers_find_oldest(viewers, viewer->user);
  return oldest && oldest->number < viewer->number ? oldest : NULL;
}

guint viewers_count(const Viewers *viewers) {
  return viewers->list->len;
}

/* The first user name fragment that a description or a fragment of one tells (transfer full), or NULL. */
static char *find_ufrag(const char *sdp) {
  static const char key[] = "a=ice-ufrag:";
  const char *at = strstr(sdp, key);
  return at ? g_strndup(at + strlen(key), strcspn(at + strlen(key), "\r\n")) : NULL;
}

static void viewer_answer(ViewerEntry *entry, const char *sdp, const GError *error) {
  ViewersAnswerFunc func = entry->answer;
  entry->answer = NULL;
  entry->restarting = FALSE;
  g_clear_handle_id(&entry->timeout_source, g_source_remove);
  if (func)
    func(&entry->viewer, sdp, error, entry->answer_data);
}

static void refuse_restart(ViewerEntry *entry, WireMessage refusal, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, refusal, NULL, "%s", reason);
  viewer_answer(entry, NULL, error);
}

static gboolean on_viewer_timeout(gpointer data) {
  static const char late[] = "The picture did not answer in time.";
  ViewerEntry *entry = data;
  entry->timeout_source = 0;
  if (entry->restarting)
    refuse_restart(entry, WIRE_SERVERS_BUSY, late);
  else
    viewers_remove(entry->viewers, entry->viewer.number, late);
  return G_SOURCE_REMOVE;
}

static void wait_for_answer(ViewerEntry *entry, ViewersAnswerFunc func, gpointer data) {
  entry->answer = func;
  entry->answer_data = data;
  entry->timeout_source = g_timeout_add_seconds(VIEWERS_ANSWER_SECONDS, on_viewer_timeout, entry);
}

const Viewer *viewers_add(Viewers *viewers, const char *user, const char *offer, ViewersAnswerFunc func,
                          gpointer data) {
  if (viewers->list->len >= VIEWERS_MAX)
    return NULL;
  ViewerEntry *entry = g_new0(ViewerEntry, 1);
  entry->resource = random_hex(RESOURCE_BYTES);
  entry->user = g_strdup(user);
  entry->ufrag = find_ufrag(offer);
  entry->viewers = viewers;
  entry->viewer = (Viewer){viewers->next_number++, entry->resource, entry->user, 1};
  wait_for_answer(entry, func, data);
  g_ptr_array_add(viewers->list, entry);
  return &entry->viewer;
}

static void remove_viewer(Viewers *viewers, ViewerEntry *entry, WireMessage refusal, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, refusal, NULL, "%s", reason);
  g_ptr_array_remove(viewers->list, entry); /* first: the callbacks may look */
  viewer_answer(entry, NULL, error);
  viewers->gone(&entry->viewer, reason, viewers->data);
  entry_free(entry);
}

void viewers_answered(Viewers *viewers, gint64 number, const char *sdp, const char *reason) {
  ViewerEntry *entry = find_number(viewers, number);
  if (!entry || entry->restarting)
    return;
  if (sdp)
    viewer_answer(entry, sdp, NULL);
  else
    remove_viewer(viewers, entry, WIRE_BAD_REQUEST, reason);
}

gboolean viewers_is_current(const Viewers *viewers, gint64 number, const char *fragment) {
  const ViewerEntry *entry = find_number(viewers, number);
  g_autofree char *ufrag = find_ufrag(fragment);
  return entry && (!ufrag || g_strcmp0(ufrag, entry->ufrag) == 0);
}

gboolean viewers_restart(Viewers *viewers, gint64 number, const char *fragment, ViewersAnswerFunc func,
                         gpointer data) {
  ViewerEntry *entry = find_number(viewers, number);
  if (!entry || entry->answer || entry->restarting)
    return FALSE;
  entry->restarting = TRUE;
  g_free(entry->next_ufrag);
  entry->next_ufrag = find_ufrag(fragment);
  wait_for_answer(entry, func, data);
  return TRUE;
}

void viewers_restarted(Viewers *viewers, gint64 number, const char *fragment, const char *reason) {
  ViewerEntry *entry = find_number(viewers, number);
  if (!entry || !entry->restarting)
    return;
  if (!fragment) {
    refuse_restart(entry, WIRE_BAD_REQUEST, reason);
    return;
  }
  entry->viewer.generation++;
  g_free(entry->ufrag);
  entry->ufrag = g_steal_pointer(&entry->next_ufrag);
  viewer_answer(entry, fragment, NULL);
}

void viewers_forget(Viewers *viewers, gint64 number) {
  ViewerEntry *entry = find_number(viewers, number);
  if (entry && entry->restarting)
    entry->answer = NULL;
}

void viewers_remove(Viewers *viewers, gint64 number, const char *reason) {
  ViewerEntry *entry = find_number(viewers, number);
  if (entry)
    remove_viewer(viewers, entry, WIRE_SERVERS_BUSY, reason);
}
