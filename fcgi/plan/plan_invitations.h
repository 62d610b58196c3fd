/* How one comes into a session that runs: its code, the generation of its invitations, and its door
 * (vitrina-protocol(7), Invitations and knocking). The core's thread.
 *
 * The generation is how many people the session's host has removed: whoever hears of it from the streamer
 * knows what it is to be, after a restart too, and where several coordinators share a store, the first who
 * writes a generation has drawn its code. PlanListener.invited tells what was written, by whomever.
 */
#pragma once
#include "fcgi/plan/plan_types.h"

/* The host has removed @generation people by now. If that is more than was known, the session has another
 * code and its door is on knock from here on; the old code is nobody's at once. A fact: what cannot be
 * written now is written later. When no codes are left it keeps its own. */
void plan_renew_invitation(Plan *plan, const char *id, gint64 generation, gint64 now_us);

/* @door: a word of limits.h. A promise. WIRE_SESSION_NOT_EXIST: it does not run; WIRE_STORE_UNAVAILABLE, also
 * when its invitation is just being renewed. */
void plan_set_door(Plan *plan, const char *id, const char *door, gint64 now_us, PlanDone done,
                   gpointer user_data);
