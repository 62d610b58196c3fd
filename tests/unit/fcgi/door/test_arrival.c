/* FastCGI requests as they arrive: what is whole, what is not yet, what never will be. */
#include "fcgi/door/arrival.h"

#include "common/wire.h"

#include <string.h>

#define PAIR "\x0e\x04REQUEST_METHODPOST"

static void add(GByteArray *out, guint type, guint id, const void *content, gsize length, guint padding) {
  const guint8 head[8] = {
      1, (guint8)type, (guint8)(id >> 8), (guint8)id, (guint8)(length >> 8), (guint8)length, (guint8)padding};
  static const guint8 zeros[255];
  g_byte_array_append(out, head, sizeof head);
  g_byte_array_append(out, content, (guint)length);
  g_byte_array_append(out, zeros, padding);
}

static const guint8 responder[8] = {0, 1, 1};

/* A request with these parameters and a body of that size. */
static GByteArray *make(const char *params, gsize params_length, gsize body_length) {
  GByteArray *out = g_byte_array_new();
  g_autofree char *body = g_strnfill(body_length, 'b');
  add(out, 1, 7, responder, sizeof responder, 0);
  if (params_length)
    add(out, 4, 7, params, params_length, 3);
  add(out, 4, 7, NULL, 0, 0);
  for (gsize at = 0; at < body_length; at += 60000)
    add(out, 5, 7, body + at, MIN(body_length - at, 60000), 5);
  add(out, 5, 7, NULL, 0, 0);
  return out;
}

/* In pieces of @size bytes; @fed: how many bytes were taken before the state was other than MORE. */
static ArrivalState feed(Arrival *arrival, const GByteArray *bytes, gsize size, gsize *fed) {
  ArrivalState state = ARRIVAL_MORE;
  for (*fed = 0; *fed < bytes->len && state == ARRIVAL_MORE; *fed += size)
    state = arrival_feed(arrival, bytes->data + *fed, MIN(size, bytes->len - *fed));
  return state;
}

static void a_request_in_any_pieces_is_whole_at_its_last_byte(void) {
  static const gsize sizes[] = {1, 2, 7, 8, 9, 64, 100000};
  g_autoptr(GByteArray) bytes = make(PAIR, sizeof PAIR - 1, 500);
  g_assert_cmpint(arrival_look(bytes->data, bytes->len), ==, ARRIVAL_WHOLE);
  for (gsize length = 0; length < bytes->len; length++)
    g_assert_cmpint(arrival_look(bytes->data, length), ==, ARRIVAL_MORE);
  for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
    g_autoptr(Arrival) arrival = arrival_new();
    gsize fed;
    g_assert_cmpint(feed(arrival, bytes, sizes[i], &fed), ==, ARRIVAL_WHOLE);
    g_assert_cmpuint(fed, >=, bytes->len);
    g_autoptr(GByteArray) records = arrival_get_records(arrival);
    g_assert_cmpint(arrival_look(records->data, records->len), ==, ARRIVAL_WHOLE);
    g_assert_cmpint(arrival_feed(arrival, bytes->data, 1), ==, ARRIVAL_BROKEN);
  }
}

/* libfcgi would take the padding for the next record. */
static void padded_ends_are_not_left_to_libfcgi(void) {
  for (guint which = 0; which < 2; which++) {
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(Arrival) arrival = arrival_new();
    gsize fed;
    add(bytes, 1, 7, responder, sizeof responder, 0);
    add(bytes, 4, 7, PAIR, sizeof PAIR - 1, 3);
    add(bytes, 4, 7, NULL, 0, which == 0 ? 8 : 0);
    add(bytes, 5, 7, NULL, 0, which == 1 ? 8 : 0);
    g_assert_cmpint(arrival_look(bytes->data, bytes->len), ==, ARRIVAL_MORE);
    g_assert_cmpint(feed(arrival, bytes, 5, &fed), ==, ARRIVAL_WHOLE);
    g_autoptr(GByteArray) records = arrival_get_records(arrival);
    g_assert_cmpint(arrival_look(records->data, records->len), ==, ARRIVAL_WHOLE);
  }
}

