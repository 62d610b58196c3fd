#include "streamer/sessions/usability.h"

#include "common/log.h"

#include <string.h>

struct Usability {
  char *reason;       /* NULL: usable */
  guint app_failures; /* in a row */
  gint64 usable_us;   /* since when it is, or was */
  gint64 lasted_us;
};

Usability *usability_new(void) {
  Usability *usability = g_new0(Usability, 1);
  usability->usable_us = g_get_monotonic_time();
  return usability;
}

void usability_free(Usability *usability) {
  if (!usability)
    return;
  g_free(usability->reason);
  g_free(usability);
}

const char *usability_reason(const Usability *usability) {
  return usability->reason;
}

gint64 usability_lasted_us(const Usability *usability) {
  return usability->reason ? usability->lasted_us : g_get_monotonic_time() - usability->usable_us;
}

/* What programs said last may be anything, and of any length. (transfer full) */
static char *tidy_reason(const char *reason) {
  g_autofree char *cut = g_strndup(reason, USABILITY_REASON_MAX);
  const char *end;
  if (!g_utf8_validate(cut, -1, &end) && strlen(reason) > USABILITY_REASON_MAX &&
      strlen(end) < 4) /* a character that was cut */
    cut[end - cut] = '\0';
  return g_utf8_make_valid(cut, -1);
}

gboolean usability_note_failure(Usability *usability, StageFault fault, const char *reason) {
  if (fault == STAGE_FAULT_NONE)
    return FALSE;
  if (fault == STAGE_FAULT_APP && ++usability->app_failures < USABILITY_APP_FAILURES && !usability->reason)
    return FALSE;
  g_autofree char *tidied = tidy_reason(reason);
  if (g_strcmp0(tidied, usability->reason) == 0)
    return FALSE;
  g_autofree char *quoted = log_quote(tidied);
  log_error("unusable", "reason=%s", quoted);
  usability->lasted_us = usability_lasted_us(usability);
  g_free(usability->reason);
  usability->reason = g_steal_pointer(&tidied);
  return TRUE;
}

gboolean usability_note_success(Usability *usability) {
  usability->app_failures = 0;
  if (!usability->reason)
    return FALSE;
  g_clear_pointer(&usability->reason, g_free);
  usability->usable_us = g_get_monotonic_time();
  log_notice("usable_again", NULL);
  return TRUE;
}
