/* Everything that changes the peer happens on the main thread: callbacks of other threads only post to it
 * (peer_post()), holding a reference. Two things are done right where they come, because they must not wait:
 * frames (feed.h) and input (on webrtcbin's thread, into the seat, which has its own lock).
 */
#define GST_USE_UNSTABLE_API
#include "streamer/webrtc/peer/peer.h"

#include "common/log.h"
#include "streamer/webrtc/base/trace.h"
#include "streamer/webrtc/negotiation/ice.h"
#include "streamer/webrtc/negotiation/negotiation.h"
#include "streamer/webrtc/network/pacer.h"
#include "streamer/webrtc/network/receipt.h"
#include "streamer/webrtc/peer/peer_pipeline.h"
#include "streamer/webrtc/peer/retransmission.h"
#include "streamer/webrtc/picture/feed.h"
#include "streamer/webrtc/sound/sound_feed.h"
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <stdatomic.h>

/* From the offer to a connection. */
#define CONNECT_US (20 * G_USEC_PER_SEC)
/* A connected player reports by RTCP once a second or more often. */
#define SILENT_US (10 * G_USEC_PER_SEC)
/* Who holds something and has not been heard for so long is sent something, and lets go when that is not
 * answered; together with what is in between that is less than 1.5 s. */
#define ASK_US (200 * 1000)
#define LET_GO_US G_USEC_PER_SEC
/* What may wait for a player's network: a player that takes less is silent, and soon ended. */
#define MAX_UNSENT_BYTES (16 * 1024)

struct Peer {
  gint64 id;
  const PeerContext *context;
  SdpChoice *choice;
  Negotiation *negotiation;
  Encoder *encoder;
  Share share;
  SoundFeed *sound; /* NULL: this player takes none */
  SteeringSeat *seat;
  Path *path;
  Feed *feed;
  GstElement *pipeline, *webrtc;
  guint bus_watch;
  gint64 begun_us;
  /* of the main thread */
  gboolean connected, ended;
  GstWebRTCDataChannel *channel; /* once it is open */
  guint32 ssrc;                  /* of the picture */
  /* shared */
  Silence *silence;
  atomic_bool receives; /* the player has said so */
};

static void peer_clear(gpointer data) {
  Peer *peer = data;
  sdp_choice_free(peer->choice);
  steering_seat_free(peer->seat);
  path_unref(peer->path);
  silence_unref(peer->silence);
  g_clear_pointer(&peer->feed, feed_unref);
  g_clear_pointer(&peer->sound, sound_feed_free);
  g_clear_object(&peer->channel);
  gst_clear_object(&peer->webrtc);
  gst_clear_object(&peer->pipeline);
}

static void peer_unref(gpointer peer) {
  g_atomic_rc_box_release_full(peer, peer_clear);
}

static void peer_unref_closure(gpointer peer, GClosure *closure) {
  peer_unref(peer);
}

/* A signal whose handler keeps the peer's memory alive. */
static void connect_signal(gpointer instance, const char *signal, GCallback handler, Peer *peer) {
  g_signal_connect_data(instance, signal, handler, g_atomic_rc_box_acquire(peer), peer_unref_closure, 0);
}

/* ---- from other threads to the main one ---- */

static void peer_post(Peer *peer, GSourceFunc func) {
  g_idle_add_full(G_PRIORITY_DEFAULT, func, g_atomic_rc_box_acquire(peer), peer_unref);
}

static gboolean end_closed(gpointer data) {
  Peer *peer = data;
  if (!peer->ended)
    peer_end(peer, "closed");
  return G_SOURCE_REMOVE;
}

static gboolean end_unreachable(gpointer data) {
  Peer *peer = data;
  if (!peer->ended)
    peer_end(peer, "ice_failed");
  return G_SOURCE_REMOVE;
}

/* ---- frames ---- */

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
  silence_note_heard(peer->silence, g_get_monotonic_time());
}

static gboolean tell_receives(gpointer data) {
  Peer *peer = data;
  if (!peer->ended)
    peer->context->events->receives(peer->id, peer->context->data);
  return G_SOURCE_REMOVE;
}

static void on_rtcp(GObject *session, GstBuffer *buffer, gpointer data) {
  Peer *peer = data;
  note_heard(peer);
  if (!atomic_load(&peer->receives) && receipt_says_received(buffer, peer->ssrc) &&
      !atomic_exchange(&peer->receives, TRUE))
    peer_post(peer, tell_receives);
}

static void on_message(GstWebRTCDataChannel *channel, const char *text, gpointer data) {
  Peer *peer = data;
  trace_point("input", 0);
  note_heard(peer);
  if (text)
    steering_seat_feed(peer->seat, text);
}

typedef struct {
  Peer *peer;
  GstWebRTCDataChannel *channel;
} Opening;

