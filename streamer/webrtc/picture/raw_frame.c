#include "streamer/webrtc/picture/raw_frame.h"

#include <gst/video/video.h>

void raw_frame_set_size(GstBuffer *frame, MediaSize size) {
  gst_buffer_add_video_meta(frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_BGRx, size.width, size.height);
}

MediaSize raw_frame_size(GstBuffer *frame) {
  const GstVideoMeta *meta = gst_buffer_get_video_meta(frame);
  return (MediaSize){meta->width, meta->height};
}
