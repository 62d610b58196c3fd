#include "common/fields.h"

#include "common/instant.h"

#include <math.h>
#include <string.h>

void fields_free_list(const Field *fields, GPtrArray *list) {
  if (!list)
    return;
  for (guint i = 0; i < list->len; i++)
    fields_free(fields, list->pdata[i]);
  g_ptr_array_unref(list);
}

void fields_clear(const Field *fields, gpointer target) {
  for (const Field *field = fields; field && field->name; field++) {
    gpointer member = G_STRUCT_MEMBER_P(target, field->offset);
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_DIGITS:
    case FIELD_RAW:
      g_clear_pointer((char **)member, g_free);
      break;
    case FIELD_TEXTS:
      g_clear_pointer((char ***)member, g_strfreev);
      break;
    case FIELD_OBJECT:
      fields_free(field->sub, *(gpointer *)member);
      *(gpointer *)member = NULL;
      break;
    case FIELD_LIST:
      fields_free_list(field->sub, *(GPtrArray **)member);
      *(GPtrArray **)member = NULL;
      break;
    case FIELD_INT:
    case FIELD_NUMERAL:
    case FIELD_INSTANT:
      *(gint64 *)member = 0;
      break;
    case FIELD_REAL:
      *(double *)member = 0;
      break;
    case FIELD_BOOL:
      *(gboolean *)member = FALSE;
      break;
    }
  }
}

void fields_free(const Field *fields, gpointer target) {
  if (!target)
    return;
  fields_clear(fields, target);
  g_free(target);
}

/* ---- writing ---- */

void fields_append_quoted(GString *out, const char *text) {
  g_string_append_c(out, '"');
  const char *plain = text;
  for (const char *p = text;; p++) {
    guchar c = *p;
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    g_string_append_len(out, plain, p - plain);
    plain = p + 1;
    if (c == 0)
      break;
    if (c == '"' || c == '\\')
      g_string_append_printf(out, "\\%c", c);
    else if (c == '\n')
      g_string_append(out, "\\n");
    else
      g_string_append_printf(out, "\\u%04x", c);
  }
  g_string_append_c(out, '"');
}

static void write_object(GString *out, const Field *fields, gconstpointer source);

static void write_texts(GString *out, char *const *texts) {
  g_string_append_c(out, '[');
  for (guint i = 0; texts && texts[i]; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    fields_append_quoted(out, texts[i]);
  }
  g_string_append_c(out, ']');
}

static void write_list(GString *out, const Field *fields, const GPtrArray *list) {
  g_string_append_c(out, '[');
  for (guint i = 0; list && i < list->len; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_object(out, fields, list->pdata[i]);
  }
  g_string_append_c(out, ']');
}

static void write_value(GString *out, const Field *field, gconstpointer member) {
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  switch (field->type) {
  case FIELD_TEXT:
  case FIELD_DIGITS:
    fields_append_quoted(out, *(char *const *)member);
    break;
  case FIELD_RAW:
    g_string_append(out, *(char *const *)member);
    break;
  case FIELD_INT:
    g_string_append_printf(out, "%" G_GINT64_FORMAT, *(const gint64 *)member);
    break;
  case FIELD_NUMERAL:
    g_string_append_printf(out, "\"%" G_GINT64_FORMAT "\"", *(const gint64 *)member);
    break;
  case FIELD_REAL:
    g_string_append(out, isfinite(*(const double *)member)
                             ? g_ascii_dtostr(number, sizeof number, *(const double *)member)
                             : "null");
    break;
  case FIELD_BOOL:
    g_string_append(out, *(const gboolean *)member ? "true" : "false");
    break;
  case FIELD_INSTANT: {
    g_autofree char *text = instant_format(*(const gint64 *)member);
    g_string_append_printf(out, "\"%s\"", text);
    break;
  }
  case FIELD_TEXTS:
    write_texts(out, *(char **const *)member);
    break;
  case FIELD_OBJECT:
    write_object(out, field->sub, *(const gconstpointer *)member);
    break;
  case FIELD_LIST:
    write_list(out, field->sub, *(GPtrArray *const *)member);
    break;
  }
}

static gboolean is_empty(const Field *field, gconstpointer member) {
  switch (field->type) {
  case FIELD_TEXT:
  case FIELD_DIGITS:
  case FIELD_RAW:
  case FIELD_TEXTS:
  case FIELD_OBJECT:
  case FIELD_LIST:
    return *(const gconstpointer *)member == NULL;
  case FIELD_INT:
  case FIELD_NUMERAL:
    return field->min > 0 && *(const gint64 *)member == 0;
  case FIELD_INSTANT:
    return *(const gint64 *)member == 0;
  case FIELD_REAL:
  case FIELD_BOOL:
    return FALSE;
  }
  return FALSE;
}

static void write_object(GString *out, const Field *fields, gconstpointer source) {
  const char *separator = "";
  g_string_append_c(out, '{');
  for (const Field *field = fields; field && field->name; field++) {
    gconstpointer member = (const char *)source + field->offset;
    gboolean empty = is_empty(field, member);
    if (empty && !field->always)
      continue;
    g_string_append(out, separator);
    fields_append_quoted(out, field->name);
    g_string_append_c(out, ':');
    if (empty)
      g_string_append(out, field->type == FIELD_LIST || field->type == FIELD_TEXTS ? "[]" : "null");
    else
      write_value(out, field, member);
    separator = ",";
  }
  g_string_append_c(out, '}');
}

char *fields_write(const Field *fields, gconstpointer source) {
  GString *out = g_string_new(NULL);
  write_object(out, fields, source);
  return g_string_free(out, FALSE);
}

char *fields_write_members(const Field *fields, gconstpointer source) {
  g_autofree char *object = fields_write(fields, source);
  gsize length = strlen(object);
  return length > 2 ? g_strndup(object + 1, length - 2) : NULL;
}

void fields_append_object(GString *out, const char *object, const char *members) {
  gsize length = strlen(object);
  g_return_if_fail(length >= 2 && object[0] == '{' && object[length - 1] == '}');
  g_string_append_len(out, object, length - 1);
  if (members && *members)
    g_string_append_printf(out, "%s%s", length > 2 ? "," : "", members);
  g_string_append_c(out, '}');
}
