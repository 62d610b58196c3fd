/* How a viewer comes up. The offer that sdp.c cut down goes to webrtcbin; its three answers come on
 * webrtcbin's own thread, one starting the next:
 *
 *   set-remote-description -> create-answer -> set-local-description -> candidates gathered -> answered
 *
 * Everything that changes the viewer happens on the main thread: callbacks of other threads only post to it
 * (post()), holding a reference. Two things are done right where they come, because they must not wait:
 * frames (feed.h) and input (on webrtcbin's thread, into the seat, which has its own lock).
 */
#define GST_USE_UNSTABLE_API
#include "streamer/webrtc/peer/peer.h"

#include "common/log.h"
#include "streamer/webrtc/base/trace.h"
#include "streamer/webrtc/network/pacer.h"
#include "streamer/webrtc/peer/peer_pipeline.h"
#include "streamer/webrtc/peer/retransmission.h"
#include "streamer/webrtc/picture/feed.h"
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <stdatomic.h>
#include <string.h>

/* Candidates of this host come within milliseconds; those of a slow STUN server are not worth waiting for. */
#define GATHER_MS 500
/* After the first relayed one: a second server's comes now or is not worth waiting for, which may be dead. */
#define GATHER_MORE_MS 50
/* From the offer to a connection. */
#define CONNECT_US (20 * G_USEC_PER_SEC)
/* A connected player reports by RTCP once a second or more often. */
#define SILENT_US (10 * G_USEC_PER_SEC)

struct Viewer {
  gint64 id;
  const ViewerHost *host;
  SdpChoice *choice;
  Encoder *encoder;
  Share share;
  Sound *sound; /* NULL: this viewer takes none */
  SteeringSeat *seat;
  Path *path;
  Feed *feed;
  GstElement *pipeline, *webrtc, *audio;
  guint bus_watch, gather_timer;
  gint64 begun_us;
  guint candidates;
  /* of the main thread */
  gboolean answered, connected, ended;
  /* shared */
  atomic_bool is_live;   /* connected and not ended: sound flows */
  atomic_llong heard_us; /* when the player was last heard */
  GstCaps *sound_caps;   /* under its fan-out's lock: what was set last */
};

static void viewer_clear(gpointer data) {
  Viewer *viewer = data;
  sdp_choice_free(viewer->choice);
  steering_seat_unref(viewer->seat);
  path_unref(viewer->path);
  g_clear_pointer(&viewer->feed, feed_unref);
  gst_clear_caps(&viewer->sound_caps);
  gst_clear_object(&viewer->webrtc);
  gst_clear_object(&viewer->audio);
  gst_clear_object(&viewer->pipeline);
}

static void viewer_unref(gpointer viewer) {
  g_atomic_rc_box_release_full(viewer, viewer_clear);
}

static void unref_closure(gpointer viewer, GClosure *closure) {
  viewer_unref(viewer);
}

/* A signal whose handler keeps the viewer's memory alive. */
static void connect_signal(gpointer instance, const char *signal, GCallback handler, Viewer *viewer) {
  g_signal_connect_data(instance, signal, handler, g_atomic_rc_box_acquire(viewer), unref_closure, 0);
}

/* ---- from other threads to the main one ---- */

typedef void (*ViewerFunc)(Viewer *viewer);
typedef struct {
  Viewer *viewer;
  ViewerFunc func;
} Post;

static gboolean run_post(gpointer data) {
  Post *post = data;
  if (!post->viewer->ended)
    post->func(post->viewer);
  return G_SOURCE_REMOVE;
}

static void free_post(gpointer data) {
  Post *post = data;
  viewer_unref(post->viewer);
  g_free(post);
}

static void post(Viewer *viewer, ViewerFunc func) {
  Post *data = g_new(Post, 1);
  *data = (Post){g_atomic_rc_box_acquire(viewer), func};
  g_idle_add_full(G_PRIORITY_DEFAULT, run_post, data, free_post);
}

static void end_failed(Viewer *viewer) {
  viewer_end(viewer, "failed");
}

static void end_closed(Viewer *viewer) {
  viewer_end(viewer, "closed");
}

