/* What is asked where: paths, and who answers there. Main thread. */
#pragma once
#include <glib.h>

typedef struct HttpRequest HttpRequest; /* http_request.h */
typedef struct HttpSocket HttpSocket;   /* http_socket.h */

/* All nullable. @data is the server's (HttpPlan). */
typedef struct {
  void (*opened)(HttpSocket *socket, gpointer data);
  void (*text)(HttpSocket *socket, const char *text, gsize length, gpointer data);
  /* All that was sent is with the system: its reader keeps up. */
  void (*drained)(HttpSocket *socket, gpointer data);
  /* The last call; the socket is freed when the last reference goes. */
  void (*closed)(HttpSocket *socket, gpointer data);
} HttpSocketEvents;

typedef struct {
  const char *path;    /* without the first slash: "control"; ending in a slash, it stands for all below it */
  const char *methods; /* "POST PATCH DELETE", for 405's Allow */
  gboolean for_pages;  /* pages of allowed origins may use it */
  gboolean local_only; /* answered to this machine alone */
  void (*handle)(HttpRequest *request, gpointer data);
  const HttpSocketEvents *sockets; /* NULL: no WebSocket here */
} HttpRoute;
