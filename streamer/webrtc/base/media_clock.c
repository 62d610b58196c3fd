#include "streamer/webrtc/base/media_clock.h"

static GstClock *clock_of_all;
static GstClockTime base_time;

void media_clock_init(void) {
  clock_of_all = gst_system_clock_obtain();
  base_time = gst_clock_get_time(clock_of_all);
}

GstClockTime media_clock_now(void) {
  return gst_clock_get_time(clock_of_all) - base_time;
}

void media_clock_apply(GstElement *pipeline) {
  gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock_of_all);
  gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time(pipeline, base_time);
}
