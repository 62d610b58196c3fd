#define GL_GLEXT_PROTOTYPES
#include "streamer/showroom/draw/geometry.h"

#include "streamer/showroom/draw/sky.h"

#include <stddef.h>

GLuint geometry_vertices(const void *vertices, size_t size) {
  GLuint buffer;
  glGenBuffers(1, &buffer);
  glBindBuffer(GL_ARRAY_BUFFER, buffer);
  glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)size, vertices, GL_STATIC_DRAW);
  return buffer;
}

static void set_vertex_layout(void) {
  const GLsizei size = sizeof(MeshVertex);
  for (GLuint i = 0; i < 6; i++)
    glEnableVertexAttribArray(i);
  glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, size, (void *)offsetof(MeshVertex, position));
  glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, size, (void *)offsetof(MeshVertex, uv));
  glVertexAttribPointer(2, 4, GL_BYTE, GL_FALSE, size, (void *)offsetof(MeshVertex, normal));
  glVertexAttribPointer(3, 4, GL_UNSIGNED_BYTE, GL_TRUE, size, (void *)offsetof(MeshVertex, day));
  glVertexAttribPointer(4, 4, GL_UNSIGNED_BYTE, GL_TRUE, size, (void *)offsetof(MeshVertex, night));
  glVertexAttribPointer(5, 4, GL_UNSIGNED_BYTE, GL_TRUE, size, (void *)offsetof(MeshVertex, glow));
}

Geometry geometry_upload(GLuint vertices, const uint32_t *indices, size_t count) {
  Geometry geometry = {.vertices = vertices, .count = (GLsizei)count};
  glGenVertexArrays(1, &geometry.array);
  glBindVertexArray(geometry.array);
  glBindBuffer(GL_ARRAY_BUFFER, vertices);
  set_vertex_layout();
  glGenBuffers(1, &geometry.indices);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, geometry.indices);
  glBufferData(GL_ELEMENT_ARRAY_BUFFER, (GLsizeiptr)(count * sizeof *indices), indices, GL_STATIC_DRAW);
  return geometry;
}

Geometry geometry_sky(const Scene *scene) {
  Mesh dome;
  mesh_init(&dome);
  sky_dome(&dome, scene);
  GLuint vertices = geometry_vertices(dome.vertices.items, dome.vertices.count * sizeof(MeshVertex));
  Geometry sky =
      geometry_upload(vertices, dome.triangles[MESH_PLAIN].items, dome.triangles[MESH_PLAIN].count);
  mesh_clear(&dome);
  return sky;
}

typedef struct HaloVertex {
  float position[3], corner[2], tint_size[4];
} HaloVertex;

Geometry geometry_halos(const Scene *scene) {
  ARRAY(HaloVertex) vertices = {0};
  ARRAY(uint32_t) indices = {0};
  for (size_t i = 0; i < scene->lamps.count; i++) {
    const SceneLamp *lamp = &scene->lamps.items[i];
    if (lamp->halo_m <= 0)
      continue;
    float brightest = fmaxf(lamp->colour.x, fmaxf(lamp->colour.y, lamp->colour.z));
    Vec3 tint = vec_scale(lamp->colour, 0.85f / brightest);
    uint32_t first = (uint32_t)vertices.count;
    for (int corner = 0; corner < 4; corner++) {
      HaloVertex *vertex = array_push(&vertices);
      *vertex = (HaloVertex){{lamp->at.x, lamp->at.y, lamp->at.z},
                             {corner % 3 == 0 ? -1 : 1, corner < 2 ? -1 : 1},
                             {tint.x, tint.y, tint.z, lamp->halo_m}};
    }
    for (int k = 0; k < 6; k++)
      *(uint32_t *)array_push(&indices) = first + (const uint32_t[]){0, 1, 2, 0, 2, 3}[k];
  }
  GLuint buffer = geometry_vertices(vertices.items, vertices.count * sizeof *vertices.items);
  Geometry halos = geometry_upload(buffer, indices.items, indices.count);
  const GLsizei size = sizeof(HaloVertex);
  for (GLuint i = 3; i < 6; i++)
    glDisableVertexAttribArray(i);
  glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, size, (void *)offsetof(HaloVertex, position));
  glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, size, (void *)offsetof(HaloVertex, corner));
  glVertexAttribPointer(2, 4, GL_FLOAT, GL_FALSE, size, (void *)offsetof(HaloVertex, tint_size));
  array_clear(&vertices);
  array_clear(&indices);
  return halos;
}

Geometry geometry_square(void) {
  static const float corners[8] = {0, 0, 1, 0, 0, 1, 1, 1};
  Geometry square = {0};
  glGenVertexArrays(1, &square.array);
  glBindVertexArray(square.array);
  square.vertices = geometry_vertices(corners, sizeof corners);
  glEnableVertexAttribArray(0);
  glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
  return square;
}

void geometry_free(Geometry *geometry) {
  glDeleteVertexArrays(1, &geometry->array);
  glDeleteBuffers(1, &geometry->vertices);
  glDeleteBuffers(1, &geometry->indices);
}
