/* WHEP (draft-ietf-wish-whep, which follows WHIP, RFC 9725): people's players ask for the picture.
 *
 *   POST   whep/SESSION            offer -> 201, Location: SESSION/RESOURCE, answer
 *   PATCH  whep/SESSION/RESOURCE   trickled candidates (RFC 8840) -> 204
 *   DELETE whep/SESSION/RESOURCE   -> 200
 *
 * with a person's ticket as bearer token (RFC 6750). Trickling is accepted; an ICE restart is not (RFC 9725
 * section 4.3.3: 422), a player that needs one asks anew. Main thread.
 */
#pragma once
#include "streamer/http.h"

/* Handles a request below `whep/`; @streamer is a Streamer. */
void whep_handle(HttpRequest *request, gpointer streamer);

/* Whether a Content-Type header's value (nullable) says @type, whatever its parameters and letter case
 * (RFC 9110 section 8.3.1). */
gboolean whep_is_type(const char *header, const char *type);

/* Splits what follows "whep/" into the session's id and the resource, NULL when there is none; FALSE when it
 * is neither form. (transfer full) */
gboolean whep_split(const char *rest, char **session, char **resource);
