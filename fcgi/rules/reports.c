#include "fcgi/rules/reports.h"

#include <string.h>

static const struct {
  const char *word;
  gboolean is_before_start;
} reasons[] = {
    {"no_webrtc", TRUE}, /* the browser has none, or it is switched off */
    {"no_codec", TRUE},  /* it has none that our pictures come in */
    {"mixed_content"},   /* a page over HTTPS may not ask a streamer without */
    {"unreachable"},     /* the streamer does not answer */
    {"offer_refused"},   /* it refused the offer: no codec in common */
    {"server_busy"},     /* it cannot send the picture just now */
    {"no_route"},        /* no candidate pair works */
    {"nothing_arrives"}, /* one does, and no packet comes */
    {"not_shown"},       /* packets come, and no frame is shown */
    {"play_refused"},    /* the browser wants a press first */
};

static const char *const browsers[] = {"chrome", "edge", "firefox", "safari", "other", NULL};

guint reports_find(const char *word) {
  for (guint reason = 0; reason < G_N_ELEMENTS(reasons); reason++)
    if (strcmp(reasons[reason].word, word) == 0)
      return reason;
  return G_MAXUINT;
}

const char *reports_word(guint reason) {
  return reason < G_N_ELEMENTS(reasons) ? reasons[reason].word : NULL;
}

gboolean reports_is_before_start(guint reason) {
  return reason < G_N_ELEMENTS(reasons) && reasons[reason].is_before_start;
}

gboolean reports_is_reason(const char *text) {
  return reports_find(text) != G_MAXUINT;
}

gboolean reports_is_browser(const char *text) {
  return g_strv_contains(browsers, text);
}
