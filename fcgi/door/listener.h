/* The listening socket of a door. */
#pragma once
#include "fcgi/settings/configuration.h"

typedef struct Listener Listener;

/* The FastCGI door's. Takes the socket that systemd passes (sd_listen_fds_with_names(3)) under any name but
 * "websocket", or the one that the program was started with as its standard input, as FastCGI programs are by
 * web servers and spawn-fcgi(1); else makes the one that the configuration names: a Unix socket of mode 0660,
 * in the place of one that nobody listens on any more, or a TCP one. Returns (transfer full), or NULL with an
 * error of SETTINGS_ERROR. */
Listener *listener_open(const Configuration *configuration, GError **error);

/* Whether there is to be a WebSocket door: whether one is configured, or passed by systemd. */
gboolean listener_has_websockets(const Configuration *configuration);

/* The WebSocket door's, where listener_has_websockets(): the socket that systemd passes under the name
 * "websocket", else the one that the configuration names. Returns (transfer full), or NULL with an error of
 * SETTINGS_ERROR. */
Listener *listener_open_websockets(const Configuration *configuration, GError **error);

/* Whether a socket is configured or passed for the FastCGI door, and none passed that nobody would listen on;
 * FALSE with an error of SETTINGS_ERROR. */
gboolean listener_check(const Configuration *configuration, GError **error);

int listener_get_fd(const Listener *listener); /* non-blocking */
gboolean listener_is_unix(const Listener *listener);
const char *listener_get_name(const Listener *listener); /* for the log */

/* Whether it was passed to us, and goes on collecting connections for our successor. */
gboolean listener_is_passed(const Listener *listener);

/* The end of a listener that is ours comes in two steps, so that nobody who has been let in is turned away:
 * listener_stop_new(), after which no connection can be begun but those that were are still to be accepted,
 * and, LISTENER_LAST_US later, listener_refuse(), after which there are none. A Unix socket loses its name,
 * so that the web server turns to another coordinator at once. A TCP socket is deaf to new connections in
 * between: they are asked for again by the client's kernel a second later, and refused then. */
#define LISTENER_LAST_US (50 * 1000)
void listener_stop_new(Listener *listener);
void listener_refuse(Listener *listener);

/* Closes it, and removes a Unix socket that we made. NULL is allowed. */
void listener_close(Listener *listener);
