#define GL_GLEXT_PROTOTYPES
#include "streamer/showroom/draw/render.h"

#include "streamer/showroom/draw/cull.h"
#include "streamer/showroom/draw/font.h"
#include "streamer/showroom/draw/geometry.h"
#include "streamer/showroom/draw/shaders.h"

#include <stdlib.h>

static const float far_m = 2600;

struct Renderer {
  const Scene *scene;
  GLuint programs[SHADER_COUNT]; /* linked when first needed */
  Geometry passes[MESH_PASSES];
  Geometry sky, halos, text;
  GLuint tiles, text_picture;
  GLuint light_map[2]; /* by day, by night; made when first needed */
  GLuint fine_target, fine_colour, fine_depth;
  int fine_width, fine_height, fine_samples;
  CullList seen;
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

Renderer *render_new(const Scene *scene, Textures *textures) {
  Renderer *renderer = calloc(1, sizeof *renderer);
  if (renderer == NULL || scene->blocks.count > CULL_BLOCKS_MAX)
    abort();
  renderer->scene = scene;
  GLuint vertices =
      geometry_vertices(scene->mesh.vertices.items, scene->mesh.vertices.count * sizeof(MeshVertex));
  for (int pass = 0; pass < MESH_PASSES; pass++)
    renderer->passes[pass] =
        geometry_upload(vertices, scene->mesh.triangles[pass].items, scene->mesh.triangles[pass].count);
  renderer->sky = geometry_sky(scene);
  renderer->halos = geometry_halos(scene);
  renderer->text = geometry_square();
  renderer->tiles = textures_upload_tiles(textures);
  for (int night = 0; night < 2; night++)
    renderer->light_map[night] = textures_upload_light_map(textures, night);
  textures_free(textures);
  glEnable(GL_DEPTH_TEST);
  glDepthFunc(GL_LEQUAL);
  glEnable(GL_CULL_FACE);
  return renderer;
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
    geometry_free(&renderer->passes[pass]);
  geometry_free(&renderer->sky);
  geometry_free(&renderer->halos);
  geometry_free(&renderer->text);
  glDeleteTextures(1, &renderer->tiles);
  glDeleteTextures(1, &renderer->text_picture);
  glDeleteTextures(2, renderer->light_map);
  free_fine(renderer);
  free(renderer);
}

RenderStats render_stats(const Renderer *renderer) {
  return renderer->stats;
}

/* What of the blocks that are seen belongs to a pass. */
static void draw_pass(Renderer *renderer, MeshPass pass) {
  static GLsizei counts[CULL_BLOCKS_MAX];
  static const void *firsts[CULL_BLOCKS_MAX];
  GLsizei draws = 0;
  for (int i = 0; i < renderer->seen.count; i++) {
    const SceneBlock *block = &renderer->scene->blocks.items[renderer->seen.blocks[i]];
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
static void use_program(Renderer *renderer, Shader shader, const RenderView *view, const VecMatrix *camera,
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
  use_program(renderer, SHADER_PLAIN, view, look, vec(0, 0, 0));
  set_uniform(renderer->programs[SHADER_PLAIN], "fog_density", 1, (float[]){0});
  glDepthRange(depth, depth);
  glBindVertexArray(renderer->sky.array);
  glDrawElements(GL_TRIANGLES, renderer->sky.count, GL_UNSIGNED_INT, NULL);
}

/* The water, with the world upside down under its surface. Comes before everything else. */
static void draw_water(Renderer *renderer, const RenderView *view, const VecMatrix *camera,
                       const VecMatrix *turned) {
  int box[4];
  const Scene *scene = renderer->scene;
  cull_choose(&renderer->seen, scene, view->eye, camera);
  if (!cull_water(&renderer->seen, scene, camera, view->width, view->height, box))
    return;
  float level = scene->water_m;
  VecMatrix around = vec_matrix_mirror(0), mirror = vec_matrix_mirror(level);
  VecMatrix sky = vec_matrix_multiply(turned, &around), world = vec_matrix_multiply(camera, &mirror);
  Vec3 eye = vec(view->eye.x, 2 * level - view->eye.y, view->eye.z);

  glEnable(GL_SCISSOR_TEST);
  glScissor(box[0], box[1], box[2], box[3]);
  glFrontFace(GL_CW);
  draw_sky(renderer, view, &sky, 1);
  glDepthRange(mirror_depth, 1);
  use_program(renderer, SHADER_TILED, view, &world, eye);
  cull_choose(&renderer->seen, scene, eye, &world);
  draw_pass(renderer, MESH_MIRROR);
  glFrontFace(GL_CCW);

  glDepthRange(0, world_depth);
  use_program(renderer, SHADER_WATER, view, camera, view->eye);
  glEnable(GL_BLEND);
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
  cull_choose(&renderer->seen, scene, view->eye, camera);
  draw_pass(renderer, MESH_WATER);
  glDisable(GL_BLEND);
  glDisable(GL_SCISSOR_TEST);
}

static void draw_halos(Renderer *renderer, const RenderView *view, const VecMatrix *camera) {
  Vec3 forward = vec_from_angles(view->yaw, view->pitch), right = vec(cosf(view->yaw), 0, sinf(view->yaw));
  Vec3 up = vec_cross(right, forward);
  use_program(renderer, SHADER_HALO, view, camera, view->eye);
  set_uniform(renderer->programs[SHADER_HALO], "right", 3, &right.x);
  set_uniform(renderer->programs[SHADER_HALO], "up", 3, &up.x);
  glEnable(GL_BLEND);
  glBlendFunc(GL_ONE, GL_ONE);
  glDepthMask(GL_FALSE);
  glBindVertexArray(renderer->halos.array);
  glDrawElements(GL_TRIANGLES, renderer->halos.count, GL_UNSIGNED_INT, NULL);
  glDepthMask(GL_TRUE);
  glDisable(GL_BLEND);
}

static void draw_help(Renderer *renderer, const RenderView *view, const VecMatrix *camera) {
  if (renderer->text_picture == 0) {
    int width, height;
    uint8_t *pixels = font_paint(view->help, &width, &height);
    renderer->text_picture = textures_upload(pixels, width, height);
    free(pixels);
  }
  GLint width, height;
  glBindTexture(GL_TEXTURE_2D, renderer->text_picture);
  glGetTexLevelParameteriv(GL_TEXTURE_2D, 0, GL_TEXTURE_WIDTH, &width);
  glGetTexLevelParameteriv(GL_TEXTURE_2D, 0, GL_TEXTURE_HEIGHT, &height);
  float wide = 2.0f * (float)width / (float)view->width, high = 2.0f * (float)height / (float)view->height;
  use_program(renderer, SHADER_TEXT, view, camera, view->eye);
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
  cull_choose(&renderer->seen, renderer->scene, view->eye, camera);
  use_program(renderer, SHADER_PLAIN, view, camera, view->eye);
  draw_pass(renderer, MESH_PLAIN);
  use_program(renderer, SHADER_TILED, view, camera, view->eye);
  draw_pass(renderer, MESH_TILED);
  use_program(renderer, SHADER_GROUND, view, camera, view->eye);
  cull_keep_ground(&renderer->seen, renderer->scene);
  draw_pass(renderer, MESH_GROUND);
  draw_sky(renderer, view, turned, sky_depth);
  glDepthRange(0, world_depth);
  if (view->night && renderer->halos.count > 0)
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
  VecMatrix projection = vec_matrix_perspective(RENDER_FOV_Y, aspect, CULL_NEAR_M, far_m);
  VecMatrix look = vec_matrix_view(view->eye, view->yaw, view->pitch);
  VecMatrix turn = vec_matrix_view(vec(0, 0, 0), view->yaw, view->pitch);
  VecMatrix camera = vec_matrix_multiply(&projection, &look);
  VecMatrix turned = vec_matrix_multiply(&projection, &turn);
  renderer->stats = (RenderStats){0};
  if (renderer->light_map[view->night] == 0)
    renderer->light_map[view->night] = textures_make_light_map(renderer->scene, view->night);
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
