/* Whose address counts: lines of text, the first the web server's peer, the second its X-Forwarded-For. What
 * comes out is one of the hops or the peer, and the same address always has the same bucket.
 */
#include "fcgi/base/client_address.h"

#include "fcgi/base/rate_limit.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static char *const trusted_texts[] = {"10.0.0.0/8", "::1", "2001:db8::/33", NULL};
  static const Rate rates[RATE_N_CLASSES] = {[RATE_READ] = {1, 1}};
  static ClientNetworks *trusted;
  static RateLimit *limit;
  static gint64 now_us;
  if (!trusted) {
    trusted = client_networks_new("fuzz", "trusted", trusted_texts, NULL);
    limit = rate_limit_new(rates, 8);
  }
  now_us += 61 * G_TIME_SPAN_SECOND; /* all buckets are full again */
  g_autofree char *text = g_strndup((const char *)data, size);
  char *forwarded = strchr(text, '\n');
  if (forwarded)
    *forwarded++ = 0;
  g_autofree char *address = client_address(text, forwarded, trusted);
  g_assert_true(strcmp(address, text) == 0 || (forwarded && strstr(forwarded, address)));
  ClientPrefix client = client_address_read(address);
  g_assert_true(client.network_bytes < client.client_bytes && client.client_bytes <= sizeof client.bytes);
  g_assert_cmpuint(rate_limit_take(limit, RATE_READ, &client, 1, now_us), ==, 0);
  g_assert_cmpuint(rate_limit_take(limit, RATE_READ, &client, 1, now_us), ==, 60);
  char *const networks[] = {address, NULL};
  ClientNetworks *own = client_networks_new("fuzz", "own", networks, NULL);
  client_networks_free(own);
  return 0;
}
