/* What the streamer and a session's engine (vitrina-webrtc) say to each other.
 *
 * The streamer starts the engine with one end of a stream socket pair as descriptor 3; every message is one
 * line of compact JSON (see channel.h for the bounds): {"msg":"viewer_add","viewer":1,"user":"…","sdp":"…"}.
 * The end of the stream means that the other side is gone: the engine then ends at once.
 *
 * The life of a viewer, whose number (1 and up, never used twice in a session) the streamer draws:
 *
 *   viewer_add -> viewer_answer -> viewer_connected -> viewer_receives -> viewer_gone
 *
 * where viewer_failed may come instead of viewer_answer, when the offer is at fault, and viewer_gone at any
 * time: before the answer it means that there is none for reasons of the engine's. Exactly one of
 * viewer_failed and viewer_gone ends every viewer that was added, viewer_remove included ("removed").
 */
#pragma once
#include "streamer/shared/channel.h"
#include <glib.h>

/* The row of each in engine_message.c says its name and which members it must have. */
typedef enum {
  /* streamer -> engine */
  ENGINE_CONFIGURE,        /* first: settings (MediaSettings as JSON) */
  ENGINE_VIEWER_ADD,       /* viewer, user, sdp: the player's offer, ice_servers (ice_server.h; nullable) */
  ENGINE_VIEWER_CANDIDATE, /* viewer, sdp: an application/trickle-ice-sdpfrag (RFC 8840) */
  ENGINE_VIEWER_RESTART,   /* viewer, sdp: such a fragment with new credentials, to restart ICE with */
  ENGINE_VIEWER_REMOVE,    /* viewer */
  ENGINE_CONTROL,          /* user: who may steer from now on; absent or "": nobody */
  ENGINE_STOP,             /* end in order */
  ENGINE_CHECK, /* first and alone: settings; it says `failed` of each that it cannot do, and ends */
  /* engine -> streamer */
  ENGINE_READY,            /* once: a window is up, the encoder runs, an offer can be answered at once */
  ENGINE_VIEWER_ANSWER,    /* viewer, sdp: the answer with its candidates */
  ENGINE_VIEWER_FAILED,    /* viewer, reason: a sentence why its offer cannot be answered */
  ENGINE_VIEWER_RESTARTED, /* viewer, sdp: the fragment in answer; or reason, and it goes on as before */
  ENGINE_VIEWER_CONNECTED, /* viewer: media flows */
  ENGINE_VIEWER_RECEIVES,  /* viewer: its RTCP says that the picture comes to it; once */
  ENGINE_VIEWER_GONE,      /* viewer, reason: one word of closed, removed, silent, ice_failed, encoder_failed,
                              failed; or, without an answer, a sentence */
  ENGINE_INPUT,            /* user: the controller does something; at most one a second */
  ENGINE_TOUCH,            /* user: somebody else would do something; at most four a second of each viewer */
  ENGINE_WINDOW_GONE,      /* the application's last window went away */
  ENGINE_WINDOW_SILENT,    /* it is there, but takes no events */
  ENGINE_WINDOW_READY,     /* one is there again, or takes events again */
  ENGINE_STATS,  /* captured, encoded (frames since the start), bitrate_kbps, viewers, weak_viewers (of
                    the low picture); of the viewer whose network carries the least: target_kbps (that
                    much), rtt_ms, loss_permille */
  ENGINE_FAILED, /* reason: the last word before the engine exits by itself; one of several after `check` */
  ENGINE_MESSAGE_TYPES
} EngineMessageType;

/* One message; members that its type does not have are NULL or 0. */
typedef struct {
  EngineMessageType type;
  gint64 viewer;
  char *user;
  char *sdp;
  char *reason;
  char *settings;
  char *ice_servers;
  gint64 captured, encoded, bitrate_kbps, viewers, weak_viewers;
  gint64 target_kbps, rtt_ms, loss_permille;
} EngineMessage;

#define ENGINE_MESSAGE_ERROR (engine_message_error_quark())
typedef enum {
  ENGINE_MESSAGE_ERROR_SYNTAX,  /* no such message can be: not JSON, a member missing or of another type */
  ENGINE_MESSAGE_ERROR_UNKNOWN, /* well formed, of a type that this version does not know: to be ignored */
} EngineMessageError;
GQuark engine_message_error_quark(void);

/* The name of @type on the wire: "viewer_add". Static. */
const char *engine_message_name(EngineMessageType type);

/* Reads one line. Returns: (transfer full) the message, or NULL with an ENGINE_MESSAGE_ERROR. Any thread. */
EngineMessage *engine_message_parse(const char *line, gsize length, GError **error);
void engine_message_free(EngineMessage *message); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineMessage, engine_message_free)

/* @message as a line without its line feed (transfer full). Any thread. */
char *engine_message_format(const EngineMessage *message);

/* Sends @message, of which nothing is kept. FALSE as channel_send() says; the channel's thread only.
 *
 *   engine_message_send(channel, &(EngineMessage){.type = ENGINE_VIEWER_REMOVE, .viewer = 3});
 */
gboolean engine_message_send(Channel *channel, const EngineMessage *message);
