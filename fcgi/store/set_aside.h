/* Records that were found broken when the plan was read, set aside into a file beside the plan's, so that one
 * of them does not keep the others from being served (vitrina-sessions_planned.json(5)).
 *
 * The file is a JSON array, an object a line, to which records are added and from which nothing is removed:
 * that is the operator's to do. It is for people and their tools; we read of it only what it has already. The
 * thread that opens the plan's file.
 */
#pragma once
#include <glib.h>

/* The file may be so large; with more the plan is not opened, because a record would be lost. */
#define SET_ASIDE_MAX (16 * 1024 * 1024)

#define SET_ASIDE_ERROR (set_aside_error_quark())
typedef enum {
  SET_ASIDE_ERROR_FULL,
  SET_ASIDE_ERROR_IO, /* it could not be read or written */
} SetAsideError;
GQuark set_aside_error_quark(void);

typedef struct {
  char *id;     /* by which the plan's file knows it (nullable) */
  char *text;   /* the record, compact JSON */
  char *reason; /* which rule it breaks, one line */
} RejectedRecord;

/* An array of RejectedRecord, which it owns. (transfer full) */
GPtrArray *rejected_records_new(void);
/* @id: nullable. */
void rejected_records_add(GPtrArray *rejected, const char *id, const char *text, const char *reason);

/* Where those of the plan at @plan_path are put: "sessions_planned.rejected.json" for
 * "sessions_planned.json". (transfer full) */
char *set_aside_path(const char *plan_path);

/* Adds @rejected to the file at @path, made with mode 0600 when there is none, and syncs it; those that are
 * in it already are not added again. FALSE with SET_ASIDE_ERROR, and the file is as it was. */
gboolean set_aside_add(const char *path, const GPtrArray *rejected, GError **error);
