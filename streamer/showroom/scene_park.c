#include "building.h"
#include "camera.h"
#include "noise.h"
#include "plants.h"
#include "scene.h"
#include "yard.h"

void scene_park_build(Scene *scene) {
  scene_any_build(scene);
}
