/* The residential complexes themselves, a file each. A function fills an empty scene with everything but its
 * light; catalogue.h knows which complex has which. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

/* Five towers between a street and a river. */
void scene_river_build(Scene *scene);

/* Low houses on three sides of a park with a pond. */
void scene_park_build(Scene *scene);

/* One that is made from the scene's seed. */
void scene_any_build(Scene *scene);
