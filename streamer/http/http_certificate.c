#include "streamer/http/http_certificate.h"

#include "common/certificate.h"
#include "common/file_watch.h"
#include "common/instant.h"
#include "common/log.h"
#include "common/secret_file.h"

#define TELL_AGAIN_US (24 * 60 * INSTANT_MINUTE)

struct HttpCertificate {
  char *chain_file, *key_file;
  Certificate *shown;
  FileWatch *watch;
  guint timer;
  gint64 told_us; /* monotonic: when the log last had it until when it is good */
};

/* ---- what the log has ---- */

static gint64 microseconds_left(const HttpCertificate *certificate) {
  return certificate_get_ends_at_us(certificate->shown) - instant_now_us();
}

gint64 http_certificate_seconds_left(const HttpCertificate *certificate) {
  return microseconds_left(certificate) / INSTANT_SECOND;
}

static void tell_certificate(const char *event, const HttpCertificate *certificate, const char *note) {
  g_autofree char *file = log_quote(certificate->chain_file);
  g_autofree char *ends_at = instant_format(certificate_get_ends_at_us(certificate->shown));
  log_warning(event, "file=%s ends_at=%s note=\"%s\"", file, ends_at, note);
}

static void tell_end(HttpCertificate *certificate) {
  gint64 left_us = microseconds_left(certificate);
  certificate->told_us = g_get_monotonic_time();
  if (certificate_get_begins_at_us(certificate->shown) > instant_now_us())
    tell_certificate("certificate_not_yet", certificate, "its time has not come: nobody accepts it");
  else if (left_us <= 0)
    tell_certificate("certificate_expired", certificate, "nobody accepts it any more");
  else if (left_us < HTTP_CERTIFICATE_WARNING_US)
    tell_certificate("certificate_expires", certificate, "it is to be renewed; it is read as soon as it is");
}

/* ---- reading ---- */

static gboolean read_certificate(HttpCertificate *certificate, GError **error) {
  Certificate *fresh = certificate_load(certificate->chain_file, certificate->key_file, error);
  if (!fresh)
    return FALSE;
  certificate_free(certificate->shown);
  certificate->shown = fresh;
  g_autofree char *file = log_quote(certificate->chain_file);
  g_autofree char *ends_at = instant_format(certificate_get_ends_at_us(fresh));
  log_notice("certificate_read", "file=%s ends_at=%s", file, ends_at);
  tell_end(certificate);
  return TRUE;
}

static void read_certificate_again(HttpCertificate *certificate) {
  g_autoptr(GError) error = NULL;
  if (read_certificate(certificate, &error))
    return;
  g_autofree char *reason = log_quote(error->message);
  g_autofree char *ends_at = instant_format(certificate_get_ends_at_us(certificate->shown));
  log_error("certificate_kept", "ends_at=%s reason=%s", ends_at, reason);
}

void http_certificate_reload(HttpCertificate *certificate) {
  file_watch_take(certificate->watch);
  read_certificate_again(certificate);
}

static gboolean on_certificate_look(gpointer data) {
  HttpCertificate *certificate = data;
  if (file_watch_look(certificate->watch))
    read_certificate_again(certificate);
  else if (g_get_monotonic_time() - certificate->told_us > TELL_AGAIN_US)
    tell_end(certificate);
  return G_SOURCE_CONTINUE;
}

HttpCertificate *http_certificate_new(const char *chain_file, const char *key_file, GError **error) {
  HttpCertificate *certificate = g_new0(HttpCertificate, 1);
  certificate->chain_file = g_strdup(chain_file);
  certificate->key_file = g_strdup(key_file);
  certificate->watch = file_watch_new((const char *const[]){chain_file, key_file}, 2);
  if (!read_certificate(certificate, error)) {
    http_certificate_free(certificate);
    return NULL;
  }
  secret_file_warn(key_file);
  certificate->timer = g_timeout_add_seconds(FILE_WATCH_SECONDS, on_certificate_look, certificate);
  return certificate;
}

void http_certificate_free(HttpCertificate *certificate) {
  if (!certificate)
    return;
  g_clear_handle_id(&certificate->timer, g_source_remove);
  file_watch_free(certificate->watch);
  certificate_free(certificate->shown);
  g_free(certificate->chain_file);
  g_free(certificate->key_file);
  g_free(certificate);
}

/* ---- handshakes ---- */

/* What the context was given at its start is of another time, and may be of another kind of key. */
static int on_certificate_wanted(SSL *ssl, void *data) {
  const Certificate *shown = ((HttpCertificate *)data)->shown;
  SSL_certs_clear(ssl);
  return SSL_use_cert_and_key(ssl, certificate_get_own(shown), certificate_get_key(shown),
                              certificate_get_above(shown), 1);
}

void http_certificate_attach(HttpCertificate *certificate, SSL_CTX *context) {
  SSL_CTX_set_cert_cb(context, on_certificate_wanted, certificate);
}
