/* Trees and bushes. Each is drawn in detail near by and as a simpler shape from afar. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

typedef enum Plant { PLANT_LIME, PLANT_BIRCH, PLANT_PINE, PLANT_BUSH } Plant;

/* Plants one at (x, z), `height_m` high, with its obstacle and shadow. */
void plants_add(Scene *scene, Plant plant, float x, float z, float height_m);

/* A hedge along a line from (x0, z0) to (x1, z1). */
void plants_add_hedge(Scene *scene, float x0, float z0, float x1, float z1);
