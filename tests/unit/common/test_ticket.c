/* Tickets: their claims, forgeries, ends, and the keys behind them. */
#include "common/instant.h"
#include "common/ticket.h"
#include "common/wire.h"

#include <glib/gstdio.h>
#include <string.h>

static const char key_bytes[] = "0123456789abcdef0123456789abcdef";

static void tickets_carry_their_claims(void) {
  g_autoptr(KeyRing) key = key_ring_new(key_bytes, 32);
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

static char *token_part(gconstpointer bytes, gsize length) {
  char *text = g_base64_encode(bytes, length);
  g_strdelimit(text, "=", ' ');
  g_strdelimit(text, "+", '-');
  g_strdelimit(text, "/", '_');
  return g_strchomp(text);
}

/* A token with any claims, by the right key. */
static char *signed_claims(const char *claims) {
  static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
  g_autofree char *first = token_part(header, strlen(header)), *second = token_part(claims, strlen(claims));
  g_autofree char *text = g_strconcat(first, ".", second, NULL);
  g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)key_bytes, 32);
  guint8 digest[32];
  gsize length = sizeof digest;
  g_hmac_update(hmac, (const guchar *)text, -1);
  g_hmac_get_digest(hmac, digest, &length);
  g_autofree char *third = token_part(digest, length);
  return g_strconcat(text, ".", third, NULL);
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
  g_autoptr(KeyRing) key = key_ring_new(key_bytes, 32);
  g_autoptr(KeyRing) other = key_ring_new("another-key-another-key-another-k", 33);
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
  g_autoptr(KeyRing) key = key_ring_new(key_bytes, 32);
  g_autoptr(GError) error = NULL;
  Ticket made = {(char *)"a", NULL, NULL, (char *)"guest", NULL, 0, instant_now_us() - INSTANT_SECOND};
  g_autofree char *text = ticket_sign(key, &made);
  g_assert_null(ticket_verify(key, text, "a", &error));
  g_assert_error(error, TICKET_ERROR, TICKET_ERROR_EXPIRED);
}

/* Both ways alike: a clock that is ahead makes tickets from the future. */
static void tickets_tell_how_far_clocks_differ(void) {
  g_autoptr(KeyRing) key = key_ring_new(key_bytes, 32);
  static const struct {
    gint64 age_s;
    gboolean is_good;
  } cases[] = {{-61, FALSE}, {-58, TRUE}, {-11, TRUE}, {0, TRUE},
               {11, TRUE},   {58, TRUE},  {61, FALSE}, {3600, FALSE}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    gint64 issued_s = instant_now_us() / INSTANT_SECOND - cases[i].age_s;
    g_autofree char *claims = g_strdup_printf(
        "{\"aud\":\"a\",\"role\":\"coordinator\",\"iat\":%" G_GINT64_FORMAT ",\"exp\":%" G_GINT64_FORMAT "}",
        issued_s, issued_s + 60);
    g_autofree char *text = signed_claims(claims);
    g_assert_cmpint(ticket_verify_control(key, text, "a", &error), ==, cases[i].is_good);
    if (cases[i].is_good)
      continue;
    g_assert_error(error, TICKET_ERROR, TICKET_ERROR_CLOCK);
    g_assert_cmpint(ABS(ticket_error_get_difference(error) - cases[i].age_s), <=, 2);
    g_autofree char *told = wire_refusal(error, NULL);
    g_assert_nonnull(strstr(told, "\"msg\":\"NOT_AUTHORIZED\",\"reason\":\"The clocks differ by "));
    g_assert_nonnull(strstr(told, cases[i].age_s > 0 ? "ahead.\",\"clock_difference_seconds\":"
                                                     : "behind.\",\"clock_difference_seconds\":-"));
  }
}

