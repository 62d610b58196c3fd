/* What a salesperson may want different for one RC: how long its sessions are, at which times they can be
 * booked, and in which time zone it stands. The settings give the rules for all; their member `rcs` overrides
 * them by name.
 *
 * Plain data once loaded; any thread.
 */
#pragma once
#include <glib.h>

typedef struct {
  gint64 session_minutes;
  gint64 min_session_minutes;
  gint64 booking_step_minutes; /* bookings start at multiples of this in the day */
  char *time_zone;             /* IANA name */
  GTimeZone *zone;             /* the same */
} RcRules;

typedef struct RcRulesTable RcRulesTable;

/* @general: what holds where nothing is said (copied). @rcs: JSON text, an object RC name -> object with
 * members named as above (nullable). NULL with an error of SETTINGS_ERROR that begins with @name. (transfer
 * full) */
RcRulesTable *rc_rules_new(const char *name, const RcRules *general, const char *rcs, GError **error);
void rc_rules_free(RcRulesTable *table); /* NULL is allowed */

/* The rules of this RC (transfer none). */
const RcRules *rc_rules_get(const RcRulesTable *table, const char *rc_name);
