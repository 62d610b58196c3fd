#include "streamer/shared/public_address.h"

#include <string.h>

/* RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 section 2.5.6. */
static const char *const inside[] = {"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                                     "169.254.0.0/16", "fc00::/7",      "fe80::/10"};

static gboolean is_inside(GInetAddress *address) {
  for (gsize i = 0; i < G_N_ELEMENTS(inside); i++) {
    g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(inside[i], NULL);
    if (g_inet_address_mask_matches(mask, address))
      return TRUE;
  }
  return FALSE;
}

GInetAddress *address_parse(const char *text) {
  g_autofree char *bare = g_strndup(text, strcspn(text, "%"));
  return g_inet_address_new_from_string(bare);
}

static GInetAddress *parse_public(const char *text) {
  g_autofree char *front = g_strndup(text, strcspn(text, "/"));
  return address_parse(front);
}

GInetAddress *public_address_local(const char *text) {
  const char *slash = strchr(text, '/');
  return slash ? address_parse(slash + 1) : NULL;
}

const char *public_address_flaw(const char *text) {
  g_autoptr(GInetAddress) public = parse_public(text);
  g_autoptr(GInetAddress) local = public_address_local(text);
  if (!public || (strchr(text, '/') && !local))
    return "public_addresses must be \"ADDRESS\" or \"ADDRESS/LOCAL ADDRESS\"";
  if (g_inet_address_get_is_any(public) || g_inet_address_get_is_loopback(public) ||
      g_inet_address_get_is_multicast(public))
    return "public_addresses must be addresses that a host can have";
  if (local && g_inet_address_get_family(public) != g_inet_address_get_family(local))
    return "public_addresses must be of one family, both sides of the slash";
  return NULL;
}

/* Whether @text tells a public address of @local. */
static gboolean is_of(const char *text, GInetAddress *public, GInetAddress *local) {
  g_autoptr(GInetAddress) named = public_address_local(text);
  if (named)
    return g_inet_address_equal(named, local);
  return g_inet_address_get_family(public) == g_inet_address_get_family(local) && is_inside(local);
}

char **public_addresses_of(char *const *texts, const char *local_text) {
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  g_autoptr(GInetAddress) local = address_parse(local_text);
  for (; local && texts && *texts; texts++) {
    g_autoptr(GInetAddress) public = parse_public(*texts);
    if (!public || !is_of(*texts, public, local))
      continue;
    g_autofree char *canonical = g_inet_address_to_string(public);
    g_strv_builder_add(builder, canonical);
  }
  return g_strv_builder_end(builder);
}
