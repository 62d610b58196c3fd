#include "streamer/webrtc/program/media_session.h"

#include "common/log.h"
#include "streamer/shared/ice_server.h"
#include "streamer/shared/media_settings.h"
#include "streamer/webrtc/input/steering.h"
#include "streamer/webrtc/negotiation/sdp.h"
#include "streamer/webrtc/peer/layers.h"
#include "streamer/webrtc/peer/peer.h"
#include "streamer/webrtc/program/fitting.h"
#include "streamer/webrtc/program/media_check.h"
#include "streamer/webrtc/program/warm_up.h"
#include "streamer/webrtc/screen/pointer_watch.h"
#include "streamer/webrtc/screen/screen_capture.h"
#include "streamer/webrtc/screen/window_watch.h"
#include "streamer/webrtc/screen/xtest.h"
#include "streamer/webrtc/sound/sound_capture.h"
#include <stdatomic.h>
#include <sysexits.h>

#define MAX_PEERS 64
#define STATS_SECONDS 5
#define NETWORKS_MS 50

struct MediaSession {
  MediaSessionEvents events;
  gpointer data;
  gboolean configured, warm, encoding, ready; /* ready: was said */
  WindowState window;
  MediaSettings settings;
  PeerContext context;
  ScreenCapture *capture;
  Layers *_Atomic layers;
  SoundCapture *sound;
  XTest *xtest;
  Steering *steering;
  WindowWatch *windows;
  PointerWatch *pointer;
  gboolean relative; /* the application takes moves of the pointer alone */
  Fitting *fitting;  /* NULL: the picture has one size */
  GHashTable *peers; /* &id -> Peer */
  GThread *warm_up;
  guint tick_timer, networks_timer, ticks;
  guint64 bytes_before;
};

static void media_session_say(MediaSession *session, const EngineMessage *message) {
  session->events.say(message, session->data);
}

static void media_session_fail(MediaSession *session, const char *reason, int exit_status) {
  session->events.failed(reason, exit_status, session->data);
}

static void say_ready_if_so(MediaSession *session) {
  if (session->ready || !session->configured || !session->warm || !session->encoding ||
      session->window == WINDOW_NONE)
    return;
  session->ready = TRUE;
  media_session_say(session, &(EngineMessage){.type = ENGINE_READY});
}

static gboolean on_warm(gpointer data) {
  MediaSession *session = data;
  session->warm = TRUE;
  say_ready_if_so(session);
  return G_SOURCE_REMOVE;
}

static void on_window(WindowState state, gpointer data) {
  static const EngineMessageType messages[] = {[WINDOW_NONE] = ENGINE_WINDOW_GONE,
                                               [WINDOW_SHOWN] = ENGINE_WINDOW_READY,
                                               [WINDOW_SILENT] = ENGINE_WINDOW_SILENT};
  MediaSession *session = data;
  session->window = state;
  if (session->ready)
    media_session_say(session, &(EngineMessage){.type = messages[state]});
  say_ready_if_so(session);
}

static void say_pointer(MediaSession *session, Peer *peer) {
  peer_say(peer, session->relative ? "{\"type\":\"pointer\",\"relative\":true}"
                                   : "{\"type\":\"pointer\",\"relative\":false}");
}

static void on_pointer(gboolean relative, gpointer data) {
  MediaSession *session = data;
  steering_set_relative(session->steering, relative);
}

static void on_pointer_settled(gboolean relative, gpointer data) {
  MediaSession *session = data;
  GHashTableIter at;
  gpointer peer;
  session->relative = relative;
  g_hash_table_iter_init(&at, session->peers);
  while (g_hash_table_iter_next(&at, NULL, &peer))
    say_pointer(session, peer);
}

static const PointerEvents pointer_events = {.changed = on_pointer, .settled = on_pointer_settled};

static void on_input(const char *user, gboolean steers, gpointer data) {
  media_session_say(data,
                    &(EngineMessage){.type = steers ? ENGINE_INPUT : ENGINE_TOUCH, .user = (char *)user});
}

/* ---- picture ---- */

/* The capture's thread, which begins before there are encoders. */
static void on_raw_frame(GstBuffer *frame, gpointer data) {
  MediaSession *session = data;
  Layers *layers = atomic_load(&session->layers);
  if (layers)
    layers_push(layers, frame);
}

static void on_need_frame(gpointer data) {
  MediaSession *session = data;
  screen_capture_request_frame(session->capture);
}

static void on_encoder_running(gpointer data) {
  MediaSession *session = data;
  session->encoding = TRUE;
  say_ready_if_so(session);
}

