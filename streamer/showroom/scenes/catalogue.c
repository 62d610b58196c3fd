#include "streamer/showroom/scenes/catalogue.h"

#include "streamer/showroom/scenes/bake.h"
#include "streamer/showroom/scenes/complexes.h"
#include "streamer/showroom/shape/noise.h"

#include <string.h>

static const struct {
  const char *name;
  void (*build)(Scene *scene);
} rows[] = {
    {"river", scene_river_build},
    {"park", scene_park_build},
};

Scene *catalogue_make(const char *name) {
  Scene *scene = scene_new(noise_hash_text(name));
  void (*build)(Scene *) = scene_any_build;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (strcmp(rows[i].name, name) == 0)
      build = rows[i].build;
  build(scene);
  bake_vertices(scene);
  return scene;
}
