#include "streamer/stage/display_probe.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>

/* X Window System Protocol, section 8, "Connection Setup": byte order, version 11.0, no name and no data of
 * an authorization. */
static const guint8 setup[12] = {'l', 0, 11, 0};
#define SETUP_SUCCESS 1 /* the first byte of the answer */

struct DisplayProbe {
  GSocket *socket; /* NULL: it cannot be asked */
  guint source;
  DisplayProbeFunc func;
  gpointer data;
};

static gboolean tell_unreachable(gpointer data) {
  DisplayProbe *probe = data;
  probe->source = 0;
  probe->func("the X server cannot be reached at its socket", probe->data);
  return G_SOURCE_REMOVE;
}

/* A server that closes without an answer has refused, too. */
static gboolean on_setup_answer(gint fd, GIOCondition condition, gpointer data) {
  DisplayProbe *probe = data;
  guint8 answer = 0;
  gssize got = g_socket_receive(probe->socket, (char *)&answer, sizeof answer, NULL, NULL);
  probe->source = 0;
  probe->func(got > 0 && answer == SETUP_SUCCESS
                  ? "the X server lets in whoever comes: it could not read its cookie"
                  : NULL,
              probe->data);
  return G_SOURCE_REMOVE;
}

static gboolean ask_for_setup(DisplayProbe *probe, const char *path) {
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
  probe->socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  if (!probe->socket)
    return FALSE;
  g_socket_set_blocking(probe->socket, FALSE);
  return g_socket_connect(probe->socket, address, NULL, NULL) &&
         g_socket_send(probe->socket, (const char *)setup, sizeof setup, NULL, NULL) == sizeof setup;
}

DisplayProbe *display_probe_start(const char *path, DisplayProbeFunc func, gpointer data) {
  DisplayProbe *probe = g_new0(DisplayProbe, 1);
  probe->func = func;
  probe->data = data;
  if (ask_for_setup(probe, path))
    probe->source = g_unix_fd_add(g_socket_get_fd(probe->socket), G_IO_IN | G_IO_HUP, on_setup_answer, probe);
  else
    probe->source = g_idle_add(tell_unreachable, probe);
  return probe;
}

void display_probe_free(DisplayProbe *probe) {
  if (!probe)
    return;
  g_clear_handle_id(&probe->source, g_source_remove);
  g_clear_object(&probe->socket);
  g_free(probe);
}
