/* The FastCGI door: requests from the web server, by libfcgi. All use of libfcgi is in door_fcgi.c and
 * fcgi_connection.c. */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/door/listener.h"

typedef struct DoorFcgi DoorFcgi;

/* Starts the door's threads; requests reach the core by its mailbox. @listener (transfer full). Call
 * door_fcgi_prepare() first. (transfer full) */
DoorFcgi *door_fcgi_new(Core *core, Listener *listener);

/* Once, before any thread is made and after signal handlers are set. */
void door_fcgi_prepare(void);

/* The end comes in two steps, as a listener's (listener.h). Connections that are there go on, and end with
 * their next answer: the web server may be sending a request on one while it is closed here, which would be
 * lost. So who can should wait until none is left. The core's thread. */
void door_fcgi_close_entrance(DoorFcgi *door);
void door_fcgi_bar_entrance(DoorFcgi *door);

/* How many connections there are, idle ones too. Any thread. */
guint door_fcgi_count_connections(DoorFcgi *door);

/* How many requests are not answered yet, or their answers not written. Any thread. */
guint door_fcgi_count_busy(DoorFcgi *door);

/* Ends the threads and closes every connection. NULL is allowed. */
void door_fcgi_free(DoorFcgi *door);
