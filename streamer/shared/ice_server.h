/* STUN and TURN servers as WebRTC's RTCIceServer has them, and time-limited credentials for them as coturn's
 * `use-auth-secret` checks them (draft-uberti-behave-turn-rest-00). Any thread.
 */
#pragma once
#include <glib.h>

#define ICE_SERVERS_MAX 16 /* of a list */

typedef struct {
  char **urls; /* "turn:host:port?transport=udp" (RFC 7064, 7065) */
  char *username, *credential;
} IceServer;

/* Reads an array of {"urls": "…" or ["…"], "username", "credential"}; other members are left out. Returns:
 * (transfer full, IceServer *), or NULL with an error that names the member. */
GPtrArray *ice_server_list_parse(const char *json, GError **error);
void ice_server_list_free(GPtrArray *list); /* NULL is allowed */

/* The list as such an array (transfer full). */
char *ice_server_list_write(const GPtrArray *list);

/* Whether a URL of it is of a TURN server. */
gboolean ice_server_is_turn(const IceServer *server);

/* Gives every TURN server that has no credential one for @user, good until @expires_at_s, an instant in Unix
 * seconds: the name "EXPIRY:USER", and as password its HMAC-SHA1 (RFC 2104) with @secret, in base64. */
void ice_server_list_complete(GPtrArray *list, const char *secret, const char *user, gint64 expires_at_s);
