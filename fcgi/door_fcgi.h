/* The FastCGI door: requests from the web server, by libfcgi. All use of libfcgi is in door_fcgi.c and
 * fcgi_connection.c. */
#pragma once
#include "fcgi/core.h"
#include "fcgi/listener.h"

typedef struct DoorFcgi DoorFcgi;

/* Starts the door's threads; requests reach the core by its mailbox. @listener (transfer full). Call
 * door_fcgi_prepare() first. (transfer full) */
DoorFcgi *door_fcgi_new(Core *core, Listener *listener);

/* Once, before any thread is made and after signal handlers are set. */
void door_fcgi_prepare(void);

/* Takes no new connections; connections there are end with their next answer. The core's thread. */
void door_fcgi_close_entrance(DoorFcgi *door);

/* How many requests are not answered yet, or their answers not written. Any thread. */
guint door_fcgi_count_busy(DoorFcgi *door);

/* Ends the threads and closes every connection. NULL is allowed. */
void door_fcgi_free(DoorFcgi *door);
