/* common/fields: any bytes as a document, read into a struct of every type, written, and read again. */
#include "common/fields.h"

#include <stdint.h>
#include <string.h>

typedef struct {
  char *name;
  gint64 port;
} Part;

typedef struct {
  char *text, *digits, *raw;
  gint64 number, numeral, at_us;
  double real;
  gboolean on;
  char **texts;
  Part *part;
  GPtrArray *parts;
} Whole;

static const Field part_fields[] = {
    {.name = "name", .type = FIELD_TEXT, .offset = G_STRUCT_OFFSET(Part, name), .max = 10},
    {.name = "port", .type = FIELD_NUMERAL, .offset = G_STRUCT_OFFSET(Part, port), .min = 1, .max = 65535},
    {.name = NULL},
};

#define AT(member) .offset = G_STRUCT_OFFSET(Whole, member)
static const Field whole_fields[] = {
    {.name = "text", .type = FIELD_TEXT, AT(text), .max = 20, .also = "text1"},
    {.name = "digits", .type = FIELD_DIGITS, AT(digits), .max = 9},
    {.name = "raw", .type = FIELD_RAW, AT(raw), .max = 100},
    {.name = "number", .type = FIELD_INT, AT(number)},
    {.name = "numeral", .type = FIELD_NUMERAL, AT(numeral), .min = -5, .max = 5},
    {.name = "at", .type = FIELD_INSTANT, AT(at_us)},
    {.name = "real", .type = FIELD_REAL, AT(real)},
    {.name = "on", .type = FIELD_BOOL, AT(on)},
    {.name = "texts", .type = FIELD_TEXTS, AT(texts), .max = 5},
    {.name = "part", .type = FIELD_OBJECT, AT(part), .sub = part_fields, .size = sizeof(Part)},
    {.name = "parts", .type = FIELD_LIST, AT(parts), .sub = part_fields, .size = sizeof(Part)},
    {.name = NULL},
};

/* What was written must be read again, and then written the same. */
static void check_round_trip(const Whole *whole) {
  Whole again = {NULL};
  g_autoptr(GError) error = NULL;
  g_autofree char *text = fields_write(whole_fields, whole);
  if (!fields_read_text(text, strlen(text), whole_fields, &again, &error))
    g_error("cannot read back %s: %s", text, error->message);
  g_autofree char *second = fields_write(whole_fields, &again);
  g_assert_cmpstr(second, ==, text);
  fields_clear(whole_fields, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  g_autoptr(GError) error = NULL;
  g_autoptr(FieldsDoc) doc = fields_parse((const char *)data, size, &error);
  if (!doc) {
    g_assert_nonnull(error);
    return 0;
  }
  Whole whole = {NULL};
  if (fields_read(doc, whole_fields, &whole, NULL))
    check_round_trip(&whole);
  fields_clear(whole_fields, &whole);
  fields_free_list(part_fields, fields_read_array(doc, part_fields, sizeof(Part), NULL));
  g_free(fields_text_at(doc, "part.name"));
  return 0;
}
