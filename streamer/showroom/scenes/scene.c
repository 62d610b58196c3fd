#include "streamer/showroom/scenes/scene.h"

Scene *scene_new(uint32_t seed) {
  Scene *scene = calloc(1, sizeof *scene);
  if (scene == NULL)
    abort();
  mesh_init(&scene->mesh);
  scene->seed = seed;
  return scene;
}

void scene_free(Scene *scene) {
  if (scene == NULL)
    return;
  mesh_clear(&scene->mesh);
  array_clear(&scene->blocks);
  array_clear(&scene->obstacles);
  array_clear(&scene->shades);
  array_clear(&scene->crowns);
  array_clear(&scene->lamps);
  free(scene);
}

void scene_begin_block(Scene *scene) {
  SceneBlock *block = array_push(&scene->blocks);
  *block = (SceneBlock){.far_m = INFINITY};
  for (int pass = 0; pass < MESH_PASSES; pass++)
    block->first[pass] = (uint32_t)scene->mesh.triangles[pass].count;
}

SceneBlock *scene_end_block(Scene *scene) {
  SceneBlock *block = &scene->blocks.items[scene->blocks.count - 1];
  Vec3 low = vec(INFINITY, INFINITY, INFINITY), high = vec(-INFINITY, -INFINITY, -INFINITY);
  uint32_t total = 0;
  for (int pass = 0; pass < MESH_PASSES; pass++) {
    const uint32_t *indices = scene->mesh.triangles[pass].items;
    block->count[pass] = (uint32_t)scene->mesh.triangles[pass].count - block->first[pass];
    total += block->count[pass];
    for (uint32_t i = 0; i < block->count[pass]; i++) {
      const float *p = scene->mesh.vertices.items[indices[block->first[pass] + i]].position;
      low = vec(fminf(low.x, p[0]), fminf(low.y, p[1]), fminf(low.z, p[2]));
      high = vec(fmaxf(high.x, p[0]), fmaxf(high.y, p[1]), fmaxf(high.z, p[2]));
    }
  }
  if (total == 0) {
    scene->blocks.count--;
    return NULL;
  }
  block->low = low;
  block->high = high;
  return block;
}

void scene_add_obstacle(Scene *scene, float x, float z, float half_x, float half_z) {
  Vec3 at = mesh_to_world(&scene->mesh.place, vec(x, 0, z));
  SceneObstacle *obstacle = array_push(&scene->obstacles);
  *obstacle = (SceneObstacle){at.x, at.z, half_x, half_z, scene->mesh.place.cosine, scene->mesh.place.sine};
}

void scene_add_pillar(Scene *scene, float x, float z, float radius) {
  scene_add_obstacle(scene, x, z, 0, radius);
}

void scene_add_shade(Scene *scene, float x, float z, float half_x, float half_z, float bottom_m,
                     float top_m) {
  Vec3 at = mesh_to_world(&scene->mesh.place, vec(x, 0, z));
  SceneShade *shade = array_push(&scene->shades);
  *shade = (SceneShade){
      {at.x, at.z, half_x, half_z, scene->mesh.place.cosine, scene->mesh.place.sine}, bottom_m, top_m};
}

void scene_add_crown(Scene *scene, Vec3 centre, float radius) {
  SceneCrown *crown = array_push(&scene->crowns);
  *crown = (SceneCrown){mesh_to_world(&scene->mesh.place, centre), radius};
}

void scene_add_lamp(Scene *scene, Vec3 at, uint32_t rgb, float power, float reach_m, float halo_m) {
  SceneLamp *lamp = array_push(&scene->lamps);
  *lamp = (SceneLamp){mesh_to_world(&scene->mesh.place, at), vec_scale(vec_rgb(rgb), power), reach_m, halo_m};
}

void scene_set_mood(Scene *scene, Vec3 to_sun) {
  scene->day = (SceneMood){
      .to_sun = vec_normalize(to_sun),
      .sun = vec(1.02f, 0.90f, 0.70f),
      .sky = vec(0.34f, 0.42f, 0.55f),
      .ground = vec(0.22f, 0.20f, 0.17f),
      .zenith = vec_rgb(0x3f7fc4),
      .horizon = vec_rgb(0xd3e3ec),
      .fog_m = 620,
      .clouds = 0.5f,
  };
  scene->night = (SceneMood){
      .to_sun = vec_normalize(vec(0.5f, 0.7f, 0.4f)),
      .sun = vec(0.036f, 0.043f, 0.060f),
      .sky = vec(0.040f, 0.050f, 0.080f),
      .ground = vec(0.024f, 0.021f, 0.020f),
      .zenith = vec_rgb(0x0a1226),
      .horizon = vec_rgb(0x2b3350),
      .fog_m = 520,
      .clouds = 0.3f,
  };
}
