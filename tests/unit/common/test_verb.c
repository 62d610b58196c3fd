/* The words of the wire, and verbs called with their arguments. */
#include "common/fields.h"
#include "common/verb.h"
#include "common/wire.h"

#include <string.h>

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

typedef struct {
  gint64 number;
} Added;

static const Field added_fields[] = {
    {"number", FIELD_INT, G_STRUCT_OFFSET(Added, number)},
    {NULL},
};

static void take_number(gpointer request, gpointer arguments) {
  *(gint64 *)request += arguments ? ((Added *)arguments)->number : 1000;
}

static void start_at_five(gpointer arguments) {
  ((Added *)arguments)->number = 5;
}

static const Verb verbs[] = {
    {"ADD", added_fields, sizeof(Added), take_number, start_at_five},
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

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/wire/words-are-found-by-name", wire_words_are_found_by_name);
  g_test_add_func("/wire/refusals-hide-our-own-faults", wire_refusals_hide_our_own_faults);
  g_test_add_func("/verb/called-with-its-arguments", verbs_are_called_with_their_arguments);
  g_test_add_func("/verb/bad-requests-reach-no-handler", verbs_bad_requests_reach_no_handler);
  return g_test_run();
}
