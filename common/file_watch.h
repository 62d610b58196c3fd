/* Files that are read again when they change: keys, certificates. Whoever writes several of them is given
 * the time to: a change counts when it is the same at two looks. It looks where links lead. One thread.
 */
#pragma once
#include <glib.h>

/* How often one should look. */
#define FILE_WATCH_SECONDS 2

typedef struct FileWatch FileWatch;

/* @paths: NULL among them is no file. Watches @count of them, from what they are now on: to be made before
 * they are read. (transfer full) */
FileWatch *file_watch_new(const char *const *paths, gsize count);
void file_watch_free(FileWatch *watch); /* NULL is allowed */

/* Whether any of them has changed since it was taken, and then come to rest: to be read again then. What is
 * there now is taken with that. */
gboolean file_watch_look(FileWatch *watch);
/* What is there now is known: it is about to be read for another reason. */
void file_watch_take(FileWatch *watch);