/* Those who took it make a new offer, which is answered with another codec, if they have one. */
static void on_codec_lost(MediaCodec lost, gpointer data) {
  MediaSession *session = data;
  g_auto(GStrv) left = layers_codecs(session->layers);
  MediaCodec next;
  g_autoptr(GList) peers = g_hash_table_get_values(session->peers);
  if (!left[0]) {
    media_session_fail(session, "no encoder works any more", EX_SOFTWARE);
    return;
  }
  for (GList *at = peers; at; at = at->next)
    if (peer_codec(at->data) == lost)
      peer_end(at->data, "encoder_failed");
  if (!session->encoding && media_codec_find(left[0], &next)) /* nobody could come yet */
    layers_need(session->layers, next, NULL);
}

static const LayersEvents layers_events = {
    .need_frame = on_need_frame, .running = on_encoder_running, .codec_lost = on_codec_lost};

/* Frames are captured only while somebody watches. */
static void update_capture(MediaSession *session) {
  screen_capture_set_wanted(session->capture, g_hash_table_size(session->peers) > 0);
}

/* ---- peers ---- */

static void on_peer_answered(gint64 id, const char *sdp, gpointer data) {
  media_session_say(data, &(EngineMessage){.type = ENGINE_VIEWER_ANSWER, .viewer = id, .sdp = (char *)sdp});
}

static void on_peer_connected(gint64 id, gpointer data) {
  log_info("viewer_connected", "viewer=%" G_GINT64_FORMAT, id);
  media_session_say(data, &(EngineMessage){.type = ENGINE_VIEWER_CONNECTED, .viewer = id});
}

static void on_peer_opened(gint64 id, gpointer data) {
  MediaSession *session = data;
  say_pointer(session, g_hash_table_lookup(session->peers, &id));
}

static void on_peer_receives(gint64 id, gpointer data) {
  media_session_say(data, &(EngineMessage){.type = ENGINE_VIEWER_RECEIVES, .viewer = id});
}

static void on_peer_restarted(gint64 id, const char *fragment, const char *reason, gpointer data) {
  log_info("viewer_restarted", "viewer=%" G_GINT64_FORMAT " done=%s", id, fragment ? "true" : "false");
  media_session_say(data, &(EngineMessage){.type = ENGINE_VIEWER_RESTARTED,
                                           .viewer = id,
                                           .sdp = (char *)fragment,
                                           .reason = (char *)reason});
}

static void on_peer_ended(gint64 id, gboolean was_answered, const char *reason, gpointer data) {
  MediaSession *session = data;
  log_info("viewer_ended", "viewer=%" G_GINT64_FORMAT " reason=%s", id, reason);
  g_hash_table_remove(session->peers, &id);
  update_capture(session);
  gboolean is_offer_bad = !was_answered && g_str_equal(reason, "failed");
  if (!was_answered)
    reason = is_offer_bad                           ? "the offer could not be answered"
             : g_str_equal(reason, "no_candidates") ? "the server has no address or port left for the picture"
                                                    : "the picture cannot be sent right now";
  media_session_say(session,
                    &(EngineMessage){.type = is_offer_bad ? ENGINE_VIEWER_FAILED : ENGINE_VIEWER_GONE,
                                     .viewer = id,
                                     .reason = (char *)reason});
}

static const PeerEvents peer_events = {.answered = on_peer_answered,
                                       .connected = on_peer_connected,
                                       .opened = on_peer_opened,
                                       .receives = on_peer_receives,
                                       .restarted = on_peer_restarted,
                                       .ended = on_peer_ended};

/* What of the offer can be done, and the encoder for it. A codec whose encoder cannot be made is lost: then
 * another one is chosen. NULL with an SDP_ERROR where the offer is at fault, with another error where there
 * is no encoder for a codec of it. */
static SdpChoice *choose(MediaSession *session, const char *offer, Encoder **encoder, GError **error) {
  gboolean has_sound = session->sound != NULL;
  g_autoptr(SdpChoice) wanted = sdp_choose(offer, session->settings.codec_names, has_sound, error);
  while (wanted) {
    g_auto(GStrv) codecs = layers_codecs(session->layers);
    g_autoptr(SdpChoice) choice = sdp_choose(offer, codecs, has_sound, NULL);
    if (!choice)
      break;
    *encoder = layers_need(session->layers, choice->codec, NULL);
    if (*encoder)
      return g_steal_pointer(&choice);
  }
  if (wanted)
    layers_need(session->layers, wanted->codec, error); /* which is lost */
  return NULL;
}

