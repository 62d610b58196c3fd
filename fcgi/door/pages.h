/* Pages in browsers that ask by HTTP. A page of anybody may send a POST from its visitor's browser, as long
 * as it is as simple as a form's, and only is not let read the answer (CORS, the Fetch standard): so a
 * foreign one is refused before its request is looked at (origin.h), and from any page a request has to say
 * that it is JSON, which a foreign page may not say without asking first (a preflight, OPTIONS). Pages
 * elsewhere that `allowed_origins` names may ask, and read the answer.
 *
 * Programs send no Origin, and notice nothing of this. Any thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"

/* What a request says of the page that sends it, as the web server passes it on; each NULL or empty when it
 * was not sent. */
typedef struct {
  const char *origin, *host, *forwarded_host, *content_type;
  const char *preflight_method; /* Access-Control-Request-Method */
} PageHeaders;

/* What the answer's Access-Control-Allow-Origin has to say: the page's origin, or "*" (transfer none, as
 * long as @page and @configuration are there); NULL: nothing. */
const char *pages_allow_origin(const Configuration *configuration, const PageHeaders *page);

/* TRUE: @reply (its body transfer full) is the answer, a refusal (FORBIDDEN) or a preflight's; the request is
 * noted (request_note()) and still the caller's. FALSE: it may go on. @metering nullable. */
gboolean pages_answer(const Configuration *configuration, Metering *metering, Request *request,
                      const PageHeaders *page, Reply *reply);
