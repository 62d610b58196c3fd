/* Triangles in the graphics card's memory. Needs a current OpenGL 3.3 context. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

#include <SDL_opengl.h>

typedef struct Geometry {
  GLuint array, vertices, indices;
  GLsizei count; /* of the indices */
} Geometry;

/* Copies vertices into a buffer; returns it. */
GLuint geometry_vertices(const void *vertices, size_t size);

/* Triangles over the MeshVertex vertices of a buffer, which belongs to the geometry too. */
Geometry geometry_upload(GLuint vertices, const uint32_t *indices, size_t count);

/* The dome of the sky, around the eye. */
Geometry geometry_sky(const Scene *scene);

/* The glow around the lamps, four corners each, for SHADER_HALO. Without a lamp that glows its count is 0. */
Geometry geometry_halos(const Scene *scene);

/* The corners of a square from 0 to 1, without indices, for SHADER_TEXT. */
Geometry geometry_square(void);

/* Gives the memory back; geometries may share vertices. */
void geometry_free(Geometry *geometry);
