/* The header of an answer as CGI and FastCGI have it (RFC 3875 section 6). Pure; any thread. */
#pragma once
#include "fcgi/core/request.h"

#define CGI_HEADER_MAX 1024

/* Writes it, with its empty line, to @out of @size (CGI_HEADER_MAX) bytes. @allow_origin: of
 * pages_allow_origin() (nullable). Returns its length. */
int cgi_header_format(const Reply *reply, const char *request_id, const char *allow_origin, char *out,
                      gsize size);
