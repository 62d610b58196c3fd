/* Where a database is, as the settings say it and connections want it (sql.h). Any thread. */
#pragma once
#include <glib.h>

#define SQL_ADDRESS_PORT 3306 /* where none is given */

/* Plain data. */
typedef struct {
  const char *host;         /* a name or an address; not with socket */
  guint port;               /* with host; 0: SQL_ADDRESS_PORT */
  const char *const *nodes; /* instead of host (nullable): the nodes of a cluster, "NAME" or "NAME:PORT" */
  const char *socket;       /* nullable */
  const char *database;     /* nullable: none is chosen */
  const char *user, *password;
  gboolean tls;        /* with host: encrypted, and the server's certificate is verified */
  const char *ca_file; /* whom to trust with tls; NULL: the system's authorities */
  guint connect_timeout_seconds;
  guint answer_timeout_seconds; /* longest silence while a statement runs */
} SqlAddress;

/* Whether @node can be one of an SqlAddress's nodes. FALSE with @error of G_IO_ERROR. */
gboolean sql_address_check_node(const char *node, GError **error);
/* How many servers may be asked: 1, or as many as there are nodes. */
guint sql_address_count_nodes(const SqlAddress *address);
