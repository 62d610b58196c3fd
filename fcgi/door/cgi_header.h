/* The header of an answer as CGI and FastCGI have it (RFC 3875 section 6). Pure; any thread. */
#pragma once
#include "fcgi/core/request.h"

#define CGI_HEADER_MAX 512

/* Writes it, with its empty line, to @out of @size (CGI_HEADER_MAX) bytes. Returns its length. */
int cgi_header_format(const Reply *reply, const char *request_id, char *out, gsize size);
