#include "fcgi/staff/staff_list.h"

#include "common/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define AT(member) G_STRUCT_OFFSET(StaffTicket, member)
/* Those who look at the list need no more rights than those who look at the other files here: there is no
 * ticket in it. */
#define FILE_MODE 0644

static const Field ticket_fields[] = {
    {"id", FIELD_TEXT, AT(id), .required = TRUE, .min = 1, .max = 64},
    {"kind", FIELD_TEXT, AT(kind), .required = TRUE, .min = 1, .max = 32},
    {"name", FIELD_TEXT, AT(name), .max = STAFF_NAME_MAX},
    {"created_at", FIELD_INSTANT, AT(created_at_us)},
    {"expires_at", FIELD_INSTANT, AT(expires_at_us), .required = TRUE},
    {"revoked_at", FIELD_INSTANT, AT(revoked_at_us)},
    {NULL},
};

void staff_ticket_free(StaffTicket *ticket) {
  fields_free(ticket_fields, ticket);
}

static GPtrArray *new_list(void) {
  return g_ptr_array_new_with_free_func((GDestroyNotify)staff_ticket_free);
}

/* ---- reading ---- */

static gboolean check_list(const GPtrArray *list, GError **error) {
  g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
  if (list->len > STAFF_LIST_MAX) {
    fields_set_error(error, FIELDS_ERROR_RANGE, NULL, "there may be at most %d tickets", STAFF_LIST_MAX);
    return FALSE;
  }
  for (guint i = 0; i < list->len; i++) {
    const StaffTicket *ticket = list->pdata[i];
    if (g_hash_table_add(ids, ticket->id))
      continue;
    g_autofree char *field = g_strdup_printf("[%u].id", i);
    fields_set_error(error, FIELDS_ERROR_RANGE, field, "\"%s\" stands there twice", ticket->id);
    return FALSE;
  }
  return TRUE;
}

static GPtrArray *parse_list(const char *text, gsize length, GError **error) {
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, error);
  GPtrArray *list = doc ? fields_read_array(doc, ticket_fields, sizeof(StaffTicket), error) : NULL;
  if (!list)
    return NULL;
  g_ptr_array_set_free_func(list, (GDestroyNotify)staff_ticket_free);
  if (check_list(list, error))
    return list;
  g_ptr_array_unref(list);
  return NULL;
}

GPtrArray *staff_list_read(const char *path, GError **error) {
  g_autofree char *text = NULL;
  g_autoptr(GError) problem = NULL;
  gsize length;
  if (!g_file_get_contents(path, &text, &length, &problem)) {
    if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      return new_list();
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE, "%s", problem->message);
    return NULL;
  }
  GPtrArray *list = parse_list(text, length, &problem);
  if (!list)
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: %s", path, problem->message);
  return list;
}

StaffTicket *staff_list_find(const GPtrArray *list, const char *id) {
  for (guint i = 0; i < list->len; i++)
    if (strcmp(((const StaffTicket *)list->pdata[i])->id, id) == 0)
      return list->pdata[i];
  return NULL;
}

/* ---- changing ---- */

/* One change after the other, whoever makes them; the lock ends with its descriptor. -1 with an error. */
static int lock_list(const char *path, GError **error) {
  g_autofree char *name = g_strconcat(path, ".lock", NULL);
  int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
  if (fd >= 0 && flock(fd, LOCK_EX) == 0)
    return fd;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE, "%s: %s", name, g_strerror(errno));
  if (fd >= 0)
    close(fd);
  return -1;
}

static gboolean write_list(const char *path, const GPtrArray *list, GError **error) {
  g_autoptr(GString) text = g_string_new("[");
  g_autoptr(GError) problem = NULL;
  for (guint i = 0; i < list->len; i++) {
    g_autofree char *object = fields_write(ticket_fields, list->pdata[i]);
    g_string_append_printf(text, "%s\n%s", i ? "," : "", object);
  }
  g_string_append(text, "\n]\n");
  if (g_file_set_contents_full(path, text->str, (gssize)text->len,
                               G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, FILE_MODE,
                               &problem))
    return TRUE;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE, "%s", problem->message);
  return FALSE;
}

static void drop_expired(GPtrArray *list, gint64 now_us) {
  for (guint i = list->len; i-- > 0;)
    if (((const StaffTicket *)list->pdata[i])->expires_at_us <= now_us)
      g_ptr_array_remove_index(list, i);
}

gboolean staff_list_add(const char *path, StaffTicket *ticket, gint64 now_us, GError **error) {
  int lock = lock_list(path, error);
  g_autoptr(GPtrArray) list = lock >= 0 ? staff_list_read(path, error) : NULL;
  gboolean done = FALSE;
  if (list)
    drop_expired(list, now_us);
  if (list && list->len < STAFF_LIST_MAX) {
    g_ptr_array_add(list, g_steal_pointer(&ticket));
    done = write_list(path, list, error);
  } else if (list) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: has %d tickets already", path,
                STAFF_LIST_MAX);
  }
  staff_ticket_free(ticket);
  if (lock >= 0)
    close(lock);
  return done;
}

gboolean staff_list_revoke(const char *path, const char *id, gint64 now_us, GError **error) {
  int lock = lock_list(path, error);
  g_autoptr(GPtrArray) list = lock >= 0 ? staff_list_read(path, error) : NULL;
  StaffTicket *ticket = list ? staff_list_find(list, id) : NULL;
  gboolean done = FALSE;
  if (ticket && ticket->revoked_at_us) {
    done = TRUE;
  } else if (ticket) {
    ticket->revoked_at_us = now_us;
    done = write_list(path, list, error);
  } else if (list) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: has no ticket with this id", path);
  }
  if (lock >= 0)
    close(lock);
  return done;
}
