#define GL_GLEXT_PROTOTYPES
#include "streamer/showroom/draw/render.h"

#include "streamer/showroom/draw/font.h"
#include "streamer/showroom/draw/shaders.h"
#include "streamer/showroom/draw/sky.h"
#include "streamer/showroom/scenes/bake.h"

#include <stddef.h>
#include <string.h>

enum { BLOCKS_MAX = 2048, TILE_LEVELS = 6 };

static const float near_m = 0.2f, far_m = 2600;

typedef struct Geometry {
  GLuint array, vertices, indices;
} Geometry;

struct Renderer {
  const Scene *scene;
  GLuint programs[SHADER_COUNT]; /* linked when first needed */
  Geometry passes[MESH_PASSES];
  GLuint vertices; /* shared by the passes */
  Geometry sky, halos, text;
  GLsizei sky_indices, halo_indices;
  GLuint tiles, text_picture;
  GLuint light_map[2]; /* by day, by night; made when first needed */
  GLuint fine_target, fine_colour, fine_depth;
  int fine_width, fine_height, fine_samples;
  int order[BLOCKS_MAX];
  float distance[BLOCKS_MAX];
  RenderStats stats;
};

static void set_uniform(GLuint program, const char *name, int count, const float *values) {
  GLint at = glGetUniformLocation(program, name);
  if (count == 1)
    glUniform1fv(at, 1, values);
  else if (count == 3)
    glUniform3fv(at, 1, values);
  else if (count == 4)
    glUniform4fv(at, 1, values);
  else
    glUniformMatrix4fv(at, 1, GL_FALSE, values);
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

/* A vertex array over `vertices` (a buffer that exists) and these indices. */
static Geometry upload(GLuint vertices, const uint32_t *indices, size_t count) {
  Geometry geometry = {.vertices = vertices};
  glGenVertexArrays(1, &geometry.array);
  glBindVertexArray(geometry.array);
  glBindBuffer(GL_ARRAY_BUFFER, vertices);
  set_vertex_layout();
  glGenBuffers(1, &geometry.indices);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, geometry.indices);
  glBufferData(GL_ELEMENT_ARRAY_BUFFER, (GLsizeiptr)(count * sizeof *indices), indices, GL_STATIC_DRAW);
  return geometry;
}

static GLuint upload_vertices(const void *vertices, size_t size) {
  GLuint buffer;
  glGenBuffers(1, &buffer);
  glBindBuffer(GL_ARRAY_BUFFER, buffer);
  glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)size, vertices, GL_STATIC_DRAW);
  return buffer;
}

static const size_t tile_bytes = (size_t)TILE_PIXELS * TILE_PIXELS * 4;

struct RenderPaint {
  uint8_t *tiles;
  uint8_t *light_map[2]; /* by day, by night; NULL: not painted */
};

static uint8_t *paint_light_map(const Scene *scene, int night) {
  return night ? bake_ground_night(scene) : bake_ground_day(scene);
}

RenderPaint *render_paint(const Scene *scene, int night) {
  RenderPaint *paint = calloc(1, sizeof *paint);
  uint8_t *tiles = malloc(tile_bytes * TILE_PICTURES);
  if (paint == NULL || tiles == NULL)
    abort();
  for (int tile = 0; tile < TILE_PICTURES; tile++)
    tiles_paint((Tile)tile, tiles + (size_t)tile * tile_bytes);
  paint->tiles = tiles;
  paint->light_map[night] = paint_light_map(scene, night);
  return paint;
}

void render_paint_free(RenderPaint *paint) {
  if (paint == NULL)
    return;
  free(paint->tiles);
  free(paint->light_map[0]);
  free(paint->light_map[1]);
  free(paint);
}

