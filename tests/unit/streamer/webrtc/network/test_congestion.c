/* The rate follows what a path carries, on simulated ones (link_sim.h): how fast it settles, that it neither
 * swings nor starves, and what feedback looks like that is none. */
#include "streamer/webrtc/network/transport_feedback.h"
#include "tests/unit/streamer/webrtc/network/link_sim.h"

static const CongestionLimits limits = {.min_kbps = 150, .start_kbps = 3000, .max_kbps = 8000};

static CongestionReport report_of(Link *link) {
  CongestionReport report;
  congestion_report(link_congestion(link), &report);
  return report;
}

static void test_fills_a_link_within_three_seconds(void) {
  for (guint32 seed = 1; seed <= 20; seed++) {
    g_autoptr(Link) link = link_new(&link_plain, &limits, seed);
    g_assert_cmpuint(link_run_until_above(link, 0.7 * 6000, 1000, 10000), <=, 3000);
    LinkFigures figures = link_run(link, 10000);
    g_assert_cmpfloat(figures.arrived_kbps, >, 0.8 * 6000);
    g_assert_cmpfloat(figures.lost, ==, 0);
    g_assert_cmpfloat(figures.delay_mean_ms, <, 30);
  }
}

static void test_yields_to_a_narrower_link_at_once(void) {
  for (guint32 seed = 1; seed <= 20; seed++) {
    g_autoptr(Link) link = link_new(&link_plain, &limits, seed);
    link_run(link, 8000);
    link_plan(link)->link_kbps = 2000;
    link_plan(link)->queue_bytes = 75000;
    /* Half a second of too much; then the queue drains, and after a second and a half it is gone. */
    link_run(link, 500);
    g_assert_cmpfloat(link_run(link, 1000).most_kbps, <, 2000);
    LinkFigures figures = link_run(link, 5000);
    g_assert_cmpfloat(figures.arrived_kbps, >, 0.6 * 2000);
    g_assert_cmpfloat(figures.lost, ==, 0);
    g_assert_cmpfloat(figures.delay_max_ms, <, 150);
    g_assert_cmpfloat(figures.longest_gap_ms, <, 100);
  }
}

/* Whatever the moment at which it widens: the rate is always tried again soon. */
static void test_takes_a_wider_link_within_three_seconds(void) {
  static const struct {
    double narrow_kbps;
    guint limit_ms;
  } rows[] = {{1000, 3500}, {2000, 3000}};
  CongestionLimits enough = limits;
  enough.max_kbps = 6000;
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    for (guint32 seed = 1; seed <= 20; seed++) {
      g_autoptr(Link) link = link_new(&link_plain, &enough, seed);
      link_run(link, 5000);
      link_plan(link)->link_kbps = rows[i].narrow_kbps;
      link_plan(link)->queue_bytes = 75000;
      link_run(link, 8000 + seed * 170);
      link_plan(link)->link_kbps = 6000;
      link_plan(link)->queue_bytes = 225000;
      g_assert_cmpuint(link_run_until_above(link, 0.7 * 6000, 1000, 20000), <=, rows[i].limit_ms);
    }
  }
}

/* ---- settled, as the bench of networks measures it ---- */

#define SAMPLE_MS 100
#define SAMPLES 100
#define SPAN 5 /* samples: half a second */

typedef struct {
  double settled_ms;      /* the last span below three quarters of the second half ends then */
  double lowest, highest; /* second of those after the third; as a part of the second half's mean */
} Settling;

static double mean(const double *values, guint count) {
  double sum = 0;
  for (guint i = 0; i < count; i++)
    sum += values[i] / count;
  return sum;
}

static Settling settle(Link *link, double link_kbps) {
  double arrived[SAMPLES];
  Settling settling = {.lowest = G_MAXDOUBLE};
  link_plan(link)->link_kbps = link_kbps;
  link_plan(link)->queue_bytes = (guint)(link_kbps * 300 / 8);
  for (guint i = 0; i < SAMPLES; i++)
    arrived[i] = link_run(link, SAMPLE_MS).arrived_kbps;
  double calm = mean(arrived + SAMPLES / 2, SAMPLES / 2);
  for (guint i = 0; i + SPAN <= SAMPLES; i++)
    if (mean(arrived + i, SPAN) < 0.75 * calm)
      settling.settled_ms = (i + SPAN) * SAMPLE_MS;
  for (guint i = 3000 / SAMPLE_MS; i + 2 * SPAN <= SAMPLES; i++) {
    double second = mean(arrived + i, 2 * SPAN) / calm;
    settling.lowest = MIN(settling.lowest, second);
    settling.highest = MAX(settling.highest, second);
  }
  return settling;
}

