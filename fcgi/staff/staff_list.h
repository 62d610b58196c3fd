/* Which staff tickets were made, and which of them were revoked: a list in a file (vitrina-coordinator(8),
 * OPERATORS' TICKETS), an object a ticket. The tickets themselves are not in it. A ticket that is not in the
 * list is not good, whoever signed it. Any thread.
 */
#pragma once
#include "common/fields.h"

/* At most so many; those that have expired make room. */
#define STAFF_LIST_MAX 1000
#define STAFF_NAME_MAX 100

typedef struct {
  char *id;   /* the ticket's "jti" */
  char *kind; /* of staff_kinds.h, when it was made */
  char *name; /* whose it is (nullable) */
  gint64 created_at_us, expires_at_us;
  gint64 revoked_at_us; /* 0: it was not */
} StaffTicket;

void staff_ticket_free(StaffTicket *ticket); /* NULL is allowed */

/* Reads the file: an array of StaffTicket, which it owns (transfer full), empty when there is no file; NULL
 * with an error of SETTINGS_ERROR, one line that names the file and the place. */
GPtrArray *staff_list_read(const char *path, GError **error);

/* The ticket of this id (transfer none), or NULL. */
StaffTicket *staff_list_find(const GPtrArray *list, const char *id);

/* Adds @ticket (transfer full) to the file, or says in it that the one with @id was revoked at @now_us: read
 * and written under a lock, whole, synced and renamed. FALSE with an error of SETTINGS_ERROR: the file is
 * broken, full, cannot be written, or has no such ticket. Revoking twice is revoking once. */
gboolean staff_list_add(const char *path, StaffTicket *ticket, gint64 now_us, GError **error);
gboolean staff_list_revoke(const char *path, const char *id, gint64 now_us, GError **error);
