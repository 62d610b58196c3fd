/* What is read again while the streamer runs, because it has changed or because somebody asks for it: its
 * keys, the secret of the TURN servers, and the certificate. Sessions and connections go on. Main thread.
 */
#pragma once
#include "streamer/doors/streamer.h"
#include "streamer/http/http.h"

typedef struct Renewal Renewal;

/* Of files that have been read just now; both outlive it. (transfer full) */
Renewal *renewal_new(Streamer *streamer, Http *http);
void renewal_free(Renewal *renewal); /* NULL is allowed */

/* Reads all of it now, from where the settings have it. */
void renewal_now(Renewal *renewal);
