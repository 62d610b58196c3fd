/* An engine gives a session its picture: it shows the application to people and brings their input to it.
 *
 * One interface, a kind for each way (the setting `engine`), a row each in engine.c. `capture` is a process
 * of its own, vitrina-webrtc, which captures the session's X display; people reach it by WHEP through the
 * streamer. Main thread.
 */
#pragma once
#include "streamer/engine/engine_kind.h"
#include "streamer/settings/settings.h"
#include <glib.h>

/* The kind of this name; NULL when there is none. */
const EngineKind *engine_kind_find(const char *name);

/* Has the engine try, in the background and without side effects, whether it can do what @settings ask; also
 * what would otherwise make the first session start slowly is done by it. @environment: as a session's. @func
 * is called once, from within or from the main loop. */
void engine_check(const StreamerSettings *settings, char *const *environment, EngineCheckedFunc func,
                  gpointer data);

/* Starts the engine of the setting's kind. (transfer full) or NULL with an error. */
Engine *engine_start(const EnginePlan *plan, const EngineEvents *events, gpointer data, GError **error);

/* @user may steer from now on; "": nobody. */
void engine_control(Engine *engine, const char *user);

/* A viewer with its player's SDP offer; viewer_answered follows. @viewer: 1 and up, never used twice.
 * @ice_servers: a JSON array, ice_server.h, with credentials for the engine. */
void engine_viewer_add(Engine *engine, gint64 viewer, const char *user, const char *offer,
                       const char *ice_servers);
/* @fragment: an application/trickle-ice-sdpfrag (RFC 8840). */
void engine_viewer_candidate(Engine *engine, gint64 viewer, const char *fragment);
/* Restarts ICE with the credentials and candidates of such a fragment; viewer_restarted follows. */
void engine_viewer_restart(Engine *engine, gint64 viewer, const char *fragment);
/* viewer_gone follows. */
void engine_viewer_remove(Engine *engine, gint64 viewer);

/* Ends it in order, by force after @deadline_ms; `ended` follows. */
void engine_stop(Engine *engine, guint deadline_ms);
/* The newest, zeros at first. Owned by the engine. */
const EngineStats *engine_stats(const Engine *engine);
gboolean engine_has_ended(const Engine *engine);
/* Why it ended, for the log (transfer full). */
char *engine_describe_end(const Engine *engine);

void engine_free(Engine *engine); /* kills what still runs; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)
