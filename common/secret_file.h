/* Files that hold a secret: a key, a password. Whoever can read one can do what it is for. Any thread. */
#pragma once
#include <glib.h>

/* What is wrong with the rights of @path, one sentence for the operator without the path (transfer full):
 * others than its user and group may read it, or others than its user change it. NULL: nothing, or there is
 * no such file. */
char *secret_file_complain(const char *path);

/* Writes that to the log, as a warning `secret_is_open` with the file. @path nullable. */
void secret_file_warn(const char *path);
