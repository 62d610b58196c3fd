/* The sky: a dome with a painted texture, stars as points. */
#pragma once

#include "mesh.h"
#include "scene.h"

#define SKY_WIDTH 1024
#define SKY_HEIGHT 256

/*
 * Paints the sky of a mood: left to right all around from yaw 0, bottom to top from the horizon to the
 * zenith.
 *
 * @night: with a moon and no sun's glow.
 *
 * Returns: (transfer full) SKY_WIDTH * SKY_HEIGHT RGBA texels, free().
 */
uint8_t *sky_paint(const SceneMood *mood, int night);

/* Fills `dome` with a half ball of radius 1 whose texture coordinates fit sky_paint(), and a rim below the
 * horizon. */
void sky_dome(Mesh *dome);
