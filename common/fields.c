#include "common/fields.h"

#include "common/fields_internal.h"
#include "common/instant.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/* What a double holds exactly. */
#define WHOLE_MAX 9007199254740992.0

struct FieldsDoc {
  cJSON *root;
};

/* ---- parsing ---- */

static gboolean fail_at(GError **error, const char *text, const char *at, const char *what) {
  guint line = 1;
  const char *start = text;
  for (const char *p = text; p < at; p++) {
    if (*p == '\n') {
      line++;
      start = p + 1;
    }
  }
  fields_take_error(error, FIELDS_ERROR_SYNTAX, NULL,
                    g_strdup_printf("line %u, column %ld: %s", line, (long)(at - start) + 1, what));
  return FALSE;
}

/* RFC 8259 section 6; cJSON takes whatever strtod takes. Returns the end, or NULL. */
static const char *skip_number(const char *p) {
  p += *p == '-';
  if (*p == '0')
    p++;
  else if (g_ascii_isdigit(*p))
    while (g_ascii_isdigit(*p))
      p++;
  else
    return NULL;
  if (*p == '.') {
    if (!g_ascii_isdigit(*++p))
      return NULL;
    while (g_ascii_isdigit(*p))
      p++;
  }
  if (*p == 'e' || *p == 'E') {
    p++;
    p += *p == '+' || *p == '-';
    if (!g_ascii_isdigit(*p))
      return NULL;
    while (g_ascii_isdigit(*p))
      p++;
  }
  return g_ascii_isalnum(*p) || *p == '.' || *p == '+' || *p == '-' ? NULL : p;
}

/* Walks over a string whose first quote is at @p; returns what follows its last quote, or NULL with @why. */
static const char *skip_string(const char *p, const char *end, const char **at, const char **why) {
  for (p++; p < end; p++) {
    *at = p;
    if (*p == '"')
      return p + 1;
    if ((guchar)*p < 0x20) {
      *why = "a control character in a string";
      return NULL;
    }
    if (*p == '\\') {
      if (end - p >= 6 && strncmp(p, "\\u0000", 6) == 0) {
        *why = "\\u0000 is not allowed";
        return NULL;
      }
      p++;
    }
  }
  *at = end;
  *why = "a string without an end";
  return NULL;
}

/* What cJSON lets pass: depth, \u0000, control characters, numbers of other shapes. @text ends with a NUL. */
static gboolean check_text(const char *text, gsize length, GError **error) {
  const char *bad;
  if (!g_utf8_validate_len(text, length, &bad))
    return fail_at(error, text, bad, "not UTF-8");
  const char *end = text + length, *at, *why;
  guint depth = 0;
  for (const char *p = text; p < end;) {
    if (*p == '"') {
      const char *next = skip_string(p, end, &at, &why);
      if (!next)
        return fail_at(error, text, at, why);
      p = next;
    } else if (*p == '-' || g_ascii_isdigit(*p)) {
      const char *next = skip_number(p);
      if (!next)
        return fail_at(error, text, p, "not a number");
      p = next;
    } else {
      if ((*p == '{' || *p == '[') && ++depth > FIELDS_MAX_DEPTH)
        return fail_at(error, text, p, "nested deeper than 16");
      if ((*p == '}' || *p == ']') && depth > 0)
        depth--;
      if ((guchar)*p < 0x20 && *p != '\n' && *p != '\r' && *p != '\t')
        return fail_at(error, text, p, "a control character");
      p++;
    }
  }
  return TRUE;
}

/* Duplicate keys (of which cJSON would give the first) and numbers too large for a double. */
static gboolean check_tree(const cJSON *node, GError **error) {
  g_autoptr(GHashTable) seen = cJSON_IsObject(node) ? g_hash_table_new(g_str_hash, g_str_equal) : NULL;
  if (cJSON_IsNumber(node) && !isfinite(node->valuedouble)) {
    fields_take_error(error, FIELDS_ERROR_SYNTAX, NULL, g_strdup("a number out of range"));
    return FALSE;
  }
  for (const cJSON *child = node->child; child; child = child->next) {
    if (seen && !g_hash_table_add(seen, child->string)) {
      fields_take_error(error, FIELDS_ERROR_SYNTAX, g_strdup(child->string),
                        g_strdup("the key stands twice"));
      return FALSE;
    }
    if (!check_tree(child, error))
      return FALSE;
  }
  return TRUE;
}

