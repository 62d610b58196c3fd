/* What the plan promises: places to come, and more time. Each is in the store before @done is told of it. The
 * core's thread.
 */
#pragma once
#include "fcgi/plan/plan_types.h"

/* A booking. WIRE_BAD_REQUEST: in the past or past the horizon; WIRE_LIMIT_REACHED: its holder may not have
 * one more (held.h); WIRE_TIME_NOT_AVAILABLE; WIRE_CODES_EXHAUSTED; WIRE_STORE_UNAVAILABLE. */
void plan_book(Plan *plan, const PlanWish *wish, gint64 now_us, PlanDone done, gpointer user_data);

/* A session from now on, until wanted_us later or the next booking that needs the place; it is RUNNING from
 * the start. WIRE_SERVERS_BUSY when it would be shorter than min_us. Whether its holder may have
 * one more is for the caller to ask (plan_get_held()). */
void plan_walk_in(Plan *plan, const PlanWish *wish, gint64 now_us, PlanDone done, gpointer user_data);

/* Frees a booking that has not begun, nor is beginning (plan_claim()). WIRE_SESSION_NOT_EXIST. */
void plan_cancel(Plan *plan, const char *id, gint64 now_us, PlanDone done, gpointer user_data);

/* Adds @minutes to the end of a session that runs, whole or not at all. WIRE_EXTENSION_NOT_AVAILABLE,
 * WIRE_SESSION_NOT_EXIST. */
void plan_extend(Plan *plan, const char *id, guint minutes, gint64 now_us, PlanDone done, gpointer user_data);
/* The same to an end that is @until_us or the next slot's: asked twice is done once, and one that lasts so
 * long already is left as it is. @done may be told of an earlier end, when what another extension had taken
 * could not be written. WIRE_BAD_REQUEST: more than a day longer. */
void plan_extend_until(Plan *plan, const char *id, gint64 until_us, gint64 now_us, PlanDone done,
                       gpointer user_data);
/* By how many minutes it could be extended, at most @most. */
guint plan_room_minutes(const Plan *plan, const char *id, guint most);

/* A booking begins: it is RUNNING, and whoever is told so may start its session. WIRE_SESSION_NOT_EXIST when
 * it has begun or ended already, perhaps at another coordinator. */
void plan_claim(Plan *plan, const char *id, gint64 now_us, PlanDone done, gpointer user_data);
