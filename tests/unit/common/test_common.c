/* common/: what all programs stand on. */
#include "common/fields.h"
#include "common/instant.h"
#include "common/log.h"
#include "common/random.h"
#include "common/settings.h"
#include "common/ticket.h"
#include "common/verb.h"
#include "common/wire.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- fields ---- */

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
    {"parts", FIELD_LIST, G_STRUCT_OFFSET(Whole, parts), .sub = part_fields, .size = sizeof(Part)},
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

/* ---- instants, random ---- */

static void instants_follow_rfc3339(void) {
  gint64 at = 0;
  g_assert_true(instant_parse("2026-12-01T18:00:00+03:00", &at));
  g_autofree char *text = instant_format(at);
  g_assert_cmpstr(text, ==, "2026-12-01T15:00:00Z");
  static const char *const bad[] = {"2026-12-01",
                                    "2026-12-01 15:00:00Z",
                                    "2026-12-01T15:00Z",
                                    "20261201T150000Z",
                                    "2026-02-30T00:00:00Z",
                                    "1969-01-01T00:00:00Z",
                                    "2026-12-01T15:00:00Z\n",
                                    "2026-12-01T24:01:00Z",
                                    ""};
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_false(instant_parse(bad[i], &at));
}

static void random_codes_have_their_digits(void) {
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *code = random_code(4);
    g_assert_cmpuint(strlen(code), ==, 4);
    g_assert_cmpuint(strspn(code, "0123456789"), ==, 4);
    g_assert_cmpuint(random_below(3), <, 3);
  }
  g_autofree char *a = random_hex(16), *b = random_hex(16);
  g_assert_cmpuint(strlen(a), ==, 32);
  g_assert_cmpstr(a, !=, b);
}

/* ---- settings ---- */

typedef struct {
  gint64 port;
  gboolean sound;
  char *name;
  char *kind;
  char *file;
  char **app;
  gint64 width;
  char *raw;
} Options;

static const Setting table[] = {
    {"port", SETTING_INT, G_STRUCT_OFFSET(Options, port), 1, 65535, .fallback = "80", .help = "The port."},
    {"sound", SETTING_BOOL, G_STRUCT_OFFSET(Options, sound), .fallback = "true", .help = "Sound."},
    {"name", SETTING_TEXT, G_STRUCT_OFFSET(Options, name), .required = TRUE, .min = 1, .help = "The name."},
    {"kind", SETTING_CHOICE, G_STRUCT_OFFSET(Options, kind), .choices = "one|two", .fallback = "one",
     .help = "Kind."},
    {"file", SETTING_PATH, G_STRUCT_OFFSET(Options, file), .fallback = "x.json", .help = "A file."},
    {"app", SETTING_TEXTS, G_STRUCT_OFFSET(Options, app), .fallback = "run|me", .help = "What to run."},
    {"webrtc.width", SETTING_INT, G_STRUCT_OFFSET(Options, width), 16, 7680, "pixels", "960",
     .help = "Width."},
    {"webrtc.raw", SETTING_RAW, G_STRUCT_OFFSET(Options, raw), .help = "Anything."},
    {NULL},
};

static char *load(const char *text, Options *options) {
  g_autoptr(GError) error = NULL;
  memset(options, 0, sizeof *options);
  if (settings_load_text("conf.json", "/etc/v", text, strlen(text), table, options, &error))
    return NULL;
  g_assert_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT);
  return g_strdup(error->message);
}

static void settings_take_values_and_defaults(void) {
  Options options;
  g_assert_null(load("{\"name\":\"n\",\"port\":\"333\",\"webrtc\":{\"width\":1280,\"raw\":[1]}}", &options));
  g_assert_cmpint(options.port, ==, 333);
  g_assert_true(options.sound);
  g_assert_cmpstr(options.kind, ==, "one");
  g_assert_cmpstr(options.file, ==, "/etc/v/x.json");
  g_assert_cmpstr(options.app[1], ==, "me");
  g_assert_cmpint(options.width, ==, 1280);
  g_assert_cmpstr(options.raw, ==, "[1]");
  settings_clear(table, &options);
  g_assert_null(options.app);
}

