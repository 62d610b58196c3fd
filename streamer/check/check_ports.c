#include "streamer/check/check_internal.h"

#include "streamer/process/remains.h"

#include <gio/gio.h>

static gboolean can_bind(GInetAddress *ip, gint64 port, GSocketType type, GError **error) {
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new(ip, (guint16)port);
  g_autoptr(GSocket) socket =
      g_socket_new(g_inet_address_get_family(ip), type, G_SOCKET_PROTOCOL_DEFAULT, error);
  return socket && g_socket_bind(socket, address, type == G_SOCKET_TYPE_STREAM, error);
}

static void check_listener(const StreamerSettings *settings, GPtrArray *problems) {
  g_autoptr(GInetAddress) ip = g_inet_address_new_from_string(settings->ip);
  g_autoptr(GError) error = NULL;
  g_autofree char *state = streamer_settings_state_directory(settings);
  if (!ip) {
    check_complain(problems, FALSE, "ip", "\"%s\" is no IP address", settings->ip);
    return;
  }
  if (can_bind(ip, settings->port, G_SOCKET_TYPE_STREAM, &error) ||
      remains_has_port(state, (guint16)settings->port))
    return;
  gboolean is_ip = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_FAILED);
  check_complain(problems, TRUE, is_ip ? "ip" : "port", "cannot listen on %s port %d: %s", settings->ip,
                 (int)settings->port, error->message);
}

/* One that is free will do: how many are needed depends on who comes. */
static void check_udp_ports(const StreamerSettings *settings, GPtrArray *problems) {
  gint64 port = settings->media.udp_port_min, last = settings->media.udp_port_max;
  g_autoptr(GInetAddress) any = g_inet_address_new_any(G_SOCKET_FAMILY_IPV4);
  if (last == 0)
    return;
  while (port <= last && !can_bind(any, port, G_SOCKET_TYPE_DATAGRAM, NULL))
    port++;
  if (port > last)
    check_complain(problems, TRUE, "webrtc.udp_port_min", "no port is free from %d to %d",
                   (int)settings->media.udp_port_min, (int)last);
}

GPtrArray *check_ports(const StreamerSettings *settings) {
  GPtrArray *problems = check_problems_new();
  check_listener(settings, problems);
  check_udp_ports(settings, problems);
  return problems;
}