/* A sender and a bottleneck like those of the bench: a shaper with a bucket, an encoder that makes a little
 * less than it is told. */
static Link *shaped_new(double loss, guint delay_ms, guint32 seed) {
  CongestionLimits enough = limits;
  enough.max_kbps = 6000;
  LinkPlan plan = link_plain;
  plan.burst_bytes = 8192;
  plan.demand = 0.95;
  plan.loss = loss;
  plan.delay_ms = delay_ms;
  return link_new(&plan, &enough, seed);
}

/* A change that comes just after a try at more is found out late: one in a hundred may take longer. */
static void test_settles_within_three_seconds_of_a_change(void) {
  static const struct {
    double loss;
    guint delay_ms;
  } rows[] = {{0, 1}, {0.02, 25}};
  static const double links[] = {6000, 2000, 6000};
  guint late = 0;
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    for (guint32 seed = 1; seed <= 50; seed++) {
      g_autoptr(Link) link = shaped_new(rows[i].loss, rows[i].delay_ms, seed);
      for (guint phase = 0; phase < G_N_ELEMENTS(links); phase++) {
        double settled_ms = settle(link, links[phase]).settled_ms;
        late += settled_ms >= 3000;
        g_assert_cmpfloat(settled_ms, <, 4000);
      }
    }
  }
  g_assert_cmpuint(late, <=, 3);
}

static void test_does_not_saw_on_a_narrow_link(void) {
  static const double narrow_kbps[] = {1000, 2000};
  guint beyond = 0;
  for (guint i = 0; i < G_N_ELEMENTS(narrow_kbps); i++) {
    for (guint32 seed = 1; seed <= 50; seed++) {
      g_autoptr(Link) link = shaped_new(0, 1, seed);
      link_run(link, 5000);
      Settling settling = settle(link, narrow_kbps[i]);
      beyond += settling.lowest < 0.85 || settling.highest > 1.15;
      g_assert_cmpfloat(settling.lowest, >, 0.8);
      g_assert_cmpfloat(settling.highest, <, 1.2);
    }
  }
  g_assert_cmpuint(beyond, <=, 3);
}

/* That it tries costs next to nothing where nothing has changed. */
static void test_trying_does_not_fill_a_narrow_link(void) {
  for (guint32 seed = 1; seed <= 20; seed++) {
    LinkPlan plan = link_plain;
    plan.link_kbps = 2000;
    plan.queue_bytes = 75000;
    g_autoptr(Link) link = link_new(&plan, &limits, seed);
    link_run(link, 5000);
    LinkFigures figures = link_run(link, 30000);
    g_assert_cmpfloat(figures.arrived_kbps, >, 0.9 * 2000);
    g_assert_cmpfloat(figures.lost, ==, 0);
    g_assert_cmpfloat(figures.delay_mean_ms, <, 30);
    g_assert_cmpfloat(figures.delay_max_ms, <, 150);
  }
}

static void test_does_not_swing(void) {
  for (guint32 seed = 1; seed <= 20; seed++) {
    g_autoptr(Link) link = link_new(&link_plain, &limits, seed);
    link_run(link, 5000);
    for (guint i = 0; i < 30; i++) {
      LinkFigures figures = link_run(link, 1000);
      g_assert_cmpfloat(figures.arrived_kbps, >, 0.6 * 6000);
      g_assert_cmpfloat(figures.delay_max_ms, <, 200);
    }
  }
}

static void test_bears_random_loss(void) {
  for (guint32 seed = 1; seed <= 10; seed++) {
    LinkPlan plan = link_plain;
    plan.loss = 0.02;
    plan.delay_ms = 50;
    g_autoptr(Link) link = link_new(&plan, &limits, seed);
    link_run(link, 5000);
    g_assert_cmpfloat(link_run(link, 10000).arrived_kbps, >, 0.85 * 6000);
    CongestionReport report = report_of(link);
    g_assert_cmpfloat_with_epsilon(report.loss, 0.02, 0.02);
    g_assert_cmpuint(report.rtt_ms, >=, 100);
    g_assert_cmpuint(report.rtt_ms, <, 150);
  }
}

static void test_heavy_loss_lowers_the_rate(void) {
  LinkPlan plan = link_plain;
  plan.loss = 0.2;
  g_autoptr(Link) link = link_new(&plan, &limits, 1);
  link_run(link, 15000);
  g_assert_cmpuint(report_of(link).target_kbps, <, 1000);
  link_plan(link)->loss = 0;
  g_assert_cmpuint(link_run_until_above(link, 0.7 * 6000, 1000, 30000), <=, 15000);
}

