#include "fcgi/rules/waiting_line.h"

struct WaitingLine {
  WaitingLineRules rules;
  GSequence *order;   /* of LinePlace by number; not those taken out */
  GHashTable *all;    /* set of LinePlace, owned */
  guint64 last;       /* the highest number given */
  guint unclaiming;   /* how many in `order` are passed over or held back */
  WaitingLineMay may; /* nullable */
  gpointer may_data;
};

struct LinePlace {
  gint64 arrived_us;
  guint64 number; /* among those who arrived at the same time */
  gpointer who;
  GSequenceIter *iter; /* NULL: taken out */
  gboolean here;
  gboolean elsewhere;
  gboolean passed_over, held_back;
  gint64 away_since_us;
  gint64 called_us; /* since when a server is held; 0: none is */
};

static int compare_places(gconstpointer a, gconstpointer b, gpointer user_data) {
  const LinePlace *x = a, *y = b;
  int order = (x->arrived_us > y->arrived_us) - (x->arrived_us < y->arrived_us);
  return order ? order : (x->number > y->number) - (x->number < y->number);
}

WaitingLine *waiting_line_new(const WaitingLineRules *rules) {
  WaitingLine *line = g_new0(WaitingLine, 1);
  line->rules = *rules;
  line->order = g_sequence_new(NULL);
  line->all = g_hash_table_new_full(NULL, NULL, g_free, NULL);
  return line;
}

void waiting_line_free(WaitingLine *line) {
  if (!line)
    return;
  g_sequence_free(line->order);
  g_hash_table_unref(line->all);
  g_free(line);
}

LinePlace *waiting_line_join(WaitingLine *line, gpointer who, gint64 arrived_us, gint64 now_us) {
  if (g_hash_table_size(line->all) >= line->rules.limit)
    return NULL;
  LinePlace *place = g_new0(LinePlace, 1);
  place->arrived_us = arrived_us;
  place->number = ++line->last;
  place->who = who;
  place->away_since_us = now_us;
  place->iter = g_sequence_insert_sorted(line->order, place, compare_places, NULL);
  g_hash_table_add(line->all, place);
  return place;
}

static void set_unclaiming(WaitingLine *line, LinePlace *place, gboolean passed_over, gboolean held_back) {
  line->unclaiming += (guint)(passed_over || held_back) - (guint)(place->passed_over || place->held_back);
  place->passed_over = passed_over;
  place->held_back = held_back;
}

static void set_passed_over(WaitingLine *line, LinePlace *place, gboolean passed_over) {
  set_unclaiming(line, place, passed_over, place->held_back);
}

void waiting_line_set_may(WaitingLine *line, WaitingLineMay may, gpointer user_data) {
  line->may = may;
  line->may_data = user_data;
}

void waiting_line_leave(WaitingLine *line, LinePlace *place) {
  set_unclaiming(line, place, FALSE, FALSE);
  if (place->iter)
    g_sequence_remove(place->iter);
  g_hash_table_remove(line->all, place);
}

void waiting_line_come(WaitingLine *line, LinePlace *place) {
  place->here = TRUE;
  place->called_us = 0;
  set_passed_over(line, place, FALSE);
}

void waiting_line_go(WaitingLine *line, LinePlace *place, gint64 now_us) {
  if (!place->here)
    return;
  place->here = FALSE;
  place->away_since_us = now_us;
}

void waiting_line_go_elsewhere(LinePlace *place) {
  place->here = FALSE;
  place->elsewhere = TRUE;
}

void waiting_line_come_back(LinePlace *place, gint64 now_us) {
  place->elsewhere = FALSE;
  place->away_since_us = now_us;
}

/* Whether a server is held for them now, who are away or elsewhere. */
static gboolean call_place(WaitingLine *line, LinePlace *place, gint64 now_us) {
  if (place->passed_over)
    return FALSE;
  if (!place->called_us)
    place->called_us = now_us;
  if (now_us - place->called_us < line->rules.offer_us)
    return TRUE;
  waiting_line_pass_over(line, place);
  return FALSE;
}

/* Whether they may not be given one of @free, and nothing is held for them. */
static gboolean hold_back(WaitingLine *line, LinePlace *place, guint free) {
  gboolean held_back = line->may && !line->may(place->who, free, line->may_data);
  set_unclaiming(line, place, place->passed_over, held_back);
  if (held_back)
    place->called_us = 0;
  return held_back;
}

gpointer waiting_line_next(WaitingLine *line, guint free, gint64 now_us) {
  if (free == 0)
    return NULL;
  for (GSequenceIter *iter = g_sequence_get_begin_iter(line->order); !g_sequence_iter_is_end(iter);
       iter = g_sequence_iter_next(iter)) {
    LinePlace *place = g_sequence_get(iter);
    if (free > 0 && hold_back(line, place, free))
      continue;
    if (place->here)
      return free > 0 ? place->who : NULL;
    if (call_place(line, place, now_us) && free > 0)
      free--;
  }
  return NULL;
}

void waiting_line_call_off(WaitingLine *line) {
  for (GSequenceIter *iter = g_sequence_get_begin_iter(line->order); !g_sequence_iter_is_end(iter);
       iter = g_sequence_iter_next(iter)) {
    LinePlace *place = g_sequence_get(iter);
    place->called_us = 0;
    set_unclaiming(line, place, place->passed_over && !place->elsewhere, FALSE);
  }
}

void waiting_line_take_out(WaitingLine *line, LinePlace *place) {
  g_return_if_fail(place->iter);
  set_unclaiming(line, place, FALSE, FALSE);
  place->called_us = 0;
  g_sequence_remove(place->iter);
  place->iter = NULL;
}

void waiting_line_put_back(WaitingLine *line, LinePlace *place) {
  g_return_if_fail(!place->iter);
  place->iter = g_sequence_insert_sorted(line->order, place, compare_places, NULL);
}

void waiting_line_pass_over(WaitingLine *line, LinePlace *place) {
  g_return_if_fail(place->iter && !place->here);
  place->called_us = 0;
  set_passed_over(line, place, TRUE);
}

GPtrArray *waiting_line_find_lost(const WaitingLine *line, gint64 now_us) {
  GPtrArray *lost = g_ptr_array_new();
  for (GSequenceIter *iter = g_sequence_get_begin_iter(line->order); !g_sequence_iter_is_end(iter);
       iter = g_sequence_iter_next(iter)) {
    LinePlace *place = g_sequence_get(iter);
    if (!place->here && !place->elsewhere && now_us - place->away_since_us >= line->rules.keep_us)
      g_ptr_array_add(lost, place->who);
  }
  return lost;
}

gint64 waiting_line_kept_until(const WaitingLine *line, const LinePlace *place, gint64 now_us) {
  return (place->here ? now_us : place->away_since_us) + line->rules.keep_us;
}

guint waiting_line_position(const LinePlace *place) {
  return place->iter ? (guint)g_sequence_iter_get_position(place->iter) + 1 : 0;
}

gboolean waiting_line_is_called(const LinePlace *place) {
  return place->called_us != 0;
}

gboolean waiting_line_is_held_back(const LinePlace *place) {
  return place->held_back;
}

guint waiting_line_length(const WaitingLine *line) {
  return (guint)g_sequence_get_length(line->order);
}

guint waiting_line_room(const WaitingLine *line) {
  return line->rules.limit - MIN(line->rules.limit, g_hash_table_size(line->all));
}

guint waiting_line_claims(const WaitingLine *line) {
  return waiting_line_length(line) - line->unclaiming;
}
