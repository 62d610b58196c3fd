#include "fcgi/fleet/fleet.h"

#include "common/fields.h"
#include "fcgi/fleet/fleet_server_internal.h"

#include <string.h>

struct Fleet {
  FleetSums sums;
  GPtrArray *servers;     /* of FleetServer, in the list's order; holds a reference */
  GHashTable *by_name;    /* name -> FleetServer */
  GPtrArray *rcs;         /* of Rc, in the list's order */
  GHashTable *rc_by_name; /* name -> Rc, owned */
};

Fleet *fleet_new(const FleetListener *listener, gpointer user_data) {
  Fleet *fleet = g_new0(Fleet, 1);
  fleet->sums.listener = listener;
  fleet->sums.user_data = user_data;
  fleet->servers = g_ptr_array_new_with_free_func((GDestroyNotify)fleet_server_unref);
  fleet->by_name = g_hash_table_new(g_str_hash, g_str_equal);
  fleet->rcs = g_ptr_array_new();
  fleet->rc_by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)rc_free);
  return fleet;
}

void fleet_free(Fleet *fleet) {
  if (!fleet)
    return;
  for (guint i = 0; i < fleet->servers->len; i++)
    fleet_server_let_go(fleet->servers->pdata[i]);
  g_hash_table_unref(fleet->by_name);
  g_ptr_array_unref(fleet->servers);
  g_ptr_array_unref(fleet->rcs);
  g_hash_table_unref(fleet->rc_by_name);
  g_free(fleet);
}

guint fleet_count_servers(const Fleet *fleet) {
  return fleet->servers->len;
}

guint fleet_count_online(const Fleet *fleet) {
  return fleet->sums.online;
}

void fleet_count_states(const Fleet *fleet, guint counts[FLEET_N_STATES]) {
  memset(counts, 0, FLEET_N_STATES * sizeof *counts);
  for (guint i = 0; i < fleet->servers->len; i++)
    counts[fleet_server_get_state(fleet->servers->pdata[i])]++;
}

guint fleet_count_sessions(const Fleet *fleet) {
  return fleet->sums.sessions;
}

guint fleet_count_strange(const Fleet *fleet) {
  return fleet->sums.strange;
}

guint fleet_count_rcs(const Fleet *fleet) {
  return fleet->rcs->len;
}

Rc *fleet_get_rc(const Fleet *fleet, guint index) {
  return fleet->rcs->pdata[index];
}

Rc *fleet_find_rc(const Fleet *fleet, const char *name) {
  return g_hash_table_lookup(fleet->rc_by_name, name);
}

FleetServer *fleet_find_server(const Fleet *fleet, const char *name) {
  return name ? g_hash_table_lookup(fleet->by_name, name) : NULL;
}

/* ---- the list ---- */

static gboolean is_same_place(const Server *a, const Server *b) {
  return strcmp(a->ip, b->ip) == 0 && a->port == b->port;
}

/* Takes the server out of the list; it lives on for those who hold a reference. */
static void retire_server(Fleet *fleet, FleetServer *server) {
  fleet->sums.listener->removed(server, fleet->sums.user_data);
  g_hash_table_remove(fleet->by_name, fleet_server_get_info(server)->name);
  fleet_server_retire(server);
}

/* Puts the server into its RC, which joins @rcs with its first server: the order and the description are that
 * server's. */
static void join_rc(Fleet *fleet, FleetServer *server, GPtrArray *rcs) {
  const Server *info = fleet_server_get_info(server);
  Rc *rc = g_hash_table_lookup(fleet->rc_by_name, info->rc_name);
  if (!rc) {
    rc = rc_new(info->rc_name);
    g_hash_table_replace(fleet->rc_by_name, rc->name, rc);
  }
  if (!rc->listed) {
    rc->listed = TRUE;
    g_free(rc->info);
    rc->info = g_strdup(info->info);
    g_ptr_array_add(rcs, rc);
  }
  fleet_server_join_rc(server, rc);
}

/* The server for an entry of the new list: the one there was, if it is still at the same place. */
static FleetServer *keep_or_add(Fleet *fleet, Server *info) {
  FleetServer *server = g_hash_table_lookup(fleet->by_name, info->name);
  if (!server || !is_same_place(fleet_server_get_info(server), info))
    return fleet_server_new(&fleet->sums, info);
  g_hash_table_remove(fleet->by_name, info->name);
  fleet_server_set_info(server, info);
  return fleet_server_ref(server);
}

static void drop_empty_rcs(Fleet *fleet) {
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, fleet->rc_by_name);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Rc *rc = value;
    if (rc->servers == 0)
      g_hash_table_iter_remove(&iter);
  }
}

void fleet_set_servers(Fleet *fleet, GPtrArray *servers) {
  GPtrArray *kept = g_ptr_array_new_with_free_func((GDestroyNotify)fleet_server_unref);
  GPtrArray *rcs = g_ptr_array_new();
  for (guint i = 0; i < fleet->rcs->len; i++)
    ((Rc *)fleet->rcs->pdata[i])->listed = FALSE;
  for (guint i = 0; i < servers->len; i++)
    g_ptr_array_add(kept, keep_or_add(fleet, servers->pdata[i]));
  g_ptr_array_set_free_func(servers, NULL);
  g_ptr_array_unref(servers);

  /* Those still there by name are in the list no more. */
  g_autoptr(GList) gone = g_hash_table_get_values(fleet->by_name);
  for (GList *item = gone; item; item = item->next)
    retire_server(fleet, item->data);
  for (guint i = 0; i < kept->len; i++) {
    FleetServer *server = kept->pdata[i];
    gboolean is_new = !fleet_server_get_rc(server);
    g_hash_table_replace(fleet->by_name, fleet_server_get_info(server)->name, server);
    join_rc(fleet, server, rcs);
    if (is_new)
      fleet->sums.listener->added(server, fleet->sums.user_data);
  }
  g_ptr_array_unref(fleet->servers);
  fleet->servers = kept;
  g_ptr_array_unref(fleet->rcs);
  fleet->rcs = rcs;
  drop_empty_rcs(fleet);
  fleet->sums.listener->changed(NULL, fleet->sums.user_data);
}

/* ---- texts ---- */

guint fleet_append_servers(Fleet *fleet, GString *out, guint first, guint last) {
  guint count = 0;
  for (guint i = first; i <= last && i < fleet->servers->len; i++, count++) {
    if (count)
      g_string_append_c(out, ',');
    g_string_append(out, fleet_server_get_text(fleet->servers->pdata[i]));
  }
  return count;
}

void fleet_append_rcs(const Fleet *fleet, GString *out) {
  for (guint i = 0; i < fleet->rcs->len; i++) {
    const Rc *rc = fleet->rcs->pdata[i];
    g_string_append(out, i ? ",{\"rc_name\":" : "{\"rc_name\":");
    fields_append_quoted(out, rc->name);
    g_string_append_printf(out,
                           ",\"info\":%s,\"servers\":%u,\"capacity\":%" G_GINT64_FORMAT
                           ",\"free\":%" G_GINT64_FORMAT ",\"reachable\":%u,\"waiting\":%u}",
                           rc->info ? rc->info : "{}", rc->servers, rc->capacity, rc_free_for_newcomers(rc),
                           rc->online, rc->waiting);
  }
}
