/* Verbs by table: one row is one verb, with the fields of its arguments and its handler.
 *
 *   static const Verb verbs[] = {
 *       {"GET_SERVERS", get_servers_fields, sizeof(GetServers), get_servers},
 *       {NULL},
 *   };
 *
 * verb_call() reads a request, finds the row, fills the arguments and calls the handler with the program's
 * own request object. Any thread, if the handlers allow it.
 */
#pragma once
#include "common/fields.h"

/* @request: whatever the door passes through. @arguments: the filled struct, valid during the call only. */
typedef void (*VerbHandler)(gpointer request, gpointer arguments);

typedef struct {
  const char *name;
  const Field *fields; /* NULL: the verb has no arguments */
  gsize size;          /* sizeof the arguments' struct, which is zeroed before it is read */
  VerbHandler handle;
  void (*set_defaults)(gpointer arguments); /* nullable */
  guint class;                              /* the program's own */
} Verb;

/* Calls the handler of the verb in @text, or returns FALSE with an error that wire_refusal() can say
 * (WIRE_BAD_REQUEST, WIRE_UNKNOWN_VERB); the handler has then not been called. @found (nullable) gets the
 * row, also when its arguments were bad: for metrics and the access log. @id (nullable) gets the request's
 * "id" as JSON text (transfer full), NULL when there is none. */
gboolean verb_call(const Verb *verbs, const char *text, gsize length, gpointer request, const Verb **found,
                   char **id, GError **error);

/* The first half of verb_call(), for who has something to do between reading and handling: gives the verb's
 * row and its filled arguments (transfer full, for verb_free_arguments(); NULL when the verb has none), and
 * does not call the handler. @found and @id are set as far as they are known, also on errors. */
gboolean verb_read(const Verb *verbs, const char *text, gsize length, const Verb **found, gpointer *arguments,
                   char **id, GError **error);
/* NULL @arguments are allowed. */
void verb_free_arguments(const Verb *verb, gpointer arguments);
