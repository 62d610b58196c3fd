#include "common/fields_internal.h"
#include "common/instant.h"

#include <string.h>

static gboolean fail_range(GError **error, const char *name, char *rule) {
  fields_take_error(error, FIELDS_ERROR_RANGE, g_strdup(name), rule);
  return FALSE;
}

gboolean fields_check_length(const Field *field, const char *text, GError **error) {
  gint64 length = strlen(text);
  if (length >= field->min && (field->max == 0 || length <= field->max))
    return TRUE;
  return fail_range(error, field->name,
                    length < field->min
                        ? (field->min == 1
                               ? g_strdup("must not be empty")
                               : g_strdup_printf("must have at least %" G_GINT64_FORMAT " bytes", field->min))
                        : g_strdup_printf("must have at most %" G_GINT64_FORMAT " bytes", field->max));
}

gboolean fields_check_text(const Field *field, const char *text, GError **error) {
  if (!fields_check_length(field, text, error))
    return FALSE;
  return !field->check || field->check(text) || fail_range(error, field->name, g_strdup(field->rule));
}

static gboolean is_in_range(const Field *field, gint64 value) {
  return (field->min == 0 && field->max == 0) || (value >= field->min && value <= field->max);
}

gboolean fields_check_number(const Field *field, gint64 value, GError **error) {
  return is_in_range(field, value) ||
         fail_range(
             error, field->name,
             g_strdup_printf("must be %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, field->min, field->max));
}

gboolean fields_check_instant(const Field *field, gint64 at_us, GError **error) {
  if (is_in_range(field, at_us))
    return TRUE;
  g_autofree char *first = instant_format(field->min), *last = instant_format(field->max);
  return fail_range(error, field->name, g_strdup_printf("must be from %s to %s", first, last));
}

gboolean fields_check_count(const char *name, gint64 count, gint64 max, GError **error) {
  return max == 0 || count <= max ||
         fail_range(error, name, g_strdup_printf("must have at most %" G_GINT64_FORMAT " elements", max));
}

/* ---- structs ---- */

static gboolean is_there(const Field *field, gboolean there, GError **error) {
  if (!there && field->required)
    fields_take_error(error, FIELDS_ERROR_MISSING, g_strdup(field->name), g_strdup("is missing"));
  return there || !field->required;
}

static gboolean check_member_text(const Field *field, const char *text, GError **error) {
  if (!text)
    return is_there(field, FALSE, error);
  return (g_utf8_validate(text, -1, NULL) || fail_range(error, field->name, g_strdup("is not UTF-8"))) &&
         fields_check_text(field, text, error);
}

/* 0 below the least is none, which is not written (fields_write()). */
static gboolean check_member_number(const Field *field, gint64 value, GError **error) {
  return value == 0 && field->min > 0 ? is_there(field, FALSE, error)
                                      : fields_check_number(field, value, error);
}

static gboolean check_member_instant(const Field *field, gint64 at_us, GError **error) {
  return at_us ? fields_check_instant(field, at_us, error) : is_there(field, FALSE, error);
}

gboolean fields_check(const Field *fields, gconstpointer source, GError **error) {
  gboolean good = TRUE;
  for (const Field *field = fields; good && field->name; field++) {
    gconstpointer member = (const char *)source + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_DIGITS:
      good = check_member_text(field, *(char *const *)member, error);
      break;
    case FIELD_INT:
    case FIELD_NUMERAL:
      good = check_member_number(field, *(const gint64 *)member, error);
      break;
    case FIELD_INSTANT:
      good = check_member_instant(field, *(const gint64 *)member, error);
      break;
    case FIELD_REAL:
    case FIELD_BOOL:
    case FIELD_RAW:
    case FIELD_TEXTS:
    case FIELD_OBJECT:
    case FIELD_LIST:
      break;
    }
  }
  return good;
}