/* Takes `pixels`, the tiles one after the other, over. */
static GLuint make_tiles(uint8_t *pixels) {
  GLuint texture;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D_ARRAY, texture);
  glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_NEAREST);
  glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MAX_LEVEL, TILE_LEVELS - 1);
  glTexParameterf(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_LOD_BIAS, -0.35f);
  for (int level = 0, size = TILE_PIXELS; level < TILE_LEVELS; level++, size /= 2) {
    glTexImage3D(GL_TEXTURE_2D_ARRAY, level, GL_RGBA8, size, size, TILE_PICTURES, 0, GL_RGBA,
                 GL_UNSIGNED_BYTE, NULL);
    for (int tile = 0; tile < TILE_PICTURES; tile++) {
      uint8_t *picture = pixels + (size_t)tile * tile_bytes;
      if (level > 0)
        tiles_halve(picture, picture, size * 2);
      glTexSubImage3D(GL_TEXTURE_2D_ARRAY, level, 0, 0, tile, size, size, 1, GL_RGBA, GL_UNSIGNED_BYTE,
                      picture);
    }
  }
  free(pixels);
  return texture;
}

/* Takes `pixels` over. */
static GLuint make_picture(uint8_t *pixels, int width, int height) {
  GLuint texture;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D, texture);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  free(pixels);
  return texture;
}

/* Takes `map` (nullable: is painted now) over, unless there is a light map already. */
static void make_light_map(Renderer *renderer, int night, uint8_t *map) {
  const Scene *scene = renderer->scene;
  if (renderer->light_map[night] != 0)
    return;
  int size = night ? BAKE_NIGHT_PIXELS : BAKE_DAY_PIXELS;
  renderer->light_map[night] = make_picture(map != NULL ? map : paint_light_map(scene, night), size, size);
}

typedef struct HaloVertex {
  float position[3], corner[2], tint_size[4];
} HaloVertex;

static void make_halos(Renderer *renderer) {
  const Scene *scene = renderer->scene;
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
  renderer->halo_indices = (GLsizei)indices.count;
  renderer->halos.vertices = upload_vertices(vertices.items, vertices.count * sizeof *vertices.items);
  renderer->halos = upload(renderer->halos.vertices, indices.items, indices.count);
  const GLsizei size = sizeof(HaloVertex);
  for (GLuint i = 3; i < 6; i++)
    glDisableVertexAttribArray(i);
  glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, size, (void *)offsetof(HaloVertex, position));
  glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, size, (void *)offsetof(HaloVertex, corner));
  glVertexAttribPointer(2, 4, GL_FLOAT, GL_FALSE, size, (void *)offsetof(HaloVertex, tint_size));
  array_clear(&vertices);
  array_clear(&indices);
}

static void make_sky(Renderer *renderer) {
  Mesh dome;
  mesh_init(&dome);
  sky_dome(&dome, renderer->scene);
  GLuint vertices = upload_vertices(dome.vertices.items, dome.vertices.count * sizeof(MeshVertex));
  renderer->sky = upload(vertices, dome.triangles[MESH_PLAIN].items, dome.triangles[MESH_PLAIN].count);
  renderer->sky_indices = (GLsizei)dome.triangles[MESH_PLAIN].count;
  mesh_clear(&dome);
}

static void make_text(Renderer *renderer) {
  static const float corners[8] = {0, 0, 1, 0, 0, 1, 1, 1};
  glGenVertexArrays(1, &renderer->text.array);
  glBindVertexArray(renderer->text.array);
  renderer->text.vertices = upload_vertices(corners, sizeof corners);
  glEnableVertexAttribArray(0);
  glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
}

Renderer *render_new(const Scene *scene, RenderPaint *paint) {
  Renderer *renderer = calloc(1, sizeof *renderer);
  if (renderer == NULL || scene->blocks.count > BLOCKS_MAX)
    abort();
  renderer->scene = scene;
  renderer->vertices =
      upload_vertices(scene->mesh.vertices.items, scene->mesh.vertices.count * sizeof(MeshVertex));
  for (int pass = 0; pass < MESH_PASSES; pass++)
    renderer->passes[pass] =
        upload(renderer->vertices, scene->mesh.triangles[pass].items, scene->mesh.triangles[pass].count);
  make_sky(renderer);
  make_halos(renderer);
  make_text(renderer);
  renderer->tiles = make_tiles(paint->tiles);
  for (int night = 0; night < 2; night++)
    if (paint->light_map[night] != NULL)
      make_light_map(renderer, night, paint->light_map[night]);
  free(paint);
  glEnable(GL_DEPTH_TEST);
  glDepthFunc(GL_LEQUAL);
  glEnable(GL_CULL_FACE);
  return renderer;
}

