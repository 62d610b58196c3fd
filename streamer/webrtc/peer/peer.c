/* How a peer connection comes up. The offer that sdp.c cut down goes to webrtcbin; its three answers come on
 * webrtcbin's own thread, one starting the next:
 *
 *   set-remote-description -> create-answer -> set-local-description -> candidates gathered -> answered
 *
 * Everything that changes the peer happens on the main thread: callbacks of other threads only post to it
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

struct Peer {
  gint64 id;
  const PeerContext *context;
  SdpChoice *choice;
  Encoder *encoder;
  Share share;
  Sound *sound; /* NULL: this peer takes none */
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

static void peer_clear(gpointer data) {
  Peer *peer = data;
  sdp_choice_free(peer->choice);
  steering_seat_unref(peer->seat);
  path_unref(peer->path);
  g_clear_pointer(&peer->feed, feed_unref);
  gst_clear_caps(&peer->sound_caps);
  gst_clear_object(&peer->webrtc);
  gst_clear_object(&peer->audio);
  gst_clear_object(&peer->pipeline);
}

static void peer_unref(gpointer peer) {
  g_atomic_rc_box_release_full(peer, peer_clear);
}

static void unref_closure(gpointer peer, GClosure *closure) {
  peer_unref(peer);
}

/* A signal whose handler keeps the peer's memory alive. */
static void connect_signal(gpointer instance, const char *signal, GCallback handler, Peer *peer) {
  g_signal_connect_data(instance, signal, handler, g_atomic_rc_box_acquire(peer), unref_closure, 0);
}

/* ---- from other threads to the main one ---- */

typedef void (*PeerFunc)(Peer *peer);
typedef struct {
  Peer *peer;
  PeerFunc func;
} Post;

static gboolean run_post(gpointer data) {
  Post *post = data;
  if (!post->peer->ended)
    post->func(post->peer);
  return G_SOURCE_REMOVE;
}

static void free_post(gpointer data) {
  Post *post = data;
  peer_unref(post->peer);
  g_free(post);
}

static void post(Peer *peer, PeerFunc func) {
  Post *data = g_new(Post, 1);
  *data = (Post){g_atomic_rc_box_acquire(peer), func};
  g_idle_add_full(G_PRIORITY_DEFAULT, run_post, data, free_post);
}

static void end_failed(Peer *peer) {
  peer_end(peer, "failed");
}

static void end_closed(Peer *peer) {
  peer_end(peer, "closed");
}

static void end_unreachable(Peer *peer) {
  peer_end(peer, "ice_failed");
}

/* ---- frames ---- */

/* The sound's thread, under its fan-out's lock. */
static void take_sound(GstBuffer *buffer, GstCaps *caps, gpointer data) {
  Peer *peer = data;
  if (!atomic_load(&peer->is_live))
    return;
  if (peer->sound_caps != caps) {
    gst_app_src_set_caps(GST_APP_SRC(peer->audio), caps);
    gst_caps_replace(&peer->sound_caps, caps);
  }
  gst_app_src_push_buffer(GST_APP_SRC(peer->audio), gst_buffer_ref(buffer));
}

/* A player that lost a picture asks for a key frame (PLI, FIR). The request ends here, at the beginning of
 * its own pipeline. */
static GstPadProbeReturn on_upstream_event(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Peer *peer = data;
  if (!gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)))
    return GST_PAD_PROBE_OK;
  feed_lose(peer->feed);
  return GST_PAD_PROBE_DROP;
}

/* ---- the connection ---- */

static void note_heard(Peer *peer) {
  atomic_store(&peer->heard_us, g_get_monotonic_time());
}

static void on_rtcp(GObject *session, GstBuffer *buffer, gpointer data) {
  note_heard(data);
}

