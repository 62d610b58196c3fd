#include "config.h"

#include "streamer/base/counts.h"

static const char *version(guint n) {
  return n == 0 ? PACKAGE_VERSION : NULL;
}

static const char *session_state_word(guint n) {
  return n < SESSION_N_STATES ? session_state_name(n) : NULL;
}

static const char *standby_state(guint n) {
  static const char *const words[] = {"starting", "ready", "ending"};
  return n < G_N_ELEMENTS(words) ? words[n] : NULL;
}

static const char *from(guint n) {
  static const char *const words[] = {"nothing", "standby"};
  return n < G_N_ELEMENTS(words) ? words[n] : NULL;
}

static const char *limited(guint n) {
  static const char *const words[] = {"connections", "requests", "talk", "offers"};
  return n < G_N_ELEMENTS(words) ? words[n] : NULL;
}

static const char *reason(guint n) {
  return n < WIRE_N_ENDS ? wire_end_name(n) : NULL;
}

static const double start_bounds[] = {0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 0};

const Metric counts_table[] = {
    [COUNTS_BUILD] = {"vitrina_streamer_build_info", METRIC_GAUGE, "Always 1; the version is the label.",
                      .labels = {{"version", version}}},
    [COUNTS_LIMIT] = {"vitrina_streamer_session_limit", METRIC_GAUGE, "Sessions that may run."},
    [COUNTS_DRAINING] = {"vitrina_streamer_draining", METRIC_GAUGE,
                         "1 while no new sessions are taken, else 0."},
    [COUNTS_UNUSABLE] = {"vitrina_streamer_unusable", METRIC_GAUGE,
                         "1 while this host cannot show sessions, else 0."},
    [COUNTS_SESSIONS] = {"vitrina_streamer_sessions", METRIC_GAUGE, "Sessions that take a place.",
                         .labels = {{"state", session_state_word}}},
    [COUNTS_STANDBYS] = {"vitrina_streamer_standbys", METRIC_GAUGE, "What is kept ready for sessions.",
                         .labels = {{"state", standby_state}}},
    [COUNTS_USERS] = {"vitrina_streamer_users", METRIC_GAUGE, "People in sessions."},
    [COUNTS_VIEWERS] = {"vitrina_streamer_viewers", METRIC_GAUGE, "Players that watch."},
    [COUNTS_STARTS] = {"vitrina_streamer_session_starts_total", METRIC_COUNTER, "Sessions begun.",
                       .labels = {{"from", from}}},
    [COUNTS_START_FAILURES] = {"vitrina_streamer_session_start_failures_total", METRIC_COUNTER,
                               "Sessions begun that never were ready."},
    [COUNTS_START_SECONDS] = {"vitrina_streamer_session_start_seconds", METRIC_HISTOGRAM,
                              "From asking for a session until it was ready.", .labels = {{"from", from}},
                              .bounds = start_bounds},
    [COUNTS_ENDS] = {"vitrina_streamer_session_ends_total", METRIC_COUNTER, "Sessions that ended.",
                     .labels = {{"reason", reason}}},
    [COUNTS_STANDBY_FAILURES] = {"vitrina_streamer_standby_failures_total", METRIC_COUNTER,
                                 "Standbys that failed before a session took them."},
    [COUNTS_TRIAL_FAILURES] = {"vitrina_streamer_trial_failures_total", METRIC_COUNTER,
                               "Trials that showed that this host still cannot show sessions."},
    [COUNTS_APP_RESTARTS] = {"vitrina_streamer_app_restarts_total", METRIC_COUNTER,
                             "Times that the application of a session was started again."},
    [COUNTS_ENGINE_RESTARTS] = {"vitrina_streamer_engine_restarts_total", METRIC_COUNTER,
                                "Times that the engine of a session was started again."},
    [COUNTS_OUT_OF_BOUNDS] = {"vitrina_streamer_sessions_out_of_bounds_total", METRIC_COUNTER,
                              "Sessions and standbys that took more memory than they may."},
    [COUNTS_LIMITED] = {"vitrina_streamer_limited_total", METRIC_COUNTER,
                        "What was refused because an address or a person wanted too much.",
                        .labels = {{"what", limited}}},
    [COUNTS_FRAMES_CAPTURED] = {"vitrina_streamer_frames_captured_total", METRIC_COUNTER,
                                "Frames taken from applications."},
    [COUNTS_FRAMES_ENCODED] = {"vitrina_streamer_frames_encoded_total", METRIC_COUNTER,
                               "Frames encoded, of each codec in use."},
    [COUNTS_ENCODED_BYTES_PER_SECOND] = {"vitrina_streamer_encoded_bytes_per_second", METRIC_GAUGE,
                                         "What all encoders made a second, lately."},
    [COUNTS_CERTIFICATE_SECONDS] = {"vitrina_streamer_certificate_expires_seconds", METRIC_GAUGE,
                                    "Until the certificate ends; negative: it has; +Inf: there is none."},
    [COUNTS_METRICS] = {NULL},
};
