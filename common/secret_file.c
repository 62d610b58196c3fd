#include "common/secret_file.h"

#include "common/log.h"

#include <string.h>
#include <sys/stat.h>

#define OPEN_TO_READ (S_IROTH)
#define OPEN_TO_CHANGE (S_IWGRP | S_IWOTH)
#define SECRET_MIN 8
#define SECRET_MAX 1000

char *secret_file_complain(const char *path) {
  struct stat info;
  if (stat(path, &info) < 0 || (info.st_mode & (OPEN_TO_READ | OPEN_TO_CHANGE)) == 0)
    return NULL;
  return g_strdup_printf("others may %s it (mode %04o): chmod 0600",
                         info.st_mode & OPEN_TO_READ ? "read" : "change", info.st_mode & 07777);
}

char *secret_file_read_line(const char *path, GError **error) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, error))
    return NULL;
  text[strcspn(text, "\r\n")] = '\0';
  gsize length = strlen(text);
  if (length >= SECRET_MIN && length <= SECRET_MAX)
    return g_steal_pointer(&text);
  g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: the first line must be %d to %d characters", path,
              SECRET_MIN, SECRET_MAX);
  return NULL;
}

void secret_file_warn(const char *path) {
  g_autofree char *problem = path ? secret_file_complain(path) : NULL;
  if (!problem)
    return;
  g_autofree char *quoted = log_quote(path);
  log_warning("secret_is_open", "file=%s reason=\"%s\"", quoted, problem);
}
