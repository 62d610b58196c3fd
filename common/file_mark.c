#include "common/file_mark.h"

FileMark file_mark_of(const char *path) {
  struct stat info;
  FileMark mark = {0};
  if (stat(path, &info) == 0) {
    mark.inode = info.st_ino;
    mark.size = info.st_size;
    mark.modified = info.st_mtim;
  }
  return mark;
}

gboolean file_mark_is_same(const FileMark *a, const FileMark *b) {
  return a->inode == b->inode && a->size == b->size && a->modified.tv_sec == b->modified.tv_sec &&
         a->modified.tv_nsec == b->modified.tv_nsec;
}
