#include "streamer/webrtc/network/transport_feedback.h"

#define HEADER_BYTES 8
#define REFERENCE_US 64000
#define DELTA_US 250

/* Section 3.1.1. */
enum { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA, RESERVED };

typedef struct {
  const guint8 *at, *end;
} Reader;

static gboolean read_u16(Reader *reader, guint16 *value) {
  if (reader->end - reader->at < 2)
    return FALSE;
  *value = (guint16)(reader->at[0] << 8 | reader->at[1]);
  reader->at += 2;
  return TRUE;
}

/* Until its arrival is known, a fate holds its packet's symbol in place of the time. */
static void add(GArray *fates, guint16 base, guint symbol) {
  const PacketFate fate = {
      .sequence = (guint16)(base + fates->len), .arrived = symbol != NOT_RECEIVED, .arrived_us = symbol};
  g_array_append_val(fates, fate);
}

/* One packet status chunk (sections 3.1.3 and 3.1.4) for at most @left packets. */
static void expand(guint16 chunk, guint16 base, guint left, GArray *fates) {
  gboolean is_vector = chunk >> 15;
  gboolean has_two_bits = is_vector && (chunk >> 14 & 1);
  guint count = !is_vector ? chunk & 0x1fff : has_two_bits ? 7 : 14;
  for (guint i = 0; i < MIN(count, left); i++)
    add(fates, base,
        !is_vector     ? chunk >> 13 & 3
        : has_two_bits ? chunk >> (12 - 2 * i) & 3
                       : chunk >> (13 - i) & 1);
}

static gboolean read_symbols(Reader *reader, guint16 base, guint count, GArray *fates) {
  while (fates->len < count) {
    guint16 chunk;
    if (!read_u16(reader, &chunk) || (chunk >> 15 == 0 && (chunk & 0x1fff) == 0))
      return FALSE;
    expand(chunk, base, count - fates->len, fates);
  }
  return TRUE;
}

/* Section 3.1.5: each delta counts from the arrival before it. */
static gboolean read_deltas(Reader *reader, gint64 time_us, GArray *fates) {
  for (guint i = 0; i < fates->len; i++) {
    PacketFate *fate = &g_array_index(fates, PacketFate, i);
    guint16 large;
    switch (fate->arrived_us) {
    case NOT_RECEIVED:
      continue;
    case SMALL_DELTA:
      if (reader->at == reader->end)
        return FALSE;
      time_us += *reader->at++ * DELTA_US;
      break;
    case LARGE_DELTA:
      if (!read_u16(reader, &large))
        return FALSE;
      time_us += (gint16)large * DELTA_US;
      break;
    default:
      return FALSE;
    }
    fate->arrived_us = time_us;
  }
  return TRUE;
}

gboolean transport_feedback_read(const guint8 *fci, gsize length, GArray *fates) {
  g_array_set_size(fates, 0);
  if (length < HEADER_BYTES)
    return FALSE;
  guint16 base = (guint16)(fci[0] << 8 | fci[1]);
  guint count = (guint)(fci[2] << 8 | fci[3]);
  gint64 reference = fci[4] << 16 | fci[5] << 8 | fci[6];
  Reader reader = {fci + HEADER_BYTES, fci + length};
  if (count > 0 && count <= TRANSPORT_FEEDBACK_MAX_PACKETS && read_symbols(&reader, base, count, fates) &&
      read_deltas(&reader, reference * REFERENCE_US, fates))
    return TRUE;
  g_array_set_size(fates, 0);
  return FALSE;
}
