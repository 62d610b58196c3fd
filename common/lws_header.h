/* Headers of a request that libwebsockets holds. Only while it serves a callback of that request; its thread.
 */
#pragma once
#include <glib.h>
#include <libwebsockets.h>

/* A header, or the path of a method's token (WSI_TOKEN_GET_URI). (transfer full; NULL: it was not sent, or is
 * longer than libwebsockets keeps) */
char *lws_header_of(struct lws *wsi, enum lws_token_indexes token);

/* The same for a header that libwebsockets has no token for. @name: in small letters, with its colon:
 * "x-forwarded-host:". */
char *lws_header_named(struct lws *wsi, const char *name);
