#include "common/verb.h"

#include "common/wire.h"

#include <string.h>

typedef struct {
  char *verb;
  char *id;
} Envelope;

static const Field envelope_fields[] = {
    /* First, so that a refusal of the rest carries it. */
    {"id", FIELD_RAW, G_STRUCT_OFFSET(Envelope, id), .max = 128},
    {"verb", FIELD_TEXT, G_STRUCT_OFFSET(Envelope, verb), .required = TRUE, .min = 1, .max = 64},
    {NULL},
};

static const Verb *find(const Verb *verbs, const char *name) {
  for (; verbs->name; verbs++)
    if (strcmp(verbs->name, name) == 0)
      return verbs;
  return NULL;
}

static gboolean read_arguments(const Verb *verb, const FieldsDoc *doc, gpointer *arguments, GError **error) {
  if (!verb->fields)
    return TRUE;
  gpointer filled = g_malloc0(verb->size);
  if (verb->set_defaults)
    verb->set_defaults(filled);
  if (!fields_read(doc, verb->fields, filled, error)) {
    fields_free(verb->fields, filled);
    return FALSE;
  }
  *arguments = filled;
  return TRUE;
}

void verb_free_arguments(const Verb *verb, gpointer arguments) {
  if (arguments)
    fields_free(verb->fields, arguments);
}

gboolean verb_read(const Verb *verbs, const char *text, gsize length, const Verb **found, gpointer *arguments,
                   char **id, GError **error) {
  Envelope envelope = {NULL};
  *found = NULL;
  *arguments = NULL;
  *id = NULL;
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, error);
  if (!doc)
    return FALSE;
  char id_kind = fields_kind_at(doc, "id");
  gboolean done = fields_read(doc, envelope_fields, &envelope, error);
  if (id_kind == 's' || id_kind == 'n') {
    *id = g_steal_pointer(&envelope.id);
  } else if (done && id_kind != 0) {
    wire_set_error(error, WIRE_BAD_REQUEST, "id", "id: must be a string or a number");
    done = FALSE;
  }
  if (done) {
    *found = find(verbs, envelope.verb);
    if (!*found)
      wire_set_error(error, WIRE_UNKNOWN_VERB, "verb", "There is no such verb.");
    done = *found && read_arguments(*found, doc, arguments, error);
  }
  fields_clear(envelope_fields, &envelope);
  return done;
}

gboolean verb_call(const Verb *verbs, const char *text, gsize length, gpointer request, const Verb **found,
                   char **id, GError **error) {
  const Verb *verb;
  gpointer arguments;
  g_autofree char *echo = NULL;
  gboolean done = verb_read(verbs, text, length, &verb, &arguments, &echo, error);
  if (found)
    *found = verb;
  if (id)
    *id = g_steal_pointer(&echo);
  if (done)
    verb->handle(request, arguments);
  verb_free_arguments(verb, arguments);
  return done;
}
