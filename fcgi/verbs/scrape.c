#include "config.h"

#include "fcgi/verbs/scrape.h"

#include "common/process_metrics.h"
#include "common/program_clock.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/line/lines.h"
#include "fcgi/rules/reports.h"
#include "fcgi/session/knocks.h"
#include "fcgi/session/planning.h"
#include "fcgi/verbs/verbs.h"

/* ---- words ---- */

static const char *word_of(const char *const *words, guint count, guint n) {
  return n < count ? words[n] : NULL;
}

/* Behind the words of the wire, one for answers that are no message. */
static const char *answer_word(guint n) {
  return n < WIRE_N_MESSAGES ? wire_name((WireMessage)n) : n == WIRE_N_MESSAGES ? "none" : NULL;
}

static const char *server_word(guint n) {
  return n < FLEET_N_STATES ? fleet_state_name((FleetState)n) : NULL;
}

static const char *reservation_word(guint n) {
  return n < RESERVATION_N_STATES ? reservation_state_name((ReservationState)n) : NULL;
}

static const char *code_word(guint n) {
  static const char *const words[] = {"in_use", "resting"};
  return word_of(words, G_N_ELEMENTS(words), n);
}

static const char *store_word(guint n) {
  static const char *const words[] = {"done",  "full", "code_taken", "same_request",
                                      "other", "gone", "unavailable"};
  return word_of(words, G_N_ELEMENTS(words), n);
}

static const char *door_word(guint n) {
  static const char *const words[METERING_N_DOORS] = {"http", "websocket"};
  return word_of(words, G_N_ELEMENTS(words), n);
}

static const char *version_word(guint n) {
  return n == 0 ? PACKAGE_VERSION : NULL;
}

/* ---- the table ---- */

enum {
  BUILD_INFO = METERING_N_ROWS,
  WAITING,
  WEBSOCKETS,
  MAILBOX,
  SERVERS,
  SESSIONS,
  STRANGE,
  IN_LINE,
  CAPACITY,
  FREE,
  RESERVATIONS,
  REJECTED,
  CODES,
  STORE_WRITES,
  GUESSED,
  HELD_MOST,
  HELD_REFUSED,
  KNOCKING,
  N_METRICS
};

/* A long poll that waits is no slow request: those of POLL_EVENTS fill the upper ones. */
static const double request_bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,   0.5,     1,      2.5,   5,      10,    30,   60,    0};
static const double store_bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                      0.25,   0.5,   1,      2.5,   5,    10,    0};

#define NAME(rest) "vitrina_coordinator_" rest
static const Metric table[] = {
    [METERING_REQUESTS] = {NAME("requests_total"),
                           METRIC_COUNTER,
                           "Requests that were answered.",
                           {{"verb", verbs_word}, {"answer", answer_word}}},
    [METERING_REQUEST_SECONDS] = {NAME("request_seconds"),
                                  METRIC_HISTOGRAM,
                                  "From a request's arrival to its answer.",
                                  {{"verb", verbs_word}},
                                  request_bounds},
    [METERING_READY_ANSWERS] = {NAME("ready_answers_total"), METRIC_COUNTER,
                                "Answers that were ready, and did not cost the core anything."},
    [METERING_LIMITED] = {NAME("limited_total"),
                          METRIC_COUNTER,
                          "Requests refused because their client asks too often.",
                          {{"class", rate_class_word}}},
    [METERING_ORIGINS] = {NAME("origins_refused_total"),
                          METRIC_COUNTER,
                          "Pages that were refused because of their origin, by door.",
                          {{"door", door_word}}},
    [METERING_GONE] = {NAME("clients_gone_total"), METRIC_COUNTER,
                       "Waiting requests whose client went away."},
    [METERING_EVENTS] = {NAME("events_total"), METRIC_COUNTER, "Events that were told."},
    [METERING_STORE_CHANGES] = {NAME("store_changes_total"),
                                METRIC_COUNTER,
                                "Changes of the plan, by what the store said of them.",
                                {{"outcome", store_word}}},
    [METERING_STORE_SECONDS] = {NAME("store_seconds"),
                                METRIC_HISTOGRAM,
                                "From asking the store to its answer.",
                                {{0}},
                                store_bounds},
    [METERING_REPORTS] = {NAME("pictures_missing_total"),
                          METRIC_COUNTER,
                          "Reports of pages that show no picture, by reason.",
                          {{"reason", reports_word}}},
    [BUILD_INFO] = {NAME("build_info"), METRIC_GAUGE, "Always 1; its version.", {{"version", version_word}}},
    [WAITING] = {NAME("waiting_requests"), METRIC_GAUGE, "Requests that wait for their answers."},
    [WEBSOCKETS] = {NAME("websockets"), METRIC_GAUGE, "WebSockets that are open."},
    [MAILBOX] = {NAME("mailbox_letters"), METRIC_GAUGE, "Letters that wait for the core's thread."},
    [SERVERS] = {NAME("servers"), METRIC_GAUGE, "Servers of the list, by state.", {{"state", server_word}}},
    [SESSIONS] = {NAME("sessions"), METRIC_GAUGE, "Sessions that run or are being started."},
    [STRANGE] =
        {NAME("strange_sessions"), METRIC_GAUGE,
         "Sessions that servers tell of against the rules: they take places, and nobody can join them."},
    [IN_LINE] = {NAME("people_in_line"), METRIC_GAUGE, "People who wait in line for a server."},
    [CAPACITY] = {NAME("capacity_sessions"), METRIC_GAUGE, "Sessions that all servers together can run."},
    [FREE] = {NAME("free_sessions"), METRIC_GAUGE, "Sessions that could be started now."},
    [RESERVATIONS] = {NAME("reservations"),
                      METRIC_GAUGE,
                      "Reservations in the plan, by state.",
                      {{"state", reservation_word}}},
    [REJECTED] = {NAME("rejected_reservations"), METRIC_GAUGE,
                  "Reservations that were left out since the start because they break a rule."},
    [CODES] = {NAME("codes"),
               METRIC_GAUGE,
               "Codes that are in use, and those that rest before they may be drawn again.",
               {{"state", code_word}}},
    [STORE_WRITES] = {NAME("store_writes"), METRIC_GAUGE,
                      "Writes to the store since the start; changes that come together share one."},
    [GUESSED] = {NAME("guess_budget_ratio"), METRIC_GAUGE,
                 "Share of the day's wrong codes that is used up; strangers have to knock from 0.7 on."},
    [HELD_MOST] = {NAME("held_most"),
                   METRIC_GAUGE,
                   "What the client holds who holds most of it.",
                   {{"kind", held_word}}},
    [HELD_REFUSED] = {NAME("held_refusals"),
                      METRIC_GAUGE,
                      "How often clients were refused one more since the start, because they hold too many.",
                      {{"kind", held_word}}},
    [KNOCKING] = {NAME("knocking_requests"), METRIC_GAUGE,
                  "Requests that knock: with right codes, wrong ones, and over the bounds."},
    [N_METRICS] = {NULL},
};

