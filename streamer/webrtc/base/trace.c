#include "streamer/webrtc/base/trace.h"

#include "common/log.h"
#include <errno.h>
#include <stdio.h>

static FILE *trace;

void trace_init(void) {
  const char *path = g_getenv("VITRINA_TRACE");
  if (!path)
    return;
  trace = fopen(path, "we");
  if (trace)
    setvbuf(trace, NULL, _IOLBF, 0);
  else
    log_warning("trace_failed", "reason=\"%s\"", g_strerror(errno));
}

void trace_point(const char *station, guint64 frame) {
  if (trace)
    fprintf(trace, "%s %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT "\n", station, g_get_real_time(), frame);
}