FieldsDoc *fields_parse(const char *text, gsize length, GError **error) {
  /* cJSON wants the NUL inside the length to refuse trailing bytes. */
  g_autofree char *copy = g_strndup(text ? text : "", length);
  if (!check_text(copy, length, error))
    return NULL;
  const char *end = copy;
  cJSON *root = cJSON_ParseWithLengthOpts(copy, length + 1, &end, TRUE);
  if (!root) {
    fail_at(error, copy, end ? end : copy, length ? "not JSON" : "empty");
    return NULL;
  }
  if (!check_tree(root, error)) {
    cJSON_Delete(root);
    return NULL;
  }
  FieldsDoc *doc = g_new(FieldsDoc, 1);
  doc->root = root;
  return doc;
}

void fields_doc_free(FieldsDoc *doc) {
  if (!doc)
    return;
  cJSON_Delete(doc->root);
  g_free(doc);
}

/* ---- reading ---- */

static char *text_of(const cJSON *node) {
  char *printed = cJSON_PrintUnformatted(node);
  char *text = g_strdup(printed);
  cJSON_free(printed);
  return text;
}

static gboolean fail_type(GError **error, const Field *field, const char *expected) {
  fields_take_error(error, FIELDS_ERROR_TYPE, g_strdup(field->name), g_strdup_printf("must be %s", expected));
  return FALSE;
}

static gboolean whole_number(const cJSON *node, gint64 *value) {
  if (!cJSON_IsNumber(node) || node->valuedouble != floor(node->valuedouble) ||
      fabs(node->valuedouble) > WHOLE_MAX)
    return FALSE;
  *value = (gint64)node->valuedouble;
  return TRUE;
}

static gboolean read_int(const Field *field, const cJSON *node, gint64 *member, GError **error) {
  gint64 value;
  gboolean is_text = field->type == FIELD_NUMERAL && cJSON_IsString(node);
  if (is_text ? !g_ascii_string_to_signed(node->valuestring, 10, -(gint64)WHOLE_MAX, (gint64)WHOLE_MAX,
                                          &value, NULL)
              : !whole_number(node, &value))
    return fail_type(error, field, "a whole number");
  if (!fields_check_number(field, value, error))
    return FALSE;
  *member = value;
  return TRUE;
}

static gboolean read_text(const Field *field, const cJSON *node, char **member, GError **error) {
  gint64 number;
  g_autofree char *text = NULL;
  if (cJSON_IsString(node))
    text = g_strdup(node->valuestring);
  else if (field->type == FIELD_DIGITS && whole_number(node, &number) && number >= 0)
    text = g_strdup_printf("%" G_GINT64_FORMAT, number);
  else
    return fail_type(error, field, "a string");
  if (!fields_check_text(field, text, error))
    return FALSE;
  g_free(*member);
  *member = g_steal_pointer(&text);
  return TRUE;
}

static gboolean read_instant(const Field *field, const cJSON *node, gint64 *member, GError **error) {
  gint64 at_us;
  if (!cJSON_IsString(node) || !instant_parse(node->valuestring, &at_us))
    return fail_type(error, field, "an instant like \"2026-12-01T15:00:00Z\"");
  if (!fields_check_instant(field, at_us, error))
    return FALSE;
  *member = at_us;
  return TRUE;
}

static gboolean read_texts(const Field *field, const cJSON *node, char ***member, GError **error) {
  if (!cJSON_IsArray(node))
    return fail_type(error, field, "a list of strings");
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  for (const cJSON *item = node->child; item; item = item->next) {
    if (!cJSON_IsString(item))
      return fail_type(error, field, "a list of strings");
    if (!fields_check_length(field, item->valuestring, error))
      return FALSE;
    g_strv_builder_add(builder, item->valuestring);
  }
  g_strfreev(*member);
  *member = g_strv_builder_end(builder);
  return TRUE;
}

