#include "common/secret_file.h"

#include "common/log.h"

#include <sys/stat.h>

#define OPEN_TO_READ (S_IROTH)
#define OPEN_TO_CHANGE (S_IWGRP | S_IWOTH)

char *secret_file_complain(const char *path) {
  struct stat info;
  if (stat(path, &info) < 0 || (info.st_mode & (OPEN_TO_READ | OPEN_TO_CHANGE)) == 0)
    return NULL;
  return g_strdup_printf("others may %s it (mode %04o): chmod 0600",
                         info.st_mode & OPEN_TO_READ ? "read" : "change", info.st_mode & 07777);
}

void secret_file_warn(const char *path) {
  g_autofree char *problem = path ? secret_file_complain(path) : NULL;
  if (!problem)
    return;
  g_autofree char *quoted = log_quote(path);
  log_warning("secret_is_open", "file=%s reason=\"%s\"", quoted, problem);
}
