#include "streamer/webrtc/negotiation/public_candidates.h"

#include "streamer/shared/public_address.h"

/* RFC 8445 section 5.1.2.1: the type preference is the first byte of a priority; 100 is recommended for
 * server reflexive candidates (5.1.2.2). */
#define REFLEXIVE_PRIORITY(host) ((guint64)100 << 24 | ((host)&0xffffff))

/* The words of a candidate: RFC 8839 section 5.1. */
enum { FOUNDATION, COMPONENT, TRANSPORT, PRIORITY, ADDRESS, PORT, TYP, TYPE, WORDS };

char **public_candidates(char *const *texts, const char *candidate) {
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  g_auto(GStrv) words = g_strsplit(candidate, " ", WORDS + 1);
  if (g_strv_length(words) < WORDS || g_strcmp0(words[TYPE], "host") != 0 ||
      g_ascii_strcasecmp(words[TRANSPORT], "udp") != 0)
    return g_strv_builder_end(builder);
  g_auto(GStrv) addresses = public_addresses_of(texts, words[ADDRESS]);
  guint64 priority = REFLEXIVE_PRIORITY(g_ascii_strtoull(words[PRIORITY], NULL, 10));
  for (guint i = 0; addresses[i]; i++) {
    if (g_str_equal(addresses[i], words[ADDRESS]))
      continue;
    /* Of the same base and type, but another mapping: a foundation of its own (RFC 8445 section 5.1.1.3). */
    g_autofree char *line = g_strdup_printf(
        "%sn%u %s %s %" G_GUINT64_FORMAT " %s %s typ srflx raddr %s rport %s", words[FOUNDATION], i,
        words[COMPONENT], words[TRANSPORT], priority, addresses[i], words[PORT], words[ADDRESS], words[PORT]);
    g_strv_builder_add(builder, line);
  }
  return g_strv_builder_end(builder);
}
