#include "streamer/showroom/scenes/building.h"
#include "streamer/showroom/scenes/camera.h"
#include "streamer/showroom/scenes/complexes.h"
#include "streamer/showroom/scenes/plants.h"
#include "streamer/showroom/scenes/yard.h"
#include "streamer/showroom/shape/noise.h"

/*
 * "Park": low houses of brick and plaster on three sides of a park with a pond, 110 x 90 m, a street around
 * them.
 */
static const YardRect street = {-120, -110, 120, 120}, pavement = {-69.5f, -55.5f, 69.5f, 62};

static void park_add_houses(Scene *scene) {
  static const Building houses[] = {
      {.x = -52,
       .z = -62,
       .bays_x = 8,
       .bays_z = 4,
       .storeys = 5,
       .wall = TILE_PLASTER,
       .tint = 0xf0d9a8,
       .accent = 0xa4553e,
       .pattern = BUILDING_CLASSIC,
       .balcony = BUILDING_RAIL_BALCONY,
       .pitched = 1,
       .entrances = BUILDING_SOUTH},
      {.x = -24,
       .z = -62,
       .bays_x = 9,
       .bays_z = 4,
       .storeys = 6,
       .wall = TILE_BRICK,
       .tint = 0xb86f52,
       .accent = 0xd8d0c4,
       .pattern = BUILDING_STRIPES,
       .balcony = BUILDING_RAIL_BALCONY,
       .shops = 1,
       .entrances = BUILDING_SOUTH},
      {.x = 8,
       .z = -62,
       .bays_x = 9,
       .bays_z = 4,
       .storeys = 5,
       .wall = TILE_PLASTER,
       .tint = 0xdfe6dc,
       .accent = 0x5f6a6e,
       .pattern = BUILDING_CLASSIC,
       .balcony = BUILDING_RAIL_BALCONY,
       .pitched = 1,
       .entrances = BUILDING_SOUTH},
      {.x = 40,
       .z = -62,
       .bays_x = 9,
       .bays_z = 4,
       .storeys = 7,
       .wall = TILE_BRICK,
       .tint = 0xe0c4a0,
       .accent = 0xcfd8d4,
       .pattern = BUILDING_CHESS,
       .balcony = BUILDING_GLASS_BALCONY,
       .shops = 1,
       .entrances = BUILDING_SOUTH},
      {.x = -76,
       .z = -26,
       .bays_x = 4,
       .bays_z = 9,
       .storeys = 6,
       .wall = TILE_BRICK,
       .tint = 0x9c6a58,
       .accent = 0xd8d0c4,
       .pattern = BUILDING_STRIPES,
       .balcony = BUILDING_LOGGIA,
       .entrances = BUILDING_EAST},
      {.x = -76,
       .z = 8,
       .bays_x = 4,
       .bays_z = 9,
       .storeys = 5,
       .wall = TILE_PLASTER,
       .tint = 0xe9c9b4,
       .accent = 0x8c4a3a,
       .pattern = BUILDING_CLASSIC,
       .balcony = BUILDING_RAIL_BALCONY,
       .pitched = 1,
       .entrances = BUILDING_EAST},
      {.x = -76,
       .z = 42,
       .bays_x = 4,
       .bays_z = 9,
       .storeys = 7,
       .wall = TILE_STONE,
       .tint = 0xece4d6,
       .accent = 0xc8d6da,
       .pattern = BUILDING_CHESS,
       .balcony = BUILDING_GLASS_BALCONY,
       .entrances = BUILDING_EAST},
      {.x = 76,
       .z = -26,
       .bays_x = 4,
       .bays_z = 9,
       .storeys = 5,
       .wall = TILE_PLASTER,
       .tint = 0xd6dfe6,
       .accent = 0x4f5c66,
       .pattern = BUILDING_CLASSIC,
       .balcony = BUILDING_RAIL_BALCONY,
       .pitched = 1,
       .entrances = BUILDING_WEST},
      {.x = 76,
       .z = 8,
       .bays_x = 4,
       .bays_z = 9,
       .storeys = 6,
       .wall = TILE_BRICK,
       .tint = 0xc07a56,
       .accent = 0xd8d0c4,
       .pattern = BUILDING_STRIPES,
       .balcony = BUILDING_RAIL_BALCONY,
       .entrances = BUILDING_WEST},
      {.x = 76,
       .z = 42,
       .bays_x = 4,
       .bays_z = 9,
       .storeys = 5,
       .wall = TILE_PLASTER,
       .tint = 0xf2e2b8,
       .accent = 0xa4553e,
       .pattern = BUILDING_CLASSIC,
       .balcony = BUILDING_RAIL_BALCONY,
       .pitched = 1,
       .entrances = BUILDING_WEST},
  };
  for (size_t i = 0; i < sizeof houses / sizeof houses[0]; i++) {
    Building house = houses[i];
    house.lit = 0.45f;
    house.mirrored = 1;
    building_add(scene, &house);
  }
}

