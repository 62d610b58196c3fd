#include "streamer/check/check_internal.h"

#include "common/certificate.h"
#include "common/instant.h"

static void check_dates(const Certificate *certificate, GPtrArray *problems) {
  gint64 now_us = instant_now_us();
  if (certificate_get_ends_at_us(certificate) <= now_us)
    check_complain(problems, TRUE, "tls_certificate", "has expired");
  else if (certificate_get_begins_at_us(certificate) > now_us)
    check_complain(problems, TRUE, "tls_certificate", "is not good yet: its time begins later");
}

void check_certificate(const StreamerSettings *settings, GPtrArray *problems) {
  g_autoptr(GError) error = NULL;
  if (!settings->tls_certificate)
    return;
  g_autoptr(Certificate) certificate = certificate_load(settings->tls_certificate, settings->tls_key, &error);
  if (certificate)
    check_dates(certificate, problems);
  else
    check_complain(problems, FALSE, "tls_certificate", "%s", error->message);
}
