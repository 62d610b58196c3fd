/* What a streamer that was killed leaves behind, and how it is cleared away.
 *
 * A streamer makes one directory below its state directory, with a file "lock" that it holds locked
 * (flock(2)) as long as it lives, with the port that it listens on, and in it a directory a session. A
 * session's processes carry the directory in their environment (REMAINS_VARIABLE), so that they are found
 * even when they left their process group; a session with an X server has a file "display" that says its
 * number. Blocking calls; any thread.
 */
#pragma once
#include <glib.h>
#include <sys/types.h>

/* The variable that marks a session's processes; its value is the session's directory. */
#define REMAINS_VARIABLE "VITRINA_SESSION_DIRECTORY"

/* Makes a directory of mode 0700 below @state (made too, if need be; one that belongs to somebody else is
 * refused) and locks it. @lock_fd gets the lock's descriptor. (transfer full) or NULL with a G_FILE_ERROR. */
char *remains_claim(const char *state, int *lock_fd, GError **error);

/* Notes in the lock of a running streamer which port it listens on. */
void remains_note_port(int lock_fd, guint16 port);
/* Whether a streamer that runs below @state has noted @port. */
gboolean remains_has_port(const char *state, guint16 port);

/* Clears the directories of streamers that are no more. Returns how many there were. */
guint remains_clear_dead(const char *state);

/* Clears one streamer's directory: kills the processes that carry it or a directory in it, removes its
 * displays' files and then itself. */
void remains_clear(const char *directory);

/* Kills all processes that carry @directory or one below it in their environment. Returns how many: they are
 * gone a moment later. */
guint remains_kill(const char *directory);

/* Notes in the session's @directory that its X server serves display @number. */
gboolean remains_note_display(const char *directory, guint number, GError **error);
/* Removes the socket of the display that @directory notes, unless a server listens on it: FALSE; it may be
 * another one that took the number. (A server that picks its number, as ours do, makes no lock file.) */
gboolean remains_remove_display(const char *directory);

/* Removes @directory and all in it; follows no link out of it. */
void remains_remove_tree(const char *directory);
