/* The fleet and the plan together: any bytes as the statuses of three servers, one a line, with starts and
 * restarts between them. Nothing of it may break the coordinator, and every record that it writes it reads.
 *
 *   a{"msg":"STATUS",...}   what server a (b, c) says; what is no status: it is offline
 *   +a ID CODE              a start is asked of it; =a ID: it stands; -a ID: it does not
 *   ?CODE                   somebody comes with a code
 *   !                       the coordinator is started anew
 */
#include "common/fields.h"
#include "common/log.h"
#include "fcgi/session/invitations.h"
#include "fcgi/session/knocks.h"
#include "fcgi/session/planning.h"
#include "fcgi/store/set_aside.h"
#include "fcgi/store/store_json.h"

#include <glib/gstdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 64
#define LIST                                                                                                 \
  "[{\"server_name\":\"a\",\"ip\":\"h\",\"port\":1,\"rc_info\":{\"rc_name\":\"R\"}},"                        \
  "{\"server_name\":\"b\",\"ip\":\"h\",\"port\":2,\"rc_info\":{\"rc_name\":\"R\"}},"                         \
  "{\"server_name\":\"c\",\"ip\":\"h\",\"port\":3,\"rc_info\":{\"rc_name\":\"S\"}}]"

static char *directory;
static Configuration *configuration;
static SiteKeys *keys;

/* ---- the coordinator, as far as it is needed (wiring.c) ---- */

static void on_changed(Rc *rc, gpointer data) {
  planning_capacity_changed(((Core *)data)->planning, rc);
  g_assert_true(!rc || rc->free >= 0);
}

static void on_added(FleetServer *server, gpointer data) {
  planning_server_added(((Core *)data)->planning, server);
}

static void on_removed(FleetServer *server, gpointer data) {
}

static gboolean on_seen(FleetServer *server, const Session *session, gpointer data, GError **error) {
  return planning_session_seen(((Core *)data)->planning, server, session, error);
}

static void on_told(FleetServer *server, const Session *session, const ControlSession *told, gpointer data) {
  const Core *core = data;
  invitations_told(core->invitations, server, session, told);
  knocks_told(core->knocks, server, session, told->knocks);
}

static void on_over(FleetServer *server, const char *session, const char *reason, gpointer data) {
  invitations_forget(((Core *)data)->invitations, session);
  planning_session_over(((Core *)data)->planning, server, session, reason);
}

static void on_ending(const char *session, const char *offer, Core *core) {
}

static gboolean is_starting(const char *session, Core *core) {
  return FALSE;
}

static void on_invited(const Reservation *reservation, Core *core) {
  invitations_changed(core->invitations, reservation);
}

static void on_tell(const char *session, WireMessage message, const char *members, Core *core) {
  g_autofree char *text = wire_answer(message, members);
  g_autoptr(FieldsDoc) doc = fields_parse(text, strlen(text), NULL);
  g_assert_nonnull(doc);
}

static void on_expel(const char *session, const char *user, Core *core) {
}

