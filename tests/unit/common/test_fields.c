/* JSON fields to structs and back: what is read, what is written, and what the wire forbids. */
#include "common/fields.h"
#include "common/instant.h"

#include <string.h>

typedef struct {
  char *name;
  gint64 port;
} Part;

typedef struct {
  char *name;
  char *code;
  gint64 number;
  gint64 port;
  double ratio;
  gboolean on;
  gint64 starts_at_us;
  char *info;
  char **words;
  Part *part;
  GPtrArray *parts;
  char *inner;
} Whole;

static const Field part_fields[] = {
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(Part, name), .required = TRUE, .min = 1, .max = 10},
    {"port", FIELD_NUMERAL, G_STRUCT_OFFSET(Part, port), .min = 1, .max = 65535},
    {NULL},
};

static const Field whole_fields[] = {
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(Whole, name), .max = 20, .also = "name1"},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(Whole, code), .max = 9},
    {"number", FIELD_INT, G_STRUCT_OFFSET(Whole, number)},
    {"port", FIELD_NUMERAL, G_STRUCT_OFFSET(Whole, port), .min = 1, .max = 65535},
    {"ratio", FIELD_REAL, G_STRUCT_OFFSET(Whole, ratio)},
    {"on", FIELD_BOOL, G_STRUCT_OFFSET(Whole, on)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(Whole, starts_at_us)},
    {"info", FIELD_RAW, G_STRUCT_OFFSET(Whole, info), .max = 1000},
    {"words", FIELD_TEXTS, G_STRUCT_OFFSET(Whole, words), .max = 8},
    {"part", FIELD_OBJECT, G_STRUCT_OFFSET(Whole, part), .sub = part_fields, .size = sizeof(Part)},
    {"parts", FIELD_LIST, G_STRUCT_OFFSET(Whole, parts), .max = 3, .sub = part_fields, .size = sizeof(Part)},
    {NULL},
};