static void settings_say_what_is_wrong_in_one_line(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"{}", "conf.json: name: is missing"},
      {"{\"name\":\"\"}", "conf.json: name: must not be empty"},
      {"{\"name\":\"n\",\"port\":0}", "conf.json: port: must be 1 to 65535"},
      {"{\"name\":\"n\",\"prot\":1}", "conf.json: prot: is not a setting (did you mean \"port\"?)"},
      {"{\"name\":\"n\",\"kind\":\"three\"}", "conf.json: kind: must be one of one, two"},
      {"{\"name\":\"n\",\"webrtc\":{\"widht\":1}}",
       "conf.json: webrtc.widht: is not a setting (did you mean \"webrtc.width\"?)"},
      {"{\"name\":\"n\",\"webrtc\":3}", "conf.json: webrtc: must be an object"},
      {"{\"name\":\"n\",}", "conf.json: line 1, column 14: not JSON"},
      {"[]", "conf.json: must be an object"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    Options options;
    g_autofree char *message = load(cases[i].text, &options);
    g_assert_cmpstr(message, ==, cases[i].message);
    g_assert_null(options.name);
  }
}

static void settings_describe_every_row(void) {
  g_autofree char *text = settings_describe(table);
  for (const Setting *row = table; row->name; row++)
    g_assert_nonnull(strstr(text, row->name));
  g_assert_nonnull(strstr(text, "webrtc.width (number, 16-7680, pixels, default 960)"));
}

/* ---- tickets ---- */

static const char key_bytes[] = "0123456789abcdef0123456789abcdef";

static void tickets_carry_their_claims(void) {
  g_autoptr(TicketKey) key = ticket_key_new(key_bytes, 32);
  Ticket made = {(char *)"river-1",
                 (char *)"s1",
                 (char *)"u1",
                 (char *)"host",
                 (char *)"Анна",
                 0,
                 instant_now_us() + INSTANT_MINUTE};
  g_autofree char *text = ticket_sign(key, &made);
  g_autoptr(GError) error = NULL;
  g_autoptr(Ticket) read = ticket_verify(key, text, "river-1", &error);
  g_assert_no_error(error);
  g_assert_cmpstr(read->session, ==, "s1");
  g_assert_cmpstr(read->user, ==, "u1");
  g_assert_cmpstr(read->role, ==, "host");
  g_assert_cmpstr(read->name, ==, "Анна");
}

/* A token of given parts, signed by libjwt's peer: a ticket's text with one part replaced. */
static char *with_part(const char *ticket, guint index, const char *json) {
  g_auto(GStrv) parts = g_strsplit(ticket, ".", 3);
  g_free(parts[index]);
  parts[index] = g_base64_encode((const guchar *)json, strlen(json));
  g_strdelimit(parts[index], "=", ' ');
  g_strchomp(parts[index]);
  return g_strjoinv(".", parts);
}

static void tickets_forged_ones_are_refused(void) {
  g_autoptr(TicketKey) key = ticket_key_new(key_bytes, 32);
  g_autoptr(TicketKey) other = ticket_key_new("another-key-another-key-another-k", 33);
  Ticket made = {
      (char *)"a", (char *)"s", (char *)"u", (char *)"guest", NULL, 0, instant_now_us() + INSTANT_MINUTE};
  g_autofree char *good = ticket_sign(key, &made);
  g_autofree char *none = with_part(good, 0, "{\"alg\":\"none\",\"typ\":\"JWT\"}");
  g_autofree char *larger = with_part(good, 0, "{\"alg\":\"HS512\",\"typ\":\"JWT\"}");
  g_autofree char *raised = with_part(good, 1, "{\"aud\":\"a\",\"role\":\"host\",\"exp\":9999999999}");
  g_autofree char *unsigned_one = g_strndup(none, strrchr(none, '.') - none + 1);
  g_autofree char *long_one = g_strnfill(TICKET_MAX_BYTES + 1, 'a');
  g_autofree char *foreign = ticket_sign(other, &made);
  made.role = (char *)"admin";
  g_autofree char *unknown_role = ticket_sign(key, &made);
  const char *bad[] = {none,         larger, raised,  unsigned_one, long_one, foreign,
                       unknown_role, "",     "a.b.c", "..",         NULL};
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(ticket_verify(key, bad[i], "a", &error));
    g_assert_error(error, TICKET_ERROR, TICKET_ERROR_INVALID);
  }
  g_autoptr(GError) error = NULL;
  g_assert_null(ticket_verify(key, good, "b", &error));
  g_assert_error(error, TICKET_ERROR, TICKET_ERROR_INVALID);
}

