#include "streamer/showroom/scenes/plants.h"

#include "streamer/showroom/shape/noise.h"

/* A plant is built three times: to stand beside, to look at, and for the distance. */
enum { NEAR, MIDDLE, FAR, LEVELS };
static const float level_from_m[LEVELS] = {0, 17, 52}; /* how far its middle is where a level begins */

typedef struct Look {
  uint32_t leaves, bark;
  float crown_from, crown_wide; /* parts of the height */
  float trunk;                  /* radius as a part of the height */
  float spikes;
} Look;

static const Look looks[] = {
    [PLANT_LIME] = {0x9ab060, 0x6b5a48, 0.26f, 0.34f, 0.020f, 0.13f},
    [PLANT_BIRCH] = {0xb0bf6e, 0xe2ddd2, 0.28f, 0.23f, 0.013f, 0.16f},
    [PLANT_PINE] = {0x6b8a5c, 0xa9724a, 0.52f, 0.22f, 0.016f, 0.26f},
    [PLANT_BUSH] = {0x92a860, 0x6b5a48, 0.0f, 0.62f, 0.0f, 0.14f},
};

static Vec3 vary(uint32_t rgb, NoiseSource *source) {
  float k = noise_next(source, 0.88f, 1.10f), warm = noise_next(source, 0.94f, 1.08f);
  Vec3 colour = vec_rgb(rgb);
  return vec(fminf(colour.x * k * warm, 1), fminf(colour.y * k, 1), colour.z * k);
}

static void add_cloud(Mesh *mesh, const Look *look, NoiseSource *source, Vec3 centre, Vec3 radii, int level) {
  mesh_paint(mesh, TILE_LEAVES, look->leaves, 1);
  mesh->paint.tint = vary(look->leaves, source);
  mesh->paint.openness = 0.95f;
  mesh_clump(mesh, centre, radii, level == FAR ? 0 : 1, level == NEAR ? look->spikes : 0,
             (int)(source->state & 0xffff));
}

static void add_trunk(Mesh *mesh, const Look *look, NoiseSource *source, float height, int level) {
  float radius = look->trunk * height, lean = noise_next(source, -0.02f, 0.02f) * height;
  float top = height * (look->crown_from + 0.3f);
  mesh_paint(mesh, TILE_BARK, look->bark, 0.8f);
  mesh->paint.openness = 0.8f;
  mesh_bar(mesh, vec(0, -0.1f, 0), vec(lean, top, lean), radius * 1.15f, radius * 0.6f, 7 - 2 * level, 0);
  for (int i = 0; i < (level == FAR ? 0 : 4); i++) {
    float angle = noise_next(source, 0, 2 * VEC_PI), reach = look->crown_wide * height * 0.6f;
    float from = height * (look->crown_from + 0.04f + 0.05f * (float)i);
    mesh_bar(mesh, vec(lean * 0.7f, from, lean * 0.7f),
             vec(reach * cosf(angle), from + reach * 0.9f, reach * sinf(angle)), radius * 0.42f,
             radius * 0.15f, level == NEAR ? 5 : 3, 0);
  }
}

