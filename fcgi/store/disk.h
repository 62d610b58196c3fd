/* Writing to a disk so that it is there after a crash.
 *
 * Functions that return whether something was done say by errno why not. Any thread.
 */
#pragma once
#include <glib.h>

/* Writes all @length bytes of @bytes at @fd's position. */
gboolean disk_write(int fd, const char *bytes, gsize length);

/* Makes names that were made, renamed or removed in @directory stay so. */
gboolean disk_sync_directory(const char *directory);

/* Where @path leads by symbolic links: a file that is renamed over a link would take its place. (transfer
 * full) */
char *disk_follow_links(const char *path);

/* Writes a file's content to @fd. */
typedef gboolean (*DiskWriter)(int fd, gpointer data);

/* Puts what @write (with @data) writes in the place of @path, made anew as "@path.new" with mode 0600, and
 * synced. Once it is renamed over @path the directory remains to be synced (disk_sync_directory()); before
 * that @path is as it was, and nothing is left beside it. */
gboolean disk_replace(const char *path, DiskWriter write, gpointer data);

/* Sets an error of G_FILE_ERROR by errno, about @path. */
void disk_set_error(GError **error, const char *path);
