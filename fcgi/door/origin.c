#include "fcgi/door/origin.h"

#include "common/log_limit.h"

#include <string.h>

#define TOLD_A_MINUTE 20

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

OriginKind origin_look(const char *origin, const char *host, const char *forwarded_host,
                       char *const *allowed) {
  if (!origin || !*origin || is_of_host(origin, host) || is_of_host(origin, forwarded_host))
    return ORIGIN_OURS;
  for (; allowed && *allowed; allowed++)
    if (strcmp(*allowed, "*") == 0 || g_ascii_strcasecmp(*allowed, origin) == 0)
      return ORIGIN_ALLOWED;
  return ORIGIN_FOREIGN;
}

void origin_tell_refused(const char *door, const char *origin) {
  static LogLimit limit = LOG_LIMIT("origin_refused", TOLD_A_MINUTE);
  g_autofree char *quoted = log_quote(origin);
  log_limited(&limit, LOG_LEVEL_NOTICE, "door=%s origin=%s", door, quoted);
}