static void add_crown(Mesh *mesh, Plant plant, NoiseSource *source, float height, int level) {
  const Look *look = &looks[plant];
  float wide = look->crown_wide * height, from = look->crown_from * height, tall = height - from;
  if (plant == PLANT_BUSH) {
    add_cloud(mesh, look, source, vec(0, height * 0.42f, 0), vec(wide, height * 0.55f, wide), level);
    return;
  }
  if (plant == PLANT_PINE) {
    for (int i = 0; i < 5; i++) {
      float angle = (float)i * 2.4f + noise_next(source, 0, 1), part = (float)i / 4;
      float away = wide * (0.55f - 0.45f * part), size = wide * (0.78f - 0.18f * part);
      Vec3 at = vec(away * cosf(angle), from + tall * (0.12f + 0.72f * part), away * sinf(angle));
      add_cloud(mesh, look, source, at, vec(size, tall * 0.17f, size), level);
    }
    return;
  }
  int clouds = plant == PLANT_BIRCH ? 4 : 5;
  add_cloud(mesh, look, source, vec(0, from + tall * 0.52f, 0), vec(wide * 0.70f, tall * 0.48f, wide * 0.70f),
            level);
  for (int i = 0; i < clouds; i++) {
    float angle = (float)i * 2 * VEC_PI / (float)clouds + noise_next(source, -0.4f, 0.4f);
    float part = plant == PLANT_BIRCH ? 0.18f + 0.17f * (float)i : noise_next(source, 0.25f, 0.55f);
    float size = wide * noise_next(source, 0.46f, 0.60f);
    Vec3 at = vec(wide * 0.52f * cosf(angle), from + tall * part, wide * 0.52f * sinf(angle));
    add_cloud(mesh, look, source, at, vec(size, size * (plant == PLANT_BIRCH ? 1.3f : 0.9f), size), level);
  }
}

/* Whether anyone can come that near to it. */
static int within_reach(const Scene *scene, float x, float z, float reach_m) {
  return x > scene->walk_low_x - reach_m && x < scene->walk_high_x + reach_m &&
         z > scene->walk_low_z - reach_m && z < scene->walk_high_z + reach_m;
}

void plants_add(Scene *scene, Plant plant, float x, float z, float height_m) {
  Mesh *mesh = &scene->mesh;
  const Look *look = &looks[plant];
  uint32_t seed = noise_hash((int)(x * 8), (int)(z * 8), (int)plant);
  mesh_place(mesh, x, 0, z, (float)(seed % 628) / 100);
  float scale = plant == PLANT_BUSH ? 0.5f : 1;
  for (int level = NEAR; level < LEVELS; level++) {
    float far_m = level == FAR ? (plant == PLANT_BUSH ? 150 : 500) : level_from_m[level + 1] * scale;
    if (!within_reach(scene, x, z, far_m))
      continue;
    NoiseSource source = noise_source(seed);
    scene_begin_block(scene);
    if (look->trunk > 0)
      add_trunk(mesh, look, &source, height_m, level);
    source = noise_source(seed + 1);
    add_crown(mesh, plant, &source, height_m, level);
    SceneBlock *block = scene_end_block(scene);
    block->near_m = level_from_m[level] * scale;
    block->far_m = far_m;
  }
  if (plant != PLANT_BUSH)
    scene_add_pillar(scene, 0, 0, look->trunk * height_m + 0.05f);
  else
    scene_add_pillar(scene, 0, 0, look->crown_wide * height_m * 0.7f);
  float middle = look->crown_from * height_m + (height_m - look->crown_from * height_m) * 0.5f;
  scene_add_crown(scene, vec(0, middle, 0), look->crown_wide * height_m * 1.05f);
  mesh_place(mesh, 0, 0, 0, 0);
}

void plants_add_hedge(Scene *scene, float x0, float z0, float x1, float z1) {
  Mesh *mesh = &scene->mesh;
  float length = hypotf(x1 - x0, z1 - z0), angle = atan2f(z1 - z0, x1 - x0);
  mesh_place(mesh, (x0 + x1) / 2, 0, (z0 + z1) / 2, angle);
  scene_begin_block(scene);
  mesh_paint(mesh, TILE_FOLIAGE, 0x6d9040, 1.4f);
  mesh->paint.openness = 0.8f;
  mesh_block(mesh, 0, 0, 0, length, 0.95f, 0.8f, MESH_UPPER);
  SceneBlock *block = scene_end_block(scene);
  block->far_m = 220;
  scene_add_obstacle(scene, 0, 0, length / 2, 0.4f);
  scene_add_shade(scene, 0, 0, length / 2, 0.4f, 0, 0.9f);
  mesh_place(mesh, 0, 0, 0, 0);
}
