#include "streamer/webrtc/network/rate_meter.h"

#define BUCKET_MS 10
#define BUCKETS (RATE_METER_SPAN_MS / BUCKET_MS + 1)

typedef struct {
  gint64 number; /* time divided by the bucket's length */
  guint64 bytes;
} Bucket;

struct RateMeter {
  Bucket buckets[BUCKETS]; /* each number has its place */
};

RateMeter *rate_meter_new(void) {
  return g_new0(RateMeter, 1);
}

void rate_meter_free(RateMeter *meter) {
  g_free(meter);
}

static gint64 number_of(gint64 time_us) {
  return MAX(time_us, 0) / 1000 / BUCKET_MS;
}

void rate_meter_add(RateMeter *meter, gint64 time_us, guint bytes) {
  gint64 number = number_of(time_us);
  Bucket *bucket = &meter->buckets[number % BUCKETS];
  if (bucket->number > number)
    return;
  if (bucket->number < number)
    *bucket = (Bucket){.number = number};
  bucket->bytes += bytes;
}

double rate_meter_bps(const RateMeter *meter, gint64 now_us, guint span_ms) {
  gint64 last = number_of(now_us), first = last - MIN(span_ms, RATE_METER_SPAN_MS) / BUCKET_MS + 1;
  guint64 bytes = 0;
  for (guint i = 0; i < BUCKETS; i++)
    if (meter->buckets[i].number >= first && meter->buckets[i].number <= last)
      bytes += meter->buckets[i].bytes;
  return (double)bytes * 8 * 1000 / ((double)(last - first + 1) * BUCKET_MS);
}
