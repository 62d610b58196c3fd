/* Files that hold a secret: a key, a password. Whoever can read one can do what it is for. Any thread. */
#pragma once
#include <glib.h>

/* What is wrong with the rights of @path, one sentence for the operator without the path (transfer full):
 * others than its user and group may read it, or others than its user change it. NULL: nothing, or there is
 * no such file. */
char *secret_file_complain(const char *path);

/* The first line of @path: the secret in it, 8 to 1000 characters (transfer full). NULL with a G_FILE_ERROR:
 * it cannot be read, or is no such line; the message says which file. */
char *secret_file_read_line(const char *path, GError **error);

/* Writes that to the log, as a warning `secret_is_open` with the file. @path nullable. */
void secret_file_warn(const char *path);
