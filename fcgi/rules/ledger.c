#include "fcgi/rules/ledger.h"

#include "common/instant.h"

/* Counters live in blocks found by slot / BLOCK_SLOTS. A block exists only while it counts something: an
 * absent one is all zeros. */
#define BLOCK_SLOTS 128

typedef struct {
  guint64 sum; /* of the counters; at 0 the block goes */
  guint32 used[BLOCK_SLOTS];
} Block;

struct Ledger {
  gint64 slot_us;
  gint64 horizon_slots;
  gint64 current; /* the first slot not forgotten */
  guint32 capacity;
  GHashTable *blocks; /* block number -> Block */
};

/* Reads counters one after the other; looks a block up only when the slots leave the last one. */
typedef struct {
  const Ledger *ledger;
  gint64 number;
  const Block *block;
} Reader;

static gpointer block_key(gint64 number) {
  return GSIZE_TO_POINTER((gsize)number);
}

static Reader reader_new(const Ledger *ledger) {
  return (Reader){.ledger = ledger, .number = -1};
}

static guint32 reader_used(Reader *reader, gint64 slot) {
  if (slot < reader->ledger->current)
    return 0;
  gint64 number = slot / BLOCK_SLOTS;
  if (number != reader->number) {
    reader->number = number;
    reader->block = g_hash_table_lookup(reader->ledger->blocks, block_key(number));
  }
  return reader->block ? reader->block->used[slot % BLOCK_SLOTS] : 0;
}

static gboolean reader_is_full(Reader *reader, gint64 slot) {
  return reader_used(reader, slot) >= reader->ledger->capacity;
}

gint64 ledger_run_end(LedgerRun run) {
  return run.first + run.count;
}

static gboolean run_is_sound(LedgerRun run) {
  return run.first >= 0 && run.count > 0 && run.count <= LEDGER_RUN_MAX;
}

/* The last slot at which a run may start. */
static gint64 last_start(const Ledger *ledger) {
  return ledger->current + ledger->horizon_slots - 1;
}

Ledger *ledger_new(guint slot_minutes, guint horizon_days, gint64 now_us) {
  g_return_val_if_fail(slot_minutes >= 1 && slot_minutes <= 1440 && horizon_days >= 1, NULL);
  Ledger *ledger = g_new0(Ledger, 1);
  ledger->slot_us = slot_minutes * INSTANT_MINUTE;
  ledger->horizon_slots = (gint64)horizon_days * 1440 / slot_minutes;
  ledger->current = now_us / ledger->slot_us;
  ledger->blocks = g_hash_table_new_full(NULL, NULL, NULL, g_free);
  return ledger;
}

void ledger_free(Ledger *ledger) {
  if (!ledger)
    return;
  g_hash_table_unref(ledger->blocks);
  g_free(ledger);
}

gint64 ledger_slot(const Ledger *ledger, gint64 at_us) {
  return at_us / ledger->slot_us;
}

gint64 ledger_slot_starts_at(const Ledger *ledger, gint64 slot) {
  return slot * ledger->slot_us;
}

LedgerRun ledger_run(const Ledger *ledger, gint64 starts_at_us, gint64 ends_at_us) {
  gint64 first = ledger_slot(ledger, starts_at_us);
  if (ends_at_us <= starts_at_us)
    return (LedgerRun){first, 0};
  gint64 count = (ends_at_us - 1) / ledger->slot_us - first + 1;
  /* Too long for any use stays too long, whatever the width of the counter. */
  return (LedgerRun){first, (guint)MIN(count, G_MAXINT)};
}

static void forget_blocks_before(Ledger *ledger, gint64 number) {
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, ledger->blocks);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    if ((gint64)GPOINTER_TO_SIZE(key) < number)
      g_hash_table_iter_remove(&iter);
}

void ledger_forget_past(Ledger *ledger, gint64 now_us) {
  gint64 slot = now_us / ledger->slot_us;
  if (slot <= ledger->current)
    return;
  gint64 number = slot / BLOCK_SLOTS;
  gboolean left_block = number != ledger->current / BLOCK_SLOTS;
  ledger->current = slot;
  if (left_block)
    forget_blocks_before(ledger, number);
}

void ledger_begin_anew(Ledger *ledger, gint64 now_us) {
  g_hash_table_remove_all(ledger->blocks);
  ledger->current = now_us / ledger->slot_us;
}

void ledger_set_capacity(Ledger *ledger, guint32 capacity) {
  ledger->capacity = capacity;
}

guint32 ledger_capacity(const Ledger *ledger) {
  return ledger->capacity;
}