static const cJSON *node_at(const cJSON *node, const char *path) {
  if (!strchr(path, '.'))
    return cJSON_GetObjectItemCaseSensitive(node, path);
  g_auto(GStrv) parts = g_strsplit(path, ".", -1);
  for (guint i = 0; node && parts[i]; i++)
    node = cJSON_IsObject(node) ? cJSON_GetObjectItemCaseSensitive(node, parts[i]) : NULL;
  return node;
}

static gboolean read_object(const Field *fields, const cJSON *object, gpointer target, GError **error);

/* A new struct of the table's element, filled; @prefix (taken) names it in errors. */
static gpointer read_element(const Field *fields, gsize size, const cJSON *node, char *prefix,
                             GError **error) {
  g_autofree char *name = prefix;
  GError *inner = NULL;
  gpointer element = g_malloc0(size);
  if (read_object(fields, node, element, &inner))
    return element;
  fields_free(fields, element);
  fields_fail_inside(error, g_steal_pointer(&name), inner);
  return NULL;
}

/* The array's elements as structs; @name stands before the index in errors. */
static GPtrArray *read_elements(const Field *fields, gsize size, const cJSON *array, const char *name,
                                GError **error) {
  GPtrArray *list = g_ptr_array_new();
  for (const cJSON *item = array->child; item; item = item->next) {
    gpointer element = read_element(fields, size, item, g_strdup_printf("%s[%u]", name, list->len), error);
    if (!element) {
      fields_free_list(fields, list);
      return NULL;
    }
    g_ptr_array_add(list, element);
  }
  return list;
}

static gboolean read_list(const Field *field, const cJSON *node, GPtrArray **member, GError **error) {
  if (!cJSON_IsArray(node))
    return fail_type(error, field, "a list");
  if (!fields_check_count(field->name, cJSON_GetArraySize(node), field->max, error))
    return FALSE;
  GPtrArray *list = read_elements(field->sub, field->size, node, field->name, error);
  if (!list)
    return FALSE;
  fields_free_list(field->sub, *member);
  *member = list;
  return TRUE;
}

static gboolean read_member(const Field *field, const cJSON *node, gpointer target, GError **error) {
  gpointer member = G_STRUCT_MEMBER_P(target, field->offset);
  switch (field->type) {
  case FIELD_TEXT:
  case FIELD_DIGITS:
    return read_text(field, node, member, error);
  case FIELD_INT:
  case FIELD_NUMERAL:
    return read_int(field, node, member, error);
  case FIELD_REAL:
    if (!cJSON_IsNumber(node))
      return fail_type(error, field, "a number");
    *(double *)member = node->valuedouble;
    return TRUE;
  case FIELD_BOOL:
    if (!cJSON_IsBool(node))
      return fail_type(error, field, "true or false");
    *(gboolean *)member = cJSON_IsTrue(node) != 0;
    return TRUE;
  case FIELD_INSTANT:
    return read_instant(field, node, member, error);
  case FIELD_RAW: {
    g_autofree char *text = text_of(node);
    if (!fields_check_length(field, text, error))
      return FALSE;
    g_free(*(char **)member);
    *(char **)member = g_steal_pointer(&text);
    return TRUE;
  }
  case FIELD_TEXTS:
    return read_texts(field, node, member, error);
  case FIELD_OBJECT: {
    gpointer element = read_element(field->sub, field->size, node, g_strdup(field->name), error);
    if (!element)
      return FALSE;
    fields_free(field->sub, *(gpointer *)member);
    *(gpointer *)member = element;
    return TRUE;
  }
  case FIELD_LIST:
    return read_list(field, node, member, error);
  }
  g_return_val_if_reached(FALSE);
}

static gboolean read_object(const Field *fields, const cJSON *object, gpointer target, GError **error) {
  if (!cJSON_IsObject(object)) {
    fields_take_error(error, FIELDS_ERROR_TYPE, NULL, g_strdup("must be an object"));
    return FALSE;
  }
  for (const Field *field = fields; field && field->name; field++) {
    const cJSON *node = node_at(object, field->name);
    if (!node && field->also)
      node = node_at(object, field->also);
    gboolean absent = !node || (cJSON_IsNull(node) && field->type != FIELD_RAW);
    if (absent && field->required) {
      fields_take_error(error, FIELDS_ERROR_MISSING, g_strdup(field->name), g_strdup("is missing"));
      return FALSE;
    }
    if (absent && field->absent)
      *(gboolean *)G_STRUCT_MEMBER_P(target, field->offset) = TRUE;
    if (!absent && !read_member(field, node, target, error))
      return FALSE;
  }
  return TRUE;
}

