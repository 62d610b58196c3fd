#include "common/file_watch.h"

#include "common/file_mark.h"

typedef struct {
  char *path;           /* nullable */
  FileMark taken, seen; /* as it was read, and at the last look */
} WatchedFile;

struct FileWatch {
  gsize count;
  WatchedFile files[];
};

static FileMark look_at_file(const WatchedFile *file) {
  return file->path ? file_mark_of(file->path) : (FileMark){0};
}

FileWatch *file_watch_new(const char *const *paths, gsize count) {
  FileWatch *watch = g_malloc0(sizeof *watch + count * sizeof *watch->files);
  watch->count = count;
  for (gsize i = 0; i < count; i++)
    watch->files[i].path = g_strdup(paths[i]);
  file_watch_take(watch);
  return watch;
}

void file_watch_free(FileWatch *watch) {
  if (!watch)
    return;
  for (gsize i = 0; i < watch->count; i++)
    g_free(watch->files[i].path);
  g_free(watch);
}

gboolean file_watch_look(FileWatch *watch) {
  gboolean changed = FALSE, rests = TRUE;
  for (gsize i = 0; i < watch->count; i++) {
    WatchedFile *file = &watch->files[i];
    FileMark now = look_at_file(file);
    changed |= !file_mark_is_same(&now, &file->taken);
    rests &= file_mark_is_same(&now, &file->seen);
    file->seen = now;
  }
  for (gsize i = 0; changed && rests && i < watch->count; i++)
    watch->files[i].taken = watch->files[i].seen;
  return changed && rests;
}

void file_watch_take(FileWatch *watch) {
  for (gsize i = 0; i < watch->count; i++)
    watch->files[i].taken = watch->files[i].seen = look_at_file(&watch->files[i]);
}
