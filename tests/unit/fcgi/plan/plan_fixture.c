#include "tests/unit/fcgi/plan/plan_fixture.h"

#include "common/wire.h"
#include "fcgi/store/store_json.h"
#include "tests/unit/fcgi/mariadb.h"

#include <glib/gstdio.h>

static const char *server; /* the database's socket; NULL: there is none */

const PlanRules plan_fixture_rules = {.slot_minutes = 5,
                                      .horizon_days = 60,
                                      .code_digits = 4,
                                      .no_show_minutes = 15,
                                      .history_days = 7,
                                      .notice_minutes = 5};

static Store *open_store(PlanFixture *f) {
  g_autoptr(GError) error = NULL;
  if (f->is_mysql) {
    const SqlAddress address = mariadb_address(server);
    f->pool = sql_pool_new(&address, 2, f->home);
    const StoreMysqlRules store_rules = {"one", plan_fixture_rules.slot_minutes,
                                         plan_fixture_rules.horizon_days, plan_fixture_rules.history_days};
    return store_mysql_new(f->pool, &store_rules, f->timers);
  }
  Store *store = store_json_open(f->path, f->home, &error);
  g_assert_no_error(error);
  return store;
}

void plan_fixture_open(PlanFixture *f, gint64 now_us) {
  f->plan = plan_new(open_store(f), &plan_fixture_rules, now_us);
  while (!plan_is_loaded(f->plan))
    g_main_context_iteration(NULL, TRUE);
  plan_set_capacity(f->plan, RC, 1, NULL);
}

static void close_plan(PlanFixture *f) {
  plan_close(f->plan);
  g_clear_pointer(&f->pool, sql_pool_free);
  mailbox_deliver(f->home, NULL);
}

static void set_up(PlanFixture *f, gconstpointer data) {
  f->is_mysql = data != NULL;
  f->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  f->path = g_build_filename(f->directory, "plan.json", NULL);
  f->home = mailbox_new(NULL, NULL);
  mailbox_attach(f->home, NULL, NULL);
  f->timers = timers_new(NULL);
  if (f->is_mysql) {
    const SqlAddress address = mariadb_address(server);
    g_autoptr(Sql) sql = sql_connect(&address, NULL);
    mariadb_clear(sql);
  }
  plan_fixture_open(f, NOW);
}

static void tear_down(PlanFixture *f, gconstpointer data) {
  static const char *const names[] = {"plan.json", "plan.journal", "plan.json.lock"};
  close_plan(f);
  timers_free(f->timers);
  mailbox_free(f->home);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(f->directory, names[i], NULL);
    g_remove(path);
  }
  g_rmdir(f->directory);
  g_free(f->directory);
  g_free(f->path);
  reservation_free(f->last);
}

void plan_fixture_reopen(PlanFixture *f, gint64 now_us) {
  close_plan(f);
  plan_fixture_open(f, now_us);
}

guint plan_fixture_count(const Plan *plan) {
  guint counts[RESERVATION_N_STATES], sum = 0;
  plan_count_states(plan, counts);
  for (guint state = 0; state < RESERVATION_N_STATES; state++)
    sum += counts[state];
  return sum;
}

void plan_fixture_answered(const Reservation *reservation, const GError *error, gpointer user_data) {
  PlanFixture *f = user_data;
  f->answers++;
  reservation_free(f->last);
  f->last = reservation ? reservation_copy(reservation) : NULL;
  f->refusal = error ? (int)wire_message_of(error) : -1;
}

void plan_fixture_wait_for(PlanFixture *f, guint answers) {
  while (f->answers < answers)
    g_main_context_iteration(NULL, TRUE);
}

int plan_fixture_book(PlanFixture *f, gint64 starts_at_us, gint64 wanted_us, gint64 now_us) {
  const PlanWish wish = {.rc_name = RC, .starts_at_us = starts_at_us, .wanted_us = wanted_us};
  guint before = f->answers;
  plan_book(f->plan, &wish, now_us, plan_fixture_answered, f);
  plan_fixture_wait_for(f, before + 1);
  return f->refusal;
}

int plan_fixture_walk_in(PlanFixture *f, gint64 wanted_us, gint64 min_us, gint64 now_us) {
  const PlanWish wish = {.rc_name = RC, .wanted_us = wanted_us, .min_us = min_us};
  guint before = f->answers;
  plan_walk_in(f->plan, &wish, now_us, plan_fixture_answered, f);
  plan_fixture_wait_for(f, before + 1);
  return f->refusal;
}

guint32 plan_fixture_used(PlanFixture *f, gint64 at_us) {
  const Ledger *ledger = plan_get_ledger(f->plan, RC);
  return ledger_used(ledger, ledger_slot(ledger, at_us));
}

void plan_fixture_begin(int *argc, char ***argv) {
  g_test_init(argc, argv, NULL);
  server = mariadb_start();
  if (!server)
    g_print("# there is no mariadbd on this machine: one store is tested\n");
}

static void add(const char *kind, const char *name, gconstpointer data, PlanFixtureFunc test) {
  g_autofree char *path = g_strdup_printf("/plan/%s/%s", kind, name);
  g_test_add(path, PlanFixture, data, set_up, test, tear_down);
}

void plan_fixture_add_json(const char *name, PlanFixtureFunc test) {
  add("json", name, NULL, test);
}

void plan_fixture_add(const char *name, PlanFixtureFunc test) {
  plan_fixture_add_json(name, test);
  if (server)
    add("mysql", name, &plan_fixture_rules, test);
}

int plan_fixture_run(void) {
  return mariadb_run_tests();
}