static void tickets_without_a_time_open_no_control(void) {
  g_autoptr(KeyRing) key = key_ring_new(key_bytes, 32);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = signed_claims("{\"aud\":\"a\",\"role\":\"coordinator\",\"exp\":9999999999}");
  g_assert_false(ticket_verify_control(key, text, "a", &error));
  g_assert_error(error, TICKET_ERROR, TICKET_ERROR_INVALID);
}

static void tickets_of_people_open_no_control(void) {
  g_autoptr(KeyRing) key = key_ring_new(key_bytes, 32);
  Ticket made = {
      (char *)"a", (char *)"s", (char *)"u", (char *)"host", NULL, 0, instant_now_us() + INSTANT_MINUTE};
  g_autofree char *person = ticket_sign(key, &made);
  g_autofree char *own = ticket_sign_control(key, "a");
  g_assert_false(ticket_verify_control(key, person, "a", NULL));
  g_assert_true(ticket_verify_control(key, own, "a", NULL));
  g_assert_false(ticket_verify_control(key, own, "b", NULL));
}

/* What a stolen host has opens nothing but itself. */
static void tickets_of_one_server_open_no_other(void) {
  g_autoptr(KeyRing) master = key_ring_new(key_bytes, 32);
  g_autoptr(KeyRing) own = key_ring_derive_server(master, "river-1", 1);
  g_autoptr(KeyRing) other = key_ring_derive_server(master, "river-2", 1);
  g_autoptr(KeyRing) later = key_ring_derive_server(master, "river-1", 2);
  g_autoptr(KeyRing) staff = key_ring_derive_staff(master);
  Ticket ticket = {.audience = (char *)"river-2",
                   .session = (char *)"s",
                   .user = (char *)"u",
                   .role = (char *)"host",
                   .expires_at_us = instant_now_us() + INSTANT_MINUTE};
  g_autofree char *person = ticket_sign(own, &ticket), *call = ticket_sign_control(own, "river-2");
  g_assert_null(ticket_verify(other, person, "river-2", NULL));
  g_assert_false(ticket_verify_control(other, call, "river-2", NULL));
  g_autofree char *old = ticket_sign_control(own, "river-1");
  g_assert_true(ticket_verify_control(own, old, "river-1", NULL));
  g_assert_false(ticket_verify_control(later, old, "river-1", NULL));
  ticket = (Ticket){.audience = (char *)TICKET_STAFF_AUDIENCE,
                    .role = (char *)"operator",
                    .id = (char *)"5f",
                    .expires_at_us = instant_now_us() + INSTANT_MINUTE};
  g_autofree char *of_staff = ticket_sign(own, &ticket);
  g_assert_null(ticket_verify_staff(staff, of_staff, NULL));
}

static void tickets_are_good_by_each_key(void) {
  static const char both[] = "another-key-another-key-another-k\n0123456789abcdef0123456789abcdef\n";
  g_autofree char *directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(directory, "key", NULL);
  g_assert_true(g_file_set_contents(path, both, -1, NULL));
  g_autoptr(KeyRing) first = key_ring_new(both, 33);
  g_autoptr(KeyRing) second = key_ring_new(both + 34, 32);
  g_autoptr(KeyRing) all = key_ring_load(path, NULL);
  g_autofree char *old = ticket_sign_control(second, "a"), *fresh = ticket_sign_control(all, "a");
  g_assert_true(ticket_verify_control(all, old, "a", NULL));
  g_assert_false(ticket_verify_control(first, old, "a", NULL));
  g_assert_true(ticket_verify_control(first, fresh, "a", NULL));
  g_remove(path);
  g_rmdir(directory);
}

