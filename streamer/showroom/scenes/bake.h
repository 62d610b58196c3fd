/*
 * Light, worked out once: into the vertices, and into the two light maps of the ground. What is drawn later
 * only multiplies.
 */
#pragma once

#include "streamer/showroom/scenes/scene.h"

#define BAKE_DAY_PIXELS 1024
#define BAKE_NIGHT_PIXELS 512

/* Turns every vertex's paint into its light by day and by night: sun with the buildings' shadows, sky, lamps
 * nearby. */
void bake_vertices(Scene *scene);

/*
 * The ground's light by day: sun, shadows of buildings and trees, dimness at the walls' feet.
 *
 * Returns: (transfer full) BAKE_DAY_PIXELS squared RGBA texels at half scale, x to the right and z down;
 * free().
 */
uint8_t *bake_ground_day(const Scene *scene);

/* The ground's light by night: the lamps' pools. BAKE_NIGHT_PIXELS squared, as above. */
uint8_t *bake_ground_night(const Scene *scene);

/* True if the way from `from` along the unit vector `way` is free of shadow-throwing boxes. */
int bake_sees(const Scene *scene, Vec3 from, Vec3 way);