static void large_parameters_and_bodies_are_bounded(void) {
  gsize fed;
  g_autofree char *value = g_strnfill(65000, 'v');
  g_autoptr(GString) pair = g_string_new_len("\x01\x80\x00\xfd\xe8n", 6);
  g_string_append(pair, value);
  for (guint count = 1; count <= 3; count++) {
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(Arrival) arrival = arrival_new();
    add(bytes, 1, 7, responder, sizeof responder, 0);
    for (guint i = 0; i < count; i++)
      add(bytes, 4, 7, pair->str, pair->len, 0);
    add(bytes, 4, 7, NULL, 0, 0);
    add(bytes, 5, 7, NULL, 0, 0);
    ArrivalState expected = count * pair->len <= ARRIVAL_MAX_PARAMS ? ARRIVAL_WHOLE : ARRIVAL_BROKEN;
    g_assert_cmpint(feed(arrival, bytes, 5000, &fed), ==, expected);
  }
  g_autoptr(GByteArray) large = make(PAIR, sizeof PAIR - 1, 3 * WIRE_MAX_BODY);
  g_autoptr(Arrival) arrival = arrival_new();
  g_assert_cmpint(arrival_look(large->data, large->len), ==, ARRIVAL_MORE);
  g_assert_cmpint(feed(arrival, large, 5000, &fed), ==, ARRIVAL_WHOLE);
  g_autoptr(GByteArray) records = arrival_get_records(arrival);
  g_assert_cmpuint(records->len, >, WIRE_MAX_BODY);
  g_assert_cmpuint(records->len, <, WIRE_MAX_BODY + 1000);
  g_autoptr(GByteArray) endless = make(PAIR, sizeof PAIR - 1, ARRIVAL_MAX_BODY + 1);
  g_autoptr(Arrival) flood = arrival_new();
  g_assert_cmpint(feed(flood, endless, 5000, &fed), ==, ARRIVAL_BROKEN);
}

static void what_is_not_of_the_form_is_broken(void) {
  static const struct {
    const char *params;
    gsize length;
  } pairs[] = {
      {"\x01", 1},                                          /* no value's length */
      {"\x01\x01n", 3},                                     /* no value */
      {"\x80\x00", 2},                                      /* half a length */
      {"\xff\xff\xff\xfe\xff\xff\xff\xfe", 8},              /* CVE-2025-23016 */
      {"\x80\x00\x00\x05\x80\x00\xff\xff\x01\x02\x03", 11}, /* beyond the end */
      {"\x03\x01N\0Nv", 6},
      {PAIR "\x05", sizeof PAIR}, /* something behind the last */
  };
  gsize fed;
  for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
    g_autoptr(GByteArray) bytes = make(pairs[i].params, pairs[i].length, 0);
    g_autoptr(Arrival) arrival = arrival_new();
    g_assert_cmpint(arrival_look(bytes->data, bytes->len), ==, ARRIVAL_MORE);
    g_assert_cmpint(feed(arrival, bytes, 3, &fed), ==, ARRIVAL_BROKEN);
  }
  static const guint8 authorizer[8] = {0, 2, 1};
  struct {
    guint type, id;
    const guint8 *content;
    gsize length;
  } orders[][3] = {
      {{4, 7, NULL, 0}},
      {{1, 0, responder, 8}},
      {{1, 7, authorizer, 8}},
      {{1, 7, responder, 7}},
      {{1, 7, responder, 8}, {1, 7, responder, 8}},
      {{1, 7, responder, 8}, {4, 8, NULL, 0}},
      {{1, 7, responder, 8}, {5, 7, NULL, 0}},
      {{1, 7, responder, 8}, {4, 7, NULL, 0}, {2, 7, NULL, 0}},
      {{1, 7, responder, 8}, {4, 7, NULL, 0}, {4, 7, NULL, 0}},
  };
  for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(Arrival) arrival = arrival_new();
    for (guint n = 0; n < G_N_ELEMENTS(orders[i]) && orders[i][n].type; n++)
      add(bytes, orders[i][n].type, orders[i][n].id, orders[i][n].content, orders[i][n].length, 0);
    g_assert_cmpint(feed(arrival, bytes, 1, &fed), ==, ARRIVAL_BROKEN);
  }
  g_autoptr(Arrival) other = arrival_new();
  g_assert_cmpint(arrival_feed(other, (const guint8 *)"GET / HT", 8), ==, ARRIVAL_BROKEN);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/arrival/a-request-in-any-pieces-is-whole-at-its-last-byte",
                  a_request_in_any_pieces_is_whole_at_its_last_byte);
  g_test_add_func("/arrival/padded-ends-are-not-left-to-libfcgi", padded_ends_are_not_left_to_libfcgi);
  g_test_add_func("/arrival/large-parameters-and-bodies-are-bounded",
                  large_parameters_and_bodies_are_bounded);
  g_test_add_func("/arrival/what-is-not-of-the-form-is-broken", what_is_not_of_the_form_is_broken);
  return g_test_run();
}
