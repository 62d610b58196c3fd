#include "plants.h"

#include "noise.h"

static const float detail_m = 48; /* nearer than this a plant is drawn in full */

typedef struct Look {
  uint32_t leaves, core, bark;
  Tile card;
  float crown_from, crown_wide; /* parts of the height */
  float trunk;                  /* radius as a part of the height */
} Look;

static const Look looks[] = {
    [PLANT_LIME] = {0x93a85c, 0x5a6c3c, 0x6b5a48, TILE_LEAVES, 0.26f, 0.34f, 0.020f},
    [PLANT_BIRCH] = {0xa8b868, 0x6c7c46, 0xe2ddd2, TILE_LEAVES, 0.28f, 0.23f, 0.013f},
    [PLANT_PINE] = {0x6b8a5c, 0x3f5638, 0xa9724a, TILE_NEEDLES, 0.52f, 0.22f, 0.016f},
    [PLANT_BUSH] = {0x8aa05a, 0x536640, 0x6b5a48, TILE_LEAVES, 0.0f, 0.62f, 0.0f},
};

/* A leafy card: a square facing `out`, turned by chance, lit as the crown is at that place. */
static void add_card(Mesh *mesh, NoiseSource *source, Vec3 at, Vec3 out, float size) {
  Vec3 way = vec_normalize(vec_add(out, vec(noise_next(source, -0.6f, 0.6f), noise_next(source, -0.6f, 0.6f),
                                            noise_next(source, -0.6f, 0.6f))));
  Vec3 right = vec_normalize(vec_cross(vec(0, 1, 0.01f), way)), up = vec_cross(way, right);
  float turn = noise_next(source, -0.7f, 0.7f);
  Vec3 a = vec_add(vec_scale(right, cosf(turn) * size), vec_scale(up, sinf(turn) * size));
  Vec3 b = vec_add(vec_scale(right, -sinf(turn) * size), vec_scale(up, cosf(turn) * size));
  Vec3 normal = vec_normalize(vec_add(out, vec(0, 0.25f, 0)));
  uint32_t first = mesh_vertex(mesh, vec_sub(vec_sub(at, a), b), normal, 0, 0);
  mesh_vertex(mesh, vec_sub(vec_add(at, a), b), normal, 1, 0);
  mesh_vertex(mesh, vec_add(vec_add(at, a), b), normal, 1, 1);
  mesh_vertex(mesh, vec_add(vec_sub(at, a), b), normal, 0, 1);
  mesh_triangle(mesh, first, first + 1, first + 2);
  mesh_triangle(mesh, first, first + 2, first + 3);
}

static Vec3 random_way(NoiseSource *source) {
  float y = noise_next(source, -0.75f, 1), angle = noise_next(source, 0, 2 * VEC_PI), flat = sqrtf(1 - y * y);
  return vec(flat * cosf(angle), y, flat * sinf(angle));
}

static Vec3 vary(uint32_t rgb, NoiseSource *source) {
  float k = noise_next(source, 0.86f, 1.12f), warm = noise_next(source, 0.92f, 1.10f);
  Vec3 colour = vec_rgb(rgb);
  return vec(fminf(colour.x * k * warm, 1), fminf(colour.y * k, 1), colour.z * k);
}

/* A cloud of leaves: a dark core, and cards around it. */
static void add_cloud(Mesh *mesh, const Look *look, NoiseSource *source, Vec3 centre, Vec3 radii, int cards,
                      int splits) {
  mesh_paint(mesh, TILE_FOLIAGE, look->core, 1.6f);
  mesh->paint.openness = 0.55f;
  mesh_ball(mesh, centre, vec_scale(radii, 0.64f), splits, 0.10f, (int)source->state);
  mesh_paint(mesh, look->card, look->leaves, 1);
  mesh->pass = MESH_CUTOUT;
  float size = 0.46f * cbrtf(radii.x * radii.y * radii.z);
  for (int i = 0; i < cards; i++) {
    Vec3 way = random_way(source);
    mesh->paint.tint = vary(look->leaves, source);
    mesh->paint.openness = 0.62f + 0.38f * (way.y * 0.5f + 0.5f);
    add_card(mesh, source, vec_add(centre, vec_scale(vec_mul(way, radii), noise_next(source, 0.70f, 0.92f))),
             way, size * noise_next(source, 0.8f, 1.25f));
  }
  mesh->pass = MESH_SOLID;
}

