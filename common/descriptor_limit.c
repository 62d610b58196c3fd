#include "common/descriptor_limit.h"

#include <sys/resource.h>

static struct rlimit found; /* zeroes: not raised */

void descriptor_limit_raise(void) {
  if (getrlimit(RLIMIT_NOFILE, &found) < 0)
    return;
  const struct rlimit raised = {found.rlim_max, found.rlim_max};
  setrlimit(RLIMIT_NOFILE, &raised);
}

void descriptor_limit_restore(void) {
  if (found.rlim_max > 0)
    setrlimit(RLIMIT_NOFILE, &found);
}
