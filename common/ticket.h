/* Tickets: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256 (RFC 7515, "HS256") through libjwt. None passes
 * for another, for each is signed with the key of whoever checks it (key_ring.h):
 *
 *   a person's (role host or guest)   the key of the session's server (key_ring_derive_server()): the
 *                                     streamer checks it, and the coordinator, which has the master key
 *   the coordinator's own calls       the key of the server that is called; the role is coordinator
 *   of those who run the site         a key that coordinators alone have (key_ring_derive_staff()); the
 *                                     audience is TICKET_STAFF_AUDIENCE
 *
 * So what a streamer has lets nobody in elsewhere. Where there are several keys the first signs, and each is
 * good. Any thread.
 */
#pragma once
#include "common/key_ring.h"
#include <glib.h>

#define TICKET_MAX_BYTES 4096
/* How far the coordinator's clock may be from a streamer's, either way; with the time that a call takes. */
#define TICKET_CONTROL_LIFETIME_US (60 * (gint64)G_USEC_PER_SEC)

typedef struct {
  char *audience;       /* "aud": the server's name */
  char *session;        /* "sid"; NULL in the coordinator's own */
  char *user;           /* "sub"; NULL in the coordinator's own */
  char *role;           /* "host", "guest" or "coordinator" */
  char *name;           /* "name": what the person is called (nullable) */
  gint64 issued_at_us;  /* "iat"; 0 when absent */
  gint64 expires_at_us; /* "exp" */
  gint64 invitation;    /* "inv": which of its session's invitations it was given for, from 1; 0: not said */
  char *id;             /* "jti": what a staff ticket is listed by; NULL in all others */
} Ticket;

#define TICKET_ERROR (ticket_error_quark())
typedef enum {
  TICKET_ERROR_INVALID, /* malformed, another algorithm, a wrong signature, a claim missing, another audience
                         */
  TICKET_ERROR_EXPIRED,
  TICKET_ERROR_CLOCK, /* signed by the right key for this server, at too different a time */
} TicketError;
GQuark ticket_error_quark(void);
/* Of TICKET_ERROR_CLOCK: by how many seconds the clock here is ahead of the one it was signed by; negative:
 * behind. 0 for other errors. */
gint64 ticket_error_get_difference(const GError *error);

/* The signed text (transfer full). `iat` is set to now. */
char *ticket_sign(const KeyRing *keys, const Ticket *ticket);

/* Checks signature, algorithm, expiry and @audience (NULL: any) and gives the claims (transfer full). The
 * comparison of signatures takes constant time. */
Ticket *ticket_verify(const KeyRing *keys, const char *text, const char *audience, GError **error);

/* The coordinator's own ticket for calls to @audience (transfer full), good for 60 s. */
char *ticket_sign_control(const KeyRing *keys, const char *audience);
/* Checks one: role coordinator, this audience, issued at most 60 s ago or, by a clock that is ahead, from
 * now. */
gboolean ticket_verify_control(const KeyRing *keys, const char *text, const char *audience, GError **error);

/* Whom staff tickets are for: no server, though one may be called so, for no role of theirs is a person's. */
#define TICKET_STAFF_AUDIENCE "vitrina-staff"
/* Checks a ticket of those who run the site, whose role is what kind of staff it is for (staff_kinds.h), and
 * gives the claims (transfer full); NULL with TICKET_ERROR. Whether it was revoked is to be asked then. */
Ticket *ticket_verify_staff(const KeyRing *keys, const char *text, GError **error);

/* Whom a ticket says that it is for, before anybody has checked it: by whose key it is to be checked.
 * (transfer full) NULL: it does not say so. */
char *ticket_read_audience(const char *text);

/* The token of an "Authorization: Bearer …" header's value (RFC 6750 section 2.1), or NULL. Points into
 * @header. */
const char *ticket_from_header(const char *header);

void ticket_free(Ticket *ticket); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ticket, ticket_free)
