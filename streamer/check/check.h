/* What the settings ask of this host, tried without side effects and at once: before anybody waits for a
 * session, and before a trial. What takes longer the engine's program tries (engine_check()). Main thread.
 */
#pragma once
#include "streamer/settings/settings.h"
#include <glib.h>

typedef struct {
  char *text; /* "SETTING: what is wrong", for operators */
  /* It takes no other settings and no restart: a package, a directory, a disk, another certificate. Else a
   * start is refused. */
  gboolean may_be_mended;
} CheckProblem;

/* Programs, placeholders, the certificate, directories. All that is wrong, as CheckProblem. (transfer full)
 */
GPtrArray *check_host(const StreamerSettings *settings);
/* The same of that which may be mended: FALSE with the first, as a CHECK_ERROR. */
gboolean check_host_is_good(const StreamerSettings *settings, GError **error);

/* Ports that a start would listen on, and that sessions would send from. Those that a streamer of this state
 * directory has already are taken for good. (transfer full), as above. */
GPtrArray *check_ports(const StreamerSettings *settings);

#define CHECK_ERROR (check_error_quark())
typedef enum { CHECK_ERROR_HOST } CheckError;
GQuark check_error_quark(void);
