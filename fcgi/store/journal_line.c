#include "fcgi/store/journal_line.h"

#include "common/fields.h"

#include <string.h>

#define SUM_BYTES 16
#define SUM_BEGIN "{\"sum\":\""
#define SUM_END "\","
#define BODY_AT (sizeof SUM_BEGIN - 1 + SUM_BYTES + sizeof SUM_END - 1)

#define AT(member) G_STRUCT_OFFSET(JournalLine, member)

static const Field line_fields[] = {
    {"n", FIELD_INT, AT(number), .required = TRUE, .min = 1, .max = G_GINT64_CONSTANT(1) << 53},
    {"id", FIELD_TEXT, AT(id), .required = TRUE, .min = 1},
    {"record", FIELD_RAW, AT(record)},
    {NULL},
};

/* Writes the sum of @body, SUM_BYTES of it without an end, to @sum. */
static void sum_body(const char *body, gsize length, char *sum) {
  g_autofree char *whole = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)body, length);
  memcpy(sum, whole, SUM_BYTES);
}

void journal_line_append(GString *out, gint64 number, const char *id, const char *record) {
  gsize begin = out->len;
  g_string_append(out, SUM_BEGIN "0000000000000000" SUM_END);
  g_string_append_printf(out, "\"n\":%" G_GINT64_FORMAT ",\"id\":", number);
  fields_append_quoted(out, id);
  if (record) {
    g_string_append(out, ",\"record\":");
    g_string_append(out, record);
  }
  g_string_append_c(out, '}');
  sum_body(out->str + begin + BODY_AT, out->len - begin - BODY_AT, out->str + begin + sizeof SUM_BEGIN - 1);
  g_string_append_c(out, '\n');
}

gboolean journal_line_read(const char *text, gsize length, JournalLine *line) {
  char sum[SUM_BYTES];
  *line = (JournalLine){0};
  if (length < BODY_AT || memcmp(text, SUM_BEGIN, sizeof SUM_BEGIN - 1) != 0)
    return FALSE;
  sum_body(text + BODY_AT, length - BODY_AT, sum);
  return memcmp(text + sizeof SUM_BEGIN - 1, sum, SUM_BYTES) == 0 &&
         memcmp(text + BODY_AT - (sizeof SUM_END - 1), SUM_END, sizeof SUM_END - 1) == 0 &&
         fields_read_text(text, length, line_fields, line, NULL);
}

void journal_line_clear(JournalLine *line) {
  fields_clear(line_fields, line);
}
