#include "common/process_metrics.h"

#include "common/metrics.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { RESIDENT_MEMORY, OPEN_FDS, MAX_FDS, START_TIME };

static const Metric table[] = {
    [RESIDENT_MEMORY] = {"process_resident_memory_bytes", METRIC_GAUGE, "Resident memory size in bytes."},
    [OPEN_FDS] = {"process_open_fds", METRIC_GAUGE, "Number of open file descriptors."},
    [MAX_FDS] = {"process_max_fds", METRIC_GAUGE, "Maximum number of open file descriptors."},
    [START_TIME] = {"process_start_time_seconds", METRIC_GAUGE,
                    "Start time of the process since unix epoch in seconds."},
    {NULL},
};

/* The @n-th field of a proc(5) file's line, from 1, counted from behind the command's name if there is one,
 * since that may hold anything. */
static double field_of(const char *path, guint n) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return 0;
  const char *command_end = strrchr(text, ')');
  g_auto(GStrv) fields = g_strsplit(command_end ? command_end + 2 : text, " ", -1);
  return n <= g_strv_length(fields) ? g_ascii_strtod(fields[n - 1], NULL) : 0;
}

/* The value of "btime", the boot in seconds since 1970. */
static double boot_time(void) {
  g_autofree char *text = NULL;
  const char *line = NULL;
  if (g_file_get_contents("/proc/stat", &text, NULL, NULL))
    line = strstr(text, "\nbtime ");
  return line ? g_ascii_strtod(line + strlen("\nbtime "), NULL) : 0;
}

/* But for the one that looks. */
static guint count_descriptors(void) {
  guint count = 0;
  g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
  while (dir && g_dir_read_name(dir))
    count++;
  return count ? count - 1 : 0;
}

char *process_metrics_write(void) {
  struct rlimit limit = {0};
  g_autoptr(Metrics) metrics = metrics_new(table);
  getrlimit(RLIMIT_NOFILE, &limit);
  /* proc(5): the second field of statm is pages, the 22nd of stat is clock ticks since the boot; the name is
   * the second there. */
  metrics_set(metrics, RESIDENT_MEMORY, field_of("/proc/self/statm", 2) * (double)sysconf(_SC_PAGESIZE));
  metrics_set(metrics, OPEN_FDS, count_descriptors());
  metrics_set(metrics, MAX_FDS, (double)limit.rlim_cur);
  metrics_set(metrics, START_TIME,
              boot_time() + field_of("/proc/self/stat", 20) / (double)sysconf(_SC_CLK_TCK));
  return metrics_write(metrics);
}
