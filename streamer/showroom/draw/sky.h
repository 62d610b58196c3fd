/* The sky: a dome of coloured triangles. What they cost a processor is next to nothing, unlike a texture. */
#pragma once

#include "streamer/showroom/scenes/scene.h"
#include "streamer/showroom/shape/mesh.h"

/*
 * Fills `dome` (in its MESH_PLAIN) with half a ball of radius 1 in the scene's colours by day and by night,
 * clouds in them, a rim below the horizon, and finer discs around sun and moon. Lights are stored as
 * bake_vertices() leaves them.
 */
void sky_dome(Mesh *dome, const Scene *scene);
