/* What Prometheus's client libraries tell of every process, under their names: memory, descriptors, start. */
#pragma once
#include <glib.h>

/* As metrics_write() does, to be put behind its text; looks at /proc, so it is for each question anew. What
 * cannot be found out is 0. Any thread. (transfer full) */
char *process_metrics_write(void);
