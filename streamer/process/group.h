/* Whether somebody of a process group lives beside its leader. Any thread. */
#pragma once
#include <glib.h>
#include <sys/types.h>

/* @leader: of the group, not reaped yet. Looks through /proc; who is a zombie does not count. */
gboolean group_has_others(pid_t leader);