static void opening_free(gpointer data) {
  Opening *opening = data;
  g_object_unref(opening->channel);
  peer_unref(opening->peer);
  g_free(opening);
}

/* A second channel of the same name is heard like the first, and told nothing. */
static gboolean become_open(gpointer data) {
  Opening *opening = data;
  Peer *peer = opening->peer;
  GstWebRTCDataChannelState state;
  g_object_get(opening->channel, "ready-state", &state, NULL);
  if (peer->ended || peer->channel || state != GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
    return G_SOURCE_REMOVE;
  peer->channel = g_object_ref(opening->channel);
  peer->context->events->opened(peer->id, peer->context->data);
  return G_SOURCE_REMOVE;
}

static void on_channel_open(GstWebRTCDataChannel *channel, gpointer data) {
  Opening *opening = g_new(Opening, 1);
  *opening = (Opening){g_atomic_rc_box_acquire(data), g_object_ref(channel)};
  g_idle_add_full(G_PRIORITY_DEFAULT, become_open, opening, opening_free);
}

static void on_channel_close(GstWebRTCDataChannel *channel, gpointer data) {
  peer_post(data, end_closed);
}

static void on_data_channel(GstElement *webrtc, GstWebRTCDataChannel *channel, gpointer data) {
  g_autofree char *label = NULL;
  g_object_get(channel, "label", &label, NULL);
  if (g_strcmp0(label, "input") != 0)
    return;
  connect_signal(channel, "on-message-string", G_CALLBACK(on_message), data);
  connect_signal(channel, "on-close", G_CALLBACK(on_channel_close), data);
  connect_signal(channel, "on-open", G_CALLBACK(on_channel_open), data);
  on_channel_open(channel, data); /* it may be so already */
}

void peer_say(Peer *peer, const char *text) {
  guint64 unsent = 0;
  if (!peer->channel)
    return;
  g_object_get(peer->channel, "buffered-amount", &unsent, NULL);
  if (unsent <= MAX_UNSENT_BYTES)
    gst_webrtc_data_channel_send_string_full(peer->channel, text, NULL);
}

static void begin_media(Peer *peer) {
  peer->connected = TRUE;
  note_heard(peer);
  feed_take(peer->feed, peer->encoder);
  if (peer->sound)
    sound_feed_start(peer->sound);
  peer->context->events->connected(peer->id, peer->context->data);
}

static gboolean become_connected(gpointer data) {
  Peer *peer = data;
  if (peer->ended)
    return G_SOURCE_REMOVE;
  if (peer->connected) /* again, by an ICE restart: what was sent meanwhile is lost */
    feed_lose(peer->feed);
  else
    begin_media(peer);
  return G_SOURCE_REMOVE;
}

static void on_connection_state(GObject *webrtc, GParamSpec *property, gpointer data) {
  GstWebRTCPeerConnectionState state;
  g_object_get(webrtc, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    peer_post(data, become_connected);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    peer_post(data, end_unreachable);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    peer_post(data, end_closed);
}

/* The player's farewell (DTLS close_notify), which webrtcbin itself does not tell. */
static void on_dtls_state(GObject *dtls, GParamSpec *property, gpointer data) {
  GValue value = G_VALUE_INIT;
  g_object_get_property(dtls, "connection-state", &value);
  g_autofree char *state = gst_value_serialize(&value);
  if (g_strcmp0(state, "closed") == 0)
    peer_post(data, end_closed);
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

static gboolean on_peer_bus(GstBus *bus, GstMessage *message, gpointer data) {
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

/* ---- the beginning ---- */

static void on_answered(const char *sdp, gpointer data) {
  Peer *peer = data;
  peer->context->events->answered(peer->id, sdp, peer->context->data);
}

static void on_negotiation_failed(const char *reason, gpointer data) {
  peer_end(data, reason);
}

static const NegotiationEvents negotiation_events = {.answered = on_answered,
                                                     .failed = on_negotiation_failed};

static Path *make_path(const MediaSettings *settings, const SdpChoice *choice, Silence *silence) {
  guint transport_cc_id = settings->adaptive ? choice->transport_cc_id : 0;
  guint max_kbps = (guint)settings->bitrate_kbps;
  const CongestionLimits limits = {.min_kbps = (guint)settings->bitrate_min_kbps,
                                   .start_kbps =
                                       transport_cc_id ? (guint)settings->bitrate_start_kbps : max_kbps,
                                   .max_kbps = max_kbps};
  return path_new(&limits, transport_cc_id, silence);
}

static gboolean peer_make_pipeline(Peer *peer, SoundCapture *sound, GError **error) {
  peer->pipeline = peer_pipeline_new(peer->choice, peer->context->settings, &peer->ssrc, error);
  if (!peer->pipeline)
    return FALSE;
  GstBin *bin = GST_BIN(peer->pipeline);
  peer->webrtc = gst_bin_get_by_name(bin, "webrtc");
  g_autoptr(GstElement) picture = gst_bin_get_by_name(bin, "picture");
  g_autoptr(GstElement) audio = gst_bin_get_by_name(bin, "audio");
  g_autoptr(GstElement) pacer = gst_bin_get_by_name(bin, "pacer");
  peer->feed = feed_new(picture);
  if (audio && sound)
    peer->sound = sound_feed_new(sound, audio);
  pacer_set_path(pacer, peer->path);
  g_autoptr(GstPad) pad = gst_element_get_static_pad(picture, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, peer, NULL);
  g_autoptr(GstBus) bus = gst_element_get_bus(peer->pipeline);
  peer->bus_watch = gst_bus_add_watch(bus, on_peer_bus, peer);
  return TRUE;
}

Peer *peer_new(gint64 id, SdpChoice *choice, const PeerContext *context, const GPtrArray *ice_servers,
               Encoder *encoder, SoundCapture *sound, SteeringSeat *seat, GError **error) {
  Peer *peer = g_atomic_rc_box_new0(Peer);
  peer->id = id;
  peer->choice = choice;
  peer->context = context;
  peer->encoder = encoder;
  peer->seat = seat;
  peer->silence = silence_new();
  peer->path = make_path(context->settings, choice, peer->silence);
  peer->begun_us = g_get_monotonic_time();
  if (!peer_make_pipeline(peer, sound, error)) {
    steering_seat_leave(seat);
    peer_unref(peer);
    return NULL;
  }
  connect_signal(peer->webrtc, "deep-element-added", G_CALLBACK(on_inner_element), peer);
  connect_signal(peer->webrtc, "on-data-channel", G_CALLBACK(on_data_channel), peer);
  connect_signal(peer->webrtc, "notify::connection-state", G_CALLBACK(on_connection_state), peer);
  peer->negotiation = negotiation_new(id, peer->webrtc, choice, context->settings->public_addresses,
                                      &negotiation_events, peer);
  gst_element_set_state(peer->pipeline, GST_STATE_READY);
  ice_apply(peer->webrtc, context->settings, ice_servers);
  gst_element_set_state(peer->pipeline, GST_STATE_PLAYING);
  negotiation_begin(peer->negotiation);
  return peer;
}

void peer_add_candidates(Peer *peer, const char *fragment) {
  negotiation_add_candidates(peer->negotiation, fragment);
}

void peer_restart(Peer *peer, const char *fragment) {
  g_autoptr(GError) error = NULL;
  g_autofree char *answer = negotiation_restart(peer->negotiation, fragment, &error);
  peer->context->events->restarted(peer->id, answer, error ? error->message : NULL, peer->context->data);
}

void peer_check(Peer *peer, gint64 now_us) {
  if (!peer->connected && now_us - peer->begun_us > CONNECT_US)
    peer_end(peer, "ice_failed");
  else if (peer->connected && silence_unheard_us(peer->silence, now_us) > SILENT_US)
    peer_end(peer, "silent");
}

/* Only players that report often can be missed soon. */
gboolean peer_watch_silence(Peer *peer, gint64 now_us) {
  if (!peer->connected || peer->choice->transport_cc_id == 0)
    return FALSE;
  gint64 unanswered_us = silence_unanswered_us(peer->silence, now_us);
  if (unanswered_us == 0)
    steering_seat_return(peer->seat);
  else if (unanswered_us > LET_GO_US)
    steering_seat_fall_silent(peer->seat);
  return unanswered_us == 0 && silence_unheard_us(peer->silence, now_us) > ASK_US &&
         steering_seat_holds(peer->seat);
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
  negotiation_free(peer->negotiation);
  g_signal_handlers_disconnect_by_data(peer->webrtc, peer);
  gst_clear_object(&peer->webrtc);
  gst_clear_object(&peer->pipeline);
  peer_unref(peer);
}

void peer_end(Peer *peer, const char *reason) {
  peer->ended = TRUE;
  if (peer->connected) {
    if (peer->sound)
      sound_feed_stop(peer->sound);
    feed_stop(peer->feed);
  }
  steering_seat_leave(peer->seat);
  g_clear_handle_id(&peer->bus_watch, g_source_remove);
  negotiation_stop(peer->negotiation);
  peer->context->events->ended(peer->id, negotiation_is_answered(peer->negotiation), reason,
                               peer->context->data);
  if (!undertaker)
    undertaker = g_thread_pool_new(take_down, NULL, 4, FALSE, NULL);
  g_thread_pool_push(undertaker, peer, NULL);
}

void peer_wait_for_remains(void) {
  if (undertaker)
    g_thread_pool_free(g_steal_pointer(&undertaker), FALSE, TRUE);
}
