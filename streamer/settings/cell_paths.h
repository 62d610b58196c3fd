/* Which paths of the host can be shown in a cell (streamer/process/cell.h). Any thread. */
#pragma once
#include <glib.h>

/* @path without dots, double slashes and a slash at its end; relative ones are relative to the working
 * directory. (transfer full) */
char *cell_path_plain(const char *path);

/* FALSE: @path is not absolute, or a directory that a cell has for itself, or with secrets of the system's.
 */
gboolean cell_path_can_be_shown(const char *path);

/* Where @program is, found in PATH: its directory, or itself where that cannot be shown. NULL: there is no
 * such program, or the system's directories are shown anyway. (transfer full) */
char *cell_path_of_program(const char *program);