static void end_unreachable(Viewer *viewer) {
  viewer_end(viewer, "ice_failed");
}

/* ---- frames ---- */

/* The sound's thread, under its fan-out's lock. */
static void take_sound(GstBuffer *buffer, GstCaps *caps, gpointer data) {
  Viewer *viewer = data;
  if (!atomic_load(&viewer->is_live))
    return;
  if (viewer->sound_caps != caps) {
    gst_app_src_set_caps(GST_APP_SRC(viewer->audio), caps);
    gst_caps_replace(&viewer->sound_caps, caps);
  }
  gst_app_src_push_buffer(GST_APP_SRC(viewer->audio), gst_buffer_ref(buffer));
}

/* A player that lost a picture asks for a key frame (PLI, FIR). The request ends here, at the beginning of
 * its own pipeline. */
static GstPadProbeReturn on_upstream_event(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Viewer *viewer = data;
  if (!gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)))
    return GST_PAD_PROBE_OK;
  feed_lose(viewer->feed);
  return GST_PAD_PROBE_DROP;
}

/* ---- the connection ---- */

static void note_heard(Viewer *viewer) {
  atomic_store(&viewer->heard_us, g_get_monotonic_time());
}

static void on_rtcp(GObject *session, GstBuffer *buffer, gpointer data) {
  note_heard(data);
}

static void on_message(GstWebRTCDataChannel *channel, const char *text, gpointer data) {
  Viewer *viewer = data;
  trace_point("input", 0);
  note_heard(viewer);
  if (text)
    steering_seat_feed(viewer->seat, text);
}

static void on_channel_close(GstWebRTCDataChannel *channel, gpointer data) {
  post(data, end_closed);
}

static void on_data_channel(GstElement *webrtc, GstWebRTCDataChannel *channel, gpointer data) {
  g_autofree char *label = NULL;
  g_object_get(channel, "label", &label, NULL);
  if (g_strcmp0(label, "input") != 0)
    return;
  connect_signal(channel, "on-message-string", G_CALLBACK(on_message), data);
  connect_signal(channel, "on-close", G_CALLBACK(on_channel_close), data);
}

static void become_connected(Viewer *viewer) {
  if (viewer->connected) { /* again, by an ICE restart: what was sent meanwhile is lost */
    feed_lose(viewer->feed);
    return;
  }
  viewer->connected = TRUE;
  note_heard(viewer);
  atomic_store(&viewer->is_live, TRUE);
  feed_take(viewer->feed, viewer->encoder);
  if (viewer->sound)
    sound_attach(viewer->sound, take_sound, viewer);
  viewer->host->events->connected(viewer->id, viewer->host->data);
}

