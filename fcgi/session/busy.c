#include "fcgi/session/busy.h"

#include "common/instant.h"

#define RETRY_SOON_SECONDS 5
#define RETRY_LATE_SECONDS 30

#define BUSY_REASON "All servers of this residential complex are busy."
#define KEPT_REASON "What is free is for those who have fewer sessions than you have."

/* @retry_after_seconds 0: when the first place becomes free. */
static void refuse_busy(Request *request, Rc *rc, const char *reason, guint retry_after_seconds,
                        const char *more) {
  g_autoptr(GError) error = NULL;
  gint64 free_at_us = 0; /* when the first session ends */
  g_autoptr(GString) members = g_string_new(more);
  guint seconds = RETRY_SOON_SECONDS;
  if (rc && sessions_next_ends(rc->sessions, instant_now_us(), 1, &free_at_us)) {
    g_autofree char *text = instant_format(free_at_us);
    g_string_append_printf(members, "%s\"free_at\":\"%s\"", members->len ? "," : "", text);
    seconds = (guint)CLAMP((free_at_us - instant_now_us()) / INSTANT_SECOND, 1, (gint64)RETRY_LATE_SECONDS);
  }
  wire_set_error(&error, WIRE_SERVERS_BUSY, NULL, "%s", reason);
  request_refuse_until(request, error, retry_after_seconds ? retry_after_seconds : seconds, members->str);
}

static void refuse_unreachable(Request *request, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_SERVERS_UNREACHABLE, NULL, "%s", reason);
  request_refuse_until(request, error, RETRY_LATE_SECONDS, NULL);
}

void busy_refuse(Request *request, Rc *rc) {
  if (rc && !rc_is_reachable(rc))
    refuse_unreachable(request, "No server of this residential complex can be reached just now.");
  else
    refuse_busy(request, rc, BUSY_REASON, 0, NULL);
}

void busy_refuse_failed(Request *request) {
  refuse_unreachable(request, "No server of this residential complex can start a session just now.");
}

void busy_refuse_unreachable(Request *request) {
  refuse_unreachable(request, "The server of this session cannot be reached just now.");
}

void busy_refuse_in_line(Request *request, Rc *rc, gboolean kept, guint retry_after_seconds,
                         const char *members) {
  request_set_in_line(request);
  refuse_busy(request, rc, kept ? KEPT_REASON : BUSY_REASON, retry_after_seconds, members);
}

void busy_refuse_for(Request *request, Rc *rc, const char *reason) {
  refuse_busy(request, rc, reason, 0, NULL);
}
