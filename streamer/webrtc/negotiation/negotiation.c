/* Everything that changes the negotiation happens on the main thread: callbacks of other threads only post to
 * it, holding a reference.
 */
#define GST_USE_UNSTABLE_API
#include "streamer/webrtc/negotiation/negotiation.h"

#include "common/log.h"
#include "streamer/webrtc/negotiation/ice.h"
#include <gio/gio.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

/* Candidates of this host come within milliseconds; those of a slow STUN server are not worth waiting for. */
#define GATHER_MS 500
/* After the first relayed one: a second server's comes now or is not worth waiting for, which may be dead. */
#define GATHER_MORE_MS 50
/* Without any candidate an answer is of no use; a busy host may need longer for its first one. */
#define GATHER_TIMES 8

struct Negotiation {
  gint64 id;
  GstElement *webrtc;
  SdpChoice *choice;
  char *const *public_addresses;
  const NegotiationEvents *events;
  gpointer data;
  guint gather_timer, gathered; /* gathered: so often was looked in vain */
  guint candidates;             /* of the player, in this generation */
  gboolean answered, stopped;
};

static void negotiation_unref(gpointer negotiation) {
  g_atomic_rc_box_release(negotiation);
}

static void negotiation_unref_closure(gpointer negotiation, GClosure *closure) {
  negotiation_unref(negotiation);
}

/* A signal of webrtcbin, whose handler keeps the negotiation's memory alive. */
static void listen_to(Negotiation *negotiation, const char *signal, GCallback handler) {
  g_signal_connect_data(negotiation->webrtc, signal, handler, g_atomic_rc_box_acquire(negotiation),
                        negotiation_unref_closure, 0);
}

/* From other threads to the main one. */
static void negotiation_post(Negotiation *negotiation, GSourceFunc func) {
  g_idle_add_full(G_PRIORITY_DEFAULT, func, g_atomic_rc_box_acquire(negotiation), negotiation_unref);
}

static gboolean negotiation_fail(gpointer data) {
  Negotiation *negotiation = data;
  if (!negotiation->stopped)
    negotiation->events->failed("failed", negotiation->data);
  return G_SOURCE_REMOVE;
}

/* ---- this side's candidates ---- */

static void tell_no_candidates(Negotiation *negotiation) {
  log_warning("no_candidates",
              "viewer=%" G_GINT64_FORMAT " note=\"no address or port of this host is left for it: see "
              "ice_addresses, udp_port_min and udp_port_max\"",
              negotiation->id);
  negotiation->events->failed("no_candidates", negotiation->data);
}

/* With what was gathered. An answer that leads nowhere is none. */
static void send_answer(Negotiation *negotiation) {
  if (negotiation->answered)
    return;
  g_clear_handle_id(&negotiation->gather_timer, g_source_remove);
  g_autoptr(GstWebRTCSessionDescription) answer = NULL;
  g_object_get(negotiation->webrtc, "local-description", &answer, NULL);
  if (!answer) {
    negotiation->events->failed("failed", negotiation->data);
  } else if (!sdp_has_candidate(answer->sdp)) {
    tell_no_candidates(negotiation);
  } else {
    negotiation->answered = TRUE;
    g_autofree char *sdp = sdp_write_answer(negotiation->choice, answer->sdp, negotiation->public_addresses);
    negotiation->events->answered(sdp, negotiation->data);
  }
}

static gboolean has_candidate(Negotiation *negotiation) {
  g_autoptr(GstWebRTCSessionDescription) answer = NULL;
  g_object_get(negotiation->webrtc, "local-description", &answer, NULL);
  return answer && sdp_has_candidate(answer->sdp);
}

static gboolean on_gather_timeout(gpointer data) {
  Negotiation *negotiation = data;
  if (!has_candidate(negotiation) && ++negotiation->gathered < GATHER_TIMES)
    return G_SOURCE_CONTINUE;
  negotiation->gather_timer = 0;
  send_answer(negotiation);
  return G_SOURCE_REMOVE;
}

