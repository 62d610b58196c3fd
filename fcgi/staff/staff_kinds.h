/* What kinds of staff there are, and which verbs each may ask: a row a kind. Pure; any thread. */
#pragma once
#include <glib.h>

typedef struct {
  const char *name;         /* the role of its tickets: no person's (ticket.h) */
  const char *const *verbs; /* NULL-terminated */
} StaffKind;

/* The kind of this name (static), or NULL. */
const StaffKind *staff_kind_find(const char *name);
gboolean staff_kind_may(const StaffKind *kind, const char *verb);
/* "operator, …" (transfer full): for people who typed another. */
char *staff_kinds_describe(void);
