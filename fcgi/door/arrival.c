#include "fcgi/door/arrival.h"

#include "common/wire.h"

#include <string.h>

#define VERSION 1
#define RESPONDER 1
#define HEADER_BYTES 8
#define MAX_CONTENT 65535
#define BODY_KEPT (WIRE_MAX_BODY + 1)

/* Record types. */
enum { BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5 };

/* What a record's header says. */
typedef struct {
  guint type, id;
  gsize content, padding;
} Header;

struct Arrival {
  guint8 head[HEADER_BYTES]; /* of the record that is under way */
  gsize head_length;
  gsize content_left, padding_left;
  guint expected; /* the type of the next record, which PARAMS and STDIN keep until an empty one */
  gboolean is_whole;
  guint8 begin[HEADER_BYTES]; /* the content of BEGIN_REQUEST */
  guint id;
  GByteArray *params, *body;
  gsize body_length; /* more than is kept, perhaps */
};

/* FALSE when it is none. */
static gboolean read_header(const guint8 *bytes, Header *header) {
  header->type = bytes[1];
  header->id = (guint)bytes[2] << 8 | bytes[3];
  header->content = (gsize)bytes[4] << 8 | bytes[5];
  header->padding = bytes[6];
  return bytes[0] == VERSION && header->id != 0;
}

/* A length of name-value pairs (section 3.4): one byte, or four with the highest bit set. */
static gboolean read_length(const guint8 **bytes, const guint8 *end, gsize *length) {
  if (*bytes < end && **bytes < 0x80) {
    *length = *(*bytes)++;
    return TRUE;
  }
  if (end - *bytes < 4)
    return FALSE;
  *length =
      (gsize)((*bytes)[0] & 0x7f) << 24 | (gsize)(*bytes)[1] << 16 | (gsize)(*bytes)[2] << 8 | (*bytes)[3];
  *bytes += 4;
  return TRUE;
}

/* Whether these are pairs of texts and nothing else. */
static gboolean are_pairs(const guint8 *bytes, gsize length) {
  const guint8 *end = bytes + length;
  while (bytes < end) {
    gsize name, value;
    if (!read_length(&bytes, end, &name) || !read_length(&bytes, end, &value))
      return FALSE;
    if (name > (gsize)(end - bytes) || value > (gsize)(end - bytes) - name)
      return FALSE;
    if (memchr(bytes, 0, name + value)) /* libfcgi makes texts of them */
      return FALSE;
    bytes += name + value;
  }
  return TRUE;
}

/* ---- at one look ---- */

/* The record at *@bytes, which are moved behind it; NULL when it is not whole, or of another type or id. */
static const guint8 *next_record(const guint8 **bytes, const guint8 *end, guint type, guint id,
                                 gsize *content) {
  Header header;
  const guint8 *start = *bytes + HEADER_BYTES;
  if (end - *bytes < HEADER_BYTES || !read_header(*bytes, &header) || header.type != type ||
      (id && header.id != id) || header.content + header.padding > (gsize)(end - start))
    return NULL;
  *content = header.content;
  *bytes = start + header.content + header.padding;
  return start;
}

ArrivalState arrival_look(const guint8 *bytes, gsize length) {
  const guint8 *at = bytes, *end = bytes + length;
  gsize size, body = 0;
  const guint8 *begin = next_record(&at, end, BEGIN_REQUEST, 0, &size);
  if (!begin || size != HEADER_BYTES || begin[0] != 0 || begin[1] != RESPONDER)
    return ARRIVAL_MORE;
  guint id = (guint)bytes[2] << 8 | bytes[3];
  const guint8 *params = next_record(&at, end, PARAMS, id, &size);
  if (!params || size == 0 || !are_pairs(params, size))
    return ARRIVAL_MORE;
  /* libfcgi leaves the padding of empty records unread: they must have none. */
  const guint8 *part = next_record(&at, end, PARAMS, id, &size);
  if (part != at)
    return ARRIVAL_MORE;
  do {
    part = next_record(&at, end, STDIN, id, &size);
    if (!part)
      return ARRIVAL_MORE;
    body += size;
  } while (size > 0);
  return part == at && at == end && body <= WIRE_MAX_BODY ? ARRIVAL_WHOLE : ARRIVAL_MORE;
}

/* ---- in pieces ---- */

Arrival *arrival_new(void) {
  Arrival *arrival = g_new0(Arrival, 1);
  arrival->expected = BEGIN_REQUEST;
  arrival->params = g_byte_array_new();
  arrival->body = g_byte_array_new();
  return arrival;
}

void arrival_free(Arrival *arrival) {
  if (!arrival)
    return;
  g_byte_array_unref(arrival->params);
  g_byte_array_unref(arrival->body);
  g_free(arrival);
}