static void add_trunk(Mesh *mesh, const Look *look, NoiseSource *source, float height, int full) {
  float radius = look->trunk * height, lean = noise_next(source, -0.02f, 0.02f) * height;
  float top = height * (look->crown_from + 0.3f);
  mesh_paint(mesh, TILE_BARK, look->bark, 0.8f);
  mesh->paint.openness = 0.8f;
  mesh_bar(mesh, vec(0, -0.1f, 0), vec(lean, top, lean), radius * 1.15f, radius * 0.6f, full ? 7 : 4, 0);
  for (int i = 0; i < (full ? 4 : 0); i++) {
    float angle = noise_next(source, 0, 2 * VEC_PI), reach = look->crown_wide * height * 0.6f;
    float from = height * (look->crown_from + 0.04f + 0.05f * (float)i);
    mesh_bar(mesh, vec(lean * 0.7f, from, lean * 0.7f),
             vec(reach * cosf(angle), from + reach * 0.9f, reach * sinf(angle)), radius * 0.42f,
             radius * 0.15f, 5, 0);
  }
}

static void add_crown(Mesh *mesh, Plant plant, NoiseSource *source, float height, int full) {
  const Look *look = &looks[plant];
  float wide = look->crown_wide * height, from = look->crown_from * height, tall = height - from;
  if (plant == PLANT_BUSH) {
    add_cloud(mesh, look, source, vec(0, height * 0.5f, 0), vec(wide, height * 0.5f, wide), full ? 22 : 7,
              full);
    return;
  }
  if (plant == PLANT_PINE) {
    for (int i = 0; i < 5; i++) {
      float angle = (float)i * 2.4f + noise_next(source, 0, 1), level = (float)i / 4;
      float away = wide * (0.55f - 0.45f * level), size = wide * (0.78f - 0.18f * level);
      Vec3 at = vec(away * cosf(angle), from + tall * (0.12f + 0.72f * level), away * sinf(angle));
      add_cloud(mesh, look, source, at, vec(size, tall * 0.17f, size), full ? 15 : 5, 0);
    }
    return;
  }
  int clouds = plant == PLANT_BIRCH ? 4 : 5;
  add_cloud(mesh, look, source, vec(0, from + tall * 0.52f, 0), vec(wide * 0.74f, tall * 0.48f, wide * 0.74f),
            full ? 30 : 12, full);
  for (int i = 0; i < clouds; i++) {
    float angle = (float)i * 2 * VEC_PI / (float)clouds + noise_next(source, -0.4f, 0.4f);
    float level = plant == PLANT_BIRCH ? 0.18f + 0.17f * (float)i : noise_next(source, 0.25f, 0.55f);
    float size = wide * noise_next(source, 0.46f, 0.60f);
    Vec3 at = vec(wide * 0.52f * cosf(angle), from + tall * level, wide * 0.52f * sinf(angle));
    add_cloud(mesh, look, source, at, vec(size, size * (plant == PLANT_BIRCH ? 1.3f : 0.9f), size),
              full ? 16 : 5, full);
  }
}

/* Whether anyone can come near enough to see it in detail. */
static int within_reach(const Scene *scene, float x, float z) {
  return x > scene->walk_low_x - detail_m && x < scene->walk_high_x + detail_m &&
         z > scene->walk_low_z - detail_m && z < scene->walk_high_z + detail_m;
}

void plants_add(Scene *scene, Plant plant, float x, float z, float height_m) {
  Mesh *mesh = &scene->mesh;
  const Look *look = &looks[plant];
  uint32_t seed = noise_hash((int)(x * 8), (int)(z * 8), (int)plant);
  mesh_place(mesh, x, 0, z, (float)(seed % 628) / 100);
  for (int full = 0; full <= within_reach(scene, x, z); full++) {
    NoiseSource source = noise_source(seed);
    scene_begin_block(scene);
    if (look->trunk > 0)
      add_trunk(mesh, look, &source, height_m, full);
    source = noise_source(seed + 1);
    add_crown(mesh, plant, &source, height_m, full);
    SceneBlock *block = scene_end_block(scene);
    float detail = plant == PLANT_BUSH ? detail_m * 0.5f : detail_m;
    block->near_m = full ? 0 : detail;
    block->far_m = full ? detail : plant == PLANT_BUSH ? 150 : 500;
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
  NoiseSource source = noise_source(noise_hash((int)x0, (int)z0, 3));
  mesh->pass = MESH_CUTOUT;
  mesh_paint(mesh, TILE_LEAVES, looks[PLANT_BUSH].leaves, 1);
  for (int i = 0; i < (int)(length * 1.6f); i++) {
    mesh->paint.tint = vary(looks[PLANT_BUSH].leaves, &source);
    float side = noise_next(&source, -0.35f, 0.35f);
    add_card(mesh, &source,
             vec(noise_next(&source, -length / 2, length / 2), noise_next(&source, 0.75f, 1.0f), side),
             vec(0, 1, side), 0.36f);
  }
  mesh->pass = MESH_SOLID;
  SceneBlock *block = scene_end_block(scene);
  block->far_m = 220;
  scene_add_obstacle(scene, 0, 0, length / 2, 0.4f);
  scene_add_shade(scene, 0, 0, length / 2, 0.4f, 0, 0.9f);
  mesh_place(mesh, 0, 0, 0, 0);
}
