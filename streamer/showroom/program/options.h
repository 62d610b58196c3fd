/* The command line. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

#include <stddef.h>

typedef enum OptionsOutcome {
  OPTIONS_RUN,
  OPTIONS_HELP,
  OPTIONS_VERSION,
  OPTIONS_WRONG, /* `reason` says what */
} OptionsOutcome;

typedef struct Options {
  const char *rc;         /* name of the complex; points into argv */
  const char *language;   /* (nullable) a tag of BCP 47; points into argv */
  const char *screenshot; /* (nullable) file to write instead of running */
  int width, height;      /* pixels */
  int fps;                /* most frames a second */
  int benchmark_frames;   /* 0: run */
  int night, sound;
  int has_view; /* `view` is where to begin instead of the scene's own start */
  SceneView view;
  char reason[160];
} Options;

/*
 * Reads the command line. Leaves the reason of OPTIONS_WRONG, one line without its newline, in
 * `options->reason`.
 */
OptionsOutcome options_read(Options *options, int argc, char **argv);

/* The text of --help. */
extern const char options_help[];
