#include "common/ticket.h"

#include "common/fields.h"
#include "common/instant.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#define LATEST_S G_GINT64_CONSTANT(253402300799) /* the end of the year 9999 */

/* ---- errors ---- */

typedef struct {
  gint64 difference_s;
} TicketErrorPrivate;

static void ticket_error_private_init(TicketErrorPrivate *private) {
}

static void ticket_error_private_copy(const TicketErrorPrivate *from, TicketErrorPrivate *to) {
  *to = *from;
}

static void ticket_error_private_clear(TicketErrorPrivate *private) {
}

G_DEFINE_EXTENDED_ERROR(TicketError, ticket_error)

gint64 ticket_error_get_difference(const GError *error) {
  return error->domain == TICKET_ERROR ? ticket_error_get_private(error)->difference_s : 0;
}

typedef jwt_t Token;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Token, jwt_free)

/* ---- signing ---- */

static void add_text(Token *token, const char *name, const char *value) {
  if (value)
    jwt_add_grant(token, name, value);
}

char *ticket_sign(const KeyRing *keys, const Ticket *ticket) {
  g_autoptr(Token) token = NULL;
  gsize length;
  const guint8 *key = key_ring_get(keys, 0, &length);
  if (jwt_new(&token) != 0 || jwt_set_alg(token, JWT_ALG_HS256, key, (int)length) != 0)
    g_error("libjwt could not make a token");
  add_text(token, "aud", ticket->audience);
  add_text(token, "sid", ticket->session);
  add_text(token, "sub", ticket->user);
  add_text(token, "role", ticket->role);
  add_text(token, "name", ticket->name);
  add_text(token, "jti", ticket->id);
  if (ticket->invitation > 0)
    jwt_add_grant_int(token, "inv", (long)ticket->invitation);
  jwt_add_grant_int(token, "iat", (long)(instant_now_us() / G_USEC_PER_SEC));
  jwt_add_grant_int(token, "exp", (long)(ticket->expires_at_us / G_USEC_PER_SEC));
  char *encoded = jwt_encode_str(token);
  if (!encoded)
    g_error("libjwt could not sign a token");
  char *text = g_strdup(encoded);
  free(encoded);
  return text;
}

char *ticket_sign_control(const KeyRing *keys, const char *audience) {
  Ticket ticket = {
      .audience = (char *)audience,
      .role = (char *)"coordinator",
      .expires_at_us = instant_now_us() + TICKET_CONTROL_LIFETIME_US,
  };
  return ticket_sign(keys, &ticket);
}

/* ---- checking ---- */

/* Whoever has the key may write any number; none shall overflow. */
static gint64 instant_of(Token *token, const char *name) {
  return CLAMP((gint64)jwt_get_grant_int(token, name), 0, LATEST_S) * G_USEC_PER_SEC;
}

static Ticket *claims_of(Token *token) {
  Ticket *ticket = g_new0(Ticket, 1);
  ticket->audience = g_strdup(jwt_get_grant(token, "aud"));
  ticket->session = g_strdup(jwt_get_grant(token, "sid"));
  ticket->user = g_strdup(jwt_get_grant(token, "sub"));
  ticket->role = g_strdup(jwt_get_grant(token, "role"));
  ticket->name = g_strdup(jwt_get_grant(token, "name"));
  ticket->id = g_strdup(jwt_get_grant(token, "jti"));
  ticket->invitation = MAX((gint64)jwt_get_grant_int(token, "inv"), 0);
  ticket->issued_at_us = instant_of(token, "iat");
  ticket->expires_at_us = instant_of(token, "exp");
  return ticket;
}

static gboolean is_role(const char *role) {
  static const char *const roles[] = {"host", "guest", "coordinator", NULL};
  return role && g_strv_contains(roles, role);
}

static Ticket *fail(GError **error, TicketError code, const char *reason) {
  g_set_error_literal(error, TICKET_ERROR, code, reason);
  return NULL;
}

/* By whichever of the keys it is signed with. The comparison of signatures takes constant time. NULL: by
 * none. (transfer full) */
static Token *decode_token(const KeyRing *keys, const char *text) {
  for (guint i = 0; i < key_ring_count(keys); i++) {
    Token *token = NULL;
    gsize length;
    const guint8 *key = key_ring_get(keys, i, &length);
    /* With a key given, libjwt refuses "none" and a wrong signature; the algorithm is ours to check. */
    if (jwt_decode(&token, text, key, (int)length) == 0 && jwt_get_alg(token) == JWT_ALG_HS256)
      return token;
    g_clear_pointer(&token, jwt_free);
  }
  return NULL;
}

/* What a good signature stands under, whoever it is for (transfer full). */
static Ticket *read_signed(const KeyRing *keys, const char *text, GError **error) {
  if (!text || strlen(text) > TICKET_MAX_BYTES)
    return fail(error, TICKET_ERROR_INVALID, "The ticket is missing or too long.");
  g_autoptr(Token) token = decode_token(keys, text);
  if (!token)
    return fail(error, TICKET_ERROR_INVALID, "The ticket is not valid.");
  g_autoptr(Ticket) ticket = claims_of(token);
  if (!ticket->audience || !ticket->role || ticket->expires_at_us <= 0)
    return fail(error, TICKET_ERROR_INVALID, "The ticket lacks a claim.");
  return g_steal_pointer(&ticket);
}

