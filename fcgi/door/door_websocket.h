/* The WebSocket door (RFC 6455): the verbs of the FastCGI door, and events pushed as they happen. The web
 * server passes `GET ws` on to it. All of the coordinator's use of libwebsockets is in door_websocket.c and
 * the files that websocket.h stands on.
 *
 * A text message is a request; its answer carries its "id", and answers come in the order in which they are
 * ready. What the server sends without being asked is an event, with its "cursor". Every socket gets the
 * events for everybody from its opening on; after a POLL_EVENTS with a ticket, those of that session, too:
 * exactly the ones that come after those in its answer.
 *
 * Bounded are a message (WIRE_MAX_BODY), what has half arrived in all, requests at the core at once, what is
 * not yet taken by its reader, and sockets in all. A silent peer is asked for a sign of life, and given up.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/door/listener.h"

typedef struct DoorWebsocket DoorWebsocket;

/* Starts the door's thread; requests reach the core by its mailbox, and the core's events are pushed.
 * @listener (transfer full). (transfer full), or NULL with an error of SETTINGS_ERROR when libwebsockets
 * cannot be set up. */
DoorWebsocket *door_websocket_new(Core *core, Listener *listener, GError **error);

/* The end comes in two steps, as a listener's (listener.h). Each socket, also one that opens yet, is closed
 * with 1001 (going away) once its requests are answered; a request that comes too late for that is not looked
 * at. The core's thread. NULL is allowed. */
void door_websocket_close_entrance(DoorWebsocket *door);
void door_websocket_bar_entrance(DoorWebsocket *door);

/* How many sockets are open. Any thread. NULL is allowed. */
guint door_websocket_count_busy(DoorWebsocket *door);

/* Ends the thread and closes every socket. The core's thread, when it delivers no more. NULL is allowed. */
void door_websocket_free(DoorWebsocket *door);