static void add_pond(Scene *scene) {
  Mesh *mesh = &scene->mesh;
  const float x = 6, z = -6, wide = 21, deep = 12.5f;
  scene->water_m = YARD_LAWN_M + 0.015f;
  yard_add_oval(scene, x, z, wide + 1.6f, deep + 1.6f, YARD_LAWN_M + 0.012f, MESH_GROUND, TILE_SAND, 0xf0e6d0,
                3);
  yard_add_oval(scene, x, z, wide, deep, scene->water_m, MESH_WATER, TILE_WATER, 0xb4c8bc, 7);
  mesh_place(mesh, 0, 0, 0, 0);
  for (int i = -8; i <= 8; i++) {
    float reach = deep * sqrtf(1 - (float)(i * i) / 81);
    scene_add_obstacle(scene, x + (float)i * wide / 9, z, wide / 18, reach);
  }
  /* a deck on the south shore */
  scene_begin_block(scene);
  mesh_paint(mesh, TILE_WOOD, 0xb99a74, 2);
  mesh_block(mesh, x - 6, YARD_LAWN_M, z + deep + 0.2f, 11, 0.18f, 4.6f, MESH_UPPER);
  scene_end_block(scene);
  yard_add_bench(scene, x - 9, z + deep + 1.4f, VEC_PI);
  yard_add_bench(scene, x - 4, z + deep + 1.4f, VEC_PI);
  NoiseSource source = noise_source(9);
  for (int i = 0; i < 9; i++) {
    float angle = -2.9f + 0.24f * (float)i;
    plants_add(scene, PLANT_BUSH, x + (wide + 1.2f) * cosf(angle), z + (deep + 1.2f) * sinf(angle),
               noise_next(&source, 0.6f, 1.2f));
  }
}

static void add_gazebo(Scene *scene, float x, float z) {
  Mesh *mesh = &scene->mesh;
  mesh_place(mesh, x, 0, z, 0.3f);
  scene_begin_block(scene);
  mesh_paint(mesh, TILE_WOOD, 0xb99a74, 2);
  mesh_block(mesh, 0, 0, 0, 5.4f, 0.25f, 5.4f, MESH_UPPER);
  mesh_paint(mesh, TILE_METAL, 0xf8f5ee, 2);
  for (int i = 0; i < 4; i++) {
    float post_x = i % 2 ? 2.4f : -2.4f, post_z = i / 2 ? 2.4f : -2.4f;
    mesh_block(mesh, post_x, 0.25f, post_z, 0.18f, 2.7f, 0.18f, MESH_SIDES);
    scene_add_obstacle(scene, post_x, post_z, 0.1f, 0.1f);
  }
  mesh_paint(mesh, TILE_ROOFING, 0x5f6a6e, 2);
  const Vec3 eaves[4] = {{-3.1f, 2.9f, 3.1f}, {3.1f, 2.9f, 3.1f}, {3.1f, 2.9f, -3.1f}, {-3.1f, 2.9f, -3.1f}};
  const Vec3 peak = vec(0, 4.5f, 0);
  for (int i = 0; i < 4; i++) {
    mesh_quad(mesh, (Vec3[]){eaves[i], eaves[(i + 1) % 4], peak, peak}, 3, 2);
    mesh_quad(mesh, (Vec3[]){eaves[(i + 1) % 4], eaves[i], peak, peak}, 3, 2);
  }
  scene_add_lamp(scene, vec(0, 2.8f, 0), 0xffc27c, 1.2f, 10, 0.8f);
  scene_add_shade(scene, 0, 0, 2.8f, 2.8f, 2.9f, 3.5f);
  scene_end_block(scene);
  mesh_place(mesh, 0, 0, 0, 0);
}

