/* A FastCGI request as it arrives (FastCGI Specification 1.0, sections 3 and 5), before libfcgi reads it.
 *
 * libfcgi waits for the rest of what it has begun to read, and trusts lengths that peers write. So it is
 * given nothing but whole requests of the right form: arrival_look() tells whether one has arrived as a
 * whole, which is nearly always so; an Arrival gathers one that comes in pieces, without anybody waiting for
 * it, and gives it as records again. Of a body that is too large (WIRE_MAX_BODY), only so much is kept that
 * this can be seen.
 *
 * The right form: BEGIN_REQUEST for a responder, PARAMS of name-value pairs that end where the stream does,
 * STDIN; all of one request id, one request at a time. Pure; one thread at a time.
 */
#pragma once
#include <glib.h>

/* Of all parameters together. */
#define ARRIVAL_MAX_PARAMS (128 * 1024)
/* Bodies are read so far, and not kept. */
#define ARRIVAL_MAX_BODY (16 * 1024 * 1024)

typedef enum {
  ARRIVAL_MORE,   /* well so far, not whole */
  ARRIVAL_WHOLE,  /* it ends with the last byte of these */
  ARRIVAL_BROKEN, /* not of that form, aborted, or larger than that */
} ArrivalState;

/* Whether @bytes are one whole request that libfcgi can read as it is. ARRIVAL_MORE is not sure: it may be
 * whole, or broken, but not of the usual shape; an Arrival tells. */
ArrivalState arrival_look(const guint8 *bytes, gsize length);

typedef struct Arrival Arrival;

Arrival *arrival_new(void);          /* (transfer full) */
void arrival_free(Arrival *arrival); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arrival, arrival_free)

/* What came next. Nothing may come after the last byte of a request: ARRIVAL_BROKEN. */
ArrivalState arrival_feed(Arrival *arrival, const guint8 *bytes, gsize length);

/* A whole request's records (transfer full). */
GByteArray *arrival_get_records(const Arrival *arrival);
