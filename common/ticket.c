#include "common/ticket.h"

#include "common/instant.h"

#include <errno.h>
#include <fcntl.h>
#include <jwt.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_MAX_BYTES 4096
#define SECRET_DIGITS 32
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

struct TicketKey {
  gsize length;
  guchar bytes[];
};

/* ---- the key ---- */

TicketKey *ticket_key_new(const void *bytes, gsize length) {
  TicketKey *key = g_malloc0(sizeof *key + length);
  key->length = length;
  memcpy(key->bytes, bytes, length);
  return key;
}

void ticket_key_free(TicketKey *key) {
  if (!key)
    return;
  OPENSSL_cleanse(key->bytes, key->length);
  g_free(key);
}

TicketKey *ticket_key_load(const char *path, GError **error) {
  g_autofree char *bytes = NULL;
  gsize length;
  g_autoptr(GError) problem = NULL;
  if (!g_file_get_contents(path, &bytes, &length, &problem)) {
    g_set_error_literal(error, TICKET_ERROR, TICKET_ERROR_KEY, problem->message);
    return NULL;
  }
  gsize size = length;
  while (length > 0 && g_ascii_isspace(bytes[length - 1]))
    length--;
  TicketKey *key = NULL;
  if (length < TICKET_KEY_MIN_BYTES || length > KEY_MAX_BYTES)
    g_set_error(error, TICKET_ERROR, TICKET_ERROR_KEY, "%s: the key must have %d to %d bytes", path,
                TICKET_KEY_MIN_BYTES, KEY_MAX_BYTES);
  else
    key = ticket_key_new(bytes, length);
  OPENSSL_cleanse(bytes, size);
  return key;
}

/* A new file with 32 random bytes as hexadecimal text; one that appears meanwhile is left as it is. */
static gboolean create_key(const char *path, gboolean *created, GError **error) {
  guchar raw[32];
  char text[2 * sizeof raw + 2];
  if (RAND_bytes(raw, sizeof raw) != 1)
    g_error("the random generator failed");
  for (gsize i = 0; i < sizeof raw; i++)
    g_snprintf(text + 2 * i, 4, "%02x\n", raw[i]);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 ? write(fd, text, sizeof text - 1) == (gssize)sizeof text - 1 && fsync(fd) == 0
                        : errno == EEXIST;
  if (!ok)
    g_set_error(error, TICKET_ERROR, TICKET_ERROR_KEY, "%s: %s", path, g_strerror(errno));
  else if (fd >= 0 && created)
    *created = TRUE;
  if (fd >= 0)
    close(fd);
  OPENSSL_cleanse(raw, sizeof raw);
  OPENSSL_cleanse(text, sizeof text);
  return ok;
}

TicketKey *ticket_key_load_or_create(const char *path, gboolean *created, GError **error) {
  if (created)
    *created = FALSE;
  if (!g_file_test(path, G_FILE_TEST_EXISTS) && !create_key(path, created, error))
    return NULL;
  return ticket_key_load(path, error);
}

/* ---- signing ---- */

static void add_text(Token *token, const char *name, const char *value) {
  if (value)
    jwt_add_grant(token, name, value);
}

char *ticket_sign(const TicketKey *key, const Ticket *ticket) {
  g_autoptr(Token) token = NULL;
  if (jwt_new(&token) != 0 || jwt_set_alg(token, JWT_ALG_HS256, key->bytes, (int)key->length) != 0)
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

char *ticket_sign_control(const TicketKey *key, const char *audience) {
  Ticket ticket = {
      .audience = (char *)audience,
      .role = (char *)"coordinator",
      .expires_at_us = instant_now_us() + TICKET_CONTROL_LIFETIME_US,
  };
  return ticket_sign(key, &ticket);
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

/* What a good signature stands under, whoever it is for (transfer full). */
static Ticket *read_signed(const TicketKey *key, const char *text, GError **error) {
  g_autoptr(Token) token = NULL;
  if (!text || strlen(text) > TICKET_MAX_BYTES)
    return fail(error, TICKET_ERROR_INVALID, "The ticket is missing or too long.");
  /* With a key given, libjwt refuses "none" and a wrong signature; the algorithm is ours to check. */
  if (jwt_decode(&token, text, key->bytes, (int)key->length) != 0 || jwt_get_alg(token) != JWT_ALG_HS256)
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
static Ticket *read_ticket(const TicketKey *key, const char *text, const char *audience, GError **error) {
  g_autoptr(Ticket) ticket = read_signed(key, text, error);
  if (!ticket)
    return NULL;
  if (!is_role(ticket->role))
    return fail(error, TICKET_ERROR_INVALID, "The ticket lacks a claim.");
  if (audience && strcmp(audience, ticket->audience) != 0)
    return fail(error, TICKET_ERROR_INVALID, "The ticket is for another server.");
  return g_steal_pointer(&ticket);
}

Ticket *ticket_verify(const TicketKey *key, const char *text, const char *audience, GError **error) {
  g_autoptr(Ticket) ticket = read_ticket(key, text, audience, error);
  return ticket && !is_expired(ticket, error) ? g_steal_pointer(&ticket) : NULL;
}

Ticket *ticket_verify_staff(const TicketKey *key, const char *text, GError **error) {
  g_autoptr(Ticket) ticket = read_signed(key, text, error);
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

gboolean ticket_verify_control(const TicketKey *key, const char *text, const char *audience, GError **error) {
  g_autoptr(Ticket) ticket = read_ticket(key, text, audience, error);
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

char *ticket_secret(const TicketKey *key, const char *purpose, const char *subject) {
  g_autofree char *message = g_strdup_printf("%s:%s", purpose, subject);
  char *text = g_compute_hmac_for_string(G_CHECKSUM_SHA256, key->bytes, key->length, message, -1);
  text[SECRET_DIGITS] = '\0';
  return text;
}

gboolean ticket_secret_is(const TicketKey *key, const char *purpose, const char *subject, const char *text) {
  g_autofree char *secret = ticket_secret(key, purpose, subject);
  return text && strlen(text) == SECRET_DIGITS && CRYPTO_memcmp(secret, text, SECRET_DIGITS) == 0;
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
