/* Settings by table: one row is one setting, with its name, type, limits, unit, default and a sentence for
 * people.
 *
 * The file is one JSON object; a dotted name ("webrtc.width") is a member of an object in it. Unknown names
 * are errors that name the nearest known one. The same table prints the manual (settings_describe). Any
 * thread.
 */
#pragma once
#include <glib.h>

typedef enum {
  SETTING_INT,    /* gint64    in min..max; a decimal string is read too */
  SETTING_BOOL,   /* gboolean */
  SETTING_TEXT,   /* char *    of at most max bytes (0: 4096) */
  SETTING_CHOICE, /* char *    one of `choices` ("a|b|c") */
  SETTING_PATH,   /* char *    relative ones are relative to the file's directory, and absolute once loaded */
  SETTING_TEXTS,  /* char **   a list of strings; the default is written "a|b" */
  SETTING_RAW,    /* char *    any JSON value, kept as compact text */
} SettingType;

typedef struct {
  const char *name;
  SettingType type;
  gsize offset;
  gint64 min, max;
  const char *unit;     /* "seconds", "kbit/s"; NULL: none */
  const char *fallback; /* the default, as text; NULL: none (the member is NULL or 0) */
  const char *choices;  /* SETTING_CHOICE */
  const char *help;     /* one sentence */
  gboolean required;
} Setting;

#define SETTINGS_ERROR (settings_error_quark())
typedef enum {
  SETTINGS_ERROR_FILE,    /* it could not be read */
  SETTINGS_ERROR_CONTENT, /* what is in it breaks a rule; the message is one line: file, line or field, rule
                           */
} SettingsError;
GQuark settings_error_quark(void);

/* The exit status for a broken configuration (EX_CONFIG of sysexits.h). */
#define SETTINGS_EXIT_STATUS 78

/* Puts the defaults of @table (ended by a row with name NULL) into @target, which must be zeroed or cleared.
 */
void settings_set_defaults(const Setting *table, gpointer target);

/* Reads @path into @target, defaults first; every path in it is absolute then. On failure @target is cleared
 * and nothing of it is to be used. */
gboolean settings_load(const char *path, const Setting *table, gpointer target, GError **error);

/* The directory that the file @path lies in, from the root: what is relative to it is good wherever it is
 * used, also in a child that works somewhere else. (transfer full) */
char *settings_directory(const char *path);

/* The same from text; @name stands for the file in messages, @directory is what relative paths are relative
 * to. */
gboolean settings_load_text(const char *name, const char *directory, const char *text, gsize length,
                            const Setting *table, gpointer target, GError **error);

/* Frees what @target owns and zeroes its members. */
void settings_clear(const Setting *table, gpointer target);

/* The table as text for --help and the manual: a line a setting. (transfer full) */
char *settings_describe(const Setting *table);