gboolean fields_read(const FieldsDoc *doc, const Field *fields, gpointer target, GError **error) {
  return read_object(fields, doc->root, target, error);
}

gboolean fields_read_text(const char *text, gsize length, const Field *fields, gpointer target,
                          GError **error) {
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, error);
  return doc && fields_read(doc, fields, target, error);
}

static gboolean check_array(const FieldsDoc *doc, GError **error) {
  if (cJSON_IsArray(doc->root))
    return TRUE;
  fields_take_error(error, FIELDS_ERROR_TYPE, NULL, g_strdup("must be an array"));
  return FALSE;
}

GPtrArray *fields_read_array(const FieldsDoc *doc, const Field *fields, gsize size, GError **error) {
  return check_array(doc, error) ? read_elements(fields, size, doc->root, "", error) : NULL;
}

gboolean fields_read_each(const FieldsDoc *doc, const char *path, const Field *fields, gsize size, gint64 max,
                          FieldsElement func, gpointer user_data, GError **error) {
  const cJSON *array = path ? node_at(doc->root, path) : doc->root;
  if (!cJSON_IsArray(array)) {
    fields_take_error(error, array ? FIELDS_ERROR_TYPE : FIELDS_ERROR_MISSING, g_strdup(path),
                      g_strdup(array ? "must be an array" : "is missing"));
    return FALSE;
  }
  if (!fields_check_count(path, cJSON_GetArraySize(array), max, error))
    return FALSE;
  guint n = 0;
  for (const cJSON *item = array->child; item; item = item->next, n++) {
    g_autoptr(GError) problem = NULL;
    GError *inner = NULL;
    gpointer element = g_malloc0(size);
    if (!read_object(fields, item, element, &inner))
      fields_fail_inside(&problem, g_strdup_printf("%s[%u]", path ? path : "", n), inner);
    func(n, element, problem, user_data);
  }
  return TRUE;
}

GPtrArray *fields_array_texts(const FieldsDoc *doc, GError **error) {
  if (!check_array(doc, error))
    return NULL;
  GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
  for (const cJSON *item = doc->root->child; item; item = item->next)
    g_ptr_array_add(texts, text_of(item));
  return texts;
}

GPtrArray *fields_names(const FieldsDoc *doc, const char *path) {
  const cJSON *object = path ? node_at(doc->root, path) : doc->root;
  if (!cJSON_IsObject(object))
    return NULL;
  GPtrArray *names = g_ptr_array_new();
  for (const cJSON *item = object->child; item; item = item->next)
    g_ptr_array_add(names, item->string);
  return names;
}

char *fields_text_at(const FieldsDoc *doc, const char *path) {
  const cJSON *node = node_at(doc->root, path);
  return node ? text_of(node) : NULL;
}

char *fields_text_of(const FieldsDoc *doc, const char *name) {
  const cJSON *node = cJSON_GetObjectItemCaseSensitive(doc->root, name);
  return node ? text_of(node) : NULL;
}

char fields_kind_at(const FieldsDoc *doc, const char *path) {
  const cJSON *node = node_at(doc->root, path);
  if (!node)
    return 0;
  return cJSON_IsObject(node)   ? 'o'
         : cJSON_IsArray(node)  ? 'a'
         : cJSON_IsString(node) ? 's'
         : cJSON_IsNumber(node) ? 'n'
         : cJSON_IsBool(node)   ? 'b'
                                : '0';
}

char *fields_without(const char *object, const char *const *names) {
  cJSON *node = cJSON_Parse(object);
  char *text = NULL;
  if (cJSON_IsObject(node)) {
    for (guint i = 0; names[i]; i++)
      cJSON_DeleteItemFromObjectCaseSensitive(node, names[i]);
    text = text_of(node);
  }
  cJSON_Delete(node);
  return text;
}
