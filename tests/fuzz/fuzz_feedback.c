/* Whatever a player says of the packets that were sent to it, the rate keeps its limits. */
#include "streamer/webrtc/network/congestion.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  const CongestionLimits limits = {.min_kbps = 100, .start_kbps = 1000, .max_kbps = 5000};
  Congestion *congestion = congestion_new(&limits, 1);
  guint16 sequence = size >= 2 ? (guint16)(data[0] << 8 | data[1]) : 0;
  gint64 now_us = G_USEC_PER_SEC;
  for (guint round = 0; round < 4; round++, now_us += 50000) {
    for (guint i = 0; i < 30; i++)
      congestion_note_sent(congestion, sequence++, 1000, now_us + i * 1000);
    congestion_take_feedback(congestion, data, size, now_us + 40000);
    congestion_check(congestion, now_us + 45000);
    CongestionReport report;
    congestion_report(congestion, &report);
    g_assert_cmpuint(report.target_kbps, >=, limits.min_kbps);
    g_assert_cmpuint(report.target_kbps, <=, limits.max_kbps);
    g_assert_cmpfloat(report.loss, >=, 0);
    g_assert_cmpfloat(report.loss, <=, 1);
  }
  congestion_free(congestion);
  return 0;
}