static void free_geometry(Geometry *geometry) {
  glDeleteVertexArrays(1, &geometry->array);
  glDeleteBuffers(1, &geometry->vertices);
  glDeleteBuffers(1, &geometry->indices);
}

static void free_fine(Renderer *renderer) {
  glDeleteFramebuffers(1, &renderer->fine_target);
  glDeleteRenderbuffers(1, &renderer->fine_colour);
  glDeleteRenderbuffers(1, &renderer->fine_depth);
}

void render_free(Renderer *renderer) {
  if (renderer == NULL)
    return;
  for (int i = 0; i < SHADER_COUNT; i++)
    glDeleteProgram(renderer->programs[i]);
  for (int pass = 0; pass < MESH_PASSES; pass++)
    free_geometry(&renderer->passes[pass]);
  free_geometry(&renderer->sky);
  free_geometry(&renderer->halos);
  free_geometry(&renderer->text);
  glDeleteTextures(1, &renderer->tiles);
  glDeleteTextures(1, &renderer->text_picture);
  glDeleteTextures(2, renderer->light_map);
  free_fine(renderer);
  free(renderer);
}

RenderStats render_stats(const Renderer *renderer) {
  return renderer->stats;
}

static float block_distance(const SceneBlock *block, Vec3 eye) {
  Vec3 nearest =
      vec(vec_clamp(eye.x, block->low.x, block->high.x), vec_clamp(eye.y, block->low.y, block->high.y),
          vec_clamp(eye.z, block->low.z, block->high.z));
  return vec_length(vec_sub(nearest, eye));
}

static int faces_away(const SceneBlock *block, Vec3 eye) {
  if (vec_dot(block->facing, block->facing) == 0)
    return 0;
  /* The corner that is farthest back along the facing: behind it nothing of the facade can be seen. */
  Vec3 back = vec(block->facing.x > 0 ? block->low.x : block->high.x, block->low.y,
                  block->facing.z > 0 ? block->low.z : block->high.z);
  return vec_dot(vec_sub(eye, back), block->facing) < -block->hidden_m;
}

/* Lists the blocks to draw, the nearest first. Returns how many. */
static int choose_blocks(Renderer *renderer, Vec3 eye, const VecMatrix *camera) {
  const Scene *scene = renderer->scene;
  float planes[6][4];
  int count = 0;
  vec_frustum_planes(camera, planes);
  for (size_t i = 0; i < scene->blocks.count; i++) {
    const SceneBlock *block = &scene->blocks.items[i];
    if (faces_away(block, eye) || !vec_frustum_sees_box(planes, block->low, block->high))
      continue;
    float distance = block_distance(block, eye),
          centre = vec_length(vec_sub(vec_scale(vec_add(block->low, block->high), 0.5f), eye));
    if (centre < block->near_m || centre >= block->far_m)
      continue;
    int at = count++;
    for (; at > 0 && renderer->distance[at - 1] > distance; at--) {
      renderer->distance[at] = renderer->distance[at - 1];
      renderer->order[at] = renderer->order[at - 1];
    }
    renderer->distance[at] = distance;
    renderer->order[at] = (int)i;
  }
  return count;
}

/*
 * The ground lies in layers that hide each other, all about as near: the upper ones come first. Leaves only
 * the blocks with ground in the order; returns how many.
 */
static int order_layers(Renderer *renderer, int chosen) {
  const SceneBlock *blocks = renderer->scene->blocks.items;
  int layers = 0;
  for (int i = 0; i < chosen; i++) {
    int block = renderer->order[i];
    if (blocks[block].count[MESH_GROUND] == 0)
      continue;
    int at = layers++;
    for (; at > 0 && blocks[renderer->order[at - 1]].high.y < blocks[block].high.y; at--)
      renderer->order[at] = renderer->order[at - 1];
    renderer->order[at] = block;
  }
  return layers;
}

static void draw_pass(Renderer *renderer, MeshPass pass, int chosen) {
  static GLsizei counts[BLOCKS_MAX];
  static const void *firsts[BLOCKS_MAX];
  GLsizei draws = 0;
  for (int i = 0; i < chosen; i++) {
    const SceneBlock *block = &renderer->scene->blocks.items[renderer->order[i]];
    if (block->count[pass] == 0)
      continue;
    counts[draws] = (GLsizei)block->count[pass];
    firsts[draws++] = (const void *)(uintptr_t)(block->first[pass] * sizeof(uint32_t));
    renderer->stats.triangles += (int)block->count[pass] / 3;
  }
  renderer->stats.blocks += draws;
  if (draws == 0)
    return;
  glBindVertexArray(renderer->passes[pass].array);
  glMultiDrawElements(GL_TRIANGLES, counts, GL_UNSIGNED_INT, firsts, draws);
}

