#include "fcgi/staff/staff_kinds.h"

#include <string.h>

static const char *const operator_verbs[] = {"DRAIN_SERVER",
                                             "END_SESSION",
                                             "CANCEL_SESSION",
                                             "LIST_SESSIONS",
                                             "LIST_BOOKINGS",
                                             "CANCEL_HELD",
                                             "CONNECT_SESSION_WITH_CODE",
                                             NULL};

static const StaffKind kinds[] = {
    {"operator", operator_verbs},
};

const StaffKind *staff_kind_find(const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (g_strcmp0(kinds[i].name, name) == 0)
      return &kinds[i];
  return NULL;
}

gboolean staff_kind_may(const StaffKind *kind, const char *verb) {
  return g_strv_contains(kind->verbs, verb);
}

char *staff_kinds_describe(void) {
  g_autoptr(GString) names = g_string_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    g_string_append_printf(names, "%s%s", i ? ", " : "", kinds[i].name);
  return g_string_free(g_steal_pointer(&names), FALSE);
}