static void test_bears_jitter(void) {
  for (guint32 seed = 1; seed <= 10; seed++) {
    LinkPlan plan = link_plain;
    plan.jitter_ms = 20;
    g_autoptr(Link) link = link_new(&plan, &limits, seed);
    link_run(link, 5000);
    g_assert_cmpfloat(link_run(link, 10000).arrived_kbps, >, 0.65 * 6000);
  }
}

static void test_bears_lost_feedback(void) {
  for (guint32 seed = 1; seed <= 10; seed++) {
    LinkPlan plan = link_plain;
    plan.feedback_loss = 0.1;
    g_autoptr(Link) link = link_new(&plan, &limits, seed);
    link_run(link, 5000);
    g_assert_cmpfloat(link_run(link, 10000).arrived_kbps, >, 0.6 * 6000);
  }
}

static void test_a_still_picture_keeps_the_rate(void) {
  g_autoptr(Link) link = link_new(&link_plain, &limits, 1);
  link_run(link, 8000);
  guint before = report_of(link).target_kbps;
  link_plan(link)->demand = 0.02;
  link_run(link, 20000);
  guint after = report_of(link).target_kbps;
  g_assert_cmpuint(after, >=, before * 8 / 10);
  g_assert_cmpuint(after, <=, before * 11 / 10);
}

static void test_comes_back_after_an_outage(void) {
  g_autoptr(Link) link = link_new(&link_plain, &limits, 1);
  link_run(link, 8000);
  link_plan(link)->is_down = TRUE;
  link_run(link, 3000);
  CongestionReport report = report_of(link);
  g_assert_true(report.congested);
  g_assert_cmpuint(report.send_kbps, <, 1000);
  g_assert_cmpfloat(link_run(link, 1000).sent_kbps, <, 300);
  link_plan(link)->is_down = FALSE;
  g_assert_cmpuint(link_run_until_above(link, 0.7 * 6000, 1000, 30000), <=, 8000);
}

static void test_never_leaves_its_limits(void) {
  static const double links[] = {50, 20000};
  for (guint i = 0; i < G_N_ELEMENTS(links); i++) {
    LinkPlan plan = link_plain;
    plan.link_kbps = links[i];
    g_autoptr(Link) link = link_new(&plan, &limits, 1);
    for (guint second = 0; second < 20; second++) {
      link_run(link, 1000);
      g_assert_cmpuint(report_of(link).target_kbps, >=, limits.min_kbps);
      g_assert_cmpuint(report_of(link).target_kbps, <=, limits.max_kbps);
    }
  }
}

/* ---- feedback ---- */

static GArray *read(const guint8 *fci, gsize length) {
  GArray *fates = g_array_new(FALSE, FALSE, sizeof(PacketFate));
  if (!transport_feedback_read(fci, length, fates)) {
    g_assert_cmpuint(fates->len, ==, 0);
    g_clear_pointer(&fates, g_array_unref);
  }
  return fates;
}

/* Three packets from 65535 on, by each kind of chunk: received, not received, received late. */
static void test_every_chunk_is_read(void) {
  static const guint8 two_bits[] = {0xff, 0xff, 0, 3, 0, 0, 2, 0, 0xd2 /* 01 00 10 */, 0, 8, 0xff, 0xfc};
  static const guint8 runs[] = {0xff, 0xff, 0, 3, 0, 0, 2, 0, 0x20, 1, 0, 1, 0x40, 1, 8, 0xff, 0xfc};
  static const struct {
    const guint8 *fci;
    gsize length;
  } rows[] = {{two_bits, sizeof two_bits}, {runs, sizeof runs}};
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GArray) fates = read(rows[i].fci, rows[i].length);
    g_assert_nonnull(fates);
    const PacketFate *fate = &g_array_index(fates, PacketFate, 0);
    g_assert_cmpuint(fates->len, ==, 3);
    g_assert_cmpuint(fate[0].sequence, ==, 65535);
    g_assert_true(fate[0].arrived);
    g_assert_cmpint(fate[0].arrived_us, ==, 2 * 64000 + 8 * 250);
    g_assert_cmpuint(fate[1].sequence, ==, 0);
    g_assert_false(fate[1].arrived);
    g_assert_cmpint(fate[2].arrived_us, ==, 2 * 64000 + (8 - 4) * 250);
  }
  static const guint8 one_bit[] = {0, 1, 0, 2, 0, 0, 0, 0, 0x90, 0, 1};
  g_autoptr(GArray) fates = read(one_bit, sizeof one_bit);
  g_assert_nonnull(fates);
  g_assert_false(g_array_index(fates, PacketFate, 0).arrived);
  g_assert_true(g_array_index(fates, PacketFate, 1).arrived);
}