static void add_park(Scene *scene) {
  yard_add_frame(scene, street, pavement, 0, TILE_ASPHALT, 0xffffff, 5);
  /* pavement between houses and park, one layer above the street */
  yard_add_frame(scene, pavement, (YardRect){-52, -42, 52, 49}, 0.03f, TILE_PAVING, 0xffffff, 3);
  yard_add_lawn(scene, (YardRect){-55, -45, 55, 52}, 8);
  for (int i = 0; i < 3; i++) {
    yard_add_lawn(scene, (YardRect){-68, -40 + 33 * (float)i, -62, -17 + 33 * (float)i}, 1);
    yard_add_lawn(scene, (YardRect){62, -40 + 33 * (float)i, 68, -17 + 33 * (float)i}, 1);
  }
  static const Vec3 round[] = {{-55, 0, 30},  {-42, 0, 27}, {-28, 0, 20}, {-22, 0, 8},  {-24, 0, -8},
                               {-19, 0, -23}, {-4, 0, -29}, {14, 0, -28}, {30, 0, -22}, {35, 0, -6},
                               {31, 0, 10},   {18, 0, 19},  {0, 0, 21},   {-28, 0, 20}};
  static const Vec3 east[] = {{31, 0, 10}, {42, 0, 16}, {55, 0, 18}};
  static const Vec3 north[] = {{-4, 0, -29}, {-6, 0, -37}, {-8, 0, -45}};
  static const Vec3 south[] = {{0, 0, 21}, {6, 0, 34}, {4, 0, 52}};
  static const Vec3 corner[] = {{30, 0, -22}, {42, 0, -32}, {55, 0, -34}};
  yard_add_path(scene, round, 14, 2.8f, TILE_GRAVEL, 0xf6ead2);
  yard_add_path(scene, east, 3, 2.4f, TILE_GRAVEL, 0xf6ead2);
  yard_add_path(scene, north, 3, 2.4f, TILE_GRAVEL, 0xf6ead2);
  yard_add_path(scene, south, 3, 2.8f, TILE_GRAVEL, 0xf6ead2);
  yard_add_path(scene, corner, 3, 2.4f, TILE_GRAVEL, 0xf6ead2);
  for (int i = 0; i < 13; i += 2) {
    Vec3 at = round[i], to = round[i + 1];
    float length = hypotf(to.x - at.x, to.z - at.z), aside_x = -(to.z - at.z) / length,
          aside_z = (to.x - at.x) / length;
    yard_add_lamp(scene, at.x + aside_x * -2.2f, at.z + aside_z * -2.2f);
    if (i % 4 == 2)
      yard_add_bench(scene, (at.x + to.x) / 2 - aside_x * 2.1f, (at.z + to.z) / 2 - aside_z * 2.1f,
                     atan2f(-aside_x, aside_z));
  }
  yard_add_lamp(scene, 44, 14);
  yard_add_lamp(scene, 8, 40);
  yard_add_lamp(scene, -10, -40);
  for (int i = 0; i < 6; i++) {
    yard_add_lamp(scene, -59, -42 + 19 * (float)i);
    yard_add_lamp(scene, 59, -42 + 19 * (float)i);
    yard_add_lamp(scene, -50 + 20 * (float)i, -48.5f);
  }
  yard_add_playground(scene, 35, 36);
  add_gazebo(scene, -38, -20);
  yard_add_flowers(scene, 2, 27, 1.5f);
  yard_add_flowers(scene, 11, 27, 1.3f);
  yard_add_flowers(scene, -8, -47.5f, 1.2f);
  yard_add_parking(scene, -60, 66, 20);
  yard_add_parking(scene, 4, 66, 20);
}

