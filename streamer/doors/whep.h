/* WHEP (draft-ietf-wish-whep, which follows WHIP, RFC 9725): people's players ask for the picture.
 *
 *   POST   whep/SESSION            offer -> 201, Location: SESSION/RESOURCE, answer
 *   PATCH  whep/SESSION/RESOURCE   a fragment (RFC 8840): more candidates -> 204; with new credentials an ICE
 *                                  restart -> 200, the fragment in answer
 *   DELETE whep/SESSION/RESOURCE   -> 200
 *
 * with a person's ticket as bearer token (RFC 6750). The ETag of 201 and 200 names the generation of ICE that
 * candidates belong to; a restart begins another (RFC 9725 section 4.3). Without If-Match a PATCH is refused
 * with 428, with another generation's with 412, which tells the present ETag.
 *
 * A restart comes with If-Match: * as the RFC says, or with the ETag: a player that asked in vain, because
 * its network was away, and asks again so makes sure that the first request, which may still be under way,
 * does not undo the second. Main thread.
 */
#pragma once
#include "streamer/http/http_request.h"

/* Handles a request below `whep/`; @streamer is a Streamer. */
void whep_handle(HttpRequest *request, gpointer streamer);

/* Whether a Content-Type header's value (nullable) says @type, whatever its parameters and letter case
 * (RFC 9110 section 8.3.1). */
gboolean whep_is_type(const char *header, const char *type);

/* Whether an If-Match header's value names @etag, by the strong comparison (RFC 9110 section 13.1.1). */
gboolean whep_matches(const char *header, const char *etag);

/* Splits what follows "whep/" into the session's id and the resource, NULL when there is none; FALSE when it
 * is neither form. (transfer full) */
gboolean whep_split(const char *rest, char **session, char **resource);
