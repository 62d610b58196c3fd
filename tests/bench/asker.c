/* The yardstick of the fleet bench: asks every fake streamer for its status once, in the loop of curl's own
 * examples (10-at-a-time.c), one thread, one multi handle. Connections are kept, as whoever watches the
 * servers must. Usage: asker COUNT PORT KEY_FILE AT_A_TIME; prints `asked COUNT SECONDS PROCESSOR_SECONDS`.
 */
#include "common/ticket.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
  CURLM *multi;
  const KeyRing *key;
  guint port;
  guint next;
  guint done;
  guint answered;
} Asker;

static gsize drop(char *data, gsize size, gsize count, gpointer user_data) {
  return size * count;
}

/* The addresses and names of tests/system/lib/fake_fleet.mjs. */
static void ask_next(Asker *asker) {
  guint index = asker->next++;
  g_autofree char *url =
      g_strdup_printf("http://127.10.%u.%u:%u/control", index >> 8, index & 255, asker->port);
  g_autofree char *name = g_strdup_printf("server-%u", index);
  g_autoptr(KeyRing) own = key_ring_derive_server(asker->key, name, 1);
  g_autofree char *ticket = ticket_sign_control(own, name);
  g_autofree char *authorization = g_strconcat("Authorization: Bearer ", ticket, NULL);
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, authorization);
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{\"verb\":\"GET_STATUS\"}");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, headers);
  curl_multi_add_handle(asker->multi, easy);
}

static void reap(Asker *asker, guint count) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(asker->multi, &left));) {
    CURL *easy = message->easy_handle;
    struct curl_slist *headers = NULL;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &headers);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    asker->done++;
    asker->answered += status == 200;
    curl_multi_remove_handle(asker->multi, easy);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    if (asker->next < count)
      ask_next(asker);
  }
}

int main(int argc, char **argv) {
  if (argc != 5)
    return EXIT_FAILURE;
  guint count = (guint)atoi(argv[1]), at_a_time = (guint)atoi(argv[4]);
  g_autoptr(GError) error = NULL;
  KeyRing *key = key_ring_load(argv[3], &error);
  if (!key) {
    fprintf(stderr, "%s\n", error->message);
    return EXIT_FAILURE;
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Asker asker = {.multi = curl_multi_init(), .key = key, .port = (guint)atoi(argv[2])};
  curl_multi_setopt(asker.multi, CURLMOPT_MAXCONNECTS, (long)count);
  gint64 begun_us = g_get_monotonic_time();
  while (asker.next < MIN(count, at_a_time))
    ask_next(&asker);
  while (asker.done < count) {
    int running;
    curl_multi_perform(asker.multi, &running);
    reap(&asker, count);
    if (asker.done < count)
      curl_multi_poll(asker.multi, NULL, 0, 10, NULL);
  }
  printf("asked %u %.3f %.3f\n", asker.answered, (double)(g_get_monotonic_time() - begun_us) / G_USEC_PER_SEC,
         (double)clock() / CLOCKS_PER_SEC);
  fflush(stdout);
  curl_multi_cleanup(asker.multi);
  key_ring_free(key);
  return EXIT_SUCCESS;
}
