/* A token bucket: how often somebody may do something. Each time costs tokens; they come back at a steady
 * rate, and not more of them gather than may be spent at once. Plain data; a bucket of zeroes is full. Time
 * is handed in (g_get_monotonic_time()'s). */
#pragma once
#include <glib.h>

typedef struct {
  double per_second, at_once;
} BucketRule;

typedef struct {
  double spent; /* 0: full */
  gint64 filled_us;
} Bucket;

/* Takes @cost tokens; FALSE when they are not there, and nothing is taken. A cost above `at_once` is never
 * there. */
gboolean bucket_take(Bucket *bucket, const BucketRule *rule, double cost, gint64 now_us);

/* How long until @cost tokens are there, in whole seconds, at least 1: what `retry_after_seconds` says after
 * a refusal. */
guint bucket_wait_seconds(const Bucket *bucket, const BucketRule *rule, double cost);

/* The same in microseconds, at least 1. */
gint64 bucket_wait_us(const Bucket *bucket, const BucketRule *rule, double cost);