static void park_add_plants(Scene *scene) {
  static const float pines[][2] = {{-46, -36}, {-40, -30}, {-33, -37}, {-27, -33}, {-47, -12},
                                   {-40, -5},  {-33, -2},  {-46, 4},   {-34, 8},   {-49, 16},
                                   {-22, -38}, {40, -40},  {48, -24},  {44, -14},  {46, 2},
                                   {20, -38},  {30, -36},  {-38, 38},  {-46, 44},  {-30, 45}};
  static const float limes[][2] = {{-16, 32}, {-20, 42}, {-8, 46}, {16, 46},  {18, 32}, {48, 48},
                                   {-50, 24}, {50, 8},   {0, -36}, {10, -38}, {50, -42}};
  static const float birches[][2] = {{-24, 30},  {-4, 32}, {24, 25},  {40, 22},
                                     {-12, -18}, {-16, 0}, {31, -12}, {22, 48}};
  NoiseSource source = noise_source(15);
  for (size_t i = 0; i < sizeof pines / sizeof pines[0]; i++)
    plants_add(scene, PLANT_PINE, pines[i][0], pines[i][1], noise_next(&source, 12, 18));
  for (size_t i = 0; i < sizeof limes / sizeof limes[0]; i++)
    plants_add(scene, PLANT_LIME, limes[i][0], limes[i][1], noise_next(&source, 8, 12));
  for (size_t i = 0; i < sizeof birches / sizeof birches[0]; i++)
    plants_add(scene, PLANT_BIRCH, birches[i][0], birches[i][1], noise_next(&source, 8, 12));
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 2; k++) {
      plants_add(scene, PLANT_LIME, -65, -35 + 33 * (float)i + 13 * (float)k, 7.5f);
      plants_add(scene, PLANT_LIME, 65, -35 + 33 * (float)i + 13 * (float)k, 7.5f);
    }
  for (int i = -22; i < 22; i++) {
    float z = 128 + noise_next(&source, 0, 14);
    plants_add(scene, i % 3 ? PLANT_LIME : PLANT_PINE, (float)i * 9, z, noise_next(&source, 10, 17));
  }
  plants_add_hedge(scene, -52, 50.5f, -2, 50.5f);
  plants_add_hedge(scene, 10, 50.5f, 52, 50.5f);
}

static void park_add_town(Scene *scene) {
  NoiseSource source = noise_source(33);
  for (int side = 0; side < 12; side++) {
    scene_begin_block(scene);
    for (int i = 0; i < 5; i++) {
      static const uint32_t tints[] = {0xe3cfae, 0xc99a80, 0xd9d6cc, 0xb98f78, 0xd0c0a4};
      float angle = ((float)side + noise_next(&source, 0, 1)) * VEC_PI / 6,
            reach = noise_next(&source, 190, 420);
      building_add_far(scene, reach * cosf(angle), reach * sinf(angle), noise_next(&source, 20, 44),
                       noise_next(&source, 16, 30), noise_next(&source, 14, 34),
                       tints[noise_pick(&source, 5)]);
    }
    scene_end_block(scene);
  }
}

void scene_park_build(Scene *scene) {
  scene->half_m = 150;
  scene_set_mood(scene, vec(0.55f, 0.74f, 0.62f));
  scene->day.zenith = vec_rgb(0x4a86c0);
  scene->day.horizon = vec_rgb(0xdfe8ea);
  scene->walk_low_x = scene->walk_low_z = -105;
  scene->walk_high_x = scene->walk_high_z = 112;
  yard_add_beyond(scene, &street);
  park_add_houses(scene);
  add_park(scene);
  add_pond(scene);
  park_add_plants(scene);
  park_add_town(scene);
  scene->start = (SceneView){vec(-14, CAMERA_EYE_M, 22.5f), 0.42f, 0.08f};
}
