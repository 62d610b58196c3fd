/* What processes take of the machine: those that descend from some, by one look at all there are (proc(5)).
 *
 * Memory is summed as it is resident, which a look knows for nothing and which is never less than the truth,
 * for pages that processes share are counted for each. Only where that is beyond a bound the truth is asked
 * for: the proportional share (Pss of smaps_rollup), for which the kernel walks through each process's pages.
 * Neither has what no process has mapped: files of a tmpfs, memfd_create(2) and segments that wait.
 * Blocking calls; any thread.
 */
#pragma once
#include <glib.h>
#include <sys/types.h>

typedef struct UsageLook UsageLook;

/* Looks at @proc, "/proc". What ends meanwhile is left out. (transfer full) */
UsageLook *usage_look(const char *proc);
void usage_look_free(UsageLook *look); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UsageLook, usage_look_free)

typedef struct {
  guint processes;
  guint64 bytes; /* of memory: resident while that is at most the bound, else proportional */
} Usage;

/* Those of the @count @roots that there are, and all that descends from them. */
Usage usage_of(const UsageLook *look, const pid_t *roots, guint count, guint64 bound);