static void test_what_is_no_feedback(void) {
  static const guint8 good[] = {0, 1, 0, 2, 0, 0, 0, 0, 0x20, 2, 4, 4};
  static const guint8 none[] = {0, 1, 0, 0, 0, 0, 0, 0, 0x20, 2, 4, 4};
  static const guint8 reserved[] = {0, 1, 0, 2, 0, 0, 0, 0, 0x60, 2, 4, 4};
  static const guint8 empty_run[] = {0, 1, 0, 2, 0, 0, 0, 0, 0x20, 0, 0x20, 2, 4, 4};
  static const guint8 huge[] = {0, 1, 0xff, 0xff, 0, 0, 0, 0, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff};
  g_autoptr(GArray) fates = read(good, sizeof good);
  g_assert_nonnull(fates);
  for (gsize length = 0; length < sizeof good; length++)
    g_assert_null(read(good, length));
  g_assert_null(read(none, sizeof none));
  g_assert_null(read(reserved, sizeof reserved));
  g_assert_null(read(empty_run, sizeof empty_run));
  g_assert_null(read(huge, sizeof huge));
}

/* A player that makes feedback up gains nothing: nothing is lowered or raised beyond the limits, nothing
 * breaks. */
static void test_made_up_feedback_harms_nothing(void) {
  g_autoptr(GRand) random = g_rand_new_with_seed(1);
  Congestion *congestion = congestion_new(&limits, 1);
  for (guint i = 0; i < 20000; i++) {
    guint8 fci[40];
    for (gsize j = 0; j < sizeof fci; j++)
      fci[j] = (guint8)g_rand_int(random);
    fci[2] = 0;
    for (guint j = 0; j < 5; j++)
      congestion_note_sent(congestion, (guint16)g_rand_int(random), g_rand_int(random) % 1400, i * 1000);
    congestion_take_feedback(congestion, fci, 8 + g_rand_int(random) % 32, i * 1000);
    congestion_check(congestion, i * 1000);
    CongestionReport report;
    congestion_report(congestion, &report);
    g_assert_cmpuint(report.target_kbps, >=, limits.min_kbps);
    g_assert_cmpuint(report.target_kbps, <=, limits.max_kbps);
  }
  congestion_free(congestion);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/congestion/fills-a-link-within-three-seconds", test_fills_a_link_within_three_seconds);
  g_test_add_func("/congestion/yields-to-a-narrower-link-at-once", test_yields_to_a_narrower_link_at_once);
  g_test_add_func("/congestion/takes-a-wider-link-within-three-seconds",
                  test_takes_a_wider_link_within_three_seconds);
  g_test_add_func("/congestion/settles-within-three-seconds-of-a-change",
                  test_settles_within_three_seconds_of_a_change);
  g_test_add_func("/congestion/does-not-saw-on-a-narrow-link", test_does_not_saw_on_a_narrow_link);
  g_test_add_func("/congestion/trying-does-not-fill-a-narrow-link", test_trying_does_not_fill_a_narrow_link);
  g_test_add_func("/congestion/does-not-swing", test_does_not_swing);
  g_test_add_func("/congestion/bears-random-loss", test_bears_random_loss);
  g_test_add_func("/congestion/heavy-loss-lowers-the-rate", test_heavy_loss_lowers_the_rate);
  g_test_add_func("/congestion/bears-jitter", test_bears_jitter);
  g_test_add_func("/congestion/bears-lost-feedback", test_bears_lost_feedback);
  g_test_add_func("/congestion/a-still-picture-keeps-the-rate", test_a_still_picture_keeps_the_rate);
  g_test_add_func("/congestion/comes-back-after-an-outage", test_comes_back_after_an_outage);
  g_test_add_func("/congestion/never-leaves-its-limits", test_never_leaves_its_limits);
  g_test_add_func("/transport-feedback/every-chunk-is-read", test_every_chunk_is_read);
  g_test_add_func("/transport-feedback/what-is-no-feedback", test_what_is_no_feedback);
  g_test_add_func("/transport-feedback/made-up-feedback-harms-nothing", test_made_up_feedback_harms_nothing);
  return g_test_run();
}
