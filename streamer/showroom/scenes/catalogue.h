/* The scenes by name. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

/*
 * Makes the scene of the complex `name` with its light baked into the vertices: one of its own for some
 * names, for every other one made from the name.
 *
 * Returns: (transfer full), free with scene_free(). The same name gives the same bytes every time.
 */
Scene *catalogue_make(const char *name);