static void tickets_say_whom_they_are_for(void) {
  g_autoptr(KeyRing) key = key_ring_new(key_bytes, 32);
  g_autofree char *text = ticket_sign_control(key, "река-1 \"a\"");
  g_autofree char *audience = ticket_read_audience(text);
  g_assert_cmpstr(audience, ==, "река-1 \"a\"");
  static const char *const none[] = {"",
                                     ".",
                                     "..",
                                     "a.b",
                                     "a.????.c",
                                     "a.eyJhdWQiOjF9.c" /* {"aud":1} */,
                                     NULL,
                                     "a.e30.c" /* {} */,
                                     "a.eyJhdWQiOiJhIiwiYXVkIjoiYiJ9.c" /* two */};
  for (guint i = 0; i < G_N_ELEMENTS(none); i++)
    g_assert_null(ticket_read_audience(none[i]));
}

/* Neither with a kind of staff that is called as a person, nor for a server that is called as staff. */
static void tickets_of_staff_are_nobody_elses(void) {
  g_autoptr(KeyRing) key = key_ring_new(key_bytes, 32);
  gint64 expires_at_us = instant_now_us() + INSTANT_MINUTE;
  const Ticket staff = {.audience = (char *)TICKET_STAFF_AUDIENCE,
                        .role = (char *)"operator",
                        .name = (char *)"Анна",
                        .id = (char *)"5f",
                        .expires_at_us = expires_at_us};
  g_autofree char *good = ticket_sign(key, &staff);
  g_autoptr(GError) error = NULL;
  g_autoptr(Ticket) read = ticket_verify_staff(key, good, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(read->id, ==, "5f");
  g_assert_cmpstr(read->role, ==, "operator");
  g_assert_null(ticket_verify(key, good, NULL, NULL));
  g_assert_null(ticket_verify(key, good, TICKET_STAFF_AUDIENCE, NULL));
  g_assert_false(ticket_verify_control(key, good, TICKET_STAFF_AUDIENCE, NULL));

  Ticket others[] = {staff, staff, staff, staff};
  others[0].role = (char *)"host";
  others[1].role = (char *)"coordinator";
  others[2].audience = (char *)"river-1";
  others[3].id = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
    g_autofree char *text = ticket_sign(key, &others[i]);
    g_autoptr(GError) refusal = NULL;
    g_assert_null(ticket_verify_staff(key, text, &refusal));
    g_assert_error(refusal, TICKET_ERROR, TICKET_ERROR_INVALID);
  }
  Ticket old = staff;
  old.expires_at_us = instant_now_us() - INSTANT_MINUTE;
  g_autofree char *expired = ticket_sign(key, &old);
  g_assert_null(ticket_verify_staff(key, expired, &error));
  g_assert_error(error, TICKET_ERROR, TICKET_ERROR_EXPIRED);
}

static void tickets_bearer_headers(void) {
  g_assert_cmpstr(ticket_from_header("Bearer abc"), ==, "abc");
  g_assert_cmpstr(ticket_from_header("bearer  abc"), ==, "abc");
  g_assert_null(ticket_from_header("Basic abc"));
  g_assert_null(ticket_from_header("Bearer "));
  g_assert_null(ticket_from_header(NULL));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ticket/carries-its-claims", tickets_carry_their_claims);
  g_test_add_func("/ticket/forged-ones-are-refused", tickets_forged_ones_are_refused);
  g_test_add_func("/ticket/expires", tickets_expire);
  g_test_add_func("/ticket/tells-how-far-clocks-differ", tickets_tell_how_far_clocks_differ);
  g_test_add_func("/ticket/without-a-time-opens-no-control", tickets_without_a_time_open_no_control);
  g_test_add_func("/ticket/of-people-opens-no-control", tickets_of_people_open_no_control);
  g_test_add_func("/ticket/of-one-server-open-no-other", tickets_of_one_server_open_no_other);
  g_test_add_func("/ticket/are-good-by-each-key", tickets_are_good_by_each_key);
  g_test_add_func("/ticket/say-whom-they-are-for", tickets_say_whom_they_are_for);
  g_test_add_func("/ticket/of-staff-are-nobody-elses", tickets_of_staff_are_nobody_elses);
  g_test_add_func("/ticket/bearer-headers", tickets_bearer_headers);
  return g_test_run();
}
