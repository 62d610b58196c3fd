/* The core: the one thread that owns the coordinator's state (servers, sessions, events, waiting requests),
 * and so needs no lock for any of it. Other threads carry bytes and post letters to it.
 *
 * Plain data: every module of the core has its state in an object here, whatever room it is in; wiring.h
 * makes them. The core's thread only, but for `mailbox`, `answers`, `metering`, `admission`, `held` and
 * `sockets`, which any thread may use.
 */
#pragma once
#include "fcgi/base/answers.h"
#include "fcgi/base/mailbox.h"
#include "fcgi/base/timers.h"
#include "fcgi/core/site_keys.h"
#include "fcgi/settings/configuration.h"

#include <stdatomic.h>

typedef struct Admission Admission;
typedef struct ClientCounts ClientCounts;
typedef struct Metering Metering;
typedef struct Fleet Fleet;
typedef struct Events Events;
typedef struct Holders Holders;
typedef struct Planning Planning;
typedef struct ServersSource ServersSource;
typedef struct Staff Staff;
typedef struct SqlPool SqlPool;
typedef struct Starts Starts;
typedef struct Invitations Invitations;
typedef struct Knocks Knocks;
typedef struct Lines Lines;
typedef struct Watches Watches;
typedef struct StreamerClient StreamerClient;

/* What a core is for. */
typedef enum {
  CORE_SERVES,  /* as many requests as come, until the program ends */
  CORE_LOOKS,   /* one request (cgi.h), which changes nothing: the plan is read, whoever has it open */
  CORE_CHANGES, /* one request, which may change the plan: it must not be open elsewhere */
} CoreMode;

typedef struct Core Core;
struct Core {
  CoreMode mode; /* set before wiring_open() */
  char *name;    /* drawn at each start: which of several coordinators this is */
  const Configuration *configuration;
  SiteKeys *keys;
  Mailbox *mailbox;
  Answers *answers;
  Metering *metering;
  Admission *admission;
  ClientCounts *held; /* who has how many requests that wait, and WebSockets */
  Holders *holders;   /* whose what is held is */
  Timers *timers;
  Fleet *fleet;
  Events *events;
  SqlPool *database; /* NULL: list and plan are files */
  Planning *planning;
  Starts *starts;
  Invitations *invitations;
  Knocks *knocks;
  Lines *lines;
  Watches *watches;
  ServersSource *servers; /* NULL before there is one */
  StreamerClient *streamers;
  Staff *staff;
  guint waiting;       /* requests that wait */
  atomic_uint sockets; /* WebSockets that are open */
  gboolean stopping;   /* no request waits any more for what others do */
  gboolean ending;     /* and no session is started any more */
  gint64 started_us;   /* monotonic */
};
