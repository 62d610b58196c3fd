#include "common/verb.h"

#include "common/wire.h"

#include <string.h>

typedef struct {
  char *verb;
  char *id;
} Envelope;

static const Field envelope_fields[] = {
    {"verb", FIELD_TEXT, G_STRUCT_OFFSET(Envelope, verb), .required = TRUE, .min = 1, .max = 64},
    {"id", FIELD_RAW, G_STRUCT_OFFSET(Envelope, id), .max = 128},
    {NULL},
};

static const Verb *find(const Verb *verbs, const char *name) {
  for (; verbs->name; verbs++)
    if (strcmp(verbs->name, name) == 0)
      return verbs;
  return NULL;
}

static gboolean call(const Verb *verb, const FieldsDoc *doc, gpointer request, GError **error) {
  if (!verb->fields) {
    verb->handle(request, NULL);
    return TRUE;
  }
  gpointer arguments = g_malloc0(verb->size);
  if (verb->set_defaults)
    verb->set_defaults(arguments);
  gboolean read = fields_read(doc, verb->fields, arguments, error);
  if (read)
    verb->handle(request, arguments);
  fields_free(verb->fields, arguments);
  return read;
}

gboolean verb_call(const Verb *verbs, const char *text, gsize length, gpointer request, const Verb **found,
                   char **id, GError **error) {
  Envelope envelope = {NULL};
  if (found)
    *found = NULL;
  if (id)
    *id = NULL;
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, error);
  if (!doc)
    return FALSE;
  char id_kind = fields_kind_at(doc, "id");
  gboolean done = fields_read(doc, envelope_fields, &envelope, error);
  if (done && id_kind != 0 && !strchr("sn", id_kind)) {
    wire_set_error(error, WIRE_BAD_REQUEST, "id", "id: must be a string or a number");
    done = FALSE;
  } else if (id) {
    *id = g_steal_pointer(&envelope.id);
  }
  if (done) {
    const Verb *verb = find(verbs, envelope.verb);
    if (found)
      *found = verb;
    if (!verb)
      wire_set_error(error, WIRE_UNKNOWN_VERB, "verb", "There is no such verb.");
    done = verb && call(verb, doc, request, error);
  }
  fields_clear(envelope_fields, &envelope);
  return done;
}
