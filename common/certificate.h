/* A certificate chain with its private key, as PEM files have them (RFC 7468): whether both can be used, and
 * until when. Any thread.
 */
#pragma once
#include <glib.h>
#include <openssl/x509.h>

typedef struct Certificate Certificate;

#define CERTIFICATE_ERROR (certificate_error_quark())
typedef enum {
  CERTIFICATE_ERROR_FILE,     /* cannot be read */
  CERTIFICATE_ERROR_CONTENT,  /* no certificate or no key in it, or a key with a passphrase */
  CERTIFICATE_ERROR_MISMATCH, /* the key is another certificate's */
} CertificateError;
GQuark certificate_error_quark(void);

/* Reads a chain, the server's own certificate first, and its key; whatever the time is. (transfer full), or
 * NULL with an error of one line that names the file. */
Certificate *certificate_load(const char *chain_file, const char *key_file, GError **error);
void certificate_free(Certificate *certificate); /* wipes the key; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Certificate, certificate_free)

/* From when to when all of the chain is good, but for a root, which nobody looks at: instants (instant.h). */
gint64 certificate_get_begins_at_us(const Certificate *certificate);
gint64 certificate_get_ends_at_us(const Certificate *certificate);

/* For a TLS library (transfer none): the own certificate, those above it, and the key. */
X509 *certificate_get_own(const Certificate *certificate);
STACK_OF(X509) * certificate_get_above(const Certificate *certificate);
EVP_PKEY *certificate_get_key(const Certificate *certificate);
