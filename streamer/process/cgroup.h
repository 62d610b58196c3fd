/* Control groups (cgroups(7), version 2): where the service manager has delegated its unit's to the streamer
 * (Delegate=memory pids; the Linux kernel's Documentation/admin-guide/cgroup-v2.rst), each session is one.
 *
 *   UNIT/streamer    the streamer itself and its keeper, since a group with controlled ones holds no process
 *   UNIT/session-*   one session's processes, which together have so much memory and so many processes
 *
 * Memory that runs out there is that session's end alone. Main thread, but for what says otherwise.
 */
#pragma once
#include <glib.h>

/* The streamer's own part of the tree. */
typedef struct Cgroups Cgroups;
/* One session's. */
typedef struct Cgroup Cgroup;

/* Takes over the group that this process is in, at @root ("/sys/fs/cgroup"), and moves the process below it;
 * to be called before there is another. NULL with a G_IO_ERROR that says why there are none: no version 2,
 * not delegated, no such controller, somebody else is in it. (transfer full) */
Cgroups *cgroups_claim(const char *root, GError **error);
/* The same with the group in @directory, delegated as it is; for tests. (transfer full) */
Cgroups *cgroups_claim_at(const char *directory, GError **error);
/* The groups stay: the service manager removes them with the unit's. NULL is allowed. */
void cgroups_free(Cgroups *cgroups);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cgroups, cgroups_free)

/* A group for one session: at most @memory bytes, at most @processes (0: any number) and threads. What takes
 * more memory is killed, with all else in the group. (transfer full), or NULL with a G_IO_ERROR. */
Cgroup *cgroup_new(Cgroups *cgroups, guint64 memory, guint processes, GError **error);

/* In a child: joins. Async-signal-safe. FALSE: see errno. */
gboolean cgroup_enter(const Cgroup *cgroup);

/* Whether memory ran out in it. */
gboolean cgroup_ran_out(const Cgroup *cgroup);

/* Kills all in it, whatever they forked meanwhile, and removes it. Waits until they are gone, for a few
 * seconds at most. Any thread; nobody else may have it then. NULL is allowed. */
void cgroup_end(Cgroup *cgroup);
