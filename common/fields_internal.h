/* What reading JSON (fields.c) and checking structs (fields_check.c) share. Nobody else includes this.
 */
#pragma once
#include "common/fields.h"

/* As fields_set_error(); takes @field (nullable) and @rule. */
void fields_take_error(GError **error, FieldsError code, char *field, char *rule);

/* Puts @prefix before the field that @inner names: "port" in "servers[3]" becomes "servers[3].port". Takes
 * both. Returns FALSE. */
gboolean fields_fail_inside(GError **error, char *prefix, GError *inner);

/* Each FALSE with FIELDS_ERROR_RANGE when the row's limits are not kept. */
gboolean fields_check_length(const Field *field, const char *text, GError **error);
gboolean fields_check_text(const Field *field, const char *text, GError **error); /* and its `check` */
gboolean fields_check_number(const Field *field, gint64 value, GError **error);
gboolean fields_check_instant(const Field *field, gint64 at_us, GError **error);
/* Of an array, which @name (nullable) names. @max 0: any number. */
gboolean fields_check_count(const char *name, gint64 count, gint64 max, GError **error);