static void on_message(GstWebRTCDataChannel *channel, const char *text, gpointer data) {
  Peer *peer = data;
  trace_point("input", 0);
  note_heard(peer);
  if (text)
    steering_seat_feed(peer->seat, text);
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

static void become_connected(Peer *peer) {
  if (peer->connected) { /* again, by an ICE restart: what was sent meanwhile is lost */
    feed_lose(peer->feed);
    return;
  }
  peer->connected = TRUE;
  note_heard(peer);
  atomic_store(&peer->is_live, TRUE);
  feed_take(peer->feed, peer->encoder);
  if (peer->sound)
    sound_attach(peer->sound, take_sound, peer);
  peer->context->events->connected(peer->id, peer->context->data);
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
  Peer *peer = data;
  GstElementFactory *factory = gst_element_get_factory(element);
  const char *name = factory ? GST_OBJECT_NAME(factory) : "";
  if (g_str_equal(name, "rtpsession")) {
    g_autoptr(GObject) session = NULL;
    g_object_get(element, "internal-session", &session, NULL);
    connect_signal(session, "on-receiving-rtcp", G_CALLBACK(on_rtcp), peer);
    path_watch(peer->path, element);
  } else if (g_str_equal(name, "dtlssrtpenc")) {
    connect_signal(element, "notify::connection-state", G_CALLBACK(on_dtls_state), peer);
  } else if (g_str_equal(name, "rtprtxsend")) {
    retransmission_bound(element, peer->path, peer->feed);
  }
}

static gboolean on_bus(GstBus *bus, GstMessage *message, gpointer data) {
  Peer *peer = data;
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  g_autoptr(GError) error = NULL;
  gst_message_parse_error(message, &error, NULL);
  peer->bus_watch = 0;
  /* A player that closes its connection ends the SCTP association, which its element takes for an error. */
  if (peer->connected && error->domain == GST_RESOURCE_ERROR) {
    peer_end(peer, "closed");
    return G_SOURCE_REMOVE;
  }
  g_autofree char *reason = log_quote(error->message);
  log_warning("viewer_broken", "viewer=%" G_GINT64_FORMAT " reason=%s", peer->id, reason);
  peer_end(peer, "failed");
  return G_SOURCE_REMOVE;
}

/* ---- negotiation ---- */

static void send_answer(Peer *peer) {
  if (peer->answered)
    return;
  g_clear_handle_id(&peer->gather_timer, g_source_remove);
  GstWebRTCSessionDescription *answer = NULL;
  g_object_get(peer->webrtc, "local-description", &answer, NULL);
  if (!answer) {
    peer_end(peer, "failed");
    return;
  }
  peer->answered = TRUE;
  g_autofree char *sdp = sdp_write_answer(peer->choice, answer->sdp);
  gst_webrtc_session_description_free(answer);
  peer->context->events->answered(peer->id, sdp, peer->context->data);
}

static gboolean on_gather_timeout(gpointer data) {
  Peer *peer = data;
  peer->gather_timer = 0;
  send_answer(peer);
  return G_SOURCE_REMOVE;
}

static void wait_for_candidates(Peer *peer) {
  GstWebRTCICEGatheringState state;
  g_object_get(peer->webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    send_answer(peer);
  else if (!peer->gather_timer)
    peer->gather_timer = g_timeout_add(GATHER_MS, on_gather_timeout, peer);
}

static void gather_no_longer(Peer *peer) {
  if (peer->answered || !peer->gather_timer)
    return;
  g_source_remove(peer->gather_timer);
  peer->gather_timer = g_timeout_add(GATHER_MORE_MS, on_gather_timeout, peer);
}

static void on_candidate(GstElement *webrtc, guint mline, const char *candidate, gpointer data) {
  if (strstr(candidate, " typ relay"))
    post(data, gather_no_longer);
}

static void on_gathering_state(GObject *webrtc, GParamSpec *property, gpointer data) {
  Peer *peer = data;
  GstWebRTCICEGatheringState state;
  g_object_get(webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    post(peer, wait_for_candidates);
}

/* Whether a step of the negotiation succeeded; if not, the peer ends. */
static gboolean step_succeeded(GstPromise *promise, Peer *peer, const char *step) {
  if (gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED) {
    const GstStructure *reply = gst_promise_get_reply(promise);
    if (!reply || !gst_structure_has_field(reply, "error"))
      return TRUE;
  }
  log_warning("negotiation_failed", "viewer=%" G_GINT64_FORMAT " step=%s", peer->id, step);
  post(peer, end_failed);
  return FALSE;
}

static GstPromise *promise_step(GstPromiseChangeFunc next, Peer *peer) {
  return gst_promise_new_with_change_func(next, g_atomic_rc_box_acquire(peer), peer_unref);
}

static void on_local_set(GstPromise *promise, gpointer data) {
  if (step_succeeded(promise, data, "set_local"))
    post(data, wait_for_candidates);
  gst_promise_unref(promise);
}

static void on_answer_made(GstPromise *promise, gpointer data) {
  Peer *peer = data;
  GstWebRTCSessionDescription *answer = NULL;
  if (step_succeeded(promise, peer, "create_answer")) {
    const GstStructure *reply = gst_promise_get_reply(promise);
    if (reply)
      gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL);
    if (answer)
      g_signal_emit_by_name(peer->webrtc, "set-local-description", answer, promise_step(on_local_set, peer));
    else
      post(peer, end_failed);
  }
  g_clear_pointer(&answer, gst_webrtc_session_description_free);
  gst_promise_unref(promise);
}

static void on_remote_set(GstPromise *promise, gpointer data) {
  Peer *peer = data;
  if (step_succeeded(promise, peer, "set_remote"))
    g_signal_emit_by_name(peer->webrtc, "create-answer", NULL, promise_step(on_answer_made, peer));
  gst_promise_unref(promise);
}

static void begin_negotiation(Peer *peer) {
  GstSDPMessage *sdp;
  gst_sdp_message_copy(peer->choice->offer, &sdp);
  GstWebRTCSessionDescription *offer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  g_signal_emit_by_name(peer->webrtc, "set-remote-description", offer, promise_step(on_remote_set, peer));
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

static gboolean make_pipeline(Peer *peer, GError **error) {
  peer->pipeline = peer_pipeline_new(peer->choice, peer->context->settings, error);
  if (!peer->pipeline)
    return FALSE;
  GstBin *bin = GST_BIN(peer->pipeline);
  peer->webrtc = gst_bin_get_by_name(bin, "webrtc");
  peer->audio = gst_bin_get_by_name(bin, "audio");
  g_autoptr(GstElement) picture = gst_bin_get_by_name(bin, "picture");
  g_autoptr(GstElement) pacer = gst_bin_get_by_name(bin, "pacer");
  peer->feed = feed_new(picture);
  pacer_set_path(pacer, peer->path);
  g_autoptr(GstPad) pad = gst_element_get_static_pad(picture, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, peer, NULL);
  g_autoptr(GstBus) bus = gst_element_get_bus(peer->pipeline);
  peer->bus_watch = gst_bus_add_watch(bus, on_bus, peer);
  return TRUE;
}

Peer *peer_new(gint64 id, SdpChoice *choice, const PeerContext *context, const GPtrArray *ice_servers,
               Encoder *encoder, Sound *sound, SteeringSeat *seat, GError **error) {
  Peer *peer = g_atomic_rc_box_new0(Peer);
  peer->id = id;
  peer->choice = choice;
  peer->context = context;
  peer->encoder = encoder;
  peer->sound = choice->audio_mline >= 0 ? sound : NULL;
  peer->seat = seat;
  peer->path = make_path(context->settings, choice);
  peer->begun_us = g_get_monotonic_time();
  if (!make_pipeline(peer, error)) {
    steering_seat_leave(seat);
    peer_unref(peer);
    return NULL;
  }
  connect_signal(peer->webrtc, "deep-element-added", G_CALLBACK(on_inner_element), peer);
  connect_signal(peer->webrtc, "on-data-channel", G_CALLBACK(on_data_channel), peer);
  connect_signal(peer->webrtc, "notify::connection-state", G_CALLBACK(on_connection_state), peer);
  connect_signal(peer->webrtc, "notify::ice-gathering-state", G_CALLBACK(on_gathering_state), peer);
  connect_signal(peer->webrtc, "on-ice-candidate", G_CALLBACK(on_candidate), peer);
  gst_element_set_state(peer->pipeline, GST_STATE_READY);
  ice_apply(peer->webrtc, context->settings, ice_servers);
  gst_element_set_state(peer->pipeline, GST_STATE_PLAYING);
  begin_negotiation(peer);
  return peer;
}

void peer_add_candidates(Peer *peer, const char *fragment) {
  g_autoptr(GPtrArray) candidates = sdp_fragment_candidates(peer->choice, fragment);
  for (guint i = 0; i < candidates->len && peer->candidates < SDP_MAX_CANDIDATES; i++) {
    const SdpCandidate *candidate = candidates->pdata[i];
    g_signal_emit_by_name(peer->webrtc, "add-ice-candidate", candidate->mline, candidate->text);
    peer->candidates++;
  }
}

void peer_restart(Peer *peer, const char *fragment) {
  const PeerEvents *events = peer->context->events;
  g_auto(SdpCredentials) remote = {NULL};
  g_autoptr(GError) error = NULL;
  if (!peer->answered) {
    events->restarted(peer->id, NULL, "the offer is not answered yet", peer->context->data);
    return;
  }
  if (!sdp_fragment_restart(peer->choice, fragment, &remote, &error)) {
    events->restarted(peer->id, NULL, error->message, peer->context->data);
    return;
  }
  g_autofree char *answer = ice_restart(peer->webrtc, peer->choice, &remote);
  if (answer) {
    peer->candidates = 0;
    peer_add_candidates(peer, fragment);
  }
  events->restarted(peer->id, answer, answer ? NULL : "there is no ICE to restart", peer->context->data);
}

void peer_check(Peer *peer, gint64 now_us) {
  if (!peer->connected && now_us - peer->begun_us > CONNECT_US)
    peer_end(peer, "ice_failed");
  else if (peer->connected && now_us - atomic_load(&peer->heard_us) > SILENT_US)
    peer_end(peer, "silent");
}

gboolean peer_report(Peer *peer, CongestionReport *report) {
  if (!peer->connected)
    return FALSE;
  path_report(peer->path, report);
  feed_update(peer->feed, report->congested);
  return TRUE;
}

MediaCodec peer_codec(Peer *peer) {
  return peer->choice->codec;
}

Share *peer_share(Peer *peer) {
  return &peer->share;
}

void peer_take(Peer *peer, Encoder *encoder) {
  peer->encoder = encoder;
  if (peer->connected)
    feed_take(peer->feed, encoder);
}

/* ---- the end ---- */

static GThreadPool *undertaker;

/* Stopping webrtcbin joins its threads and may wait for them: not on the main thread. The bus goes first,
 * since a full one would hold up who posts to it. */
static void take_down(gpointer data, gpointer unused) {
  Peer *peer = data;
  g_autoptr(GstBus) bus = gst_element_get_bus(peer->pipeline);
  gst_bus_set_flushing(bus, TRUE);
  gst_element_set_state(peer->pipeline, GST_STATE_NULL);
  g_signal_handlers_disconnect_by_data(peer->webrtc, peer);
  gst_clear_object(&peer->webrtc);
  gst_clear_object(&peer->audio);
  gst_clear_object(&peer->pipeline);
  peer_unref(peer);
}

void peer_end(Peer *peer, const char *reason) {
  peer->ended = TRUE;
  atomic_store(&peer->is_live, FALSE);
  if (peer->connected) {
    feed_stop(peer->feed);
    if (peer->sound)
      sound_detach(peer->sound, peer);
  }
  steering_seat_leave(peer->seat);
  g_clear_handle_id(&peer->gather_timer, g_source_remove);
  g_clear_handle_id(&peer->bus_watch, g_source_remove);
  peer->context->events->ended(peer->id, peer->answered, reason, peer->context->data);
  if (!undertaker)
    undertaker = g_thread_pool_new(take_down, NULL, 4, FALSE, NULL);
  g_thread_pool_push(undertaker, peer, NULL);
}

void peer_wait_for_remains(void) {
  if (undertaker)
    g_thread_pool_free(g_steal_pointer(&undertaker), FALSE, TRUE);
}
