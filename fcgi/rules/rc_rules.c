#include "fcgi/rules/rc_rules.h"

#include "common/fields.h"
#include "common/settings.h"
#include "fcgi/rules/calendar.h"

#include <string.h>

#define AT(member) G_STRUCT_OFFSET(RcRules, member)

struct RcRulesTable {
  RcRules *general;
  GHashTable *by_name; /* rc_name -> RcRules */
};

static const Setting rows[] = {
    {"session_minutes", SETTING_INT, AT(session_minutes), 1, 1440, .help = ""},
    {"min_session_minutes", SETTING_INT, AT(min_session_minutes), 1, 1440, .help = ""},
    {"booking_step_minutes", SETTING_INT, AT(booking_step_minutes), 1, 1440, .help = ""},
    {"time_zone", SETTING_TEXT, AT(time_zone), .min = 1, .max = 100, .help = ""},
    {NULL},
};

static void free_rules(gpointer data) {
  RcRules *rules = data;
  g_clear_pointer(&rules->zone, g_time_zone_unref);
  settings_clear(rows, rules);
  g_free(rules);
}

static gboolean finish_rules(const char *name, RcRules *rules, GError **error) {
  g_autoptr(GError) problem = NULL;
  rules->zone = calendar_zone_new(rules->time_zone, &problem);
  if (rules->zone && rules->min_session_minutes <= rules->session_minutes)
    return TRUE;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: %s", name,
              problem ? problem->message : "min_session_minutes: must not be more than session_minutes");
  return FALSE;
}

/* @general with what @text says otherwise. */
static RcRules *read_rules(const char *name, const RcRules *general, const char *text, GError **error) {
  RcRules *rules = g_new0(RcRules, 1);
  if (!settings_load_text(name, ".", text, strlen(text), rows, rules, error)) {
    g_free(rules);
    return NULL;
  }
  if (!rules->session_minutes)
    rules->session_minutes = general->session_minutes;
  if (!rules->min_session_minutes)
    rules->min_session_minutes = MIN(general->min_session_minutes, rules->session_minutes);
  if (!rules->booking_step_minutes)
    rules->booking_step_minutes = general->booking_step_minutes;
  if (!rules->time_zone)
    rules->time_zone = g_strdup(general->time_zone);
  if (finish_rules(name, rules, error))
    return rules;
  free_rules(rules);
  return NULL;
}

static gboolean read_table(RcRulesTable *table, const char *name, const char *rcs, GError **error) {
  g_autoptr(FieldsDoc) doc = fields_parse(rcs, strlen(rcs), error);
  g_autoptr(GPtrArray) names = doc ? fields_names(doc, NULL) : NULL;
  if (!names) {
    if (doc)
      g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: rcs: must be an object", name);
    return FALSE;
  }
  for (guint i = 0; i < names->len; i++) {
    const char *rc_name = names->pdata[i];
    g_autofree char *place = g_strdup_printf("%s: rcs: %s", name, rc_name);
    g_autofree char *text = fields_text_of(doc, rc_name);
    RcRules *rules = read_rules(place, table->general, text, error);
    if (!rules)
      return FALSE;
    g_hash_table_insert(table->by_name, g_strdup(rc_name), rules);
  }
  return TRUE;
}

RcRulesTable *rc_rules_new(const char *name, const RcRules *general, const char *rcs, GError **error) {
  RcRulesTable *table = g_new0(RcRulesTable, 1);
  table->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_rules);
  table->general = read_rules(name, general, "{}", error);
  if (table->general && (!rcs || read_table(table, name, rcs, error)))
    return table;
  rc_rules_free(table);
  return NULL;
}

void rc_rules_free(RcRulesTable *table) {
  if (!table)
    return;
  g_clear_pointer(&table->general, free_rules);
  g_hash_table_unref(table->by_name);
  g_free(table);
}

const RcRules *rc_rules_get(const RcRulesTable *table, const char *rc_name) {
  const RcRules *rules = g_hash_table_lookup(table->by_name, rc_name);
  return rules ? rules : table->general;
}
