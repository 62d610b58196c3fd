#include "streamer/webrtc/network/rate_meter.h"

#define SLICE_MS 10
#define SLICES (RATE_METER_SPAN_MS / SLICE_MS + 1)

typedef struct {
  gint64 number; /* time divided by the slice's length */
  guint64 bytes;
} Slice;

struct RateMeter {
  Slice slices[SLICES]; /* each number has its place */
};

RateMeter *rate_meter_new(void) {
  return g_new0(RateMeter, 1);
}

void rate_meter_free(RateMeter *meter) {
  g_free(meter);
}

static gint64 number_of(gint64 time_us) {
  return MAX(time_us, 0) / 1000 / SLICE_MS;
}

void rate_meter_add(RateMeter *meter, gint64 time_us, guint bytes) {
  gint64 number = number_of(time_us);
  Slice *slice = &meter->slices[number % SLICES];
  if (slice->number > number)
    return;
  if (slice->number < number)
    *slice = (Slice){.number = number};
  slice->bytes += bytes;
}

double rate_meter_bps(const RateMeter *meter, gint64 now_us, guint span_ms) {
  gint64 last = number_of(now_us), first = last - MIN(span_ms, RATE_METER_SPAN_MS) / SLICE_MS + 1;
  guint64 bytes = 0;
  for (guint i = 0; i < SLICES; i++)
    if (meter->slices[i].number >= first && meter->slices[i].number <= last)
      bytes += meter->slices[i].bytes;
  return (double)bytes * 8 * 1000 / ((double)(last - first + 1) * SLICE_MS);
}