static gboolean is_expired(const Ticket *ticket, GError **error) {
  if (ticket->expires_at_us > instant_now_us())
    return FALSE;
  fail(error, TICKET_ERROR_EXPIRED, "The ticket has expired.");
  return TRUE;
}

/* Of a person or a coordinator, whatever the time is. */
static Ticket *read_ticket(const KeyRing *keys, const char *text, const char *audience, GError **error) {
  g_autoptr(Ticket) ticket = read_signed(keys, text, error);
  if (!ticket)
    return NULL;
  if (!is_role(ticket->role))
    return fail(error, TICKET_ERROR_INVALID, "The ticket lacks a claim.");
  if (audience && strcmp(audience, ticket->audience) != 0)
    return fail(error, TICKET_ERROR_INVALID, "The ticket is for another server.");
  return g_steal_pointer(&ticket);
}

Ticket *ticket_verify(const KeyRing *keys, const char *text, const char *audience, GError **error) {
  g_autoptr(Ticket) ticket = read_ticket(keys, text, audience, error);
  return ticket && !is_expired(ticket, error) ? g_steal_pointer(&ticket) : NULL;
}

Ticket *ticket_verify_staff(const KeyRing *keys, const char *text, GError **error) {
  g_autoptr(Ticket) ticket = read_signed(keys, text, error);
  if (!ticket)
    return NULL;
  if (strcmp(ticket->audience, TICKET_STAFF_AUDIENCE) != 0 || is_role(ticket->role) || !ticket->id)
    return fail(error, TICKET_ERROR_INVALID, "The ticket is not one of staff.");
  return is_expired(ticket, error) ? NULL : g_steal_pointer(&ticket);
}

static void set_clock_error(GError **error, gint64 difference_us) {
  gint64 seconds = (difference_us + (difference_us < 0 ? -1 : 1) * INSTANT_SECOND / 2) / INSTANT_SECOND;
  GError *made = g_error_new(TICKET_ERROR, TICKET_ERROR_CLOCK,
                             "The clocks differ by %" G_GINT64_FORMAT " seconds; this server's is %s.",
                             ABS(seconds), seconds > 0 ? "ahead" : "behind");
  ticket_error_get_private(made)->difference_s = seconds;
  g_propagate_error(error, made);
}

gboolean ticket_verify_control(const KeyRing *keys, const char *text, const char *audience, GError **error) {
  g_autoptr(Ticket) ticket = read_ticket(keys, text, audience, error);
  if (!ticket)
    return FALSE;
  if (strcmp(ticket->role, "coordinator") != 0)
    return fail(error, TICKET_ERROR_INVALID, "The ticket is not the coordinator's.") != NULL;
  if (ticket->issued_at_us == 0)
    return fail(error, TICKET_ERROR_INVALID, "The ticket lacks a claim.") != NULL;
  gint64 age_us = instant_now_us() - ticket->issued_at_us;
  if (ABS(age_us) <= TICKET_CONTROL_LIFETIME_US)
    return TRUE;
  set_clock_error(error, age_us);
  return FALSE;
}

/* ---- before it is checked ---- */

typedef struct {
  char *audience;
} Claimed;

static const Field claimed_fields[] = {
    {"aud", FIELD_TEXT, G_STRUCT_OFFSET(Claimed, audience), .required = TRUE, .min = 1},
    {NULL},
};

/* Base64 of RFC 7515 section 2: with - and _, and without = at the end. (transfer full) */
static char *decode_part(const char *part, gsize length, gsize *decoded) {
  g_autoptr(GString) text = g_string_new_len(part, (gssize)length);
  for (gsize i = 0; i < length; i++)
    text->str[i] = part[i] == '-' ? '+' : part[i] == '_' ? '/' : part[i];
  while (text->len % 4 != 0)
    g_string_append_c(text, '=');
  return (char *)g_base64_decode(text->str, decoded);
}

char *ticket_read_audience(const char *text) {
  const char *claims = text && strlen(text) <= TICKET_MAX_BYTES ? strchr(text, '.') : NULL;
  const char *end = claims ? strchr(claims + 1, '.') : NULL;
  gsize length;
  if (!end)
    return NULL;
  g_autofree char *json = decode_part(claims + 1, (gsize)(end - claims - 1), &length);
  g_autoptr(FieldsDoc) doc = fields_parse(json, length, NULL);
  Claimed claimed = {NULL};
  if (!doc || !fields_read(doc, claimed_fields, &claimed, NULL))
    return NULL;
  return claimed.audience;
}

const char *ticket_from_header(const char *header) {
  if (!header || g_ascii_strncasecmp(header, "Bearer ", 7) != 0)
    return NULL;
  for (header += 7; *header == ' ';)
    header++;
  return *header ? header : NULL;
}

void ticket_free(Ticket *ticket) {
  if (!ticket)
    return;
  g_free(ticket->audience);
  g_free(ticket->session);
  g_free(ticket->user);
  g_free(ticket->role);
  g_free(ticket->name);
  g_free(ticket->id);
  g_free(ticket);
}
