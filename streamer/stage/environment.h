/* The environment of a session's processes: little, and nothing of another session's. Any thread. */
#pragma once
#include <glib.h>

/* What every process of the session in @directory gets: PATH, language, time zone and what graphics drivers,
 * GStreamer and sanitizers listen to from the streamer's own; HOME, TMPDIR and XDG_RUNTIME_DIR inside
 * @directory, or, @in_cell, where they are in every cell (cell.h); the mark by which it is found (remains.h);
 * GStreamer's registry in @cache_directory, which would otherwise be made in every session, and compiled
 * shaders, but not in a cell: they would be code that one session brings into another. NULL-terminated
 * (transfer full). */
char **environment_new(const char *directory, const char *cache_directory, gboolean in_cell);

/* Makes the directories that it names outside a cell. */
gboolean environment_make_directories(const char *directory, GError **error);

/* @environment (transfer full) with @entries added: "NAME=value" sets, "NAME" passes the streamer's own on.
 * @entries may be NULL. (transfer full) */
char **environment_add(char **environment, char *const *entries);
