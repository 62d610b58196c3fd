#include "streamer/webrtc/program/media_session.h"

#include "common/log.h"
#include "streamer/shared/ice_server.h"
#include "streamer/shared/media_settings.h"
#include "streamer/webrtc/input/steering.h"
#include "streamer/webrtc/negotiation/ice.h"
#include "streamer/webrtc/peer/layers.h"
#include "streamer/webrtc/peer/peer.h"
#include "streamer/webrtc/program/warm_up.h"
#include "streamer/webrtc/screen/screen_capture.h"
#include "streamer/webrtc/screen/window_watch.h"
#include "streamer/webrtc/screen/xtest.h"
#include "streamer/webrtc/sound/sound_capture.h"
#include <stdatomic.h>
#include <sysexits.h>

#define MAX_PEERS 64
#define STATS_SECONDS 5
#define NETWORKS_MS 50

struct Engine {
  EngineEvents events;
  gpointer data;
  gboolean configured, warm, encoding, window, ready; /* ready: was said */
  MediaSettings settings;
  PeerContext context;
  ScreenCapture *capture;
  Layers *_Atomic layers;
  SoundCapture *sound;
  XTest *xtest;
  Steering *steering;
  WindowWatch *windows;
  GHashTable *peers; /* &id -> Peer */
  guint tick_timer, networks_timer, ticks;
  guint64 bytes_before;
};

static void say(Engine *engine, const EngineMessage *message) {
  engine->events.say(message, engine->data);
}

static void fail(Engine *engine, const char *reason, int exit_status) {
  engine->events.failed(reason, exit_status, engine->data);
}

static void say_ready_if_so(Engine *engine) {
  if (engine->ready || !engine->configured || !engine->warm || !engine->encoding || !engine->window)
    return;
  engine->ready = TRUE;
  say(engine, &(EngineMessage){.type = ENGINE_READY});
}

static gboolean on_warm(gpointer data) {
  Engine *engine = data;
  engine->warm = TRUE;
  say_ready_if_so(engine);
  return G_SOURCE_REMOVE;
}

static void on_window(gboolean is_shown, gpointer data) {
  Engine *engine = data;
  engine->window = is_shown;
  if (engine->ready)
    say(engine, &(EngineMessage){.type = is_shown ? ENGINE_WINDOW_READY : ENGINE_WINDOW_GONE});
  say_ready_if_so(engine);
}

static void on_input(const char *user, gboolean steers, gpointer data) {
  say(data, &(EngineMessage){.type = steers ? ENGINE_INPUT : ENGINE_TOUCH, .user = (char *)user});
}

/* ---- picture ---- */

/* The capture's thread, which begins before there are encoders. */
static void on_frame(GstBuffer *frame, gpointer data) {
  Engine *engine = data;
  Layers *layers = atomic_load(&engine->layers);
  if (layers)
    layers_push(layers, frame);
}

static void on_need_frame(gpointer data) {
  Engine *engine = data;
  screen_capture_request_frame(engine->capture);
}

static void on_encoder_running(gpointer data) {
  Engine *engine = data;
  engine->encoding = TRUE;
  say_ready_if_so(engine);
}

static void on_encoder_failed(const char *reason, gpointer data) {
  fail(data, reason, EX_SOFTWARE);
}

static const EncoderEvents encoder_events = {
    .need_frame = on_need_frame, .running = on_encoder_running, .failed = on_encoder_failed};

/* Frames are captured only while somebody watches. */
static void update_capture(Engine *engine) {
  screen_capture_set_wanted(engine->capture, g_hash_table_size(engine->peers) > 0);
}

/* ---- peers ---- */

static void on_answered(gint64 id, const char *sdp, gpointer data) {
  say(data, &(EngineMessage){.type = ENGINE_VIEWER_ANSWER, .viewer = id, .sdp = (char *)sdp});
}

static void on_connected(gint64 id, gpointer data) {
  log_info("viewer_connected", "viewer=%" G_GINT64_FORMAT, id);
  say(data, &(EngineMessage){.type = ENGINE_VIEWER_CONNECTED, .viewer = id});
}