static void tickets_expire(void) {
  g_autoptr(TicketKey) key = ticket_key_new(key_bytes, 32);
  g_autoptr(GError) error = NULL;
  Ticket made = {(char *)"a", NULL, NULL, (char *)"guest", NULL, 0, instant_now_us() - INSTANT_SECOND};
  g_autofree char *text = ticket_sign(key, &made);
  g_assert_null(ticket_verify(key, text, "a", &error));
  g_assert_error(error, TICKET_ERROR, TICKET_ERROR_EXPIRED);
}

static void tickets_of_people_open_no_control(void) {
  g_autoptr(TicketKey) key = ticket_key_new(key_bytes, 32);
  Ticket made = {
      (char *)"a", (char *)"s", (char *)"u", (char *)"host", NULL, 0, instant_now_us() + INSTANT_MINUTE};
  g_autofree char *person = ticket_sign(key, &made);
  g_autofree char *own = ticket_sign_control(key, "a");
  g_assert_false(ticket_verify_control(key, person, "a", NULL));
  g_assert_true(ticket_verify_control(key, own, "a", NULL));
  g_assert_false(ticket_verify_control(key, own, "b", NULL));
}

static void tickets_keys_come_from_files(void) {
  g_autofree char *directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(directory, "key", NULL);
  g_autoptr(GError) error = NULL;
  gboolean created;
  g_assert_null(ticket_key_load(path, &error));
  g_assert_error(error, TICKET_ERROR, TICKET_ERROR_KEY);
  g_autoptr(TicketKey) first = ticket_key_load_or_create(path, &created, NULL);
  g_assert_true(first && created);
  g_autoptr(TicketKey) second = ticket_key_load_or_create(path, &created, NULL);
  g_assert_true(second && !created);
  GStatBuf info;
  g_assert_cmpint(g_stat(path, &info), ==, 0);
  g_assert_cmpint(info.st_mode & 0777, ==, 0600);
  g_autofree char *text = ticket_sign_control(first, "a");
  g_assert_true(ticket_verify_control(second, text, "a", NULL));
  g_assert_true(g_file_set_contents(path, "short", -1, NULL));
  g_assert_null(ticket_key_load(path, NULL));
  g_remove(path);
  g_rmdir(directory);
}

static void tickets_secrets_are_bound_to_their_subject(void) {
  g_autoptr(TicketKey) key = ticket_key_new(key_bytes, 32);
  g_autoptr(TicketKey) other = ticket_key_new("another-key-another-key-another-k", 33);
  g_autofree char *secret = ticket_secret(key, "cancel", "a");
  g_assert_cmpuint(strlen(secret), ==, 32);
  g_assert_true(ticket_secret_is(key, "cancel", "a", secret));
  g_assert_false(ticket_secret_is(key, "cancel", "b", secret));
  g_assert_false(ticket_secret_is(key, "other", "a", secret));
  g_assert_false(ticket_secret_is(other, "cancel", "a", secret));
  g_assert_false(ticket_secret_is(key, "cancel", "a", ""));
  g_assert_false(ticket_secret_is(key, "cancel", "a", NULL));
}

static void tickets_bearer_headers(void) {
  g_assert_cmpstr(ticket_from_header("Bearer abc"), ==, "abc");
  g_assert_cmpstr(ticket_from_header("bearer  abc"), ==, "abc");
  g_assert_null(ticket_from_header("Basic abc"));
  g_assert_null(ticket_from_header("Bearer "));
  g_assert_null(ticket_from_header(NULL));
}

