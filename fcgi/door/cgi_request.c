#include "fcgi/door/cgi_request.h"

/* NULL: it is empty, or there is none. */
static const char *filled_variable(CgiVariable variable, gconstpointer source, const char *name) {
  const char *value = variable(source, name);
  return value && *value ? value : NULL;
}

static gboolean is_from_proxy(const char *remote, const ClientNetworks *trusted) {
  const ClientPrefix address = client_address_read(remote);
  return client_networks_have(trusted, &address);
}

/* The first that is good: the proxy's, which saw the request before, then the web server's. */
static void adopt_id(Request *request, CgiVariable variable, gconstpointer source, gboolean from_proxy) {
  static const char *const names[] = {"HTTP_X_REQUEST_ID", "REQUEST_ID", "UNIQUE_ID"};
  for (guint i = from_proxy ? 0 : 1; i < G_N_ELEMENTS(names); i++)
    if (request_adopt_id(request, variable(source, names[i])))
      return;
}

Request *cgi_request_new(const Door *door, gpointer connection, CgiVariable variable, gconstpointer source,
                         const ClientNetworks *trusted, char *text, gsize length) {
  const char *target = filled_variable(variable, source, "REQUEST_URI");
  const char *script = filled_variable(variable, source, "SCRIPT_NAME");
  const char *method = filled_variable(variable, source, "REQUEST_METHOD");
  const char *remote = filled_variable(variable, source, "REMOTE_ADDR");
  g_autofree char *address = client_address(
      remote ? remote : "", filled_variable(variable, source, "HTTP_X_FORWARDED_FOR"), trusted);
  Request *request = request_new(door, connection, method ? method : "",
                                 target   ? target
                                 : script ? script
                                          : "",
                                 address, text, length);
  request_set_authorization(request, filled_variable(variable, source, "HTTP_AUTHORIZATION"));
  adopt_id(request, variable, source, is_from_proxy(remote ? remote : "", trusted));
  return request;
}

PageHeaders cgi_request_read_page(CgiVariable variable, gconstpointer source) {
  return (PageHeaders){
      .origin = filled_variable(variable, source, "HTTP_ORIGIN"),
      .host = filled_variable(variable, source, "HTTP_HOST"),
      .forwarded_host = filled_variable(variable, source, "HTTP_X_FORWARDED_HOST"),
      .content_type = filled_variable(variable, source, "CONTENT_TYPE"),
      .preflight_method = filled_variable(variable, source, "HTTP_ACCESS_CONTROL_REQUEST_METHOD"),
  };
}