static Peer *make_peer(MediaSession *session, const EngineMessage *message, GError **error) {
  if (g_hash_table_size(session->peers) >= MAX_PEERS ||
      g_hash_table_contains(session->peers, &message->viewer)) {
    g_set_error_literal(error, ENGINE_MESSAGE_ERROR, ENGINE_MESSAGE_ERROR_SYNTAX, "too many viewers");
    return NULL;
  }
  Encoder *encoder;
  g_autoptr(SdpChoice) choice = choose(session, message->sdp, &encoder, error);
  if (!choice)
    return NULL;
  GPtrArray *ice_servers = message->ice_servers ? ice_server_list_parse(message->ice_servers, error) : NULL;
  if (message->ice_servers && !ice_servers)
    return NULL;
  Peer *peer = peer_new(message->viewer, g_steal_pointer(&choice), &session->context, ice_servers, encoder,
                        session->sound, steering_join(session->steering, message->user), error);
  ice_server_list_free(ice_servers);
  return peer;
}

static void add_peer(MediaSession *session, const EngineMessage *message) {
  g_autoptr(GError) error = NULL;
  Peer *peer = make_peer(session, message, &error);
  if (!peer) {
    g_autofree char *reason = log_quote(error->message);
    log_info("viewer_refused", "viewer=%" G_GINT64_FORMAT " reason=%s", message->viewer, reason);
    gboolean is_offer_bad = error->domain == SDP_ERROR;
    media_session_say(session,
                      &(EngineMessage){.type = is_offer_bad ? ENGINE_VIEWER_FAILED : ENGINE_VIEWER_GONE,
                                       .viewer = message->viewer,
                                       .reason = error->message});
    return;
  }
  gint64 *id = g_new(gint64, 1);
  *id = message->viewer;
  g_hash_table_insert(session->peers, id, peer);
  update_capture(session);
}

static void check_peers(MediaSession *session) {
  g_autoptr(GList) peers = g_hash_table_get_values(session->peers);
  gint64 now_us = g_get_monotonic_time();
  for (GList *at = peers; at; at = at->next)
    peer_check(at->data, now_us);
}

static void say_stats(MediaSession *session) {
  LayersStats stats;
  layers_stats(session->layers, &stats);
  gint64 bitrate_kbps = (gint64)(stats.bytes - session->bytes_before) * 8 / 1000 / STATS_SECONDS;
  session->bytes_before = stats.bytes;
  media_session_say(session, &(EngineMessage){.type = ENGINE_STATS,
                                              .captured = screen_capture_count(session->capture),
                                              .encoded = (gint64)stats.frames,
                                              .bitrate_kbps = bitrate_kbps,
                                              .viewers = g_hash_table_size(session->peers),
                                              .weak_viewers = stats.weak,
                                              .target_kbps = stats.target_kbps,
                                              .rtt_ms = stats.rtt_ms,
                                              .loss_permille = stats.loss_permille});
}

static void watch_silence(MediaSession *session) {
  GHashTableIter at;
  gpointer peer;
  gint64 now_us = g_get_monotonic_time();
  gboolean is_needed = FALSE;
  g_hash_table_iter_init(&at, session->peers);
  while (g_hash_table_iter_next(&at, NULL, &peer))
    is_needed |= peer_watch_silence(peer, now_us);
  if (is_needed)
    screen_capture_request_frame(session->capture);
}

static gboolean follow_networks(gpointer data) {
  MediaSession *session = data;
  watch_silence(session);
  if (session->fitting)
    fitting_update(session->fitting);
  layers_update(session->layers, session->peers, screen_capture_rest_us(session->capture));
  return G_SOURCE_CONTINUE;
}

static gboolean on_second(gpointer data) {
  MediaSession *session = data;
  check_peers(session);
  if (++session->ticks % STATS_SECONDS == 0)
    say_stats(session);
  return G_SOURCE_CONTINUE;
}

/* ---- the streamer's messages ---- */

static gboolean read_configuration(MediaSession *session, const EngineMessage *message, GError **error) {
  if (!media_settings_read("configure", message->settings, &session->settings, error))
    return FALSE;
  session->context = (PeerContext){.settings = &session->settings, .events = &peer_events, .data = session};
  return TRUE;
}

/* The settings say what the application takes of the mouse, or it is watched. */
static gboolean start_pointer(MediaSession *session, GError **error) {
  if (g_str_equal(session->settings.pointer, "auto")) {
    session->pointer = pointer_watch_new(session->xtest, &pointer_events, session, error);
    return session->pointer != NULL;
  }
  session->relative = g_str_equal(session->settings.pointer, "relative");
  steering_set_relative(session->steering, session->relative);
  return TRUE;
}

