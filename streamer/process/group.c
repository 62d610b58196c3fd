#include "streamer/process/group.h"

#include <stdio.h>
#include <string.h>

/* Behind the name in parentheses stand state, parent and group: proc(5), /proc/PID/stat. */
static gboolean is_alive_in(const char *stat, pid_t group) {
  const char *rest = strrchr(stat, ')');
  char state;
  int parent, its_group;
  return rest && sscanf(rest + 1, " %c %d %d", &state, &parent, &its_group) == 3 && state != 'Z' &&
         state != 'X' && its_group == group;
}

gboolean group_has_others(pid_t leader) {
  g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    g_autofree char *path = g_build_filename("/proc", name, "stat", NULL), *stat = NULL;
    if (!g_ascii_isdigit(*name) || (pid_t)g_ascii_strtoll(name, NULL, 10) == leader)
      continue;
    if (g_file_get_contents(path, &stat, NULL, NULL) && is_alive_in(stat, leader))
      return TRUE;
  }
  return FALSE;
}
