#include "common/certificate.h"

#include "common/instant.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <time.h>

struct Certificate {
  X509 *own;
  STACK_OF(X509) * above;
  EVP_PKEY *key;
  gint64 begins_at_us, ends_at_us;
};

G_DEFINE_QUARK(certificate - error - quark, certificate_error)

typedef BIO CertificateFile;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CertificateFile, BIO_free_all)

void certificate_free(Certificate *certificate) {
  if (!certificate)
    return;
  X509_free(certificate->own);
  sk_X509_pop_free(certificate->above, X509_free);
  EVP_PKEY_free(certificate->key);
  g_free(certificate);
}

/* ---- times ---- */

static gint64 instant_of(const ASN1_TIME *time) {
  struct tm parts;
  return ASN1_TIME_to_tm(time, &parts) == 1 ? (gint64)timegm(&parts) * INSTANT_SECOND : 0;
}

/* Whom a chain ends with is trusted, or not, by whoever has it already. */
static gboolean is_root(X509 *x509) {
  return X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
}

static void learn_times(Certificate *certificate) {
  certificate->begins_at_us = instant_of(X509_get0_notBefore(certificate->own));
  certificate->ends_at_us = instant_of(X509_get0_notAfter(certificate->own));
  for (int i = 0; i < sk_X509_num(certificate->above); i++) {
    X509 *x509 = sk_X509_value(certificate->above, i);
    if (is_root(x509))
      continue;
    certificate->begins_at_us = MAX(certificate->begins_at_us, instant_of(X509_get0_notBefore(x509)));
    certificate->ends_at_us = MIN(certificate->ends_at_us, instant_of(X509_get0_notAfter(x509)));
  }
}

gint64 certificate_get_begins_at_us(const Certificate *certificate) {
  return certificate->begins_at_us;
}

gint64 certificate_get_ends_at_us(const Certificate *certificate) {
  return certificate->ends_at_us;
}

/* ---- reading ---- */

static CertificateFile *open_pem(const char *path, GError **error) {
  g_autoptr(GError) problem = NULL;
  g_autofree char *text = NULL;
  gsize length;
  if (!g_file_get_contents(path, &text, &length, &problem)) {
    g_set_error_literal(error, CERTIFICATE_ERROR, CERTIFICATE_ERROR_FILE, problem->message);
    return NULL;
  }
  BIO *memory = BIO_new(BIO_s_secmem());
  if (!memory || BIO_write(memory, text, (int)MIN(length, G_MAXINT)) < 0)
    g_error("no memory for OpenSSL");
  OPENSSL_cleanse(text, length);
  return memory;
}

/* OpenSSL asks at the terminal for a passphrase unless it has one. */
static char no_passphrase[] = "";

static gboolean read_chain(Certificate *certificate, const char *path, GError **error) {
  g_autoptr(CertificateFile) file = open_pem(path, error);
  if (!file)
    return FALSE;
  certificate->own = PEM_read_bio_X509(file, NULL, NULL, no_passphrase);
  certificate->above = sk_X509_new_null();
  for (X509 *x509; certificate->own && (x509 = PEM_read_bio_X509(file, NULL, NULL, no_passphrase));)
    sk_X509_push(certificate->above, x509);
  gboolean is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (certificate->own && is_end)
    return TRUE;
  g_set_error(error, CERTIFICATE_ERROR, CERTIFICATE_ERROR_CONTENT, "%s: %s", path,
              certificate->own ? "a certificate in it is broken" : "has no certificate in PEM");
  return FALSE;
}

static gboolean read_private_key(Certificate *certificate, const char *path, GError **error) {
  g_autoptr(CertificateFile) file = open_pem(path, error);
  if (!file)
    return FALSE;
  certificate->key = PEM_read_bio_PrivateKey(file, NULL, NULL, no_passphrase);
  ERR_clear_error();
  if (!certificate->key)
    g_set_error(error, CERTIFICATE_ERROR, CERTIFICATE_ERROR_CONTENT,
                "%s: has no private key in PEM, or one with a passphrase", path);
  return certificate->key != NULL;
}

static gboolean check_pair(const Certificate *certificate, const char *chain_file, const char *key_file,
                           GError **error) {
  gboolean match = X509_check_private_key(certificate->own, certificate->key) == 1;
  ERR_clear_error();
  if (!match)
    g_set_error(error, CERTIFICATE_ERROR, CERTIFICATE_ERROR_MISMATCH,
                "%s: is not the key of the certificate in %s", key_file, chain_file);
  return match;
}

Certificate *certificate_load(const char *chain_file, const char *key_file, GError **error) {
  g_autoptr(Certificate) certificate = g_new0(Certificate, 1);
  ERR_clear_error();
  if (!read_chain(certificate, chain_file, error) || !read_private_key(certificate, key_file, error) ||
      !check_pair(certificate, chain_file, key_file, error))
    return NULL;
  learn_times(certificate);
  return g_steal_pointer(&certificate);
}

/* ---- for a TLS library ---- */

X509 *certificate_get_own(const Certificate *certificate) {
  return certificate->own;
}

STACK_OF(X509) * certificate_get_above(const Certificate *certificate) {
  return certificate->above;
}

EVP_PKEY *certificate_get_key(const Certificate *certificate) {
  return certificate->key;
}