static void on_connection_state(GObject *webrtc, GParamSpec *property, gpointer data) {
  GstWebRTCPeerConnectionState state;
  g_object_get(webrtc, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    post(data, become_connected);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    post(data, end_unreachable);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    post(data, end_closed);
}

/* The player's farewell (DTLS close_notify), which webrtcbin itself does not tell. */
static void on_dtls_state(GObject *dtls, GParamSpec *property, gpointer data) {
  GValue value = G_VALUE_INIT;
  g_object_get_property(dtls, "connection-state", &value);
  g_autofree char *state = gst_value_serialize(&value);
  if (g_strcmp0(state, "closed") == 0)
    post(data, end_closed);
  g_value_unset(&value);
}

/* webrtcbin's inner elements: its RTP session tells when the player reports, its retransmission is bounded.
 */
static void on_inner_element(GstBin *bin, GstBin *inner, GstElement *element, gpointer data) {
  Viewer *viewer = data;
  GstElementFactory *factory = gst_element_get_factory(element);
  const char *name = factory ? GST_OBJECT_NAME(factory) : "";
  if (g_str_equal(name, "rtpsession")) {
    g_autoptr(GObject) session = NULL;
    g_object_get(element, "internal-session", &session, NULL);
    connect_signal(session, "on-receiving-rtcp", G_CALLBACK(on_rtcp), viewer);
    path_watch(viewer->path, element);
  } else if (g_str_equal(name, "dtlssrtpenc")) {
    connect_signal(element, "notify::connection-state", G_CALLBACK(on_dtls_state), viewer);
  } else if (g_str_equal(name, "rtprtxsend")) {
    retransmission_bound(element, viewer->path, viewer->feed);
  }
}

static gboolean on_bus(GstBus *bus, GstMessage *message, gpointer data) {
  Viewer *viewer = data;
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  g_autoptr(GError) error = NULL;
  gst_message_parse_error(message, &error, NULL);
  viewer->bus_watch = 0;
  /* A player that closes its connection ends the SCTP association, which its element takes for an error. */
  if (viewer->connected && error->domain == GST_RESOURCE_ERROR) {
    viewer_end(viewer, "closed");
    return G_SOURCE_REMOVE;
  }
  g_autofree char *reason = log_quote(error->message);
  log_warning("viewer_broken", "viewer=%" G_GINT64_FORMAT " reason=%s", viewer->id, reason);
  viewer_end(viewer, "failed");
  return G_SOURCE_REMOVE;
}

/* ---- negotiation ---- */

static void send_answer(Viewer *viewer) {
  if (viewer->answered)
    return;
  g_clear_handle_id(&viewer->gather_timer, g_source_remove);
  GstWebRTCSessionDescription *answer = NULL;
  g_object_get(viewer->webrtc, "local-description", &answer, NULL);
  if (!answer) {
    viewer_end(viewer, "failed");
    return;
  }
  viewer->answered = TRUE;
  g_autofree char *sdp = sdp_write_answer(viewer->choice, answer->sdp);
  gst_webrtc_session_description_free(answer);
  viewer->host->events->answered(viewer->id, sdp, viewer->host->data);
}

static gboolean on_gather_timeout(gpointer data) {
  Viewer *viewer = data;
  viewer->gather_timer = 0;
  send_answer(viewer);
  return G_SOURCE_REMOVE;
}

static void wait_for_candidates(Viewer *viewer) {
  GstWebRTCICEGatheringState state;
  g_object_get(viewer->webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    send_answer(viewer);
  else if (!viewer->gather_timer)
    viewer->gather_timer = g_timeout_add(GATHER_MS, on_gather_timeout, viewer);
}

static void gather_no_longer(Viewer *viewer) {
  if (viewer->answered || !viewer->gather_timer)
    return;
  g_source_remove(viewer->gather_timer);
  viewer->gather_timer = g_timeout_add(GATHER_MORE_MS, on_gather_timeout, viewer);
}

static void on_candidate(GstElement *webrtc, guint mline, const char *candidate, gpointer data) {
  if (strstr(candidate, " typ relay"))
    post(data, gather_no_longer);
}

static void on_gathering_state(GObject *webrtc, GParamSpec *property, gpointer data) {
  Viewer *viewer = data;
  GstWebRTCICEGatheringState state;
  g_object_get(webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    post(viewer, wait_for_candidates);
}

/* Whether a step of the negotiation succeeded; if not, the viewer ends. */
static gboolean step_succeeded(GstPromise *promise, Viewer *viewer, const char *step) {
  if (gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED) {
    const GstStructure *reply = gst_promise_get_reply(promise);
    if (!reply || !gst_structure_has_field(reply, "error"))
      return TRUE;
  }
  log_warning("negotiation_failed", "viewer=%" G_GINT64_FORMAT " step=%s", viewer->id, step);
  post(viewer, end_failed);
  return FALSE;
}

static GstPromise *promise_step(GstPromiseChangeFunc next, Viewer *viewer) {
  return gst_promise_new_with_change_func(next, g_atomic_rc_box_acquire(viewer), viewer_unref);
}

static void on_local_set(GstPromise *promise, gpointer data) {
  if (step_succeeded(promise, data, "set_local"))
    post(data, wait_for_candidates);
  gst_promise_unref(promise);
}

static void on_answer_made(GstPromise *promise, gpointer data) {
  Viewer *viewer = data;
  GstWebRTCSessionDescription *answer = NULL;
  if (step_succeeded(promise, viewer, "create_answer")) {
    const GstStructure *reply = gst_promise_get_reply(promise);
    if (reply)
      gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL);
    if (answer)
      g_signal_emit_by_name(viewer->webrtc, "set-local-description", answer,
                            promise_step(on_local_set, viewer));
    else
      post(viewer, end_failed);
  }
  g_clear_pointer(&answer, gst_webrtc_session_description_free);
  gst_promise_unref(promise);
}

static void on_remote_set(GstPromise *promise, gpointer data) {
  Viewer *viewer = data;
  if (step_succeeded(promise, viewer, "set_remote"))
    g_signal_emit_by_name(viewer->webrtc, "create-answer", NULL, promise_step(on_answer_made, viewer));
  gst_promise_unref(promise);
}

static void begin_negotiation(Viewer *viewer) {
  GstSDPMessage *sdp;
  gst_sdp_message_copy(viewer->choice->offer, &sdp);
  GstWebRTCSessionDescription *offer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  g_signal_emit_by_name(viewer->webrtc, "set-remote-description", offer, promise_step(on_remote_set, viewer));
  gst_webrtc_session_description_free(offer);
}

/* ---- the beginning ---- */

static Path *make_path(const MediaSettings *settings, const SdpChoice *choice) {
  guint transport_cc_id = settings->adaptive ? choice->transport_cc_id : 0;
  guint max_kbps = (guint)settings->bitrate_kbps;
  const CongestionLimits limits = {.min_kbps = (guint)settings->bitrate_min_kbps,
                                   .start_kbps =
                                       transport_cc_id ? (guint)settings->bitrate_start_kbps : max_kbps,
                                   .max_kbps = max_kbps};
  return path_new(&limits, transport_cc_id);
}

static gboolean make_pipeline(Viewer *viewer, GError **error) {
  viewer->pipeline = viewer_pipeline_new(viewer->choice, viewer->host->settings, error);
  if (!viewer->pipeline)
    return FALSE;
  GstBin *bin = GST_BIN(viewer->pipeline);
  viewer->webrtc = gst_bin_get_by_name(bin, "webrtc");
  viewer->audio = gst_bin_get_by_name(bin, "audio");
  g_autoptr(GstElement) picture = gst_bin_get_by_name(bin, "picture");
  g_autoptr(GstElement) pacer = gst_bin_get_by_name(bin, "pacer");
  viewer->feed = feed_new(picture);
  pacer_set_path(pacer, viewer->path);
  g_autoptr(GstPad) pad = gst_element_get_static_pad(picture, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, viewer, NULL);
  g_autoptr(GstBus) bus = gst_element_get_bus(viewer->pipeline);
  viewer->bus_watch = gst_bus_add_watch(bus, on_bus, viewer);
  return TRUE;
}

Viewer *viewer_new(gint64 id, SdpChoice *choice, const ViewerHost *host, const GPtrArray *ice_servers,
                   Encoder *encoder, Sound *sound, SteeringSeat *seat, GError **error) {
  Viewer *viewer = g_atomic_rc_box_new0(Viewer);
  viewer->id = id;
  viewer->choice = choice;
  viewer->host = host;
  viewer->encoder = encoder;
  viewer->sound = choice->audio_mline >= 0 ? sound : NULL;
  viewer->seat = seat;
  viewer->path = make_path(host->settings, choice);
  viewer->begun_us = g_get_monotonic_time();
  if (!make_pipeline(viewer, error)) {
    steering_seat_leave(seat);
    viewer_unref(viewer);
    return NULL;
  }
  connect_signal(viewer->webrtc, "deep-element-added", G_CALLBACK(on_inner_element), viewer);
  connect_signal(viewer->webrtc, "on-data-channel", G_CALLBACK(on_data_channel), viewer);
  connect_signal(viewer->webrtc, "notify::connection-state", G_CALLBACK(on_connection_state), viewer);
  connect_signal(viewer->webrtc, "notify::ice-gathering-state", G_CALLBACK(on_gathering_state), viewer);
  connect_signal(viewer->webrtc, "on-ice-candidate", G_CALLBACK(on_candidate), viewer);
  gst_element_set_state(viewer->pipeline, GST_STATE_READY);
  ice_apply(viewer->webrtc, host->settings, ice_servers);
  gst_element_set_state(viewer->pipeline, GST_STATE_PLAYING);
  begin_negotiation(viewer);
  return viewer;
}

void viewer_add_candidates(Viewer *viewer, const char *fragment) {
  g_autoptr(GPtrArray) candidates = sdp_fragment_candidates(viewer->choice, fragment);
  for (guint i = 0; i < candidates->len && viewer->candidates < SDP_MAX_CANDIDATES; i++) {
    const SdpCandidate *candidate = candidates->pdata[i];
    g_signal_emit_by_name(viewer->webrtc, "add-ice-candidate", candidate->mline, candidate->text);
    viewer->candidates++;
  }
}

void viewer_restart(Viewer *viewer, const char *fragment) {
  const ViewerEvents *events = viewer->host->events;
  g_auto(SdpCredentials) remote = {NULL};
  g_autoptr(GError) error = NULL;
  if (!viewer->answered) {
    events->restarted(viewer->id, NULL, "the offer is not answered yet", viewer->host->data);
    return;
  }
  if (!sdp_fragment_restart(viewer->choice, fragment, &remote, &error)) {
    events->restarted(viewer->id, NULL, error->message, viewer->host->data);
    return;
  }
  g_autofree char *answer = ice_restart(viewer->webrtc, viewer->choice, &remote);
  if (answer) {
    viewer->candidates = 0;
    viewer_add_candidates(viewer, fragment);
  }
  events->restarted(viewer->id, answer, answer ? NULL : "there is no ICE to restart", viewer->host->data);
}

void viewer_check(Viewer *viewer, gint64 now_us) {
  if (!viewer->connected && now_us - viewer->begun_us > CONNECT_US)
    viewer_end(viewer, "ice_failed");
  else if (viewer->connected && now_us - atomic_load(&viewer->heard_us) > SILENT_US)
    viewer_end(viewer, "silent");
}

gboolean viewer_report(Viewer *viewer, CongestionReport *report) {
  if (!viewer->connected)
    return FALSE;
  path_report(viewer->path, report);
  feed_update(viewer->feed, report->congested);
  return TRUE;
}

MediaCodec viewer_codec(Viewer *viewer) {
  return viewer->choice->codec;
}

Share *viewer_share(Viewer *viewer) {
  return &viewer->share;
}

void viewer_take(Viewer *viewer, Encoder *encoder) {
  viewer->encoder = encoder;
  if (viewer->connected)
    feed_take(viewer->feed, encoder);
}

/* ---- the end ---- */

static GThreadPool *undertaker;

/* Stopping webrtcbin joins its threads and may wait for them: not on the main thread. The bus goes first,
 * since a full one would hold up who posts to it. */
static void take_down(gpointer data, gpointer unused) {
  Viewer *viewer = data;
  g_autoptr(GstBus) bus = gst_element_get_bus(viewer->pipeline);
  gst_bus_set_flushing(bus, TRUE);
  gst_element_set_state(viewer->pipeline, GST_STATE_NULL);
  g_signal_handlers_disconnect_by_data(viewer->webrtc, viewer);
  gst_clear_object(&viewer->webrtc);
  gst_clear_object(&viewer->audio);
  gst_clear_object(&viewer->pipeline);
  viewer_unref(viewer);
}

void viewer_end(Viewer *viewer, const char *reason) {
  viewer->ended = TRUE;
  atomic_store(&viewer->is_live, FALSE);
  if (viewer->connected) {
    feed_stop(viewer->feed);
    if (viewer->sound)
      sound_detach(viewer->sound, viewer);
  }
  steering_seat_leave(viewer->seat);
  g_clear_handle_id(&viewer->gather_timer, g_source_remove);
  g_clear_handle_id(&viewer->bus_watch, g_source_remove);
  viewer->host->events->ended(viewer->id, viewer->answered, reason, viewer->host->data);
  if (!undertaker)
    undertaker = g_thread_pool_new(take_down, NULL, 4, FALSE, NULL);
  g_thread_pool_push(undertaker, viewer, NULL);
}

void viewer_wait_for_remains(void) {
  if (undertaker)
    g_thread_pool_free(g_steal_pointer(&undertaker), FALSE, TRUE);
}