static gboolean wait_for_candidates(gpointer data) {
  Negotiation *negotiation = data;
  GstWebRTCICEGatheringState state;
  if (negotiation->stopped)
    return G_SOURCE_REMOVE;
  g_object_get(negotiation->webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    send_answer(negotiation);
  else if (!negotiation->gather_timer)
    negotiation->gather_timer = g_timeout_add(GATHER_MS, on_gather_timeout, negotiation);
  return G_SOURCE_REMOVE;
}

static gboolean gather_no_longer(gpointer data) {
  Negotiation *negotiation = data;
  if (negotiation->stopped || negotiation->answered || !negotiation->gather_timer)
    return G_SOURCE_REMOVE;
  g_source_remove(negotiation->gather_timer);
  negotiation->gather_timer = g_timeout_add(GATHER_MORE_MS, on_gather_timeout, negotiation);
  return G_SOURCE_REMOVE;
}

static void on_candidate(GstElement *webrtc, guint mline, const char *candidate, gpointer data) {
  if (strstr(candidate, " typ relay"))
    negotiation_post(data, gather_no_longer);
}

static void on_gathering_state(GObject *webrtc, GParamSpec *property, gpointer data) {
  GstWebRTCICEGatheringState state;
  g_object_get(webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    negotiation_post(data, wait_for_candidates);
}

/* ---- the answer ---- */

/* Whether a step succeeded; if not, the negotiation has failed. */
static gboolean step_succeeded(GstPromise *promise, Negotiation *negotiation, const char *step) {
  if (gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED) {
    const GstStructure *reply = gst_promise_get_reply(promise);
    if (!reply || !gst_structure_has_field(reply, "error"))
      return TRUE;
  }
  log_warning("negotiation_failed", "viewer=%" G_GINT64_FORMAT " step=%s", negotiation->id, step);
  negotiation_post(negotiation, negotiation_fail);
  return FALSE;
}

static GstPromise *promise_step(GstPromiseChangeFunc next, Negotiation *negotiation) {
  return gst_promise_new_with_change_func(next, g_atomic_rc_box_acquire(negotiation), negotiation_unref);
}

static void on_local_set(GstPromise *promise, gpointer data) {
  if (step_succeeded(promise, data, "set_local"))
    negotiation_post(data, wait_for_candidates);
  gst_promise_unref(promise);
}

static void on_answer_made(GstPromise *promise, gpointer data) {
  Negotiation *negotiation = data;
  GstWebRTCSessionDescription *answer = NULL;
  if (step_succeeded(promise, negotiation, "create_answer")) {
    const GstStructure *reply = gst_promise_get_reply(promise);
    if (reply)
      gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL);
    if (answer)
      g_signal_emit_by_name(negotiation->webrtc, "set-local-description", answer,
                            promise_step(on_local_set, negotiation));
    else
      negotiation_post(negotiation, negotiation_fail);
  }
  g_clear_pointer(&answer, gst_webrtc_session_description_free);
  gst_promise_unref(promise);
}

static void on_remote_set(GstPromise *promise, gpointer data) {
  Negotiation *negotiation = data;
  if (step_succeeded(promise, negotiation, "set_remote"))
    g_signal_emit_by_name(negotiation->webrtc, "create-answer", NULL,
                          promise_step(on_answer_made, negotiation));
  gst_promise_unref(promise);
}

Negotiation *negotiation_new(gint64 id, GstElement *webrtcbin, SdpChoice *choice,
                             char *const *public_addresses, const NegotiationEvents *events, gpointer data) {
  Negotiation *negotiation = g_atomic_rc_box_new0(Negotiation);
  negotiation->id = id;
  negotiation->webrtc = gst_object_ref(webrtcbin);
  negotiation->choice = choice;
  negotiation->public_addresses = public_addresses;
  negotiation->events = events;
  negotiation->data = data;
  listen_to(negotiation, "notify::ice-gathering-state", G_CALLBACK(on_gathering_state));
  listen_to(negotiation, "on-ice-candidate", G_CALLBACK(on_candidate));
  return negotiation;
}

void negotiation_begin(Negotiation *negotiation) {
  GstSDPMessage *sdp;
  gst_sdp_message_copy(negotiation->choice->offer, &sdp);
  GstWebRTCSessionDescription *offer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  g_signal_emit_by_name(negotiation->webrtc, "set-remote-description", offer,
                        promise_step(on_remote_set, negotiation));
  gst_webrtc_session_description_free(offer);
}

gboolean negotiation_is_answered(const Negotiation *negotiation) {
  return negotiation->answered;
}

/* ---- afterwards ---- */

void negotiation_add_candidates(Negotiation *negotiation, const char *fragment) {
  g_autoptr(GPtrArray) candidates = sdp_fragment_candidates(negotiation->choice, fragment);
  for (guint i = 0; i < candidates->len && negotiation->candidates < SDP_MAX_CANDIDATES; i++) {
    const SdpCandidate *candidate = candidates->pdata[i];
    g_signal_emit_by_name(negotiation->webrtc, "add-ice-candidate", candidate->mline, candidate->text);
    negotiation->candidates++;
  }
}

char *negotiation_restart(Negotiation *negotiation, const char *fragment, GError **error) {
  g_auto(SdpCredentials) remote = {NULL};
  if (!negotiation->answered) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PENDING, "the offer is not answered yet");
    return NULL;
  }
  if (!sdp_fragment_restart(negotiation->choice, fragment, &remote, error))
    return NULL;
  char *answer =
      ice_restart(negotiation->webrtc, negotiation->choice, &remote, negotiation->public_addresses);
  if (!answer) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "there is no ICE to restart");
    return NULL;
  }
  negotiation->candidates = 0;
  negotiation_add_candidates(negotiation, fragment);
  return answer;
}

void negotiation_stop(Negotiation *negotiation) {
  negotiation->stopped = TRUE;
  g_clear_handle_id(&negotiation->gather_timer, g_source_remove);
}

void negotiation_free(Negotiation *negotiation) {
  if (!negotiation)
    return;
  g_signal_handlers_disconnect_by_data(negotiation->webrtc, negotiation);
  gst_clear_object(&negotiation->webrtc);
  negotiation_unref(negotiation);
}
