#include "common/settings.h"

#include "common/fields.h"

#include <string.h>

#define FILE_MAX (16 * 1024 * 1024)

G_DEFINE_QUARK(vitrina - settings - error, settings_error)

static const FieldType field_types[] = {
    [SETTING_INT] = FIELD_NUMERAL, [SETTING_BOOL] = FIELD_BOOL, [SETTING_TEXT] = FIELD_TEXT,
    [SETTING_CHOICE] = FIELD_TEXT, [SETTING_PATH] = FIELD_TEXT, [SETTING_TEXTS] = FIELD_TEXTS,
    [SETTING_RAW] = FIELD_RAW,
};

/* The settings as rows of the JSON module, which does reading, limits and freeing. (transfer full) */
static Field *fields_of(const Setting *table) {
  GArray *fields = g_array_new(TRUE, TRUE, sizeof(Field));
  for (const Setting *row = table; row->name; row++) {
    gboolean is_text = row->type == SETTING_TEXT || row->type == SETTING_PATH || row->type == SETTING_TEXTS;
    Field field = {
        .name = row->name,
        .type = field_types[row->type],
        .offset = row->offset,
        .required = row->required,
        .min = row->min,
        .max = is_text && row->max == 0 ? 4096 : row->max,
    };
    g_array_append_val(fields, field);
  }
  return (Field *)g_array_free(fields, FALSE);
}

static void set_default(const Setting *row, gpointer member) {
  if (!row->fallback)
    return;
  switch (row->type) {
  case SETTING_INT:
    *(gint64 *)member = g_ascii_strtoll(row->fallback, NULL, 10);
    break;
  case SETTING_BOOL:
    *(gboolean *)member = strcmp(row->fallback, "true") == 0;
    break;
  case SETTING_TEXTS:
    *(char ***)member = g_strsplit(row->fallback, "|", -1);
    break;
  case SETTING_TEXT:
  case SETTING_CHOICE:
  case SETTING_PATH:
  case SETTING_RAW:
    *(char **)member = g_strdup(row->fallback);
    break;
  }
}

void settings_set_defaults(const Setting *table, gpointer target) {
  for (const Setting *row = table; row->name; row++)
    set_default(row, G_STRUCT_MEMBER_P(target, row->offset));
}

void settings_clear(const Setting *table, gpointer target) {
  g_autofree Field *fields = fields_of(table);
  fields_clear(fields, target);
}

/* ---- unknown names ---- */

