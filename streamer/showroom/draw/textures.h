/* The textures of a scene: painted by the processor, then handed to the graphics card. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

#include <SDL_opengl.h>

/* What is painted before there is anything to draw with. */
typedef struct Textures Textures;

/*
 * Paints the textures of a scene. Needs no context; on any thread.
 *
 * @night: whether the first picture is by night.
 *
 * Returns: (transfer full)
 */
Textures *textures_paint(const Scene *scene, int night);

/* Takes NULL. */
void textures_free(Textures *textures);

/* All that follows needs a current OpenGL 3.3 context, and returns the texture's name. */

/* All tiles as one array. Once: the painted ones are used up. */
GLuint textures_upload_tiles(Textures *textures);

/* The light map of the ground by day or night; 0 when it was not painted. */
GLuint textures_upload_light_map(const Textures *textures, int night);

/* The same, painted now. */
GLuint textures_make_light_map(const Scene *scene, int night);

/* A picture of RGBA texels. */
GLuint textures_upload(const uint8_t *pixels, int width, int height);