static gboolean start_display(MediaSession *session, GError **error) {
  session->capture = screen_capture_new((guint)session->settings.framerate, on_raw_frame, session, error);
  if (!session->capture)
    return FALSE;
  session->layers = layers_new(&session->settings, &layers_events, session);
  session->xtest = xtest_new(error);
  if (!session->xtest)
    return FALSE;
  MediaSize size = screen_capture_get_size(session->capture);
  session->steering = steering_new(size.width, size.height, &xtest_sink, session->xtest, on_input, session);
  session->windows = window_watch_new(on_window, session, error);
  if (!session->windows || !start_pointer(session, error))
    return FALSE;
  if (!media_settings_fit(&session->settings))
    return TRUE;
  session->fitting = fitting_new(&session->settings, session->capture, session->steering, error);
  return session->fitting != NULL;
}

/* The first codec's encoder is started at once; a codec that is not there is found out before anyone waits.
 */
static gboolean start_media(MediaSession *session, GError **error) {
  MediaCodec codec;
  Encoder *encoder = media_codec_find(session->settings.codec_names[0], &codec)
                         ? layers_begin(session->layers, codec, error)
                         : NULL;
  if (!encoder)
    return FALSE;
  if (session->fitting)
    fitting_set_on_gpu(session->fitting, encoder_is_on_gpu(encoder));
  if (session->settings.sound)
    session->sound = sound_capture_new(error);
  return !session->settings.sound || session->sound;
}

static void configure(MediaSession *session, const EngineMessage *message) {
  g_autoptr(GError) error = NULL;
  if (!read_configuration(session, message, &error)) {
    media_session_fail(session, error->message, EX_CONFIG);
    return;
  }
  if (!media_check_addresses(&session->settings, &error)) {
    media_session_fail(session, error->message, EX_CONFIG);
    return;
  }
  if (!start_display(session, &error)) {
    media_session_fail(session, error->message, EX_UNAVAILABLE);
    return;
  }
  if (!start_media(session, &error)) {
    media_session_fail(session, error->message, EX_CONFIG);
    return;
  }
  session->configured = TRUE;
  session->tick_timer = g_timeout_add_seconds(1, on_second, session);
  session->networks_timer = g_timeout_add(NETWORKS_MS, follow_networks, session);
  say_ready_if_so(session);
}

void media_session_obey(MediaSession *session, const EngineMessage *message) {
  Peer *peer = g_hash_table_lookup(session->peers, &message->viewer);
  if (session->configured == (message->type == ENGINE_CONFIGURE)) {
    media_session_fail(session, "the streamer does not keep to the order of messages", EX_PROTOCOL);
    return;
  }
  switch (message->type) {
  case ENGINE_CONFIGURE:
    configure(session, message);
    break;
  case ENGINE_VIEWER_ADD:
    add_peer(session, message);
    break;
  case ENGINE_VIEWER_CANDIDATE:
    if (peer)
      peer_add_candidates(peer, message->sdp);
    break;
  case ENGINE_VIEWER_RESTART:
    if (peer)
      peer_restart(peer, message->sdp);
    break;
  case ENGINE_VIEWER_REMOVE:
    if (peer)
      peer_end(peer, "removed");
    break;
  case ENGINE_CONTROL:
    steering_set_controller(session->steering, message->user);
    break;
  default:
    log_warning("message_ignored", "msg=%s", engine_message_name(message->type));
  }
}

MediaSession *media_session_new(const MediaSessionEvents *events, gpointer data) {
  MediaSession *session = g_new0(MediaSession, 1);
  session->events = *events;
  session->data = data;
  session->peers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  session->warm_up = warm_up_start(on_warm, session);
  return session;
}

/* Each part goes before what it uses: peers, encoders, and last the capture whose frames they held. */
void media_session_free(MediaSession *session) {
  if (!session)
    return;
  g_thread_join(session->warm_up); /* which uses what goes at the end of the program */
  g_autoptr(GList) peers = g_hash_table_get_values(session->peers);
  for (GList *at = peers; at; at = at->next)
    peer_end(at->data, "removed");
  peer_wait_for_remains();
  g_clear_handle_id(&session->tick_timer, g_source_remove);
  g_clear_handle_id(&session->networks_timer, g_source_remove);
  screen_capture_stop(session->capture);
  layers_free(session->layers);
  sound_capture_free(session->sound);
  fitting_free(session->fitting);
  window_watch_free(session->windows);
  pointer_watch_free(session->pointer);
  steering_free(session->steering);
  xtest_free(session->xtest);
  screen_capture_free(session->capture);
  media_settings_clear(&session->settings);
  g_hash_table_unref(session->peers);
  g_free(session);
}