/* Makes a program current with what all of them read. */
static void use(Renderer *renderer, Shader shader, const RenderView *view, const VecMatrix *camera,
                Vec3 eye) {
  const Scene *scene = renderer->scene;
  const SceneMood *mood = view->night ? &scene->night : &scene->day;
  if (renderer->programs[shader] == 0)
    renderer->programs[shader] = shaders_link(shader);
  GLuint program = renderer->programs[shader];
  glUseProgram(program);
  set_uniform(program, "camera", 16, camera->m);
  set_uniform(program, "eye", 3, &eye.x);
  set_uniform(program, "is_night", 1, (float[]){view->night ? 1 : 0});
  set_uniform(program, "fog_density", 1, (float[]){1 / mood->fog_m});
  set_uniform(program, "map_scale", 1, (float[]){0.5f / scene->half_m});
  set_uniform(program, "zenith", 3, &mood->zenith.x);
  set_uniform(program, "horizon", 3, &mood->horizon.x);
  glUniform1i(glGetUniformLocation(program, "light_map"), 1);
}

/*
 * What is drawn where in the depth buffer: the world before the sky, and behind it what the water mirrors. So
 * the mirrored world can be drawn first, all over the place where water may be, and is covered by whatever is
 * really there; no stencil is needed, and no second clearing.
 */
static const double world_depth = 0.90, sky_depth = 0.92, mirror_depth = 0.95;

/* `look` turns the world around the eye, without moving it there. */
static void draw_sky(Renderer *renderer, const RenderView *view, const VecMatrix *look, double depth) {
  use(renderer, SHADER_PLAIN, view, look, vec(0, 0, 0));
  set_uniform(renderer->programs[SHADER_PLAIN], "fog_density", 1, (float[]){0});
  glDepthRange(depth, depth);
  glBindVertexArray(renderer->sky.array);
  glDrawElements(GL_TRIANGLES, renderer->sky_indices, GL_UNSIGNED_INT, NULL);
}

typedef struct ClipPoint {
  float x, y, z, w;
} ClipPoint;

static ClipPoint project(const VecMatrix *camera, float x, float y, float z) {
  float out[4];
  for (int k = 0; k < 4; k++)
    out[k] = camera->m[k] * x + camera->m[4 + k] * y + camera->m[8 + k] * z + camera->m[12 + k];
  return (ClipPoint){out[0], out[1], out[2], out[3]};
}

static ClipPoint between(ClipPoint a, ClipPoint b, float t) {
  return (ClipPoint){a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, a.z + (b.z - a.z) * t,
                     a.w + (b.w - a.w) * t};
}

/* The bounds, -1..1 across the picture, of what has been added. */
typedef struct Bounds {
  float low[2], high[2];
} Bounds;

/* Adds the part of an edge that lies before the eye. */
static void bounds_add(Bounds *bounds, ClipPoint a, ClipPoint b) {
  if (a.w < near_m && b.w < near_m)
    return;
  ClipPoint ends[2] = {a, b};
  if (a.w < near_m)
    ends[0] = between(a, b, (near_m - a.w) / (b.w - a.w));
  if (b.w < near_m)
    ends[1] = between(a, b, (near_m - a.w) / (b.w - a.w));
  for (int i = 0; i < 2; i++) {
    const float at[2] = {ends[i].x / ends[i].w, ends[i].y / ends[i].w};
    for (int k = 0; k < 2; k++) {
      bounds->low[k] = fminf(bounds->low[k], at[k]);
      bounds->high[k] = fmaxf(bounds->high[k], at[k]);
    }
  }
}

