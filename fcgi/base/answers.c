#include "fcgi/base/answers.h"
#include <pthread.h>
#include <string.h>

#define MAX_ENTRIES 512
#define MAX_BYTES (8 * 1024 * 1024)
/* A longer request is no ordinary one, and not worth remembering. */
#define MAX_TEXT 256

struct Answers {
  pthread_mutex_t lock;
  GHashTable *ready; /* request text -> Ready; under lock */
  gsize bytes;       /* of the bodies; under lock */
};

typedef struct {
  Body *body;
  AnswerKind kind;
} Ready;

static void free_ready(gpointer data) {
  Ready *ready = data;
  body_unref(ready->body);
  g_free(ready);
}

Answers *answers_new(void) {
  Answers *answers = g_new0(Answers, 1);
  pthread_mutex_init(&answers->lock, NULL);
  answers->ready = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_ready);
  return answers;
}

void answers_free(Answers *answers) {
  if (!answers)
    return;
  g_hash_table_unref(answers->ready);
  pthread_mutex_destroy(&answers->lock);
  g_free(answers);
}

Body *answers_find(Answers *answers, const char *text, AnswerKind *kind) {
  Body *body = NULL;
  pthread_mutex_lock(&answers->lock);
  const Ready *ready = g_hash_table_lookup(answers->ready, text);
  if (ready) {
    body = body_ref(ready->body);
    *kind = ready->kind;
  }
  pthread_mutex_unlock(&answers->lock);
  return body;
}

void answers_put(Answers *answers, const char *text, Body *body, AnswerKind kind) {
  gsize bytes = body_get_length(body);
  if (strlen(text) > MAX_TEXT || bytes > MAX_BYTES / 4)
    return;
  pthread_mutex_lock(&answers->lock);
  if (g_hash_table_size(answers->ready) >= MAX_ENTRIES || answers->bytes + bytes > MAX_BYTES) {
    g_hash_table_remove_all(answers->ready);
    answers->bytes = 0;
  }
  if (!g_hash_table_contains(answers->ready, text)) {
    Ready *ready = g_new(Ready, 1);
    *ready = (Ready){body_ref(body), kind};
    g_hash_table_insert(answers->ready, g_strdup(text), ready);
    answers->bytes += bytes;
  }
  pthread_mutex_unlock(&answers->lock);
}

void answers_clear(Answers *answers) {
  pthread_mutex_lock(&answers->lock);
  g_hash_table_remove_all(answers->ready);
  answers->bytes = 0;
  pthread_mutex_unlock(&answers->lock);
}
