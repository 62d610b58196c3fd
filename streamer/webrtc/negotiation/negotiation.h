/* How a player's offer is answered, and what is agreed on afterwards. The offer that sdp.h cut down goes to
 * webrtcbin; its three answers come on webrtcbin's own thread, one starting the next:
 *
 *   set-remote-description -> create-answer -> set-local-description -> candidates gathered -> answered
 *
 * Later come the player's candidates, and it may restart ICE. All functions belong to the main thread, unless
 * said otherwise, and the events come on it.
 */
#pragma once
#include "streamer/webrtc/negotiation/sdp_fragment.h"
#include <gst/gst.h>

typedef struct Negotiation Negotiation;

typedef struct {
  void (*answered)(const char *sdp, gpointer data); /* the answer, with this side's candidates; once */
  /* There will be none. @reason: "failed", where the offer could not be worked with, or "no_candidates",
   * where this host has no address or port for it. */
  void (*failed)(const char *reason, gpointer data);
} NegotiationEvents;

/* For @webrtcbin in the NULL state. @choice is the offer; @public_addresses (nullable) are those that this
 * host has outside (public_address.h). They and @events must outlive the negotiation. @id names it in the
 * log. */
Negotiation *negotiation_new(gint64 id, GstElement *webrtcbin, SdpChoice *choice,
                             char *const *public_addresses, const NegotiationEvents *events, gpointer data);

/* Begins to answer; webrtcbin is in the PLAYING state. */
void negotiation_begin(Negotiation *negotiation);

/* Whether the answer was told. */
gboolean negotiation_is_answered(const Negotiation *negotiation);

/* The player's candidates, as RFC 8840 writes them. */
void negotiation_add_candidates(Negotiation *negotiation, const char *fragment);

/* The player's network changed: ICE begins anew with the credentials and candidates of @fragment. Returns:
 * the fragment for the player (transfer full), or NULL with an error whose message is fit for a person; then
 * all stays as it is. */
char *negotiation_restart(Negotiation *negotiation, const char *fragment, GError **error);

/* No event comes any more. */
void negotiation_stop(Negotiation *negotiation);

/* When it was stopped and webrtcbin is back in the NULL state. Any thread. NULL is allowed. */
void negotiation_free(Negotiation *negotiation);