/* A header is there: FALSE when its record may not come now. */
static gboolean begin_record(Arrival *arrival) {
  Header header;
  if (!read_header(arrival->head, &header) || header.type != arrival->expected)
    return FALSE;
  if (header.type == BEGIN_REQUEST)
    arrival->id = header.id;
  if (header.id != arrival->id || (header.type == BEGIN_REQUEST && header.content != HEADER_BYTES))
    return FALSE;
  if (header.type == PARAMS && arrival->params->len + header.content > ARRIVAL_MAX_PARAMS)
    return FALSE;
  arrival->content_left = header.content;
  arrival->padding_left = header.padding;
  return TRUE;
}

static void keep_content(Arrival *arrival, const guint8 *bytes, gsize length) {
  if (arrival->expected == BEGIN_REQUEST) {
    memcpy(arrival->begin + HEADER_BYTES - arrival->content_left, bytes, length);
  } else if (arrival->expected == PARAMS) {
    g_byte_array_append(arrival->params, bytes, (guint)length);
  } else {
    gsize room = BODY_KEPT - MIN(arrival->body_length, BODY_KEPT);
    g_byte_array_append(arrival->body, bytes, (guint)MIN(length, room));
    arrival->body_length += length;
  }
}

/* A record is whole. FALSE when it breaks the form. */
static gboolean end_record(Arrival *arrival) {
  gboolean was_empty = arrival->head[4] == 0 && arrival->head[5] == 0;
  arrival->head_length = 0;
  switch (arrival->expected) {
  case BEGIN_REQUEST:
    arrival->expected = PARAMS;
    return arrival->begin[0] == 0 && arrival->begin[1] == RESPONDER;
  case PARAMS:
    if (was_empty)
      arrival->expected = STDIN;
    return !was_empty || arrival->params->len == 0 || are_pairs(arrival->params->data, arrival->params->len);
  default:
    arrival->is_whole = was_empty;
    return arrival->body_length <= ARRIVAL_MAX_BODY;
  }
}

/* Takes the next few bytes, at least one; returns how many. */
static gsize take_some(Arrival *arrival, const guint8 *bytes, gsize length) {
  if (arrival->head_length < HEADER_BYTES) {
    gsize part = MIN(length, HEADER_BYTES - arrival->head_length);
    memcpy(arrival->head + arrival->head_length, bytes, part);
    arrival->head_length += part;
    return part;
  }
  if (arrival->content_left > 0) {
    gsize part = MIN(length, arrival->content_left);
    keep_content(arrival, bytes, part);
    arrival->content_left -= part;
    return part;
  }
  gsize part = MIN(length, arrival->padding_left);
  arrival->padding_left -= part;
  return part;
}

ArrivalState arrival_feed(Arrival *arrival, const guint8 *bytes, gsize length) {
  while (length > 0) {
    if (arrival->is_whole)
      return ARRIVAL_BROKEN;
    gboolean in_head = arrival->head_length < HEADER_BYTES;
    gsize part = take_some(arrival, bytes, length);
    bytes += part;
    length -= part;
    if (arrival->head_length < HEADER_BYTES)
      continue;
    if (in_head && !begin_record(arrival))
      return ARRIVAL_BROKEN;
    if (arrival->content_left == 0 && arrival->padding_left == 0 && !end_record(arrival))
      return ARRIVAL_BROKEN;
  }
  return arrival->is_whole ? ARRIVAL_WHOLE : ARRIVAL_MORE;
}

/* ---- as records again ---- */

static void append_record(GByteArray *out, guint type, guint id, const guint8 *content, gsize length) {
  const guint8 head[HEADER_BYTES] = {VERSION,    (guint8)type,          (guint8)(id >> 8),
                                     (guint8)id, (guint8)(length >> 8), (guint8)length};
  g_byte_array_append(out, head, sizeof head);
  g_byte_array_append(out, content, (guint)length);
}

static void append_stream(GByteArray *out, guint type, guint id, const GByteArray *content) {
  for (gsize at = 0; at < content->len; at += MAX_CONTENT)
    append_record(out, type, id, content->data + at, MIN(content->len - at, MAX_CONTENT));
  append_record(out, type, id, NULL, 0);
}

GByteArray *arrival_get_records(const Arrival *arrival) {
  GByteArray *out = g_byte_array_new();
  append_record(out, BEGIN_REQUEST, arrival->id, arrival->begin, sizeof arrival->begin);
  append_stream(out, PARAMS, arrival->id, arrival->params);
  append_stream(out, STDIN, arrival->id, arrival->body);
  return out;
}
