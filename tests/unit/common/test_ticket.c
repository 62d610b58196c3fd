/* Tickets: their claims, forgeries, ends, and the keys behind them. */
#include "common/instant.h"
#include "common/ticket.h"
#include "common/wire.h"

#include <glib/gstdio.h>
#include <string.h>

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

/* Both ways alike: a clock that is ahead makes tickets from the future. */
static void tickets_tell_how_far_clocks_differ(void) {
  g_autoptr(TicketKey) key = ticket_key_new(key_bytes, 32);
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
  g_autoptr(TicketKey) key = ticket_key_new(key_bytes, 32);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = signed_claims("{\"aud\":\"a\",\"role\":\"coordinator\",\"exp\":9999999999}");
  g_assert_false(ticket_verify_control(key, text, "a", &error));
  g_assert_error(error, TICKET_ERROR, TICKET_ERROR_INVALID);
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

/* Neither with a kind of staff that is called as a person, nor for a server that is called as staff. */
static void tickets_of_staff_are_nobody_elses(void) {
  g_autoptr(TicketKey) key = ticket_key_new(key_bytes, 32);
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
  g_test_add_func("/ticket/keys-come-from-files", tickets_keys_come_from_files);
  g_test_add_func("/ticket/secrets-are-bound-to-their-subject", tickets_secrets_are_bound_to_their_subject);
  g_test_add_func("/ticket/of-staff-are-nobody-elses", tickets_of_staff_are_nobody_elses);
  g_test_add_func("/ticket/bearer-headers", tickets_bearer_headers);
  return g_test_run();
}
