#define GST_USE_UNSTABLE_API
#include "streamer/webrtc/ice.h"

#include "common/fields.h"
#include <gst/webrtc/webrtc.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <nice/agent.h>
#include <string.h>

/* More than this is no configuration but a mistake. */
#define MAX_SERVERS 16

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NiceAgent, g_object_unref)

/* libnice's number of the first stream, and with bundled media there is no other; of its components too. */
#define STREAM_ID 1

struct IceServers {
  char *stun;      /* "stun://host:port"; the first one, webrtcbin takes no more */
  GPtrArray *turn; /* "turn://user:password@host:port?transport=udp" */
};

typedef struct {
  char *urls; /* one string or an array of them, as JSON */
  char *username, *credential;
} Entry;

static const Field entry_fields[] = {
    {"urls", FIELD_RAW, G_STRUCT_OFFSET(Entry, urls), .required = TRUE, .max = 4096},
    {"username", FIELD_TEXT, G_STRUCT_OFFSET(Entry, username), .max = 512},
    {"credential", FIELD_TEXT, G_STRUCT_OFFSET(Entry, credential), .max = 512},
    {NULL},
};

typedef struct {
  char **list;
} Urls;

static const Field urls_fields[] = {{"urls", FIELD_TEXTS, G_STRUCT_OFFSET(Urls, list), .max = 1024}, {NULL}};

/* "turns:host:443" (RFC 7065) to webrtcbin's "turns://user:password@host:443", the parts escaped. */
static char *turn_uri(const char *url, const Entry *entry) {
  const char *rest = strchr(url, ':') + 1;
  g_autofree char *user = g_uri_escape_string(entry->username ? entry->username : "", NULL, FALSE);
  g_autofree char *password = g_uri_escape_string(entry->credential ? entry->credential : "", NULL, FALSE);
  return g_strdup_printf("%.*s://%s:%s@%s", (int)(rest - 1 - url), url, user, password, rest);
}

static void add_url(IceServers *servers, const char *url, const Entry *entry) {
  if (g_str_has_prefix(url, "stun:") && !servers->stun)
    servers->stun = g_strdup_printf("stun://%s", url + strlen("stun:"));
  else if ((g_str_has_prefix(url, "turn:") || g_str_has_prefix(url, "turns:")) &&
           servers->turn->len < MAX_SERVERS)
    g_ptr_array_add(servers->turn, turn_uri(url, entry));
}

static gboolean add_entry(IceServers *servers, const Entry *entry, GError **error) {
  gboolean is_list = entry->urls[0] == '[';
  g_autofree char *object = g_strdup_printf(is_list ? "{\"urls\":%s}" : "{\"urls\":[%s]}", entry->urls);
  Urls urls = {0};
  gboolean read = fields_read_text(object, strlen(object), urls_fields, &urls, error);
  for (char **url = urls.list; read && url && *url; url++)
    add_url(servers, *url, entry);
  fields_clear(urls_fields, &urls);
  return read;
}

IceServers *ice_servers_new(const char *json, GError **error) {
  g_autoptr(IceServers) servers = g_new0(IceServers, 1);
  servers->turn = g_ptr_array_new_with_free_func(g_free);
  if (!json)
    return g_steal_pointer(&servers);
  g_autoptr(FieldsDoc) doc = fields_parse(json, strlen(json), error);
  if (!doc)
    return NULL;
  g_autoptr(GPtrArray) entries = fields_read_array(doc, entry_fields, sizeof(Entry), error);
  if (!entries)
    return NULL;
  for (guint i = 0; i < entries->len; i++)
    if (!add_entry(servers, entries->pdata[i], error))
      return NULL;
  return g_steal_pointer(&servers);
}

void ice_servers_free(IceServers *servers) {
  if (!servers)
    return;
  g_free(servers->stun);
  g_ptr_array_unref(servers->turn);
  g_free(servers);
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

void ice_apply(GstElement *webrtcbin, const MediaSettings *settings, const IceServers *servers) {
  g_autoptr(GstWebRTCICE) ice = NULL;
  g_object_get(webrtcbin, "ice-agent", &ice, NULL);
  g_autoptr(NiceAgent) agent = get_agent(ice);
  /* ICE-TCP and UPnP cost time and sockets, and reach nobody that TURN does not. */
  g_object_set(agent, "ice-tcp", FALSE, "upnp", FALSE, NULL);
  set_addresses(ice, settings);
  if (settings->udp_port_max > 0)
    g_object_set(ice, "min-rtp-port", (guint)settings->udp_port_min, "max-rtp-port",
                 (guint)settings->udp_port_max, NULL);
  if (servers->stun)
    g_object_set(webrtcbin, "stun-server", servers->stun, NULL);
  for (guint i = 0; i < servers->turn->len; i++) {
    gboolean added = FALSE;
    g_signal_emit_by_name(webrtcbin, "add-turn-server", servers->turn->pdata[i], &added);
  }
}

/* ---- restarts ---- */

static void free_candidate(gpointer candidate) {
  nice_candidate_free(candidate);
}

/* "candidate:…" of each (transfer full). */
static char **list_candidates(NiceAgent *agent) {
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  GSList *candidates = nice_agent_get_local_candidates(agent, STREAM_ID, NICE_COMPONENT_TYPE_RTP);
  for (GSList *at = candidates; at; at = at->next) {
    g_autofree char *line = nice_agent_generate_local_candidate_sdp(agent, at->data);
    g_strv_builder_add(builder, line + strlen("a="));
  }
  g_slist_free_full(candidates, free_candidate);
  return g_strv_builder_end(builder);
}

char *ice_restart(GstElement *webrtcbin, const SdpChoice *choice, const SdpCredentials *remote) {
  g_autoptr(GstWebRTCICE) ice = NULL;
  g_object_get(webrtcbin, "ice-agent", &ice, NULL);
  g_autoptr(NiceAgent) agent = get_agent(ice);
  g_auto(SdpCredentials) local = {NULL};
  if (!nice_agent_restart_stream(agent, STREAM_ID) ||
      !nice_agent_set_remote_credentials(agent, STREAM_ID, remote->ufrag, remote->password) ||
      !nice_agent_get_local_credentials(agent, STREAM_ID, &local.ufrag, &local.password))
    return NULL;
  g_auto(GStrv) candidates = list_candidates(agent);
  return sdp_fragment_write(choice, &local, candidates);
}