static void on_restarted(gint64 id, const char *fragment, const char *reason, gpointer data) {
  log_info("viewer_restarted", "viewer=%" G_GINT64_FORMAT " done=%s", id, fragment ? "true" : "false");
  say(data,
      &(EngineMessage){
          .type = ENGINE_VIEWER_RESTARTED, .viewer = id, .sdp = (char *)fragment, .reason = (char *)reason});
}

static void on_ended(gint64 id, gboolean was_answered, const char *reason, gpointer data) {
  Engine *engine = data;
  log_info("viewer_ended", "viewer=%" G_GINT64_FORMAT " reason=%s", id, reason);
  g_hash_table_remove(engine->peers, &id);
  update_capture(engine);
  say(engine, &(EngineMessage){.type = was_answered ? ENGINE_VIEWER_GONE : ENGINE_VIEWER_FAILED,
                               .viewer = id,
                               .reason = was_answered ? (char *)reason : "the offer could not be answered"});
}

static const PeerEvents peer_events = {
    .answered = on_answered, .connected = on_connected, .restarted = on_restarted, .ended = on_ended};

static Peer *make_peer(Engine *engine, const EngineMessage *message, GError **error) {
  if (g_hash_table_size(engine->peers) >= MAX_PEERS ||
      g_hash_table_contains(engine->peers, &message->viewer)) {
    g_set_error_literal(error, ENGINE_MESSAGE_ERROR, ENGINE_MESSAGE_ERROR_SYNTAX, "too many viewers");
    return NULL;
  }
  g_autoptr(SdpChoice) choice =
      sdp_choose(message->sdp, engine->settings.codec_names, engine->sound != NULL, error);
  Encoder *encoder = choice ? layers_need(engine->layers, choice->codec, error) : NULL;
  if (!encoder)
    return NULL;
  GPtrArray *ice_servers = message->ice_servers ? ice_server_list_parse(message->ice_servers, error) : NULL;
  if (message->ice_servers && !ice_servers)
    return NULL;
  Peer *peer = peer_new(message->viewer, g_steal_pointer(&choice), &engine->context, ice_servers, encoder,
                        engine->sound, steering_join(engine->steering, message->user), error);
  ice_server_list_free(ice_servers);
  return peer;
}

static void add_peer(Engine *engine, const EngineMessage *message) {
  g_autoptr(GError) error = NULL;
  Peer *peer = make_peer(engine, message, &error);
  if (!peer) {
    g_autofree char *reason = log_quote(error->message);
    log_info("viewer_refused", "viewer=%" G_GINT64_FORMAT " reason=%s", message->viewer, reason);
    say(engine,
        &(EngineMessage){.type = ENGINE_VIEWER_FAILED, .viewer = message->viewer, .reason = error->message});
    return;
  }
  gint64 *id = g_new(gint64, 1);
  *id = message->viewer;
  g_hash_table_insert(engine->peers, id, peer);
  update_capture(engine);
}

static void check_peers(Engine *engine) {
  g_autoptr(GList) peers = g_hash_table_get_values(engine->peers);
  gint64 now_us = g_get_monotonic_time();
  for (GList *at = peers; at; at = at->next)
    peer_check(at->data, now_us);
}

static void say_stats(Engine *engine) {
  LayersStats stats;
  layers_stats(engine->layers, &stats);
  gint64 bitrate_kbps = (gint64)(stats.bytes - engine->bytes_before) * 8 / 1000 / STATS_SECONDS;
  engine->bytes_before = stats.bytes;
  say(engine, &(EngineMessage){.type = ENGINE_STATS,
                               .captured = screen_capture_count(engine->capture),
                               .encoded = (gint64)stats.frames,
                               .bitrate_kbps = bitrate_kbps,
                               .viewers = g_hash_table_size(engine->peers),
                               .weak_viewers = stats.weak,
                               .target_kbps = stats.target_kbps,
                               .rtt_ms = stats.rtt_ms,
                               .loss_permille = stats.loss_permille});
}

static gboolean follow_networks(gpointer data) {
  Engine *engine = data;
  layers_update(engine->layers, engine->peers, screen_capture_rest_us(engine->capture));
  return G_SOURCE_CONTINUE;
}