static void open_core(Core *core) {
  static const InvitationsListener invitations_listener = {on_tell, on_expel};
  static const FleetListener fleet_listener = {on_changed, on_added, on_removed, on_seen, on_told, on_over};
  static const PlanningListener planning_listener = {on_ending, is_starting, on_invited};
  *core = (Core){.configuration = configuration, .keys = keys, .mode = CORE_SERVES};
  core->mailbox = mailbox_new(NULL, NULL);
  mailbox_attach(core->mailbox, NULL, core);
  core->timers = timers_new(NULL);
  core->fleet = fleet_new(&fleet_listener, core);
  core->invitations = invitations_new(core, &invitations_listener);
  core->knocks = knocks_new(core);
  g_autoptr(GError) error = NULL;
  core->planning = planning_open(core, &planning_listener, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(plan_count_rejected(planning_get_plan(core->planning)), ==, 0);
  fleet_set_servers(core->fleet, servers_parse("list", LIST, strlen(LIST), NULL));
}

static void close_core(Core *core) {
  planning_stop(core->planning);
  planning_close(core->planning);
  mailbox_deliver(core->mailbox, core);
  knocks_free(core->knocks);
  invitations_free(core->invitations);
  fleet_free(core->fleet);
  timers_free(core->timers);
  mailbox_free(core->mailbox);
}

/* ---- what happens ---- */

static void check_running(const Reservation *reservation, gpointer data) {
  g_autoptr(GError) error = NULL;
  g_assert_true(reservation_check(reservation, &error));
}

static void check_texts(const Core *core) {
  g_autoptr(GString) text = g_string_new("[");
  fleet_append_servers(core->fleet, text, 0, 2);
  g_string_append_c(text, ']');
  g_autoptr(FieldsDoc) doc = fields_parse(text->str, text->len, NULL);
  g_assert_nonnull(doc);
}

static void hear(Core *core, FleetServer *server, const char *text) {
  g_autoptr(GError) error = NULL;
  g_autoptr(ControlAnswer) answer = control_answer_read(text, strlen(text), &error);
  if (!answer || answer->message != WIRE_STATUS) {
    fleet_server_set_offline(server, answer ? NULL : error->message);
    return;
  }
  fleet_server_asking(server);
  fleet_server_set_status(server, &answer->status);
  plan_for_each_running(planning_get_plan(core->planning), check_running, NULL);
  check_texts(core);
}

static void come(const Core *core, const char *code) {
  const Reservation *reservation = plan_find_code(planning_get_plan(core->planning), code);
  if (!reservation)
    return;
  FleetServer *server =
      reservation->server_name ? fleet_find_server(core->fleet, reservation->server_name) : NULL;
  const Session *session = server ? fleet_server_find_session(server, reservation->id) : NULL;
  g_assert_true(!session || session->generation != reservation->generation || reservation->generation > 0 ||
                g_str_equal(session->code, code));
}

static void start(const Core *core, const char *line) {
  g_auto(GStrv) words = g_strsplit(line + 1, " ", 3);
  FleetServer *server = words[0] && words[1] ? fleet_find_server(core->fleet, words[0]) : NULL;
  if (!server)
    return;
  if (*line == '+')
    fleet_server_take(server, words[1], words[2] ? words[2] : "1111", 0);
  else if (*line == '=')
    fleet_server_confirm(server, words[1], 0);
  else
    fleet_server_give_back(server, words[1]);
}

static void do_line(Core *core, const char *line) {
  const char name[] = {*line, 0};
  FleetServer *server = fleet_find_server(core->fleet, name);
  if (server) {
    hear(core, server, line + 1);
  } else if (*line == '!') {
    close_core(core);
    open_core(core);
  } else if (*line == '?') {
    come(core, line + 1);
  } else if (*line == '+' || *line == '=' || *line == '-') {
    start(core, line);
  }
}

/* ---- files ---- */

static void remove_files(void) {
  static const char *const names[] = {"", ".lock", ".new", ".guard"};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_strconcat(configuration->plan_file, names[i], NULL);
    g_remove(path);
  }
}

static void end_all(void) {
  g_autofree char *path = g_build_filename(directory, "configuration.json", NULL);
  remove_files();
  g_remove(path);
  g_rmdir(directory);
  g_free(directory);
  configuration_free(configuration);
  site_keys_free(keys);
}

static void begin_all(void) {
  directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(directory, "configuration.json", NULL);
  log_set_level(LOG_LEVEL_ERROR);
  g_assert_true(g_file_set_contents(path, "{}", -1, NULL));
  configuration = configuration_load(path, NULL);
  keys = site_keys_new(key_ring_new("0123456789abcdef0123456789abcdef", 32),
                       key_ring_new("fedcba9876543210fedcba9876543210", 32));
  atexit(end_all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  g_autofree char *text = g_strndup((const char *)data, size), *note = NULL;
  g_auto(GStrv) lines = g_strsplit(text, "\n", MAX_LINES);
  Core core;
  if (!directory)
    begin_all();
  remove_files();
  open_core(&core);
  for (guint i = 0; lines[i]; i++)
    do_line(&core, lines[i]);
  close_core(&core);
  g_assert_true(store_json_check(configuration->plan_file, &note, NULL));
  g_assert_null(note);
  return 0;
}