Metering *scrape_metering_new(gboolean access_log) {
  Metering *metering = metering_new(table, verbs_table, access_log);
  metrics_set(metering_get_metrics(metering), BUILD_INFO, 1, 0);
  return metering;
}

/* ---- what is so now ---- */

static void set_fleet(Metrics *metrics, const Core *core) {
  guint servers[FLEET_N_STATES];
  gint64 capacity = 0, free = 0;
  fleet_count_states(core->fleet, servers);
  for (guint state = 0; state < FLEET_N_STATES; state++)
    metrics_set(metrics, SERVERS, servers[state], state);
  for (guint i = 0; i < fleet_count_rcs(core->fleet); i++) {
    const Rc *rc = fleet_get_rc(core->fleet, i);
    capacity += rc->capacity;
    free += rc->free;
  }
  metrics_set(metrics, CAPACITY, (double)capacity);
  metrics_set(metrics, FREE, (double)free);
  metrics_set(metrics, SESSIONS, fleet_count_sessions(core->fleet));
  metrics_set(metrics, STRANGE, fleet_count_strange(core->fleet));
  metrics_set(metrics, IN_LINE, lines_count(core->lines));
}

static void set_plan(Metrics *metrics, const Core *core) {
  const Plan *plan = planning_get_plan(core->planning);
  guint reservations[RESERVATION_N_STATES];
  plan_count_states(plan, reservations);
  for (guint state = 0; state < RESERVATION_N_STATES; state++)
    metrics_set(metrics, RESERVATIONS, reservations[state], state);
  metrics_set(metrics, REJECTED, plan_count_rejected(plan));
  guint codes[2];
  plan_count_codes(plan, &codes[0], &codes[1]);
  for (guint state = 0; state < G_N_ELEMENTS(codes); state++)
    metrics_set(metrics, CODES, codes[state], state);
  metrics_set(metrics, STORE_WRITES, (double)plan_get_writes(plan));
  metrics_set(metrics, GUESSED, planning_get_guessed(core->planning));
  for (guint kind = 0; kind < HELD_N_KINDS; kind++) {
    metrics_set(metrics, HELD_MOST, held_find_most(plan_get_held(plan), kind), kind);
    metrics_set(metrics, HELD_REFUSED, (double)held_count_refusals(plan_get_held(plan), kind), kind);
  }
  metrics_set(metrics, KNOCKING, knocks_count(core->knocks));
}

char *scrape_write(Core *core) {
  Metrics *metrics = metering_get_metrics(core->metering);
  set_fleet(metrics, core);
  set_plan(metrics, core);
  metrics_set(metrics, WAITING, core->waiting);
  metrics_set(metrics, WEBSOCKETS, atomic_load(&core->sockets));
  metrics_set(metrics, MAILBOX, mailbox_count(core->mailbox));
  g_autofree char *ours = metrics_write(metrics), *process = process_metrics_write();
  g_autofree char *clock = program_clock_write_metrics();
  return g_strconcat(ours, clock, process, NULL);
}