static void fields_round_trip(void) {
  const char *text =
      "{\"name\":\"a \\\"б\\\"\\n\",\"code\":\"0012\",\"number\":-5,\"port\":\"333\",\"ratio\":0.25,"
      "\"on\":true,\"starts_at\":\"2026-12-01T15:00:00Z\",\"info\":{\"x\":[1,null]},"
      "\"words\":[\"p\",\"q\"],\"part\":{\"name\":\"n\",\"port\":\"1\"},"
      "\"parts\":[{\"name\":\"m\"},{\"name\":\"k\",\"port\":\"2\"}]}";
  Whole whole = {NULL};
  g_autoptr(GError) error = NULL;
  g_assert_true(fields_read_text(text, strlen(text), whole_fields, &whole, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(whole.name, ==, "a \"б\"\n");
  g_assert_cmpint(whole.port, ==, 333);
  g_assert_cmpint(whole.starts_at_us, ==, 1796137200 * INSTANT_SECOND);
  g_assert_cmpstr(whole.info, ==, "{\"x\":[1,null]}");
  g_assert_cmpuint(whole.parts->len, ==, 2);
  g_autofree char *written = fields_write(whole_fields, &whole);
  g_assert_cmpstr(written, ==, text);
  fields_clear(whole_fields, &whole);
}

static void fields_numbers_as_strings_and_back(void) {
  Whole whole = {NULL};
  const char *text = "{\"name1\":\"old\",\"code\":1234,\"port\":8080}";
  g_assert_true(fields_read_text(text, strlen(text), whole_fields, &whole, NULL));
  g_assert_cmpstr(whole.name, ==, "old");
  g_assert_cmpstr(whole.code, ==, "1234");
  g_assert_cmpint(whole.port, ==, 8080);
  fields_clear(whole_fields, &whole);
}

static void fields_absent_and_null_keep_defaults(void) {
  Whole whole = {.number = 7, .on = TRUE};
  g_assert_true(fields_read_text("{\"number\":null,\"unknown\":[{}]}",
                                 strlen("{\"number\":null,\"unknown\":[{}]}"), whole_fields, &whole, NULL));
  g_assert_cmpint(whole.number, ==, 7);
  g_assert_true(whole.on);
}

typedef struct {
  const char *text;
  FieldsError code;
  const char *field;
} BadCase;

static void fields_refuse_what_the_wire_forbids(void) {
  static const BadCase cases[] = {
      {"", FIELDS_ERROR_SYNTAX, NULL},
      {"{", FIELDS_ERROR_SYNTAX, NULL},
      {"{} x", FIELDS_ERROR_SYNTAX, NULL},
      {"{}{}", FIELDS_ERROR_SYNTAX, NULL},
      {"nul", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"number\":01}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"number\":1.}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"number\":+1}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"number\":0x10}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"number\":1e999}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"name\":\"a\tb\"}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"name\":\"\\u0000\"}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"name\":\"a\\", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"name\":\"\xff\"}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"name\":\"\xed\xa0\x80\"}", FIELDS_ERROR_SYNTAX, NULL},
      {"{\"name\":\"a\",\"name\":\"b\"}", FIELDS_ERROR_SYNTAX, "name"},
      {"{\"info\":{\"x\":1,\"x\":2}}", FIELDS_ERROR_SYNTAX, "x"},
      {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", FIELDS_ERROR_SYNTAX, NULL},
      {"[]", FIELDS_ERROR_TYPE, NULL},
      {"3", FIELDS_ERROR_TYPE, NULL},
      {"{\"name\":3}", FIELDS_ERROR_TYPE, "name"},
      {"{\"code\":1.5}", FIELDS_ERROR_TYPE, "code"},
      {"{\"code\":-1}", FIELDS_ERROR_TYPE, "code"},
      {"{\"number\":3.7}", FIELDS_ERROR_TYPE, "number"},
      {"{\"number\":1e300}", FIELDS_ERROR_TYPE, "number"},
      {"{\"number\":\"3\"}", FIELDS_ERROR_TYPE, "number"},
      {"{\"port\":\"12x\"}", FIELDS_ERROR_TYPE, "port"},
      {"{\"port\":0}", FIELDS_ERROR_RANGE, "port"},
      {"{\"port\":\"65536\"}", FIELDS_ERROR_RANGE, "port"},
      {"{\"name\":\"123456789012345678901\"}", FIELDS_ERROR_RANGE, "name"},
      {"{\"on\":1}", FIELDS_ERROR_TYPE, "on"},
      {"{\"starts_at\":\"2026-13-01T00:00:00Z\"}", FIELDS_ERROR_TYPE, "starts_at"},
      {"{\"words\":[1]}", FIELDS_ERROR_TYPE, "words"},
      {"{\"part\":[]}", FIELDS_ERROR_TYPE, "part"},
      {"{\"part\":{}}", FIELDS_ERROR_MISSING, "part.name"},
      {"{\"parts\":[{\"name\":\"a\"},{\"name\":\"\"}]}", FIELDS_ERROR_RANGE, "parts[1].name"},
      {"{\"parts\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"d\"}]}",
       FIELDS_ERROR_RANGE, "parts"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    Whole whole = {NULL};
    g_autoptr(GError) error = NULL;
    g_test_message("%s", cases[i].text);
    g_assert_false(fields_read_text(cases[i].text, strlen(cases[i].text), whole_fields, &whole, &error));
    g_assert_error(error, FIELDS_ERROR, (int)cases[i].code);
    g_assert_cmpstr(fields_error_get_field(error), ==, cases[i].field);
    fields_clear(whole_fields, &whole);
  }
}

static void fields_names_are_case_sensitive(void) {
  Whole whole = {NULL};
  g_assert_true(fields_read_text("{\"NAME\":\"a\"}", strlen("{\"NAME\":\"a\"}"), whole_fields, &whole, NULL));
  g_assert_null(whole.name);
}

static void fields_embedded_nul_is_refused(void) {
  Whole whole = {NULL};
  g_autoptr(GError) error = NULL;
  g_assert_false(fields_read_text("{}\0{}", 5, whole_fields, &whole, &error));
  g_assert_error(error, FIELDS_ERROR, FIELDS_ERROR_SYNTAX);
}

static void fields_depth_of_sixteen_is_allowed(void) {
  g_autoptr(FieldsDoc) doc =
      fields_parse("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", strlen("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), NULL);
  g_assert_nonnull(doc);
}

static void fields_arrays_name_the_bad_element(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(FieldsDoc) doc = fields_parse("[{\"name\":\"a\"},{\"name\":\"b\",\"port\":0}]",
                                          strlen("[{\"name\":\"a\"},{\"name\":\"b\",\"port\":0}]"), NULL);
  g_assert_null(fields_read_array(doc, part_fields, sizeof(Part), &error));
  g_assert_cmpstr(fields_error_get_field(error), ==, "[1].port");
  g_assert_cmpstr(error->message, ==, "[1].port: must be 1 to 65535");
}

static void fields_syntax_errors_name_line_and_column(void) {
  g_autoptr(GError) error = NULL;
  g_assert_null(fields_parse("{\n  \"a\": 1,\n  oops\n}", strlen("{\n  \"a\": 1,\n  oops\n}"), &error));
  g_assert_true(g_str_has_prefix(error->message, "line 3, column "));
}

static void fields_objects_can_be_extended_as_text(void) {
  g_autoptr(GString) out = g_string_new(NULL);
  fields_append_object(out, "{}", "\"a\":1");
  fields_append_object(out, "{\"b\":2}", "\"a\":1");
  g_assert_cmpstr(out->str, ==, "{\"a\":1}{\"b\":2,\"a\":1}");
  const char *names[] = {"b", NULL};
  g_autofree char *less = fields_without("{\"a\": 1, \"b\": {\"c\":2}}", names);
  g_assert_cmpstr(less, ==, "{\"a\":1}");
}

typedef struct {
  char *word;
  char *name;
  gint64 number;
  gint64 at_us;
} Checked;

static gboolean is_lower_case(const char *text) {
  return text[strspn(text, "abcdefghijklmnopqrstuvwxyz")] == 0;
}

static const Field checked_fields[] = {
    {"word", FIELD_TEXT, G_STRUCT_OFFSET(Checked, word), .required = TRUE, .min = 2, .max = 4,
     .check = is_lower_case, .rule = "must be of small letters"},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(Checked, name), .max = 4},
    {"number", FIELD_INT, G_STRUCT_OFFSET(Checked, number), .min = 1, .max = 9},
    {"at", FIELD_INSTANT, G_STRUCT_OFFSET(Checked, at_us), .required = TRUE, .min = INSTANT_SECOND,
     .max = 10 * INSTANT_SECOND},
    {NULL},
};

/* The same rules whether a struct comes from JSON or not; what keeps to them comes back as it was. */
static void fields_check_says_what_reading_would(void) {
  static const struct {
    Checked value;
    const char *message; /* NULL: good */
  } cases[] = {
      {{"word", "name", 5, INSTANT_SECOND}, NULL},
      {{"word", NULL, 1, 10 * INSTANT_SECOND}, NULL},
      {{NULL, NULL, 5, INSTANT_SECOND}, "word: is missing"},
      {{"w", NULL, 5, INSTANT_SECOND}, "word: must have at least 2 bytes"},
      {{"words", NULL, 5, INSTANT_SECOND}, "word: must have at most 4 bytes"},
      {{"WORD", NULL, 5, INSTANT_SECOND}, "word: must be of small letters"},
      {{"word", "\xff", 5, INSTANT_SECOND}, "name: is not UTF-8"},
      {{"word", "names", 5, INSTANT_SECOND}, "name: must have at most 4 bytes"},
      {{"word", NULL, 10, INSTANT_SECOND}, "number: must be 1 to 9"},
      {{"word", NULL, 5, 0}, "at: is missing"},
      {{"word", NULL, 5, 11 * INSTANT_SECOND},
       "at: must be from 1970-01-01T00:00:01Z to 1970-01-01T00:00:10Z"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL, read_error = NULL;
    g_assert_true(fields_check(checked_fields, &cases[i].value, &error) == !cases[i].message);
    g_assert_cmpstr(error ? error->message : NULL, ==, cases[i].message);
    if (cases[i].value.name && !g_utf8_validate(cases[i].value.name, -1, NULL))
      continue;
    g_autofree char *text = fields_write(checked_fields, &cases[i].value);
    Checked back = {NULL};
    fields_read_text(text, strlen(text), checked_fields, &back, &read_error);
    g_assert_cmpstr(read_error ? read_error->message : NULL, ==, cases[i].message);
    fields_clear(checked_fields, &back);
  }
}

static void collect_part(guint n, gpointer element, const GError *problem, gpointer data) {
  Part *part = element;
  g_string_append_printf(data, "%u %s %s\n", n, part->name ? part->name : "-",
                         problem ? problem->message : "good");
  fields_free(part_fields, part);
}

static void fields_one_bad_element_does_not_cost_the_others(void) {
  static const char text[] =
      "{\"list\":[{\"name\":\"a\"},7,{\"name\":\"b\",\"port\":0},{\"port\":1},{\"name\":\"c\"}]}";
  g_autoptr(FieldsDoc) doc = fields_parse(text, strlen(text), NULL);
  g_autoptr(GString) told = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  g_assert_true(fields_read_each(doc, "list", part_fields, sizeof(Part), 5, collect_part, told, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(told->str, ==,
                  "0 a good\n1 - list[1]: must be an object\n2 b list[2].port: must be 1 to 65535\n"
                  "3 - list[3].name: is missing\n4 c good\n");
  g_assert_false(fields_read_each(doc, "list", part_fields, sizeof(Part), 4, collect_part, told, &error));
  g_assert_cmpstr(error->message, ==, "list: must have at most 4 elements");
  g_clear_error(&error);
  g_assert_false(fields_read_each(doc, NULL, part_fields, sizeof(Part), 0, collect_part, told, &error));
  g_assert_error(error, FIELDS_ERROR, FIELDS_ERROR_TYPE);
  g_clear_error(&error);
  g_assert_false(fields_read_each(doc, "none", part_fields, sizeof(Part), 0, collect_part, told, &error));
  g_assert_error(error, FIELDS_ERROR, FIELDS_ERROR_MISSING);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/fields/round-trip", fields_round_trip);
  g_test_add_func("/fields/numbers-as-strings-and-back", fields_numbers_as_strings_and_back);
  g_test_add_func("/fields/absent-and-null-keep-defaults", fields_absent_and_null_keep_defaults);
  g_test_add_func("/fields/refuse-what-the-wire-forbids", fields_refuse_what_the_wire_forbids);
  g_test_add_func("/fields/names-are-case-sensitive", fields_names_are_case_sensitive);
  g_test_add_func("/fields/embedded-nul-is-refused", fields_embedded_nul_is_refused);
  g_test_add_func("/fields/depth-of-sixteen-is-allowed", fields_depth_of_sixteen_is_allowed);
  g_test_add_func("/fields/arrays-name-the-bad-element", fields_arrays_name_the_bad_element);
  g_test_add_func("/fields/syntax-errors-name-line-and-column", fields_syntax_errors_name_line_and_column);
  g_test_add_func("/fields/objects-can-be-extended-as-text", fields_objects_can_be_extended_as_text);
  g_test_add_func("/fields/check-says-what-reading-would", fields_check_says_what_reading_would);
  g_test_add_func("/fields/one-bad-element-does-not-cost-the-others",
                  fields_one_bad_element_does_not_cost_the_others);
  return g_test_run();
}
