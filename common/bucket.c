#include "common/bucket.h"

#include <math.h>

gboolean bucket_take(Bucket *bucket, const BucketRule *rule, double cost, gint64 now_us) {
  double elapsed = (double)MAX(0, now_us - bucket->filled_us) / G_USEC_PER_SEC;
  bucket->spent = MAX(0, bucket->spent - elapsed * rule->per_second);
  bucket->filled_us = now_us;
  if (bucket->spent + cost > rule->at_once)
    return FALSE;
  bucket->spent += cost;
  return TRUE;
}

static double wait_of(const Bucket *bucket, const BucketRule *rule, double cost) {
  double missing = bucket->spent + MIN(cost, rule->at_once) - rule->at_once;
  return missing / rule->per_second;
}

guint bucket_wait_seconds(const Bucket *bucket, const BucketRule *rule, double cost) {
  return (guint)MAX(1, ceil(wait_of(bucket, rule, cost)));
}

gint64 bucket_wait_us(const Bucket *bucket, const BucketRule *rule, double cost) {
  return (gint64)MAX(1, ceil(wait_of(bucket, rule, cost) * G_USEC_PER_SEC));
}