guint32 ledger_used(const Ledger *ledger, gint64 slot) {
  Reader reader = reader_new(ledger);
  return slot < 0 ? 0 : reader_used(&reader, slot);
}

/* How many slots from @first on have a place free, up to @most. */
static guint free_slots(const Ledger *ledger, gint64 first, guint most) {
  Reader reader = reader_new(ledger);
  guint count = 0;
  while (count < most && !reader_is_full(&reader, first + count))
    count++;
  return count;
}

static void add_one(Ledger *ledger, gint64 slot) {
  gint64 number = slot / BLOCK_SLOTS;
  Block *block = g_hash_table_lookup(ledger->blocks, block_key(number));
  if (!block) {
    block = g_new0(Block, 1);
    g_hash_table_insert(ledger->blocks, block_key(number), block);
  }
  block->used[slot % BLOCK_SLOTS]++;
  block->sum++;
}

static void subtract_one(Ledger *ledger, gint64 slot) {
  gint64 number = slot / BLOCK_SLOTS;
  Block *block = g_hash_table_lookup(ledger->blocks, block_key(number));
  g_return_if_fail(block && block->used[slot % BLOCK_SLOTS] > 0);
  block->used[slot % BLOCK_SLOTS]--;
  if (--block->sum == 0)
    g_hash_table_remove(ledger->blocks, block_key(number));
}

static void add_run(Ledger *ledger, LedgerRun run) {
  for (gint64 slot = MAX(run.first, ledger->current); slot < ledger_run_end(run); slot++)
    add_one(ledger, slot);
}

LedgerAnswer ledger_take(Ledger *ledger, LedgerRun run) {
  if (!run_is_sound(run) || run.first < ledger->current || run.first > last_start(ledger))
    return LEDGER_OUTSIDE;
  if (free_slots(ledger, run.first, run.count) < run.count)
    return LEDGER_FULL;
  add_run(ledger, run);
  return LEDGER_TAKEN;
}

gboolean ledger_restore(Ledger *ledger, LedgerRun run) {
  if (!run_is_sound(run))
    return FALSE;
  add_run(ledger, run);
  return TRUE;
}

void ledger_give_back(Ledger *ledger, LedgerRun run) {
  for (gint64 slot = MAX(run.first, ledger->current); slot < ledger_run_end(run); slot++)
    subtract_one(ledger, slot);
}

void ledger_give_back_rest(Ledger *ledger, LedgerRun *run, gint64 slot) {
  slot = CLAMP(slot, run->first, ledger_run_end(*run));
  ledger_give_back(ledger, (LedgerRun){slot, (guint)(ledger_run_end(*run) - slot)});
  run->count = (guint)(slot - run->first);
}

guint ledger_room_after(const Ledger *ledger, LedgerRun run, guint most) {
  return free_slots(ledger, ledger_run_end(run), most);
}

gboolean ledger_extend(Ledger *ledger, LedgerRun *run, guint slots) {
  LedgerRun added = {ledger_run_end(*run), slots};
  if (!run_is_sound(added) || run->count + slots > LEDGER_RUN_MAX || added.first < ledger->current ||
      free_slots(ledger, added.first, slots) < slots)
    return FALSE;
  add_run(ledger, added);
  run->count += slots;
  return TRUE;
}

gint64 ledger_walk_in(const Ledger *ledger, gint64 now_us, gint64 wanted_us, gint64 min_us) {
  LedgerRun wanted = ledger_run(ledger, now_us, now_us + wanted_us);
  if (!run_is_sound(wanted) || wanted.first < ledger->current)
    return 0;
  guint fits = free_slots(ledger, wanted.first, wanted.count);
  gint64 ends_at_us = MIN(now_us + wanted_us, ledger_slot_starts_at(ledger, wanted.first + fits));
  return ends_at_us - now_us >= MIN(min_us, wanted_us) ? ends_at_us : 0;
}

/* The last slots read, reduced to those that can still be the maximum of them: their counters fall from front
 * to back, so that the front is it. At most as many as there are slots in the window, in a ring. */
typedef struct {
  gint64 slot;
  guint32 used;
} Peak;

typedef struct {
  Peak *ring;
  guint size, front, length;
} Window;

/* Moves the window on to end with @slot; returns its maximum. */
static guint32 window_advance(Window *window, gint64 slot, guint32 used) {
  if (window->length && window->ring[window->front].slot + window->size <= slot) {
    window->front = (window->front + 1) % window->size;
    window->length--;
  }
  while (window->length && window->ring[(window->front + window->length - 1) % window->size].used <= used)
    window->length--;
  window->ring[(window->front + window->length++) % window->size] = (Peak){slot, used};
  return window->ring[window->front].used;
}