static gboolean on_tick(gpointer data) {
  Engine *engine = data;
  check_peers(engine);
  if (++engine->ticks % STATS_SECONDS == 0)
    say_stats(engine);
  return G_SOURCE_CONTINUE;
}

/* ---- the streamer's messages ---- */

static gboolean read_configuration(Engine *engine, const EngineMessage *message, GError **error) {
  if (!media_settings_read("configure", message->settings, &engine->settings, error))
    return FALSE;
  engine->context = (PeerContext){.settings = &engine->settings, .events = &peer_events, .data = engine};
  return TRUE;
}

static gboolean start_display(Engine *engine, GError **error) {
  engine->capture = screen_capture_new((guint)engine->settings.framerate, on_frame, engine, error);
  if (!engine->capture)
    return FALSE;
  guint width, height;
  screen_capture_get_size(engine->capture, &width, &height);
  engine->layers = layers_new(&engine->settings, width, height, &encoder_events, engine);
  engine->xtest = xtest_new(error);
  if (!engine->xtest)
    return FALSE;
  engine->steering = steering_new(width, height, &xtest_sink, engine->xtest, on_input, engine);
  engine->windows = window_watch_new(on_window, engine, error);
  return engine->windows != NULL;
}

/* The first codec's encoder is started at once; a codec that is not there is found out before anyone waits.
 */
static gboolean start_media(Engine *engine, GError **error) {
  MediaCodec codec;
  if (!media_codec_find(engine->settings.codec_names[0], &codec) ||
      !layers_need(engine->layers, codec, error))
    return FALSE;
  if (engine->settings.sound)
    engine->sound = sound_capture_new(error);
  return !engine->settings.sound || engine->sound;
}

static void configure(Engine *engine, const EngineMessage *message) {
  g_autoptr(GError) error = NULL;
  if (!read_configuration(engine, message, &error)) {
    fail(engine, error->message, EX_CONFIG);
    return;
  }
  if (!start_display(engine, &error)) {
    fail(engine, error->message, EX_UNAVAILABLE);
    return;
  }
  if (!start_media(engine, &error)) {
    fail(engine, error->message, EX_CONFIG);
    return;
  }
  engine->configured = TRUE;
  engine->tick_timer = g_timeout_add_seconds(1, on_tick, engine);
  engine->networks_timer = g_timeout_add(NETWORKS_MS, follow_networks, engine);
  say_ready_if_so(engine);
}

void engine_obey(Engine *engine, const EngineMessage *message) {
  Peer *peer = g_hash_table_lookup(engine->peers, &message->viewer);
  if (engine->configured == (message->type == ENGINE_CONFIGURE)) {
    fail(engine, "the streamer does not keep to the order of messages", EX_PROTOCOL);
    return;
  }
  switch (message->type) {
  case ENGINE_CONFIGURE:
    configure(engine, message);
    break;
  case ENGINE_VIEWER_ADD:
    add_peer(engine, message);
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
    steering_set_controller(engine->steering, message->user);
    break;
  default:
    log_warning("message_ignored", "msg=%s", engine_message_name(message->type));
  }
}

Engine *engine_new(const EngineEvents *events, gpointer data) {
  Engine *engine = g_new0(Engine, 1);
  engine->events = *events;
  engine->data = data;
  engine->peers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  warm_up_start(on_warm, engine);
  return engine;
}

/* Each part goes before what it uses: peers, encoders, and last the capture whose frames they held. */
void engine_free(Engine *engine) {
  if (!engine)
    return;
  g_autoptr(GList) peers = g_hash_table_get_values(engine->peers);
  for (GList *at = peers; at; at = at->next)
    peer_end(at->data, "removed");
  peer_wait_for_remains();
  g_clear_handle_id(&engine->tick_timer, g_source_remove);
  g_clear_handle_id(&engine->networks_timer, g_source_remove);
  screen_capture_stop(engine->capture);
  layers_free(engine->layers);
  sound_capture_free(engine->sound);
  window_watch_free(engine->windows);
  steering_free(engine->steering);
  xtest_free(engine->xtest);
  screen_capture_free(engine->capture);
  media_settings_clear(&engine->settings);
  g_hash_table_unref(engine->peers);
  g_free(engine);
}
