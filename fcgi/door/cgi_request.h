/* A request as CGI and FastCGI describe it, by variables (RFC 3875 section 4.1): what of them makes a
 * Request, and what they say of a page. Any thread.
 *
 * Whoever speaks to us is the web server, and is trusted; but a variable HTTP_… is a header, which its client
 * may have written.
 */
#pragma once
#include "fcgi/base/client_address.h"
#include "fcgi/core/request.h"
#include "fcgi/door/pages.h"

/* Gives the value of a variable, "" or NULL where there is none. */
typedef const char *(*CgiVariable)(gconstpointer source, const char *name);

/* The request, of the client that client_address() finds. Its id is that of the web server, where it tells
 * one (REQUEST_ID, or UNIQUE_ID as Apache's mod_unique_id has it), or of one of the @trusted proxies
 * (X-Request-Id). @door, @connection, @text, @length: as request_new() has them. (transfer full) */
Request *cgi_request_new(const Door *door, gpointer connection, CgiVariable variable, gconstpointer source,
                         const ClientNetworks *trusted, char *text, gsize length);

/* Valid as long as the variables are. */
PageHeaders cgi_request_read_page(CgiVariable variable, gconstpointer source);
