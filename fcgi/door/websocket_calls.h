/* How a request passes through the WebSocket door.
 *
 * One thread runs libwebsockets and alone touches a Websocket. A message becomes a call: a Request, and the
 * letter that takes it to the core and its answer back. A call belongs to the door, which frees it when no
 * letter of it is at the core any more; in between, only the core touches its lower half.
 *
 * When a socket closes, its calls are cut off from it, and a second letter of each tells the core: a request
 * that waits is dropped, any other is finished, and its answer thrown away here. Each letter that goes to the
 * core comes back, exactly once.
 *
 * Answers and events take the same way from the core to the door, one after the other; so whoever follows
 * a session from an answer on misses no event of it and gets none twice.
 */
#pragma once
#include "fcgi/door/websocket_out.h"

/* A message has come: @text (transfer full) is a request. */
void websocket_ask(Websocket *socket, char *text, gsize length);

/* The requests of a closed socket are of no use any more. */
void websocket_drop_calls(Websocket *socket);

/* Frees the requests that were never answered; no thread uses the door any more. */
void websocket_free_calls(Websockets *all);
