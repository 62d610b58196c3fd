/* The server's certificate: which one new connections are shown. It is read again when its files change or
 * somebody asks for it; connections that are go on with what they have. A pair that cannot be used leaves the
 * one that was. The log says so, and says it once a day when a certificate ends soon or has ended
 * (certificate_kept, certificate_expires, certificate_expired). Main thread.
 */
#pragma once
#include <glib.h>
#include <openssl/ssl.h>

/* So long before its end a certificate is spoken of. */
#define HTTP_CERTIFICATE_WARNING_US (14 * 24 * 3600 * (gint64)G_USEC_PER_SEC)

typedef struct HttpCertificate HttpCertificate;

/* Reads both PEM files (certificate.h), and watches them from now on. One that has ended is used all the
 * same. (transfer full) NULL with CERTIFICATE_ERROR. */
HttpCertificate *http_certificate_new(const char *chain_file, const char *key_file, GError **error);
void http_certificate_free(HttpCertificate *certificate); /* NULL is allowed */

/* Every handshake of this context shows the certificate that there is then. It must not outlive @certificate.
 */
void http_certificate_attach(HttpCertificate *certificate, SSL_CTX *context);

/* Reads the files now. */
void http_certificate_reload(HttpCertificate *certificate);

/* Until the one that is shown ends; negative: it has. */
gint64 http_certificate_seconds_left(const HttpCertificate *certificate);
