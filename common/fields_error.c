#include "common/fields_internal.h"

typedef struct {
  char *field; /* NULL: the whole document */
  char *rule;
} FieldsErrorPrivate;

static void fields_error_private_init(FieldsErrorPrivate *private) {
}

static void fields_error_private_copy(const FieldsErrorPrivate *from, FieldsErrorPrivate *to) {
  to->field = g_strdup(from->field);
  to->rule = g_strdup(from->rule);
}

static void fields_error_private_clear(FieldsErrorPrivate *private) {
  g_free(private->field);
  g_free(private->rule);
}

G_DEFINE_EXTENDED_ERROR(FieldsError, fields_error)

const char *fields_error_get_field(const GError *error) {
  return error->domain == FIELDS_ERROR ? fields_error_get_private(error)->field : NULL;
}

void fields_take_error(GError **error, FieldsError code, char *field, char *rule) {
  GError *made = field ? g_error_new(FIELDS_ERROR, code, "%s: %s", field, rule)
                       : g_error_new(FIELDS_ERROR, code, "%s", rule);
  FieldsErrorPrivate *private = fields_error_get_private(made);
  private->field = field;
  private->rule = rule;
  g_propagate_error(error, made);
}

void fields_set_error(GError **error, FieldsError code, const char *field, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fields_take_error(error, code, g_strdup(field), g_strdup_vprintf(format, args));
  va_end(args);
}

gboolean fields_fail_inside(GError **error, char *prefix, GError *inner) {
  const FieldsErrorPrivate *private = fields_error_get_private(inner);
  g_autofree char *outer = prefix;
  char *field = private->field ? g_strconcat(outer, ".", private->field, NULL) : g_strdup(outer);
  fields_take_error(error, inner->code, field, g_strdup(private->rule));
  g_error_free(inner);
  return FALSE;
}
