/* Bits a second over the last moments. Pure; one thread at a time. */
#pragma once
#include <glib.h>

/* The past that it remembers. */
#define RATE_METER_SPAN_MS 1000

typedef struct RateMeter RateMeter;

/* Empty: 0 bits a second. (transfer full) */
RateMeter *rate_meter_new(void);
void rate_meter_free(RateMeter *meter); /* NULL is allowed */

/* @bytes at that time, on any clock that starts anywhere; what is older than the meter's past is left out. */
void rate_meter_add(RateMeter *meter, gint64 time_us, guint bytes);

/* Bits a second over the @span_ms (up to RATE_METER_SPAN_MS) that end at @now_us. */
double rate_meter_bps(const RateMeter *meter, gint64 now_us, guint span_ms);
