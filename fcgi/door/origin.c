#include "fcgi/door/origin.h"

#include <string.h>

/* Whether @authority ends in @port; then it is left out of *@length. */
static void leave_out_port(const char *authority, gsize *length, const char *port) {
  gsize port_length = strlen(port);
  if (*length > port_length && memcmp(authority + *length - port_length, port, port_length) == 0)
    *length -= port_length;
}

/* The host and port of an origin, and the port that its scheme leaves out; NULL when it has none ("null"). */
static const char *authority_of(const char *origin, const char **usual_port) {
  if (g_ascii_strncasecmp(origin, "https://", 8) == 0) {
    *usual_port = ":443";
    return origin + 8;
  }
  if (g_ascii_strncasecmp(origin, "http://", 7) == 0) {
    *usual_port = ":80";
    return origin + 7;
  }
  return NULL;
}

static gboolean is_of_host(const char *origin, const char *host) {
  const char *usual_port, *authority = authority_of(origin, &usual_port);
  if (!authority || !*authority || !host)
    return FALSE;
  gsize authority_length = strlen(authority), host_length = strlen(host);
  leave_out_port(authority, &authority_length, usual_port);
  leave_out_port(host, &host_length, usual_port);
  return authority_length == host_length && g_ascii_strncasecmp(authority, host, host_length) == 0;
}

gboolean origin_may_connect(const char *origin, const char *host, const char *forwarded_host,
                            char *const *allowed) {
  if (!origin || is_of_host(origin, host) || is_of_host(origin, forwarded_host))
    return TRUE;
  for (; allowed && *allowed; allowed++)
    if (strcmp(*allowed, "*") == 0 || g_ascii_strcasecmp(*allowed, origin) == 0)
      return TRUE;
  return FALSE;
}
