/* Tickets: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256 (RFC 7515, "HS256") through libjwt, with the
 * key that the coordinator and its streamers share. One form serves people (role host or guest), the
 * coordinator's own calls (role coordinator), and those who run the site (TICKET_STAFF_AUDIENCE). None passes
 * for another. Any thread.
 */
#pragma once
#include <glib.h>

#define TICKET_KEY_MIN_BYTES 32 /* RFC 7518 section 3.2: at least the size of the hash */
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

typedef struct TicketKey TicketKey;

#define TICKET_ERROR (ticket_error_quark())
typedef enum {
  TICKET_ERROR_KEY,     /* the key's file is missing, unreadable or too short */
  TICKET_ERROR_INVALID, /* malformed, another algorithm, a wrong signature, a claim missing, another audience
                         */
  TICKET_ERROR_EXPIRED,
  TICKET_ERROR_CLOCK, /* signed by the right key for this server, at too different a time */
} TicketError;
GQuark ticket_error_quark(void);
/* Of TICKET_ERROR_CLOCK: by how many seconds the clock here is ahead of the one it was signed by; negative:
 * behind. 0 for other errors. */
gint64 ticket_error_get_difference(const GError *error);

/* The key from a file: its bytes without white space at the end, 32..4096 of them. (transfer full) */
TicketKey *ticket_key_load(const char *path, GError **error);
/* The same; a missing file is made first, mode 0600, with a fresh random key. @created tells (nullable). */
TicketKey *ticket_key_load_or_create(const char *path, gboolean *created, GError **error);
TicketKey *ticket_key_new(const void *bytes, gsize length); /* (transfer full), for tests */
void ticket_key_free(TicketKey *key);                       /* wipes it; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TicketKey, ticket_key_free)

/* The signed text (transfer full). `iat` is set to now. */
char *ticket_sign(const TicketKey *key, const Ticket *ticket);

/* Checks signature, algorithm, expiry and @audience (NULL: any) and gives the claims (transfer full). The
 * comparison of signatures takes constant time. */
Ticket *ticket_verify(const TicketKey *key, const char *text, const char *audience, GError **error);

/* The coordinator's own ticket for calls to @audience (transfer full), good for 60 s. */
char *ticket_sign_control(const TicketKey *key, const char *audience);
/* Checks one: role coordinator, this audience, issued at most 60 s ago or, by a clock that is ahead, from
 * now. */
gboolean ticket_verify_control(const TicketKey *key, const char *text, const char *audience, GError **error);

/* Whom staff tickets are for: no server, though one may be called so, for no role of theirs is a person's. */
#define TICKET_STAFF_AUDIENCE "vitrina-staff"
/* Checks a ticket of those who run the site, whose role is what kind of staff it is for (staff_kinds.h), and
 * gives the claims (transfer full); NULL with TICKET_ERROR. Whether it was revoked is to be asked then. */
Ticket *ticket_verify_staff(const TicketKey *key, const char *text, GError **error);

/* A secret that only who has @key can make, bound to what it is for (@purpose, "cancel") and to whom
 * (@subject, a booking's id): HMAC-SHA256 (RFC 2104) of both, 32 hexadecimal digits (transfer full). It need
 * not be stored to be checked. */
char *ticket_secret(const TicketKey *key, const char *purpose, const char *subject);
/* Whether @text is that secret; takes the same time wherever they differ. */
gboolean ticket_secret_is(const TicketKey *key, const char *purpose, const char *subject, const char *text);

/* The token of an "Authorization: Bearer …" header's value (RFC 6750 section 2.1), or NULL. Points into
 * @header. */
const char *ticket_from_header(const char *header);

void ticket_free(Ticket *ticket); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ticket, ticket_free)
