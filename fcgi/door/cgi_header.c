#include "fcgi/door/cgi_header.h"

static const char *status_text(guint status) {
  static const struct {
    guint status;
    const char *text;
  } texts[] = {{200, "OK"},
               {204, "No Content"},
               {400, "Bad Request"},
               {401, "Unauthorized"},
               {403, "Forbidden"},
               {404, "Not Found"},
               {405, "Method Not Allowed"},
               {409, "Conflict"},
               {413, "Payload Too Large"},
               {429, "Too Many Requests"},
               {502, "Bad Gateway"},
               {503, "Service Unavailable"}};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    if (texts[i].status == status)
      return texts[i].text;
  return "Internal Server Error";
}

/* What is in it: nothing with 204 (RFC 9110 section 8.6). */
static void format_content(const Reply *reply, char *out, gsize size) {
  if (reply->status == 204)
    *out = 0;
  else
    g_snprintf(out, size, "Content-Type: %s\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n",
               reply->content_type ? reply->content_type : "application/json", body_get_length(reply->body));
}

/* For the browser of a page elsewhere that may read the answer. */
static void format_cors(const char *allow_origin, char *out, gsize size) {
  if (allow_origin)
    g_snprintf(out, size,
               "Access-Control-Allow-Origin: %s\r\n"
               "Access-Control-Expose-Headers: Retry-After, X-Request-Id\r\nVary: Origin\r\n",
               allow_origin);
  else
    *out = 0;
}

int cgi_header_format(const Reply *reply, const char *request_id, const char *allow_origin, char *out,
                      gsize size) {
  char content[128], cors[512], retry[48] = "", allow[48] = "";
  format_content(reply, content, sizeof content);
  format_cors(allow_origin, cors, sizeof cors);
  if (reply->retry_after_seconds)
    g_snprintf(retry, sizeof retry, "Retry-After: %u\r\n", reply->retry_after_seconds);
  if (reply->allow)
    g_snprintf(allow, sizeof allow, "Allow: %s\r\n", reply->allow);
  return g_snprintf(out, size,
                    "Status: %u %s\r\n%sCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                    "X-Request-Id: %s\r\n%s%s%s%s\r\n",
                    reply->status, status_text(reply->status), content, request_id, cors, retry, allow,
                    reply->more_headers ? reply->more_headers : "");
}
