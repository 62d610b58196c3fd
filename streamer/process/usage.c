#include "streamer/process/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line of stat, or all of smaps_rollup, whose Pss stands near its beginning. */
#define TEXT_MAX 1024
#define NOBODY G_MAXUINT

typedef struct {
  pid_t pid, parent;
  guint64 resident_pages;
  guint first_child, next_sibling; /* places in the list; NOBODY: none */
  gboolean seen;                   /* in the sum that is being made */
} Seen;

struct UsageLook {
  char *proc;
  GArray *list;       /* of Seen */
  GHashTable *places; /* of pid_t as pointers: the place in the list, as a pointer */
};

/* The beginning of a file; FALSE: its process is gone. */
static gboolean read_proc_file(const char *proc, pid_t pid, const char *name, char text[TEXT_MAX]) {
  g_autofree char *path = g_strdup_printf("%s/%d/%s", proc, (int)pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  gssize got = fd < 0 ? -1 : read(fd, text, TEXT_MAX - 1);
  if (fd >= 0)
    close(fd);
  text[MAX(got, 0)] = '\0';
  return got > 0;
}

/* Behind the name, which may hold anything: state, the parent (4th field), …, the resident pages (24th). */
static gboolean read_stat(const char *proc, pid_t pid, Seen *seen) {
  char text[TEXT_MAX];
  int parent;
  guint64 pages;
  const char *name_end = read_proc_file(proc, pid, "stat", text) ? strrchr(text, ')') : NULL;
  if (!name_end || sscanf(name_end + 1,
                          " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u "
                          "%*u %" G_GUINT64_FORMAT,
                          &parent, &pages) != 2)
    return FALSE;
  *seen = (Seen){
      .pid = pid, .parent = parent, .resident_pages = pages, .first_child = NOBODY, .next_sibling = NOBODY};
  return TRUE;
}

static Seen *seen_at(const UsageLook *look, guint place) {
  return &g_array_index(look->list, Seen, place);
}

/* NOBODY: there is no such process. */
static guint place_of(const UsageLook *look, pid_t pid) {
  gpointer place;
  return g_hash_table_lookup_extended(look->places, GINT_TO_POINTER(pid), NULL, &place)
             ? GPOINTER_TO_UINT(place)
             : NOBODY;
}

static void tie_children(UsageLook *look) {
  for (guint i = 0; i < look->list->len; i++) {
    Seen *seen = seen_at(look, i);
    guint parent = place_of(look, seen->parent);
    if (parent == NOBODY || parent == i)
      continue;
    seen->next_sibling = seen_at(look, parent)->first_child;
    seen_at(look, parent)->first_child = i;
  }
}

UsageLook *usage_look(const char *proc) {
  UsageLook *look = g_new0(UsageLook, 1);
  look->proc = g_strdup(proc);
  look->list = g_array_new(FALSE, FALSE, sizeof(Seen));
  look->places = g_hash_table_new(NULL, NULL);
  g_autoptr(GDir) dir = g_dir_open(proc, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    Seen seen;
    pid_t pid = (pid_t)g_ascii_strtoll(name, NULL, 10);
    if (pid <= 0 || place_of(look, pid) != NOBODY || !read_stat(proc, pid, &seen))
      continue;
    g_hash_table_insert(look->places, GINT_TO_POINTER(pid), GUINT_TO_POINTER(look->list->len));
    g_array_append_val(look->list, seen);
  }
  tie_children(look);
  return look;
}

void usage_look_free(UsageLook *look) {
  if (!look)
    return;
  g_hash_table_destroy(look->places);
  g_array_unref(look->list);
  g_free(look->proc);
  g_free(look);
}

static guint64 read_proportional(const UsageLook *look, const Seen *seen) {
  char text[TEXT_MAX];
  const char *line =
      read_proc_file(look->proc, seen->pid, "smaps_rollup", text) ? strstr(text, "\nPss:") : NULL;
  return line ? g_ascii_strtoull(line + strlen("\nPss:"), NULL, 10) * 1024 : 0;
}

/* The places of @roots and of all that descends from them. A process whose number was used again while the
 * list was made could close a circle: nobody is taken twice. (transfer full) */
static GArray *find_family(const UsageLook *look, const pid_t *roots, guint count) {
  GArray *family = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint i = 0; i < look->list->len; i++)
    seen_at(look, i)->seen = FALSE;
  for (guint i = 0; i < count; i++) {
    guint place = place_of(look, roots[i]);
    if (place != NOBODY && !seen_at(look, place)->seen) {
      seen_at(look, place)->seen = TRUE;
      g_array_append_val(family, place);
    }
  }
  for (guint at = 0; at < family->len; at++) {
    guint child = seen_at(look, g_array_index(family, guint, at))->first_child;
    for (; child != NOBODY; child = seen_at(look, child)->next_sibling) {
      if (seen_at(look, child)->seen)
        continue;
      seen_at(look, child)->seen = TRUE;
      g_array_append_val(family, child);
    }
  }
  return family;
}

Usage usage_of(const UsageLook *look, const pid_t *roots, guint count, guint64 bound) {
  g_autoptr(GArray) family = find_family(look, roots, count);
  Usage usage = {.processes = family->len};
  guint64 page = (guint64)sysconf(_SC_PAGESIZE);
  for (guint i = 0; i < family->len; i++)
    usage.bytes += seen_at(look, g_array_index(family, guint, i))->resident_pages * page;
  if (usage.bytes <= bound)
    return usage;
  usage.bytes = 0;
  for (guint i = 0; i < family->len; i++)
    usage.bytes += read_proportional(look, seen_at(look, g_array_index(family, guint, i)));
  return usage;
}
