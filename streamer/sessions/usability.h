/* Whether this host can show sessions, as far as starts have shown.
 *
 * A start that fails by the host's fault (stage.h) would fail for the next visitor too: the host is unusable
 * from then on, for that reason. An application that never shows its window may have failed for one visitor
 * alone; after USABILITY_APP_FAILURES starts in a row it is taken for broken. An application that comes up
 * makes the host usable again. Main thread.
 */
#pragma once
#include "streamer/stage/stage.h"
#include <glib.h>

#define USABILITY_APP_FAILURES 3
#define USABILITY_REASON_MAX 500 /* bytes */

typedef struct Usability Usability;

Usability *usability_new(void);            /* usable. (transfer full) */
void usability_free(Usability *usability); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Usability, usability_free)

/* Why it is not usable, a clause for people in UTF-8; NULL: it is. Owned by @usability, until the next
 * change.
 */
const char *usability_reason(const Usability *usability);

/* A start failed for @reason. TRUE: usability_reason() has changed. */
gboolean usability_note_failure(Usability *usability, StageFault fault, const char *reason);
/* An application is up. The same. */
gboolean usability_note_success(Usability *usability);

/* How long it had been usable when it last became unusable, or is: microseconds. */
gint64 usability_lasted_us(const Usability *usability);
