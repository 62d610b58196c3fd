/* The list of staff tickets: what is written can be read, and what is broken is told and left as it is. */
#include "common/instant.h"
#include "common/settings.h"
#include "fcgi/staff/staff_kinds.h"
#include "fcgi/staff/staff_list.h"

#include <glib/gstdio.h>
#include <string.h>

#define ONE "{\"id\":\"a\",\"kind\":\"operator\",\"expires_at\":\"2100-01-01T00:00:00Z\"}"
#define NOW_US (1800000000 * INSTANT_SECOND)

typedef struct {
  char *directory;
  char *path;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
  fixture->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  fixture->path = g_build_filename(fixture->directory, "staff_tickets.json", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  g_autofree char *lock = g_strconcat(fixture->path, ".lock", NULL);
  g_remove(fixture->path);
  g_remove(lock);
  g_rmdir(fixture->directory);
  g_free(fixture->path);
  g_free(fixture->directory);
}

static StaffTicket *make(const char *id, gint64 expires_at_us) {
  StaffTicket *ticket = g_new0(StaffTicket, 1);
  *ticket =
      (StaffTicket){g_strdup(id), g_strdup("operator"), g_strdup("Анна \"A\""), NOW_US, expires_at_us, 0};
  return ticket;
}

static void add(Fixture *fixture, const char *id, gint64 expires_at_us) {
  g_autoptr(GError) error = NULL;
  staff_list_add(fixture->path, make(id, expires_at_us), NOW_US, &error);
  g_assert_no_error(error);
}

static void a_missing_file_is_an_empty_list(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) list = staff_list_read(fixture->path, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(list->len, ==, 0);
}

static void what_is_added_and_revoked_is_read(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  add(fixture, "a1", NOW_US + INSTANT_MINUTE);
  add(fixture, "b2", NOW_US + INSTANT_MINUTE);
  g_assert_true(staff_list_revoke(fixture->path, "b2", NOW_US + INSTANT_SECOND, &error));
  g_assert_true(staff_list_revoke(fixture->path, "b2", NOW_US + 2 * INSTANT_SECOND, &error));
  g_autoptr(GPtrArray) list = staff_list_read(fixture->path, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(list->len, ==, 2);
  const StaffTicket *first = staff_list_find(list, "a1"), *second = staff_list_find(list, "b2");
  g_assert_cmpstr(first->name, ==, "Анна \"A\"");
  g_assert_cmpint(first->expires_at_us, ==, NOW_US + INSTANT_MINUTE);
  g_assert_cmpint(first->revoked_at_us, ==, 0);
  g_assert_cmpint(second->revoked_at_us, ==, NOW_US + INSTANT_SECOND);
  g_assert_null(staff_list_find(list, "c3"));
}

static void nobody_revokes_what_is_not_there(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  g_assert_false(staff_list_revoke(fixture->path, "a1", NOW_US, &error));
  g_assert_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT);
}

static void expired_ones_make_room(Fixture *fixture, gconstpointer data) {
  add(fixture, "old", NOW_US);
  add(fixture, "new", NOW_US + INSTANT_MINUTE);
  g_autoptr(GPtrArray) list = staff_list_read(fixture->path, NULL);
  g_assert_cmpuint(list->len, ==, 1);
  g_assert_nonnull(staff_list_find(list, "new"));
}

static void a_full_list_takes_no_more(Fixture *fixture, gconstpointer data) {
  g_autoptr(GString) text = g_string_new("[");
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < STAFF_LIST_MAX; i++)
    g_string_append_printf(text,
                           "%s{\"id\":\"%u\",\"kind\":\"operator\",\"expires_at\":\"2100-01-01T00:00:00Z\"}",
                           i ? "," : "", i);
  g_string_append(text, "]");
  g_assert_true(g_file_set_contents(fixture->path, text->str, -1, NULL));
  g_assert_false(staff_list_add(fixture->path, make("more", NOW_US + INSTANT_MINUTE), NOW_US, &error));
  g_assert_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT);
}

static void broken_files_are_told_and_left(Fixture *fixture, gconstpointer data) {
  static const char *const broken[] = {"",
                                       "{}",
                                       "[{}]",
                                       "[{\"id\":\"a\",\"kind\":\"operator\"}]",
                                       "[{\"id\":\"a\",\"kind\":\"operator\",\"expires_at\":\"soon\"}]",
                                       "[" ONE "," ONE "]"};
  for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *after = NULL;
    g_assert_true(g_file_set_contents(fixture->path, broken[i], -1, NULL));
    g_assert_null(staff_list_read(fixture->path, &error));
    g_assert_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT);
    g_assert_nonnull(strstr(error->message, fixture->path));
    g_assert_false(staff_list_add(fixture->path, make("b", NOW_US + INSTANT_MINUTE), NOW_US, NULL));
    g_assert_true(g_file_get_contents(fixture->path, &after, NULL, NULL));
    g_assert_cmpstr(after, ==, broken[i]);
  }
}

static void kinds_may_what_their_row_says(void) {
  const StaffKind *kind = staff_kind_find("operator");
  g_assert_true(staff_kind_may(kind, "DRAIN_SERVER"));
  g_assert_false(staff_kind_may(kind, "START_SESSION"));
  g_assert_null(staff_kind_find("host"));
  g_assert_null(staff_kind_find("coordinator"));
  g_assert_null(staff_kind_find(NULL));
}

#define ADD(name) g_test_add("/staff_list/" #name, Fixture, NULL, set_up, name, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  ADD(a_missing_file_is_an_empty_list);
  ADD(what_is_added_and_revoked_is_read);
  ADD(nobody_revokes_what_is_not_there);
  ADD(expired_ones_make_room);
  ADD(a_full_list_takes_no_more);
  ADD(broken_files_are_told_and_left);
  g_test_add_func("/staff_kinds/may_what_their_row_says", kinds_may_what_their_row_says);
  return g_test_run();
}
