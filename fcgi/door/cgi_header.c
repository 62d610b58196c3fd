#include "fcgi/door/cgi_header.h"

static const char *status_text(guint status) {
  static const struct {
    guint status;
    const char *text;
  } texts[] = {{200, "OK"},          {400, "Bad Request"},        {401, "Unauthorized"},
               {403, "Forbidden"},   {404, "Not Found"},          {405, "Method Not Allowed"},
               {409, "Conflict"},    {413, "Payload Too Large"},  {429, "Too Many Requests"},
               {502, "Bad Gateway"}, {503, "Service Unavailable"}};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    if (texts[i].status == status)
      return texts[i].text;
  return "Internal Server Error";
}

int cgi_header_format(const Reply *reply, const char *request_id, char *out, gsize size) {
  char retry[48] = "", allow[48] = "";
  if (reply->retry_after_seconds)
    g_snprintf(retry, sizeof retry, "Retry-After: %u\r\n", reply->retry_after_seconds);
  if (reply->allow)
    g_snprintf(allow, sizeof allow, "Allow: %s\r\n", reply->allow);
  return g_snprintf(out, size,
                    "Status: %u %s\r\nContent-Type: %s\r\nContent-Length: %" G_GSIZE_FORMAT
                    "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\n"
                    "%s%s\r\n",
                    reply->status, status_text(reply->status),
                    reply->content_type ? reply->content_type : "application/json",
                    body_get_length(reply->body), request_id, retry, allow);
}
