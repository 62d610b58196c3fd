#define GST_USE_UNSTABLE_API
#include "streamer/webrtc/negotiation/ice.h"

#include "streamer/shared/ice_server.h"
#include "streamer/webrtc/negotiation/public_candidates.h"
#include <gst/webrtc/webrtc.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <nice/agent.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NiceAgent, g_object_unref)

/* libnice's number of the first stream, and with bundled media there is no other; of its components too. */
#define STREAM_ID 1

/* Whether "host:port" of a URL has a port; an IPv6 address is in brackets (RFC 3986 section 3.2.2). */
static gboolean has_port(const char *authority, gsize length) {
  g_autofree char *text = g_strndup(authority, length);
  const char *colon = strrchr(text, ':');
  return colon && !strchr(colon, ']');
}

/* "turns:host" (RFC 7065) to webrtcbin's "turns://user:password@host:5349", the parts escaped. */
static char *turn_uri(const char *url, const IceServer *server) {
  gboolean is_tls = g_str_has_prefix(url, "turns:");
  const char *rest = strchr(url, ':') + 1;
  gsize authority = strcspn(rest, "?");
  g_autofree char *user = g_uri_escape_string(server->username ? server->username : "", NULL, FALSE);
  g_autofree char *password = g_uri_escape_string(server->credential ? server->credential : "", NULL, FALSE);
  const char *port = has_port(rest, authority) ? "" : is_tls ? ":5349" : ":3478";
  return g_strdup_printf("%s://%s:%s@%.*s%s%s", is_tls ? "turns" : "turn", user, password, (int)authority,
                         rest, port, rest + authority);
}

static void add_url(GstElement *webrtcbin, const char *url, const IceServer *server) {
  if (g_str_has_prefix(url, "stun:")) {
    g_autofree char *uri = g_strdup_printf("stun://%s", url + strlen("stun:"));
    g_object_set(webrtcbin, "stun-server", uri, NULL);
  } else if (g_str_has_prefix(url, "turn:") || g_str_has_prefix(url, "turns:")) {
    g_autofree char *uri = turn_uri(url, server);
    gboolean added = FALSE;
    g_signal_emit_by_name(webrtcbin, "add-turn-server", uri, &added);
  }
}

/* The last STUN server that is set counts: from the last one to the first. */
static void add_servers(GstElement *webrtcbin, const GPtrArray *servers) {
  for (guint i = servers ? servers->len : 0; i-- > 0;) {
    const IceServer *server = servers->pdata[i];
    for (guint j = g_strv_length(server->urls); j-- > 0;)
      add_url(webrtcbin, server->urls[j], server);
  }
}

/* Whether this host has no network but its loopback: ICE would leave that one out. */
static gboolean has_only_loopback(void) {
  struct ifaddrs *list;
  gboolean only = TRUE;
  if (getifaddrs(&list) != 0)
    return FALSE;
  for (struct ifaddrs *at = list; at; at = at->ifa_next)
    if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET && !(at->ifa_flags & IFF_LOOPBACK))
      only = FALSE;
  freeifaddrs(list);
  return only;
}

static void add_address(GstWebRTCICE *ice, const char *address) {
  gboolean added = FALSE;
  g_signal_emit_by_name(ice, "add-local-ip-address", address, &added);
}

static void set_addresses(GstWebRTCICE *ice, const MediaSettings *settings) {
  gboolean listed = settings->ice_addresses && settings->ice_addresses[0];
  for (char **address = settings->ice_addresses; listed && *address; address++)
    add_address(ice, *address);
  if (!listed && has_only_loopback())
    add_address(ice, "127.0.0.1");
}

static NiceAgent *get_agent(GstWebRTCICE *ice) {
  NiceAgent *agent = NULL;
  g_object_get(ice, "agent", &agent, NULL);
  return agent;
}

void ice_apply(GstElement *webrtcbin, const MediaSettings *settings, const GPtrArray *servers) {
  g_autoptr(GstWebRTCICE) ice = NULL;
  g_object_get(webrtcbin, "ice-agent", &ice, NULL);
  g_autoptr(NiceAgent) agent = get_agent(ice);
  /* ICE-TCP and UPnP cost time and sockets, and reach nobody that TURN does not. */
  g_object_set(agent, "ice-tcp", FALSE, "upnp", FALSE, NULL);
  set_addresses(ice, settings);
  if (settings->udp_port_max > 0)
    g_object_set(ice, "min-rtp-port", (guint)settings->udp_port_min, "max-rtp-port",
                 (guint)settings->udp_port_max, NULL);
  if (g_str_equal(settings->ice_transport_policy, "relay"))
    g_object_set(webrtcbin, "ice-transport-policy", GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY, NULL);
  add_servers(webrtcbin, servers);
}

/* ---- restarts ---- */

static void free_candidate(gpointer candidate) {
  nice_candidate_free(candidate);
}

/* "candidate:…" of each (transfer full). */
static char **list_candidates(NiceAgent *agent, char *const *public_addresses) {
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  GSList *candidates = nice_agent_get_local_candidates(agent, STREAM_ID, NICE_COMPONENT_TYPE_RTP);
  for (GSList *at = candidates; at; at = at->next) {
    g_autofree char *line = nice_agent_generate_local_candidate_sdp(agent, at->data);
    const char *candidate = line + strlen("a=");
    g_auto(GStrv) more = public_candidates(public_addresses, candidate);
    g_strv_builder_add(builder, candidate);
    g_strv_builder_addv(builder, (const char **)more);
  }
  g_slist_free_full(candidates, free_candidate);
  return g_strv_builder_end(builder);
}

char *ice_restart(GstElement *webrtcbin, const SdpChoice *choice, const SdpCredentials *remote,
                  char *const *public_addresses) {
  g_autoptr(GstWebRTCICE) ice = NULL;
  g_object_get(webrtcbin, "ice-agent", &ice, NULL);
  g_autoptr(NiceAgent) agent = get_agent(ice);
  g_auto(SdpCredentials) local = {NULL};
  if (!nice_agent_restart_stream(agent, STREAM_ID) ||
      !nice_agent_set_remote_credentials(agent, STREAM_ID, remote->ufrag, remote->password) ||
      !nice_agent_get_local_credentials(agent, STREAM_ID, &local.ufrag, &local.password))
    return NULL;
  g_auto(GStrv) candidates = list_candidates(agent, public_addresses);
  return sdp_fragment_write(choice, &local, candidates);
}