/* The part of the picture that may show water, as a scissor box. Returns false when there is none. */
static int water_box(const Renderer *renderer, const RenderView *view, const VecMatrix *camera, int chosen,
                     int box[4]) {
  Bounds bounds = {{1, 1}, {-1, -1}};
  float y = renderer->scene->water_m;
  for (int i = 0; i < chosen; i++) {
    const SceneBlock *block = &renderer->scene->blocks.items[renderer->order[i]];
    if (block->count[MESH_WATER] == 0)
      continue;
    const ClipPoint corners[4] = {
        project(camera, block->low.x, y, block->low.z), project(camera, block->high.x, y, block->low.z),
        project(camera, block->high.x, y, block->high.z), project(camera, block->low.x, y, block->high.z)};
    for (int corner = 0; corner < 4; corner++)
      bounds_add(&bounds, corners[corner], corners[(corner + 1) % 4]);
  }
  const int size[2] = {view->width, view->height};
  for (int k = 0; k < 2; k++) {
    int from = (int)floorf((fmaxf(bounds.low[k], -1) + 1) / 2 * (float)size[k]);
    box[k] = from;
    box[2 + k] = (int)ceilf((fminf(bounds.high[k], 1) + 1) / 2 * (float)size[k]) - from;
  }
  return box[2] > 0 && box[3] > 0;
}

/* The water, with the world upside down under its surface. Comes before everything else. */
static void draw_water(Renderer *renderer, const RenderView *view, const VecMatrix *camera,
                       const VecMatrix *turned) {
  int box[4];
  int chosen = choose_blocks(renderer, view->eye, camera);
  if (!water_box(renderer, view, camera, chosen, box))
    return;
  float level = renderer->scene->water_m;
  VecMatrix around = vec_matrix_mirror(0), mirror = vec_matrix_mirror(level);
  VecMatrix sky = vec_matrix_multiply(turned, &around), world = vec_matrix_multiply(camera, &mirror);
  Vec3 eye = vec(view->eye.x, 2 * level - view->eye.y, view->eye.z);

  glEnable(GL_SCISSOR_TEST);
  glScissor(box[0], box[1], box[2], box[3]);
  glFrontFace(GL_CW);
  draw_sky(renderer, view, &sky, 1);
  glDepthRange(mirror_depth, 1);
  use(renderer, SHADER_TILED, view, &world, eye);
  draw_pass(renderer, MESH_MIRROR, choose_blocks(renderer, eye, &world));
  glFrontFace(GL_CCW);

  glDepthRange(0, world_depth);
  use(renderer, SHADER_WATER, view, camera, view->eye);
  glEnable(GL_BLEND);
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
  draw_pass(renderer, MESH_WATER, choose_blocks(renderer, view->eye, camera));
  glDisable(GL_BLEND);
  glDisable(GL_SCISSOR_TEST);
}

static void draw_halos(Renderer *renderer, const RenderView *view, const VecMatrix *camera) {
  Vec3 forward = vec_from_angles(view->yaw, view->pitch), right = vec(cosf(view->yaw), 0, sinf(view->yaw));
  Vec3 up = vec_cross(right, forward);
  use(renderer, SHADER_HALO, view, camera, view->eye);
  set_uniform(renderer->programs[SHADER_HALO], "right", 3, &right.x);
  set_uniform(renderer->programs[SHADER_HALO], "up", 3, &up.x);
  glEnable(GL_BLEND);
  glBlendFunc(GL_ONE, GL_ONE);
  glDepthMask(GL_FALSE);
  glBindVertexArray(renderer->halos.array);
  glDrawElements(GL_TRIANGLES, renderer->halo_indices, GL_UNSIGNED_INT, NULL);
  glDepthMask(GL_TRUE);
  glDisable(GL_BLEND);
}

static void draw_help(Renderer *renderer, const RenderView *view, const VecMatrix *camera) {
  if (renderer->text_picture == 0) {
    int width, height;
    uint8_t *pixels = font_paint(view->help, &width, &height);
    renderer->text_picture = make_picture(pixels, width, height);
  }
  GLint width, height;
  glBindTexture(GL_TEXTURE_2D, renderer->text_picture);
  glGetTexLevelParameteriv(GL_TEXTURE_2D, 0, GL_TEXTURE_WIDTH, &width);
  glGetTexLevelParameteriv(GL_TEXTURE_2D, 0, GL_TEXTURE_HEIGHT, &height);
  float wide = 2.0f * (float)width / (float)view->width, high = 2.0f * (float)height / (float)view->height;
  use(renderer, SHADER_TEXT, view, camera, view->eye);
  set_uniform(renderer->programs[SHADER_TEXT], "place", 4, (float[]){-0.96f, 0.94f - high, wide, high});
  glDisable(GL_DEPTH_TEST);
  glEnable(GL_BLEND);
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
  glBindVertexArray(renderer->text.array);
  glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
  glDisable(GL_BLEND);
  glEnable(GL_DEPTH_TEST);
}

