#include "fcgi/answers.h"
#include <pthread.h>
#include <string.h>

#define MAX_ENTRIES 512
#define MAX_BYTES (8 * 1024 * 1024)
/* A longer request is no ordinary one, and not worth remembering. */
#define MAX_TEXT 256

struct Answers {
  pthread_mutex_t lock;
  GHashTable *bodies; /* request text -> Body; under lock */
  gsize bytes;        /* of the bodies; under lock */
};

static void unref_body(gpointer body) {
  body_unref(body);
}

Answers *answers_new(void) {
  Answers *answers = g_new0(Answers, 1);
  pthread_mutex_init(&answers->lock, NULL);
  answers->bodies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_body);
  return answers;
}

void answers_free(Answers *answers) {
  if (!answers)
    return;
  g_hash_table_unref(answers->bodies);
  pthread_mutex_destroy(&answers->lock);
  g_free(answers);
}

Body *answers_find(Answers *answers, const char *text) {
  pthread_mutex_lock(&answers->lock);
  Body *body = g_hash_table_lookup(answers->bodies, text);
  if (body)
    body_ref(body);
  pthread_mutex_unlock(&answers->lock);
  return body;
}

void answers_put(Answers *answers, const char *text, Body *body) {
  gsize bytes = body_get_length(body);
  if (strlen(text) > MAX_TEXT || bytes > MAX_BYTES / 4)
    return;
  pthread_mutex_lock(&answers->lock);
  if (g_hash_table_size(answers->bodies) >= MAX_ENTRIES || answers->bytes + bytes > MAX_BYTES) {
    g_hash_table_remove_all(answers->bodies);
    answers->bytes = 0;
  }
  if (!g_hash_table_contains(answers->bodies, text)) {
    g_hash_table_insert(answers->bodies, g_strdup(text), body_ref(body));
    answers->bytes += bytes;
  }
  pthread_mutex_unlock(&answers->lock);
}

void answers_clear(Answers *answers) {
  pthread_mutex_lock(&answers->lock);
  g_hash_table_remove_all(answers->bodies);
  answers->bytes = 0;
  pthread_mutex_unlock(&answers->lock);
}