static guint distance(const char *a, const char *b) {
  gsize n = strlen(b);
  g_autofree guint *row = g_new(guint, n + 1);
  for (guint j = 0; j <= n; j++)
    row[j] = j;
  for (guint i = 1; a[i - 1]; i++) {
    guint diagonal = row[0];
    row[0] = i;
    for (guint j = 1; j <= n; j++) {
      guint above = row[j];
      row[j] = MIN(MIN(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[n];
}

static const char *nearest(const Setting *table, const char *name) {
  const char *best = NULL;
  guint best_distance = (guint)strlen(name) / 2 + 1;
  for (const Setting *row = table; row->name; row++) {
    guint d = distance(name, row->name);
    if (d < best_distance) {
      best = row->name;
      best_distance = d;
    }
  }
  return best;
}

static gboolean is_known(const Setting *table, const char *name, gboolean *is_section) {
  gsize length = strlen(name);
  *is_section = FALSE;
  for (const Setting *row = table; row->name; row++) {
    if (strcmp(row->name, name) == 0)
      return TRUE;
    if (strncmp(row->name, name, length) == 0 && row->name[length] == '.')
      *is_section = TRUE;
  }
  return FALSE;
}

static gboolean check_names(const Setting *table, const FieldsDoc *doc, const char *path, GError **error) {
  g_autoptr(GPtrArray) names = fields_names(doc, path);
  if (!names) {
    fields_set_error(error, FIELDS_ERROR_TYPE, path, "must be an object");
    return FALSE;
  }
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *name =
        path ? g_strconcat(path, ".", (char *)names->pdata[i], NULL) : g_strdup(names->pdata[i]);
    gboolean is_section;
    if (is_known(table, name, &is_section))
      continue;
    if (!is_section) {
      const char *known = nearest(table, name);
      fields_set_error(error, FIELDS_ERROR_TYPE, name, "is not a setting%s%s%s",
                       known ? " (did you mean \"" : "", known ? known : "", known ? "\"?)" : "");
      return FALSE;
    }
    if (!check_names(table, doc, name, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- values ---- */

static gboolean check_choice(const Setting *row, const char *value, GError **error) {
  g_auto(GStrv) choices = g_strsplit(row->choices, "|", -1);
  if (!value || g_strv_contains((const char *const *)choices, value))
    return TRUE;
  g_autofree char *list = g_strjoinv(", ", choices);
  fields_set_error(error, FIELDS_ERROR_RANGE, row->name, "must be one of %s", list);
  return FALSE;
}

static gboolean finish(const Setting *table, const char *directory, gpointer target, GError **error) {
  for (const Setting *row = table; row->name; row++) {
    char **text = G_STRUCT_MEMBER_P(target, row->offset);
    if (row->type == SETTING_CHOICE && !check_choice(row, *text, error))
      return FALSE;
    if (row->type == SETTING_PATH && *text && **text && !g_path_is_absolute(*text)) {
      char *path = g_build_filename(directory, *text, NULL);
      g_free(*text);
      *text = path;
    }
  }
  return TRUE;
}

gboolean settings_load_text(const char *name, const char *directory, const char *text, gsize length,
                            const Setting *table, gpointer target, GError **error) {
  g_autoptr(GError) problem = NULL;
  g_autofree Field *fields = fields_of(table);
  settings_set_defaults(table, target);
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, &problem);
  if (doc && check_names(table, doc, NULL, &problem) && fields_read(doc, fields, target, &problem) &&
      finish(table, directory, target, &problem))
    return TRUE;
  fields_clear(fields, target);
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: %s", name, problem->message);
  return FALSE;
}

char *settings_directory(const char *path) {
  g_autofree char *given = g_path_get_dirname(path), *here = g_get_current_dir();
  if (g_path_is_absolute(given))
    return g_steal_pointer(&given);
  return strcmp(given, ".") == 0 ? g_steal_pointer(&here) : g_build_filename(here, given, NULL);
}

gboolean settings_load(const char *path, const Setting *table, gpointer target, GError **error) {
  g_autoptr(GError) problem = NULL;
  g_autofree char *text = NULL;
  gsize length;
  if (!g_file_get_contents(path, &text, &length, &problem)) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE, "%s", problem->message);
    return FALSE;
  }
  if (length > FILE_MAX) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: larger than 16 MiB", path);
    return FALSE;
  }
  g_autofree char *directory = settings_directory(path);
  return settings_load_text(path, directory, text, length, table, target, error);
}

static const char *type_name(const Setting *row) {
  static const char *const names[] = {
      [SETTING_INT] = "number", [SETTING_BOOL] = "true or false", [SETTING_TEXT] = "text",
      [SETTING_CHOICE] = NULL,  [SETTING_PATH] = "a path",        [SETTING_TEXTS] = "a list of texts",
      [SETTING_RAW] = "JSON",
  };
  return row->type == SETTING_CHOICE ? row->choices : names[row->type];
}

char *settings_describe(const Setting *table) {
  GString *out = g_string_new(NULL);
  for (const Setting *row = table; row->name; row++) {
    g_string_append_printf(out, "  %s (%s", row->name, type_name(row));
    if (row->type == SETTING_INT && (row->min || row->max))
      g_string_append_printf(out, ", %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, row->min, row->max);
    if (row->unit)
      g_string_append_printf(out, ", %s", row->unit);
    if (row->required)
      g_string_append(out, ", required");
    else if (row->fallback)
      g_string_append_printf(out, ", default %s", *row->fallback ? row->fallback : "empty");
    g_string_append_printf(out, ")\n      %s\n", row->help);
  }
  return g_string_free(out, FALSE);
}