/* ---- words, verbs, log ---- */

static void wire_words_are_found_by_name(void) {
  for (guint i = 0; i < WIRE_N_MESSAGES; i++) {
    g_assert_cmpuint(wire_from_name(wire_name(i)), ==, i);
    g_assert_cmpuint(wire_status(i), >=, 200);
  }
  g_assert_cmpuint(wire_from_name("NO_SUCH"), ==, WIRE_N_MESSAGES);
  g_assert_cmpuint(wire_status(WIRE_TOO_MANY_ATTEMPTS), ==, 429);
}

static void wire_refusals_hide_our_own_faults(void) {
  g_autoptr(GError) own = g_error_new(G_FILE_ERROR, 0, "secret path");
  g_autofree char *text = wire_refusal(own, "\"id\":\"x\"");
  g_assert_cmpstr(
      text, ==,
      "{\"msg\":\"INTERNAL_ERROR\",\"reason\":\"Something went wrong on the server.\",\"id\":\"x\"}");
  g_autoptr(GError) refused = NULL;
  wire_set_error(&refused, WIRE_BAD_REQUEST, "range", "range: is \"%s\"", "x");
  g_autofree char *said = wire_refusal(refused, NULL);
  g_assert_cmpstr(said, ==,
                  "{\"msg\":\"BAD_REQUEST\",\"reason\":\"range: is \\\"x\\\"\",\"field\":\"range\"}");
}

static void take_number(gpointer request, gpointer arguments) {
  *(gint64 *)request += arguments ? ((Whole *)arguments)->number : 1000;
}

static void start_at_five(gpointer arguments) {
  ((Whole *)arguments)->number = 5;
}

static const Verb verbs[] = {
    {"ADD", whole_fields, sizeof(Whole), take_number, start_at_five},
    {"BARE", NULL, 0, take_number, NULL},
    {NULL},
};

static void verbs_are_called_with_their_arguments(void) {
  gint64 sum = 0;
  const Verb *found;
  g_autofree char *id = NULL;
  const char *text = "{\"id\":\"q\",\"verb\":\"ADD\",\"number\":37}";
  g_assert_true(verb_call(verbs, text, strlen(text), &sum, &found, &id, NULL));
  g_assert_cmpint(sum, ==, 37);
  g_assert_cmpstr(found->name, ==, "ADD");
  g_assert_cmpstr(id, ==, "\"q\"");
  g_assert_true(verb_call(verbs, "{\"verb\":\"ADD\"}", strlen("{\"verb\":\"ADD\"}"), &sum, NULL, NULL, NULL));
  g_assert_cmpint(sum, ==, 42);
  g_assert_true(
      verb_call(verbs, "{\"verb\":\"BARE\"}", strlen("{\"verb\":\"BARE\"}"), &sum, NULL, NULL, NULL));
  g_assert_cmpint(sum, ==, 1042);
}

static void verbs_bad_requests_reach_no_handler(void) {
  static const struct {
    const char *text;
    WireMessage message;
  } cases[] = {
      {"{\"verb\":\"add\"}", WIRE_UNKNOWN_VERB},
      {"{}", WIRE_BAD_REQUEST},
      {"[1]", WIRE_BAD_REQUEST},
      {"{\"verb\":7}", WIRE_BAD_REQUEST},
      {"{\"verb\":\"ADD\",\"number\":\"x\"}", WIRE_BAD_REQUEST},
      {"{\"verb\":\"ADD\",\"id\":{}}", WIRE_BAD_REQUEST},
      {"{\"verb\":\"ADD\",\"verb\":\"ADD\"}", WIRE_BAD_REQUEST},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    gint64 sum = 0;
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL;
    g_assert_false(verb_call(verbs, cases[i].text, strlen(cases[i].text), &sum, NULL, &id, &error));
    g_assert_cmpuint(wire_message_of(error), ==, cases[i].message);
    g_assert_cmpint(sum, ==, 0);
  }
}

