/* What is read again while the coordinator runs, because it has changed or because somebody asks for it: the
 * keys of the site, and the certificates that streamers are trusted by. Running sessions and connections go
 * on. The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"

typedef struct Renewal Renewal;

Renewal *renewal_new(Core *core);    /* of a @core that outlives it; looks from now on (transfer full) */
void renewal_free(Renewal *renewal); /* NULL is allowed */

/* Reads all of it now. */
void renewal_now(Renewal *renewal);
