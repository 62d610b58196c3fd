#include "config.h"

#include "streamer/process/cell_view.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define APP CELL_PART_APP
#define ENGINE CELL_PART_ENGINE
#define DISPLAY CELL_PART_DISPLAY
#define SOUND CELL_PART_SOUND
#define ALL (APP | ENGINE | DISPLAY | SOUND)

/* How large a file system may be that nothing is to be kept in. */
#define NOTHING_BYTES "4096"

typedef enum {
  VIEW_SYSTEM,  /* the host's, read-only; a link stays one; may be missing */
  VIEW_PROC,    /* of its own PID namespace */
  VIEW_DEV,     /* null, zero, random, tty and the like */
  VIEW_DEVICES, /* the host's whose names begin like this */
  VIEW_SPACE,   /* empty, writable, of bounded size, gone with the process */
  VIEW_PLACE,   /* a directory in one */
  VIEW_LINK,    /* to `source` */
  VIEW_HIDDEN,  /* empty, where it would be shown otherwise */
  VIEW_SEALED,  /* nothing is made in it any more */
  VIEW_READ,    /* the session's, read-only */
  VIEW_WRITE,   /* the session's */
} ViewKind;

/* Line after line: what comes later lies on top. */
static const struct {
  CellPart parts;
  ViewKind kind;
  const char *path;   /* in the cell */
  const char *source; /* in the session's directory; of a link, where it leads */
} rows[] = {
    {ALL, VIEW_SYSTEM, "/usr", NULL},
    {ALL, VIEW_SYSTEM, "/bin", NULL},
    {ALL, VIEW_SYSTEM, "/sbin", NULL},
    {ALL, VIEW_SYSTEM, "/lib", NULL},
    {ALL, VIEW_SYSTEM, "/lib32", NULL},
    {ALL, VIEW_SYSTEM, "/lib64", NULL},
    {ALL, VIEW_SYSTEM, "/libx32", NULL},
    {ALL, VIEW_SYSTEM, "/etc", NULL},
    {APP | ENGINE, VIEW_SYSTEM, "/opt", NULL},
    {APP | ENGINE, VIEW_SYSTEM, "/sys", NULL},
    {APP | ENGINE, VIEW_SYSTEM, "/var/cache/fontconfig", NULL},
    {ALL, VIEW_HIDDEN, "/etc/vitrina", NULL},
    {ALL, VIEW_HIDDEN, VITRINA_SYSCONFDIR, NULL},
    {ALL, VIEW_HIDDEN, "/etc/ssl/private", NULL},
    {ALL, VIEW_HIDDEN, "/etc/ssh", NULL},
    {ALL, VIEW_HIDDEN, "/etc/shadow", NULL},
    {ALL, VIEW_HIDDEN, "/etc/shadow-", NULL},
    {ALL, VIEW_HIDDEN, "/etc/gshadow", NULL},
    {ALL, VIEW_HIDDEN, "/etc/gshadow-", NULL},
    {ALL, VIEW_PROC, "/proc", NULL},
    {ALL, VIEW_DEV, "/dev", NULL},
    {APP | ENGINE, VIEW_DEVICES, "/dev/dri", NULL},
    {APP | ENGINE, VIEW_DEVICES, "/dev/nvidia", NULL},
    {APP | ENGINE, VIEW_DEVICES, "/dev/kfd", NULL},
    {APP | ENGINE, VIEW_DEVICES, "/dev/mali", NULL},
    {ALL, VIEW_SPACE, "/dev/shm", NULL},
    {ALL, VIEW_SEALED, "/dev", NULL},
    {ALL, VIEW_SPACE, CELL_TEMPORARY, NULL},
    {ALL, VIEW_PLACE, CELL_TEMPORARY "/home", NULL},
    {ALL, VIEW_PLACE, CELL_RUNTIME, NULL},
    {ALL, VIEW_LINK, CELL_HOME, CELL_TEMPORARY "/home"},
    {ALL, VIEW_LINK, "/var/tmp", CELL_TEMPORARY},
    {DISPLAY, VIEW_WRITE, "/tmp/.X11-unix", CELL_HOST_DISPLAY},
    {APP | ENGINE, VIEW_READ, "/tmp/.X11-unix", CELL_HOST_DISPLAY},
    {DISPLAY | APP | ENGINE, VIEW_READ, CELL_COOKIE, CELL_HOST_COOKIE},
    {APP | ENGINE, VIEW_READ, CELL_REGISTRY, CELL_HOST_REGISTRY},
    {SOUND, VIEW_WRITE, CELL_SOUND, CELL_HOST_SOUND},
    {APP | ENGINE, VIEW_READ, CELL_SOUND, CELL_HOST_SOUND},
};

/* Never hidden whole, though something of the streamer's may lie in it. */
static const char *const common_directories[] = {"/",          "/etc",     "/etc/ssl", "/etc/ssl/certs",
                                                 "/etc/pki",   "/opt",     "/usr",     "/usr/local",
                                                 "/usr/share", "/usr/bin", "/usr/lib", NULL};

typedef struct {
  GPtrArray *arguments;
  GPtrArray *shown; /* of const char *: what the host's files are seen below */
  const CellPlan *plan;
} View;

static void view_say(View *view, const char *first, ...) G_GNUC_NULL_TERMINATED;
static void view_say(View *view, const char *first, ...) {
  va_list words;
  va_start(words, first);
  for (const char *word = first; word; word = va_arg(words, const char *))
    g_ptr_array_add(view->arguments, g_strdup(word));
  va_end(words);
}