void ledger_free_starts(const Ledger *ledger, gint64 first, guint starts, guint run_slots, guint32 *places) {
  g_return_if_fail(first >= 0 && run_slots >= 1 && run_slots <= LEDGER_RUN_MAX);
  Window window = {.ring = g_new(Peak, run_slots), .size = run_slots};
  Reader reader = reader_new(ledger);
  gint64 end = starts ? first + starts + run_slots - 1 : first;
  for (gint64 slot = first; slot < end; slot++) {
    guint32 peak = window_advance(&window, slot, reader_used(&reader, slot));
    gint64 start = slot - run_slots + 1;
    if (start < first)
      continue;
    gboolean allowed = start >= ledger->current && start <= last_start(ledger);
    places[start - first] = allowed && peak < ledger->capacity ? ledger->capacity - peak : 0;
  }
  g_free(window.ring);
}

/* The first start in @from..@last, a multiple of @step after @from, with @count free slots; -1: none. */
static gint64 next_start(Reader *reader, gint64 from, gint64 last, guint count, guint step) {
  gint64 start = from;
  for (gint64 slot = from; start <= last; slot++) {
    if (reader_is_full(reader, slot)) {
      start = from + (slot - from + step) / step * step; /* the next multiple after the full slot */
      slot = start - 1;
    } else if (slot - start + 1 == count) {
      return start;
    }
  }
  return -1;
}

/* The same downwards: the last start in @first..@from, a multiple of @step before @from. */
static gint64 previous_start(Reader *reader, gint64 from, gint64 first, guint count, guint step) {
  gint64 start = from;
  for (gint64 slot = from + count - 1; start >= first; slot--) {
    if (reader_is_full(reader, slot)) {
      gint64 most = slot - count; /* the run has to end before the full slot */
      start = from - (from - most + step - 1) / step * step;
      slot = start + count;
    } else if (slot == start) {
      return start;
    }
  }
  return -1;
}

guint ledger_nearest(const Ledger *ledger, LedgerRun wanted, guint step, guint max, gint64 *starts) {
  g_return_val_if_fail(run_is_sound(wanted) && step >= 1, 0);
  gint64 first = ledger->current, last = last_start(ledger);
  Reader ahead = reader_new(ledger), back = reader_new(ledger);

  /* Searching begins inside the horizon, still a multiple of @step away. */
  gint64 from = wanted.first;
  if (from < first)
    from += (first - from + step - 1) / step * step;
  gint64 later = next_start(&ahead, from, last, wanted.count, step);
  from = wanted.first - step;
  if (from > last)
    from -= (from - last + step - 1) / step * step;
  gint64 earlier = previous_start(&back, from, first, wanted.count, step);

  guint found = 0;
  while (found < max && (later >= 0 || earlier >= 0)) {
    if (earlier < 0 || (later >= 0 && later - wanted.first < wanted.first - earlier)) {
      starts[found++] = later;
      later = next_start(&ahead, later + step, last, wanted.count, step);
    } else {
      starts[found++] = earlier;
      earlier = previous_start(&back, earlier - step, first, wanted.count, step);
    }
  }
  return found;
}

static gint compare_numbers(gconstpointer a, gconstpointer b) {
  gsize left = GPOINTER_TO_SIZE(a), right = GPOINTER_TO_SIZE(b);
  return (left > right) - (left < right);
}

static void note_excess(GArray *excesses, gint64 slot, guint32 over) {
  LedgerExcess *last = excesses->len ? &g_array_index(excesses, LedgerExcess, excesses->len - 1) : NULL;
  if (!last || ledger_run_end(last->run) != slot) {
    LedgerExcess excess = {{slot, 1}, over};
    g_array_append_val(excesses, excess);
    return;
  }
  last->run.count++;
  last->over = MAX(last->over, over);
}

GArray *ledger_overbooked(const Ledger *ledger) {
  GArray *excesses = g_array_new(FALSE, FALSE, sizeof(LedgerExcess));
  g_autoptr(GList) numbers = g_list_sort(g_hash_table_get_keys(ledger->blocks), compare_numbers);
  for (GList *item = numbers; item; item = item->next) {
    gint64 begin = (gint64)GPOINTER_TO_SIZE(item->data) * BLOCK_SLOTS;
    Reader reader = reader_new(ledger);
    for (gint64 slot = begin; slot < begin + BLOCK_SLOTS; slot++) {
      guint32 used = reader_used(&reader, slot);
      if (used > ledger->capacity)
        note_excess(excesses, slot, used - ledger->capacity);
    }
  }
  return excesses;
}