static void draw_world(Renderer *renderer, const RenderView *view, const VecMatrix *camera,
                       const VecMatrix *turned) {
  glViewport(0, 0, view->width, view->height);
  glClear(GL_DEPTH_BUFFER_BIT);
  glActiveTexture(GL_TEXTURE1);
  glBindTexture(GL_TEXTURE_2D, renderer->light_map[view->night]);
  glActiveTexture(GL_TEXTURE0);
  glBindTexture(GL_TEXTURE_2D_ARRAY, renderer->tiles);

  draw_water(renderer, view, camera, turned);
  glDepthRange(0, world_depth);
  int chosen = choose_blocks(renderer, view->eye, camera);
  use(renderer, SHADER_PLAIN, view, camera, view->eye);
  draw_pass(renderer, MESH_PLAIN, chosen);
  use(renderer, SHADER_TILED, view, camera, view->eye);
  draw_pass(renderer, MESH_TILED, chosen);
  use(renderer, SHADER_GROUND, view, camera, view->eye);
  draw_pass(renderer, MESH_GROUND, order_layers(renderer, chosen));
  draw_sky(renderer, view, turned, sky_depth);
  glDepthRange(0, world_depth);
  if (view->night && renderer->halo_indices > 0)
    draw_halos(renderer, view, camera);
  if (view->help != NULL)
    draw_help(renderer, view, camera);
}

/* Makes the smooth target of the view's size current. Returns false when the driver has none. */
static int bind_fine(Renderer *renderer, const RenderView *view) {
  if (renderer->fine_width != view->width || renderer->fine_height != view->height) {
    GLint samples = 0;
    glGetIntegerv(GL_MAX_SAMPLES, &samples);
    free_fine(renderer);
    renderer->fine_samples = samples < 4 ? samples : 4;
    renderer->fine_width = view->width;
    renderer->fine_height = view->height;
    glGenFramebuffers(1, &renderer->fine_target);
    glGenRenderbuffers(1, &renderer->fine_colour);
    glGenRenderbuffers(1, &renderer->fine_depth);
    glBindRenderbuffer(GL_RENDERBUFFER, renderer->fine_colour);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, renderer->fine_samples, GL_RGBA8, view->width,
                                     view->height);
    glBindRenderbuffer(GL_RENDERBUFFER, renderer->fine_depth);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, renderer->fine_samples, GL_DEPTH_COMPONENT24,
                                     view->width, view->height);
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->fine_target);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, renderer->fine_colour);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, renderer->fine_depth);
  }
  glBindFramebuffer(GL_FRAMEBUFFER, renderer->fine_target);
  if (renderer->fine_samples >= 2 && glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE)
    return 1;
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
  return 0;
}

void render_draw(Renderer *renderer, const RenderView *view) {
  float aspect = (float)view->width / (float)view->height;
  VecMatrix projection = vec_matrix_perspective(RENDER_FOV_Y, aspect, near_m, far_m);
  VecMatrix look = vec_matrix_view(view->eye, view->yaw, view->pitch);
  VecMatrix turn = vec_matrix_view(vec(0, 0, 0), view->yaw, view->pitch);
  VecMatrix camera = vec_matrix_multiply(&projection, &look);
  VecMatrix turned = vec_matrix_multiply(&projection, &turn);
  renderer->stats = (RenderStats){0};
  make_light_map(renderer, view->night, NULL);
  int fine = view->fine && bind_fine(renderer, view);
  draw_world(renderer, view, &camera, &turned);
  if (!fine)
    return;
  glBindFramebuffer(GL_READ_FRAMEBUFFER, renderer->fine_target);
  glBindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
  glBlitFramebuffer(0, 0, view->width, view->height, 0, 0, view->width, view->height, GL_COLOR_BUFFER_BIT,
                    GL_NEAREST);
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
}