static void log_values_stay_on_one_line(void) {
  g_autofree char *plain = log_quote("river-1");
  g_autofree char *spaced = log_quote("a b\n\"c\"\x1b");
  g_autofree char *empty = log_quote("");
  g_autofree char *filler = g_strnfill(1000, 'a');
  g_autofree char *cut = log_quote(filler);
  g_assert_cmpstr(plain, ==, "river-1");
  g_assert_cmpstr(spaced, ==, "\"a b\\x0a\\\"c\\\"\\x1b\"");
  g_assert_cmpstr(empty, ==, "\"\"");
  g_assert_cmpuint(strlen(cut), <, 320);
}

static void gathered_lines_are_written_or_counted(void) {
  if (g_test_subprocess()) {
    g_autofree char *padding = g_strnfill(100, 'x');
    log_open("test", LOG_LEVEL_ERROR);
    for (guint i = 0; i < 50000; i++)
      log_gather(LOG_LEVEL_INFO, "event", "number=%u padding=%s", i, padding);
    log_close();
    log_gather(LOG_LEVEL_INFO, "event", "number=%s", "after"); /* it may begin again */
    log_close();
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_passed();
  g_test_trap_assert_stderr("* event number=0 padding=*");
  g_test_trap_assert_stderr("*warning: lines_dropped lines=*");
  g_test_trap_assert_stderr("* event number=after\n");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add_func(path, function)
  ADD("/fields/round-trip", fields_round_trip);
  ADD("/fields/numbers-as-strings-and-back", fields_numbers_as_strings_and_back);
  ADD("/fields/absent-and-null-keep-defaults", fields_absent_and_null_keep_defaults);
  ADD("/fields/refuse-what-the-wire-forbids", fields_refuse_what_the_wire_forbids);
  ADD("/fields/names-are-case-sensitive", fields_names_are_case_sensitive);
  ADD("/fields/embedded-nul-is-refused", fields_embedded_nul_is_refused);
  ADD("/fields/depth-of-sixteen-is-allowed", fields_depth_of_sixteen_is_allowed);
  ADD("/fields/arrays-name-the-bad-element", fields_arrays_name_the_bad_element);
  ADD("/fields/syntax-errors-name-line-and-column", fields_syntax_errors_name_line_and_column);
  ADD("/fields/objects-can-be-extended-as-text", fields_objects_can_be_extended_as_text);
  ADD("/instant/follows-rfc3339", instants_follow_rfc3339);
  ADD("/random/codes-have-their-digits", random_codes_have_their_digits);
  ADD("/settings/take-values-and-defaults", settings_take_values_and_defaults);
  ADD("/settings/say-what-is-wrong-in-one-line", settings_say_what_is_wrong_in_one_line);
  ADD("/settings/describe-every-row", settings_describe_every_row);
  ADD("/ticket/carries-its-claims", tickets_carry_their_claims);
  ADD("/ticket/forged-ones-are-refused", tickets_forged_ones_are_refused);
  ADD("/ticket/expires", tickets_expire);
  ADD("/ticket/of-people-opens-no-control", tickets_of_people_open_no_control);
  ADD("/ticket/keys-come-from-files", tickets_keys_come_from_files);
  ADD("/ticket/secrets-are-bound-to-their-subject", tickets_secrets_are_bound_to_their_subject);
  ADD("/ticket/bearer-headers", tickets_bearer_headers);
  ADD("/wire/words-are-found-by-name", wire_words_are_found_by_name);
  ADD("/wire/refusals-hide-our-own-faults", wire_refusals_hide_our_own_faults);
  ADD("/verb/called-with-its-arguments", verbs_are_called_with_their_arguments);
  ADD("/verb/bad-requests-reach-no-handler", verbs_bad_requests_reach_no_handler);
  ADD("/log/values-stay-on-one-line", log_values_stay_on_one_line);
  g_test_add_func("/log/gathered-lines-are-written-or-counted", gathered_lines_are_written_or_counted);
  return g_test_run();
}
