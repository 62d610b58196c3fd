/* The yardstick of the latency bench: the plain way to stream a display, as one finds it in examples.
 * ximagesrc at 30 frames a second, VP8, one pipeline for one player, no playout-delay extension. It speaks
 * vitrina-webrtc's messages (streamer/shared/engine_message.h) and takes input the same way, so that the
 * picture's way alone differs. */
#define GST_USE_UNSTABLE_API
#include "config.h"

#include "streamer/shared/channel.h"
#include "streamer/shared/engine_message.h"
#include "streamer/webrtc/input/steering.h"
#include "streamer/webrtc/negotiation/sdp.h"
#include "streamer/webrtc/screen/x_connection.h"
#include "streamer/webrtc/screen/xtest.h"
#include <X11/Xlib.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <unistd.h>

static Channel *channel;
static Steering *steering;
static SteeringSeat *seat;
static SdpChoice *choice;
static GstElement *pipeline, *webrtc;
static MediaSettings settings;

static void on_display_lost(void) {
  _exit(1);
}

static void on_active(const char *user, gboolean steers, gpointer data) {
}

static gboolean send_answer(gpointer data) {
  GstWebRTCSessionDescription *answer = NULL;
  g_object_get(webrtc, "local-description", &answer, NULL);
  g_autofree char *sdp = sdp_write_answer(choice, answer->sdp, NULL);
  engine_message_send(channel, &(EngineMessage){.type = ENGINE_VIEWER_ANSWER, .viewer = 1, .sdp = sdp});
  gst_webrtc_session_description_free(answer);
  return G_SOURCE_REMOVE;
}

static void on_gathering_state(GObject *object, GParamSpec *property, gpointer data) {
  GstWebRTCICEGatheringState state;
  g_object_get(object, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    g_idle_add(send_answer, NULL);
}

static void on_answer_made(GstPromise *promise, gpointer data) {
  GstWebRTCSessionDescription *answer = NULL;
  gst_promise_wait(promise);
  gst_structure_get(gst_promise_get_reply(promise), "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer,
                    NULL);
  g_signal_emit_by_name(webrtc, "set-local-description", answer, NULL);
  gst_webrtc_session_description_free(answer);
  gst_promise_unref(promise);
}

static void on_remote_set(GstPromise *promise, gpointer data) {
  gst_promise_wait(promise);
  gst_promise_unref(promise);
  g_signal_emit_by_name(webrtc, "create-answer", NULL,
                        gst_promise_new_with_change_func(on_answer_made, NULL, NULL));
}

static void on_message(GstWebRTCDataChannel *data_channel, const char *text, gpointer data) {
  steering_seat_feed(seat, text);
}

static void on_data_channel(GstElement *element, GstWebRTCDataChannel *data_channel, gpointer data) {
  g_signal_connect(data_channel, "on-message-string", G_CALLBACK(on_message), NULL);
}

static void add_viewer(const EngineMessage *message) {
  static char *vp8[] = {"VP8", NULL};
  choice = sdp_choose(message->sdp, vp8, FALSE, NULL);
  g_autofree char *description = g_strdup_printf(
      "webrtcbin name=webrtc bundle-policy=max-bundle ximagesrc use-damage=false show-pointer=false ! "
      "video/x-raw,framerate=30/1 ! queue leaky=downstream max-size-buffers=1 ! videoconvert ! %s "
      "target-bitrate=6000000 ! rtpvp8pay pt=%d ! "
      "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=%d ! webrtc.sink_%u",
      settings.encoders[MEDIA_CODEC_VP8].element, choice->video_payload, choice->video_payload,
      choice->video_mline);
  pipeline = gst_parse_launch(description, NULL);
  webrtc = gst_bin_get_by_name(GST_BIN(pipeline), "webrtc");
  seat = steering_join(steering, message->user);
  g_signal_connect(webrtc, "notify::ice-gathering-state", G_CALLBACK(on_gathering_state), NULL);
  g_signal_connect(webrtc, "on-data-channel", G_CALLBACK(on_data_channel), NULL);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstSDPMessage *sdp;
  gst_sdp_message_copy(choice->offer, &sdp);
  GstWebRTCSessionDescription *offer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  g_signal_emit_by_name(webrtc, "set-remote-description", offer,
                        gst_promise_new_with_change_func(on_remote_set, NULL, NULL));
  gst_webrtc_session_description_free(offer);
}

static void configure(const EngineMessage *message) {
  Display *display = x_connection_open(NULL);
  int screen = DefaultScreen(display);
  steering = steering_new((guint)DisplayWidth(display, screen), (guint)DisplayHeight(display, screen),
                          &xtest_sink, xtest_new(NULL), on_active, NULL);
  media_settings_read("plain", message->settings, &settings, NULL);
  engine_message_send(channel, &(EngineMessage){.type = ENGINE_READY});
}

static void on_line(const char *line, gsize length, gpointer data) {
  g_autoptr(EngineMessage) message = engine_message_parse(line, length, NULL);
  if (!message)
    return;
  if (message->type == ENGINE_CONFIGURE)
    configure(message);
  else if (message->type == ENGINE_VIEWER_ADD)
    add_viewer(message);
  else if (message->type == ENGINE_CONTROL)
    steering_set_controller(steering, message->user);
}

static void on_close(const char *reason, gpointer data) {
  _exit(0);
}

static gboolean on_signal(gpointer data) {
  _exit(0);
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  x_connection_init(on_display_lost);
  channel = channel_new(3, on_line, on_close, NULL);
  g_unix_signal_add(SIGTERM, on_signal, NULL);
  g_main_loop_run(g_main_loop_new(NULL, FALSE));
}
