/* JSON fields to typed structs and back, by table.
 *
 * A struct that travels as JSON has a table of Field rows: name, type, offset, limits. fields_read() fills
 * the struct from a parsed object, fields_write() makes the text from the struct; behind this door no string
 * keys and no JSON trees are left. This module alone includes cJSON, and mends what cJSON lets pass
 * (duplicate keys, trailing bytes, \u0000, depth, numbers that do not fit: vitrina-protocol(7)).
 *
 *   typedef struct { char *rc_name; gint64 port; } Example;
 *   static const Field example_fields[] = {
 *       {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(Example, rc_name), .required = TRUE, .max = 200},
 *       {"port", FIELD_NUMERAL, G_STRUCT_OFFSET(Example, port), .min = 1, .max = 65535},
 *       {NULL},
 *   };
 *
 * A name may be a path into nested objects ("rc_info.rc_name") for reading. A field that is absent (or null)
 * leaves its member as it was (but see `absent`): set defaults before reading. Unknown fields are ignored.
 * Functions here keep no state and may be called from any thread.
 */
#pragma once
#include <glib.h>

typedef enum {
  FIELD_TEXT,   /* char *     a string of min..max bytes (max 0: no limit of its own) */
  FIELD_DIGITS, /* char *     a string that may also come as a whole number ("code", "port"); sent as a string
                 */
  FIELD_INT,    /* gint64     a whole number in min..max (both 0: any that a double holds exactly) */
  FIELD_NUMERAL, /* gint64     the same, read as number or decimal string, sent as a string */
  FIELD_REAL,    /* double     a finite number (no range) */
  FIELD_BOOL,    /* gboolean */
  FIELD_INSTANT, /* gint64     microseconds since 1970 UTC, in min..max (both 0: any); RFC 3339 text on the
                    wire; 0 is "none" and not sent */
  FIELD_RAW,     /* char *     any JSON value as compact text; min..max bound its length in bytes */
  FIELD_TEXTS,   /* char **    an array of strings, NULL-terminated; max bounds each one's length */
  FIELD_OBJECT,  /* T *        an object with its own table (sub); freed by fields_free() */
  FIELD_LIST,    /* GPtrArray* an array of at most max such objects (0: any number); the elements are T * */
} FieldType;

typedef struct Field Field;
struct Field {
  const char *name;
  FieldType type;
  gsize offset;
  gboolean required;
  gint64 min, max;
  gboolean (*check)(const char *text); /* FIELD_TEXT, FIELD_DIGITS: what the text must be, too (nullable), */
  const char *rule;                    /* and that in words: "must be ..." */
  const Field *sub;                    /* FIELD_OBJECT, FIELD_LIST: the table of the element */
  gsize size;                          /* FIELD_OBJECT, FIELD_LIST: sizeof the element */
  const char *also;                    /* another accepted spelling of the name (nullable) */
  gboolean always;                     /* fields_write: send also when the value is empty (NULL, 0, FALSE) */
  gboolean absent; /* FIELD_BOOL: what it is taken for when it is absent from what is read */
};

/* A parsed JSON document. */
typedef struct FieldsDoc FieldsDoc;

#define FIELDS_MAX_DEPTH 16

/* Errors of this module. A value that names a field carries it: fields_error_get_field(). */
#define FIELDS_ERROR (fields_error_quark())
typedef enum {
  FIELDS_ERROR_SYNTAX,  /* not JSON, not UTF-8, trailing bytes, \u0000, a duplicate key, deeper than 16 */
  FIELDS_ERROR_MISSING, /* a required field is absent */
  FIELDS_ERROR_TYPE,    /* a field of another type */
  FIELDS_ERROR_RANGE,   /* a number or length outside its limits */
} FieldsError;
GQuark fields_error_quark(void);

/* The name of the field that @error is about, with its path ("rc_info.rc_name", "servers[3].port"), or NULL
 * when it is about the whole document. Owned by @error. */
const char *fields_error_get_field(const GError *error);

/* Sets an error of this domain that is about @field, for checks that a table cannot say. The message reads
 * "<field>: <text of format>". */
