#include "streamer/showroom/program/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "Usage: vitrina-showroom [OPTION]...\n"
    "Walk through a residential complex.\n"
    "\n"
    "  --rc NAME                 the complex: river (the default), park, or any name,\n"
    "                            which gets a complex of its own\n"
    "  --width W --height H      size of the picture in pixels, 960 x 540 by default\n"
    "  --fps N                   at most N frames a second, 60 by default\n"
    "  --at X,Y,Z,YAW,PITCH      begin there: metres and degrees\n"
    "  --night                   begin by night\n"
    "  --language TAG            what the help is in: ru, de, or English\n"
    "  --sound                   wind, birds and steps, if there is a sound device\n"
    "  --screenshot FILE.ppm     write one picture and exit\n"
    "  --benchmark N             draw N frames along a fixed way, print the times, exit\n"
    "  --help, --version\n"
    "\n"
    "Keys: W A S D and arrows walk and turn, Shift or Space runs, N day or night,\n"
    "G grabs the pointer, H help. Drag to look, wheel to go on, double-click to go there.\n";

typedef enum OptionKind { FLAG, NUMBER, TEXT, VIEW, ENDING } OptionKind;

/* `at` is where in Options the value goes; for ENDING `least` is the outcome. */
static const struct {
  const char *name;
  OptionKind kind;
  size_t at;
  int least, most;
} rows[] = {
    {"--rc", TEXT, offsetof(Options, rc), 0, 0},
    {"--width", NUMBER, offsetof(Options, width), 64, 7680},
    {"--height", NUMBER, offsetof(Options, height), 64, 4320},
    {"--fps", NUMBER, offsetof(Options, fps), 1, 240},
    {"--at", VIEW, offsetof(Options, view), 0, 0},
    {"--night", FLAG, offsetof(Options, night), 0, 0},
    {"--language", TEXT, offsetof(Options, language), 0, 0},
    {"--sound", FLAG, offsetof(Options, sound), 0, 0},
    {"--screenshot", TEXT, offsetof(Options, screenshot), 0, 0},
    {"--benchmark", NUMBER, offsetof(Options, benchmark_frames), 1, 100000},
    {"--help", ENDING, 0, OPTIONS_HELP, 0},
    {"--version", ENDING, 0, OPTIONS_VERSION, 0},
};

static OptionsOutcome wrong(Options *options, const char *name, const char *rule) {
  snprintf(options->reason, sizeof options->reason, "%.60s %s", name, rule);
  return OPTIONS_WRONG;
}

static int read_number(const char *text, int least, int most, int *number) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (end == text || *end != '\0' || errno != 0 || value < least || value > most)
    return 0;
  *number = (int)value;
  return 1;
}

static int read_view(const char *text, SceneView *view) {
  float parts[5];
  for (int i = 0; i < 5; i++) {
    char *end;
    parts[i] = strtof(text, &end);
    if (end == text || !isfinite(parts[i]) || fabsf(parts[i]) > 10000 || *end != (i < 4 ? ',' : '\0'))
      return 0;
    text = end + 1;
  }
  const float degree = VEC_PI / 180;
  *view = (SceneView){{parts[0], parts[1], parts[2]}, parts[3] * degree, parts[4] * degree};
  return 1;
}

/* Reads one option with its value (NULL when there is none left). */
static OptionsOutcome read_row(Options *options, size_t row, const char *value) {
  void *place = (char *)options + rows[row].at;
  const char *name = rows[row].name;
  char rule[80];
  if (rows[row].kind == FLAG) {
    *(int *)place = 1;
    return OPTIONS_RUN;
  }
  if (rows[row].kind == ENDING)
    return (OptionsOutcome)rows[row].least;
  if (value == NULL || *value == '\0')
    return wrong(options, name, "needs a value");
  switch (rows[row].kind) {
  case TEXT:
    *(const char **)place = value;
    return OPTIONS_RUN;
  case NUMBER:
    snprintf(rule, sizeof rule, "is a number from %d to %d", rows[row].least, rows[row].most);
    return read_number(value, rows[row].least, rows[row].most, place) ? OPTIONS_RUN
                                                                      : wrong(options, name, rule);
  default:
    options->has_view = 1;
    return read_view(value, place) ? OPTIONS_RUN : wrong(options, name, "is X,Y,Z,YAW,PITCH: five numbers");
  }
}

OptionsOutcome options_read(Options *options, int argc, char **argv) {
  *options = (Options){.rc = "river", .width = 960, .height = 540, .fps = 60};
  for (int i = 1; i < argc; i++) {
    size_t count = sizeof rows / sizeof rows[0], row = 0, length = strcspn(argv[i], "=");
    while (row < count && (strlen(rows[row].name) != length || strncmp(rows[row].name, argv[i], length) != 0))
      row++;
    if (row == count)
      return wrong(options, argv[i], "is not an option; see --help");
    int takes_value = rows[row].kind == NUMBER || rows[row].kind == TEXT || rows[row].kind == VIEW;
    const char *value = argv[i][length] == '=' ? argv[i] + length + 1 : NULL;
    if (value != NULL && !takes_value)
      return wrong(options, rows[row].name, "takes no value");
    if (value == NULL && takes_value && i + 1 < argc)
      value = argv[++i];
    OptionsOutcome outcome = read_row(options, row, value);
    if (outcome != OPTIONS_RUN)
      return outcome;
  }
  return OPTIONS_RUN;
}
