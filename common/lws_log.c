#include "common/lws_log.h"

#include "common/log_limit.h"

#include <libwebsockets.h>

#define LINES_A_MINUTE 10

static void on_library_log(int level, const char *line) {
  static LogLimit errors = LOG_LIMIT("libwebsockets", LINES_A_MINUTE);
  g_autofree char *text = g_strchomp(g_strdup(line));
  g_autofree char *quoted = log_quote(text);
  if (level == LLL_ERR)
    log_limited(&errors, LOG_LEVEL_WARNING, "text=%s", quoted);
  else
    log_debug("libwebsockets", "text=%s", quoted);
}

void lws_log_open(void) {
  lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log);
}