void fields_set_error(GError **error, FieldsError code, const char *field, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* Parses @length bytes of @text as one JSON value and nothing else. Returns: (transfer full) the document, or
 * NULL with FIELDS_ERROR_SYNTAX; the message names line and column. */
FieldsDoc *fields_parse(const char *text, gsize length, GError **error);
void fields_doc_free(FieldsDoc *doc); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FieldsDoc, fields_doc_free)

/* Fills the struct at @target from the document's top-level object. On failure @target may be partly filled
 * and is still to be given to fields_clear(). */
gboolean fields_read(const FieldsDoc *doc, const Field *fields, gpointer target, GError **error);

/* fields_parse() and fields_read() in one. */
gboolean fields_read_text(const char *text, gsize length, const Field *fields, gpointer target,
                          GError **error);

/* Reads a document whose top is an array of objects: an array of structs of @size bytes, each filled by
 * @fields (transfer full, free with fields_free_list()); or NULL. Errors name the element: "[3].port". */
GPtrArray *fields_read_array(const FieldsDoc *doc, const Field *fields, gsize size, GError **error);

/* One element of an array, the n-th from 0. @element (transfer full): filled as far as it went. @problem:
 * what is wrong with it, which names it ("sessions[3].code"), or NULL. */
typedef void (*FieldsElement)(guint n, gpointer element, const GError *problem, gpointer user_data);

/* Reads the array at a dotted @path (NULL: the top) one element at a time, so that one which breaks a rule
 * need not cost the others. @max: at most so many (0: any number). FALSE with FIELDS_ERROR, and no element
 * told, when there is no array or too long a one. */
gboolean fields_read_each(const FieldsDoc *doc, const char *path, const Field *fields, gsize size, gint64 max,
                          FieldsElement func, gpointer user_data, GError **error);

/* Whether a struct that was not read from JSON keeps to its table, so that what fields_write() makes of it
 * can be read again: required members are there, texts are UTF-8, lengths and ranges are kept. Other types
 * than texts, numbers and instants are not looked at. */
gboolean fields_check(const Field *fields, gconstpointer source, GError **error);

/* The elements of a top-level array as compact texts, in order (transfer full); NULL with FIELDS_ERROR_TYPE
 * when the top is no array. The n-th belongs to the n-th struct of fields_read_array(). */
GPtrArray *fields_array_texts(const FieldsDoc *doc, GError **error);

/* The names of the members of the object at @path (NULL: the top), in order, as a (transfer container) array:
 * the strings live in @doc. NULL when there is no object. */
GPtrArray *fields_names(const FieldsDoc *doc, const char *path);

/* The value at a dotted path ("webrtc.width") as compact text (transfer full), or NULL when there is none. */
char *fields_text_at(const FieldsDoc *doc, const char *path);

/* The same for a member of the top-level object, whose name may have any characters. */
char *fields_text_of(const FieldsDoc *doc, const char *name);

/* What the value at a dotted path is: 'o' object, 'a' array, 's' string, 'n' number, 'b' boolean, '0' null;
 * 0: absent. */
char fields_kind_at(const FieldsDoc *doc, const char *path);

/* Frees what the members of @target own and zeroes the described members (not the struct itself). */
void fields_clear(const Field *fields, gpointer target);
/* fields_clear() and g_free(). NULL is allowed. */
void fields_free(const Field *fields, gpointer target);
/* Frees a list and its elements (fields_read_array()). NULL is allowed. */
void fields_free_list(const Field *fields, GPtrArray *list);

/* The struct as one compact JSON object (transfer full). Empty members (NULL, 0 of FIELD_INSTANT) are left
 * out unless `always` (then null); numbers and booleans are always written unless 0 with `min` above 0.
 * FIELD_RAW text is put in as it is. */
char *fields_write(const Field *fields, gconstpointer source);

/* The same without the braces, as wire_answer() takes it (transfer full); NULL when nothing is to be said. */
char *fields_write_members(const Field *fields, gconstpointer source);

/* Appends @members ("\"state\":\"free\",\"sessions\":0") to the JSON object in @object (its text), as text:
 * for objects that are kept as they were read. Appends the result to @out. */
void fields_append_object(GString *out, const char *object, const char *members);

/* Removes the named members from an object's text and returns it compact (transfer full); NULL if it is no
 * object. */
char *fields_without(const char *object, const char *const *names);

/* Appends @text as a JSON string with its quotes. @text must be UTF-8. */
void fields_append_quoted(GString *out, const char *text);
