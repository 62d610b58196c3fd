/* By what one knows that a file has changed since it was read. Any thread. */
#pragma once
#include <glib.h>
#include <sys/stat.h>

/* What changes when a file does; a rename over it changes the inode. All zero: there is none. Plain data. */
typedef struct {
  ino_t inode;
  off_t size;
  struct timespec modified;
} FileMark;

/* To be taken before the file is read: a change meanwhile is then seen the next time. */
FileMark file_mark_of(const char *path);
gboolean file_mark_is_same(const FileMark *a, const FileMark *b);
