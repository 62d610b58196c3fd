#include "streamer/shared/engine_message.h"

#include "common/fields.h"

G_DEFINE_QUARK(vitrina_engine_message_error, engine_message_error)

enum { NEEDS_VIEWER = 1, NEEDS_SDP = 2, NEEDS_REASON = 4, NEEDS_SETTINGS = 8 };

static const struct {
  const char *name;
  guint needs;
} types[ENGINE_MESSAGE_TYPES] = {
    [ENGINE_CONFIGURE] = {"configure", NEEDS_SETTINGS},
    [ENGINE_VIEWER_ADD] = {"viewer_add", NEEDS_VIEWER | NEEDS_SDP},
    [ENGINE_VIEWER_CANDIDATE] = {"viewer_candidate", NEEDS_VIEWER | NEEDS_SDP},
    [ENGINE_VIEWER_RESTART] = {"viewer_restart", NEEDS_VIEWER | NEEDS_SDP},
    [ENGINE_VIEWER_REMOVE] = {"viewer_remove", NEEDS_VIEWER},
    [ENGINE_CONTROL] = {"control"},
    [ENGINE_STOP] = {"stop"},
    [ENGINE_CHECK] = {"check", NEEDS_SETTINGS},
    [ENGINE_READY] = {"ready"},
    [ENGINE_VIEWER_ANSWER] = {"viewer_answer", NEEDS_VIEWER | NEEDS_SDP},
    [ENGINE_VIEWER_FAILED] = {"viewer_failed", NEEDS_VIEWER | NEEDS_REASON},
    [ENGINE_VIEWER_RESTARTED] = {"viewer_restarted", NEEDS_VIEWER},
    [ENGINE_VIEWER_CONNECTED] = {"viewer_connected", NEEDS_VIEWER},
    [ENGINE_VIEWER_RECEIVES] = {"viewer_receives", NEEDS_VIEWER},
    [ENGINE_VIEWER_GONE] = {"viewer_gone", NEEDS_VIEWER | NEEDS_REASON},
    [ENGINE_INPUT] = {"input"},
    [ENGINE_TOUCH] = {"touch"},
    [ENGINE_WINDOW_GONE] = {"window_gone"},
    [ENGINE_WINDOW_SILENT] = {"window_silent"},
    [ENGINE_WINDOW_READY] = {"window_ready"},
    [ENGINE_STATS] = {"stats"},
    [ENGINE_FAILED] = {"failed", NEEDS_REASON},
};

/* A message as it stands on the wire: its type is a word there. */
typedef struct {
  char *msg;
  EngineMessage body;
} Wire;

#define BODY(member) G_STRUCT_OFFSET(Wire, body.member)
/* A number that is 0 is not sent, and absent is 0: hence the 1 as least value. */
static const Field fields[] = {
    {"msg", FIELD_TEXT, G_STRUCT_OFFSET(Wire, msg), .required = TRUE, .max = 40},
    {"viewer", FIELD_INT, BODY(viewer), .min = 1, .max = G_MAXINT32},
    {"user", FIELD_TEXT, BODY(user), .max = 200},
    {"sdp", FIELD_TEXT, BODY(sdp), .max = 128 * 1024},
    {"reason", FIELD_TEXT, BODY(reason), .max = 1000},
    {"settings", FIELD_RAW, BODY(settings), .max = 64 * 1024},
    {"ice_servers", FIELD_RAW, BODY(ice_servers), .max = 64 * 1024},
    {"captured", FIELD_INT, BODY(captured), .min = 1, .max = G_MAXINT32},
    {"encoded", FIELD_INT, BODY(encoded), .min = 1, .max = G_MAXINT32},
    {"bitrate_kbps", FIELD_INT, BODY(bitrate_kbps), .min = 1, .max = G_MAXINT32},
    {"viewers", FIELD_INT, BODY(viewers), .min = 1, .max = G_MAXINT32},
    {"weak_viewers", FIELD_INT, BODY(weak_viewers), .min = 1, .max = G_MAXINT32},
    {"target_kbps", FIELD_INT, BODY(target_kbps), .min = 1, .max = G_MAXINT32},
    {"rtt_ms", FIELD_INT, BODY(rtt_ms), .min = 1, .max = G_MAXINT32},
    {"loss_permille", FIELD_INT, BODY(loss_permille), .min = 1, .max = 1000},
    {NULL},
};

static void wire_free(Wire *wire) {
  fields_free(fields, wire);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wire, wire_free)

const char *engine_message_name(EngineMessageType type) {
  return types[type].name;
}

static gboolean find_type(Wire *wire, GError **error) {
  for (EngineMessageType type = 0; type < ENGINE_MESSAGE_TYPES; type++) {
    if (g_str_equal(types[type].name, wire->msg)) {
      wire->body.type = type;
      return TRUE;
    }
  }
  g_set_error(error, ENGINE_MESSAGE_ERROR, ENGINE_MESSAGE_ERROR_UNKNOWN, "unknown message");
  return FALSE;
}

static gboolean has_what_it_needs(const EngineMessage *body, GError **error) {
  guint needs = types[body->type].needs;
  const char *missing = (needs & NEEDS_VIEWER) && body->viewer == 0   ? "viewer"
                        : (needs & NEEDS_SDP) && !body->sdp           ? "sdp"
                        : (needs & NEEDS_REASON) && !body->reason     ? "reason"
                        : (needs & NEEDS_SETTINGS) && !body->settings ? "settings"
                                                                      : NULL;
  if (missing)
    g_set_error(error, ENGINE_MESSAGE_ERROR, ENGINE_MESSAGE_ERROR_SYNTAX, "%s without %s",
                engine_message_name(body->type), missing);
  return !missing;
}

EngineMessage *engine_message_parse(const char *line, gsize length, GError **error) {
  g_autoptr(Wire) wire = g_new0(Wire, 1);
  g_autoptr(GError) flaw = NULL;
  if (!fields_read_text(line, length, fields, wire, &flaw)) {
    g_set_error(error, ENGINE_MESSAGE_ERROR, ENGINE_MESSAGE_ERROR_SYNTAX, "%s", flaw->message);
    return NULL;
  }
  if (!find_type(wire, error) || !has_what_it_needs(&wire->body, error))
    return NULL;
  EngineMessage *message = g_new(EngineMessage, 1);
  *message = wire->body;
  wire->body = (EngineMessage){0};
  return message;
}

void engine_message_free(EngineMessage *message) {
  if (!message)
    return;
  Wire *wire = g_new0(Wire, 1);
  wire->body = *message;
  wire_free(wire);
  g_free(message);
}

char *engine_message_format(const EngineMessage *message) {
  const Wire wire = {.msg = (char *)engine_message_name(message->type), .body = *message};
  return fields_write(fields, &wire);
}

gboolean engine_message_send(Channel *channel, const EngineMessage *message) {
  g_autofree char *line = engine_message_format(message);
  return channel_send(channel, line);
}