static gboolean path_exists(const char *path) {
  return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* @path is @root, or lies below it. */
static gboolean is_within(const char *path, const char *root) {
  gsize length = strlen(root);
  if (g_str_equal(root, "/"))
    return TRUE;
  return strncmp(path, root, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static gboolean is_shown(const View *view, const char *path) {
  for (guint i = 0; i < view->shown->len; i++)
    if (is_within(path, view->shown->pdata[i]))
      return TRUE;
  return FALSE;
}

/* Something that has to be seen lies in @directory. */
static gboolean is_needed(const View *view, const char *directory) {
  for (guint i = 0; i < view->shown->len; i++)
    if (is_within(view->shown->pdata[i], directory))
      return TRUE;
  return g_strv_contains(common_directories, directory);
}

static void view_show(View *view, const char *path) {
  view_say(view, "--ro-bind-try", path, path, NULL);
  g_ptr_array_add(view->shown, (gpointer)path);
}

static void view_system(View *view, const char *path) {
  g_autofree char *target = g_file_read_link(path, NULL);
  if (target)
    view_say(view, "--symlink", target, path, NULL);
  else if (path_exists(path))
    view_show(view, path);
}

static void view_devices(View *view, const char *prefix) {
  g_autoptr(GDir) devices = g_dir_open("/dev", 0, NULL);
  for (const char *name; devices && (name = g_dir_read_name(devices));) {
    g_autofree char *path = g_build_filename("/dev", name, NULL);
    if (g_str_has_prefix(path, prefix))
      view_say(view, "--dev-bind-try", path, path, NULL);
  }
}

static void view_hide(View *view, const char *path) {
  if (!path_exists(path) || !is_shown(view, path))
    return;
  if (g_file_test(path, G_FILE_TEST_IS_DIR))
    view_say(view, "--size", NOTHING_BYTES, "--tmpfs", path, "--remount-ro", path, NULL);
  else
    view_say(view, "--ro-bind", "/dev/null", path, NULL);
}

/* What is written anew under its name would be seen again (the kernel takes away what lies on top): where
 * nothing else is needed of its directory, all of that is hidden. */
static void view_hide_with_directory(View *view, const char *path) {
  g_autofree char *directory = g_path_get_dirname(path);
  gboolean whole = !g_file_test(path, G_FILE_TEST_IS_DIR) && !is_needed(view, directory);
  view_hide(view, whole ? directory : path);
}

static void view_space(View *view, const char *path) {
  g_autofree char *bytes = g_strdup_printf("%" G_GINT64_FORMAT, view->plan->temporary_mb * 1024 * 1024);
  view_say(view, "--perms", "1777", "--size", bytes, "--tmpfs", path, NULL);
}

static void view_session(View *view, const char *option, const char *name, const char *path) {
  if (!view->plan->directory)
    return;
  g_autofree char *source = g_build_filename(view->plan->directory, name, NULL);
  view_say(view, option, source, path, NULL);
}

static void view_row(View *view, gsize i) {
  const char *path = rows[i].path, *source = rows[i].source;
  switch (rows[i].kind) {
  case VIEW_SYSTEM:
    view_system(view, path);
    break;
  case VIEW_PROC:
    view_say(view, "--proc", path, NULL);
    break;
  case VIEW_DEV:
    view_say(view, "--dev", path, NULL);
    break;
  case VIEW_DEVICES:
    view_devices(view, path);
    break;
  case VIEW_SPACE:
    view_space(view, path);
    break;
  case VIEW_PLACE:
    view_say(view, "--perms", "0700", "--dir", path, NULL);
    break;
  case VIEW_LINK:
    view_say(view, "--symlink", source, path, NULL);
    break;
  case VIEW_HIDDEN:
    view_hide(view, path);
    break;
  case VIEW_SEALED:
    view_say(view, "--remount-ro", path, NULL);
    break;
  case VIEW_READ:
    view_session(view, "--ro-bind-try", source, path);
    break;
  case VIEW_WRITE:
    view_session(view, "--bind", source, path);
    break;
  }
}

static void view_show_all(View *view, char *const *paths) {
  for (; paths && *paths; paths++)
    view_show(view, *paths);
}

/* What a name server is found by often is a link out of /etc. */
static void view_name_servers(View *view, GPtrArray *kept) {
  char *path = realpath("/etc/resolv.conf", NULL);
  if (!path)
    return;
  g_ptr_array_add(kept, path);
  if (!is_shown(view, path))
    view_show(view, path);
}

void cell_view_add(GPtrArray *arguments, const CellPlan *plan, CellPart part, const char *init) {
  g_autoptr(GPtrArray) shown = g_ptr_array_new(), kept = g_ptr_array_new_with_free_func(free);
  View view = {arguments, shown, plan};
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    if (rows[i].parts & part)
      view_row(&view, i);
  if (part == APP)
    view_show_all(&view, plan->app_shown);
  if (part == ENGINE)
    view_show_all(&view, plan->engine_shown);
  if (part == ENGINE || (part == APP && plan->app_has_network))
    view_name_servers(&view, kept);
  for (char *const *path = plan->hidden; path && *path; path++) {
    g_autofree char *real = NULL;
    char *resolved = realpath(*path, NULL);
    real = g_strdup(resolved);
    free(resolved);
    view_hide_with_directory(&view, *path);
    if (real && !g_str_equal(real, *path))
      view_hide_with_directory(&view, real);
  }
  view_say(&view, "--ro-bind", init, CELL_VIEW_INIT, "--remount-ro", "/", NULL);
}
