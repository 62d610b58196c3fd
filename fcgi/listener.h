/* The listening socket of a door. */
#pragma once
#include "fcgi/configuration.h"

typedef struct Listener Listener;

/* Takes the socket that systemd passes (sd_listen_fds(3)), else makes the one that the configuration names: a
 * Unix socket of mode 0660, in the place of one that nobody listens on any more, or a TCP one. Returns
 * (transfer full), or NULL with an error of SETTINGS_ERROR. */
Listener *listener_open(const Configuration *configuration, GError **error);

/* The same for another door: a Unix socket at @path (nullable), or @ip and @port. None is passed. */
Listener *listener_open_at(const char *path, const char *ip, gint64 port, GError **error);

/* Whether a socket is configured or passed; FALSE with an error of SETTINGS_ERROR. */
gboolean listener_check(const Configuration *configuration, GError **error);

int listener_get_fd(const Listener *listener); /* non-blocking */
gboolean listener_is_unix(const Listener *listener);
const char *listener_get_name(const Listener *listener); /* for the log */

/* Accepts nothing more. A socket of systemd's goes on collecting connections for our successor. */
void listener_refuse(Listener *listener);

/* Closes it, and removes a Unix socket that we made. NULL is allowed. */
void listener_close(Listener *listener);
