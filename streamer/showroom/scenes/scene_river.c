#include "streamer/showroom/scenes/building.h"
#include "streamer/showroom/scenes/camera.h"
#include "streamer/showroom/scenes/complexes.h"
#include "streamer/showroom/scenes/plants.h"
#include "streamer/showroom/scenes/yard.h"
#include "streamer/showroom/shape/noise.h"

/*
 * "River": five towers between a street in the south and a river in the north.
 *
 *   z -210            the other bank and the city behind it
 *   z -200 .. -72     water, with a pier
 *   z  -72 .. -52     the embankment
 *   z  -46 .. -22     three towers;  z 34 .. 58 two more
 *   z  -16 ..  28     the yard
 *   z   66 ..  90     parking and the street
 */
static const float bank_z = -72;

static void add_water(Scene *scene) {
  Mesh *mesh = &scene->mesh;
  scene->water_m = -2.2f;
  mesh_place(mesh, 0, 0, 0, 0);
  for (int column = -16; column < 16; column++) {
    float x0 = (float)column * 50, x1 = x0 + 50;
    scene_begin_block(scene);
    mesh->pass = MESH_WATER;
    for (int row = 0; row < 4; row++) {
      float z0 = -200 + 32 * (float)row, z1 = z0 + 32, y = scene->water_m;
      mesh_paint(mesh, TILE_WATER, 0xc8d8dc, 12);
      mesh_polygon(mesh, (Vec3[]){{x0, y, z0}, {x1, y, z0}, {x1, y, z1}, {x0, y, z1}}, 4, y);
    }
    mesh->pass = MESH_TILED;
    mesh_paint(mesh, TILE_STONE, 0xb3aba0, 3);
    mesh_box(mesh, vec(x0, -3, bank_z), vec(x1, 0.02f, bank_z + 0.6f), MESH_NORTH | MESH_TOP);
    mesh_box(mesh, vec(x0, -3, -201), vec(x1, 0.3f, -200), MESH_SOUTH | MESH_TOP);
    scene_end_block(scene);
  }
}

static void add_pier(Scene *scene) {
  Mesh *mesh = &scene->mesh;
  const float x0 = 18, x1 = 25, z0 = -112;
  scene_begin_block(scene);
  mesh_paint(mesh, TILE_WOOD, 0xb99a74, 2);
  mesh_box(mesh, vec(x0, -0.3f, z0), vec(x1, 0.03f, bank_z), MESH_ALL);
  mesh_box(mesh, vec(x0 - 6, -0.3f, z0 - 8), vec(x1 + 6, 0.03f, z0), MESH_ALL);
  mesh_paint(mesh, TILE_BARK, 0x7d6a55, 1);
  for (int i = 0; i < 7; i++)
    for (int side = 0; side < 2; side++)
      mesh_bar(mesh, vec(side ? x1 - 0.3f : x0 + 0.3f, -3.5f, bank_z - 3 - 6 * (float)i),
               vec(side ? x1 - 0.3f : x0 + 0.3f, 0, bank_z - 3 - 6 * (float)i), 0.2f, 0.2f, 6, 0);
  scene_end_block(scene);
  yard_add_railing(scene, -160, bank_z + 0.3f, x0, bank_z + 0.3f, 0);
  yard_add_railing(scene, x1, bank_z + 0.3f, 160, bank_z + 0.3f, 0);
  yard_add_railing(scene, x0, bank_z, x0, z0, 0);
  yard_add_railing(scene, x1, bank_z, x1, z0, 0);
  yard_add_railing(scene, x0 - 6, z0, x0, z0, 0);
  yard_add_railing(scene, x1, z0, x1 + 6, z0, 0);
  yard_add_railing(scene, x0 - 6, z0, x0 - 6, z0 - 8, 0);
  yard_add_railing(scene, x1 + 6, z0, x1 + 6, z0 - 8, 0);
  yard_add_railing(scene, x0 - 6, z0 - 8, x1 + 6, z0 - 8, 0);
  yard_add_bench(scene, x0 - 3, z0 - 6.8f, VEC_PI);
  yard_add_bench(scene, x1 + 3, z0 - 6.8f, VEC_PI);
  yard_add_lamp(scene, x0 - 5, z0 - 1);
  yard_add_lamp(scene, x1 + 5, z0 - 1);
  yard_add_lamp(scene, x0 + 0.5f, -92);
}

static void add_towers(Scene *scene) {
  const Building towers[] = {
      {.x = -66,
       .z = -34,
       .bays_x = 7,
       .bays_z = 7,
       .storeys = 21,
       .wall = TILE_BRICK,
       .tint = 0xa9664c,
       .accent = 0xcdb8a4,
       .pattern = BUILDING_STRIPES,
       .balcony = BUILDING_GLASS_BALCONY,
       .shops = 1,
       .entrances = BUILDING_SOUTH},
      {.x = -12,
       .z = -34,
       .bays_x = 6,
       .bays_z = 7,
       .storeys = 25,
       .wall = TILE_STONE,
       .tint = 0xe4e2dc,
       .accent = 0xdcecf2,
       .pattern = BUILDING_GLASS,
       .balcony = BUILDING_GLASS_BALCONY,
       .shops = 1,
       .entrances = BUILDING_SOUTH},
      {.x = 58,
       .z = -34,
       .bays_x = 8,
       .bays_z = 7,
       .storeys = 18,
       .wall = TILE_BRICK,
       .tint = 0x7b6c66,
       .accent = 0xcfe0e6,
       .pattern = BUILDING_CHESS,
       .balcony = BUILDING_GLASS_BALCONY,
       .shops = 1,
       .entrances = BUILDING_SOUTH},
      {.x = -46,
       .z = 47,
       .bays_x = 9,
       .bays_z = 6,
       .storeys = 14,
       .wall = TILE_STONE,
       .tint = 0xece6da,
       .accent = 0xcdd8d8,
       .pattern = BUILDING_STRIPES,
       .balcony = BUILDING_LOGGIA,
       .shops = 0,
       .entrances = BUILDING_NORTH},
      {.x = 42,
       .z = 47,
       .bays_x = 8,
       .bays_z = 6,
       .storeys = 16,
       .wall = TILE_BRICK,
       .tint = 0xb98a66,
       .accent = 0xd8cfc4,
       .pattern = BUILDING_CHESS,
       .balcony = BUILDING_GLASS_BALCONY,
       .shops = 0,
       .entrances = BUILDING_NORTH},
  };
  for (size_t i = 0; i < sizeof towers / sizeof towers[0]; i++) {
    Building tower = towers[i];
    tower.lit = 0.42f;
    tower.mirrored = tower.z < 0;
    float top = building_add(scene, &tower);
    if (tower.storeys < 17)
      continue;
    Building crown = tower;
    crown.bays_x -= 2;
    crown.bays_z -= 2;
    crown.storeys = 3;
    crown.from_m = top;
    crown.entrances = crown.shops = 0;
    crown.pattern = BUILDING_GLASS;
    building_add(scene, &crown);
  }
}

static void add_other_bank(Scene *scene) {
  NoiseSource source = noise_source(77);
  for (int group = -6; group < 6; group++) {
    scene_begin_block(scene);
    for (int i = 0; i < 5; i++) {
      static const uint32_t tints[] = {0xd8cfc0, 0xc9b49c, 0xb98f78, 0xdadfe2, 0xbfc6ca};
      float x = (float)group * 75 + noise_next(&source, 0, 70), z = noise_next(&source, -300, -222);
      float wide = noise_next(&source, 18, 40);
      building_add_far(scene, x, z, wide, noise_next(&source, 14, 22),
                       noise_next(&source, 18, i == 0 ? 78 : 42), tints[noise_pick(&source, 5)]);
    }
    scene_end_block(scene);
  }
  for (int i = -24; i < 24; i++)
    plants_add(scene, PLANT_LIME, (float)i * 13 + noise_next(&source, -3, 3), noise_next(&source, -212, -205),
               noise_next(&source, 9, 14));
  for (int side = -1; side <= 1; side += 2)
    for (int group = 0; group < 3; group++) {
      scene_begin_block(scene);
      for (int i = 0; i < 5; i++)
        building_add_far(scene, (float)side * noise_next(&source, 190, 420), noise_next(&source, -40, 320),
                         noise_next(&source, 18, 40), noise_next(&source, 16, 30),
                         noise_next(&source, 15, 62), i % 2 ? 0xd8cfc0 : 0xc2c8cc);
      scene_end_block(scene);
    }
  scene_begin_block(scene);
  for (int i = -5; i < 6; i++)
    building_add_far(scene, (float)i * 48, noise_next(&source, 150, 210), 34, 18, noise_next(&source, 20, 48),
                     0xcbbfae);
  scene_end_block(scene);
}

static void river_add_yard(Scene *scene) {
  yard_add_floor(scene, (YardRect){-160, bank_z, 160, 62}, 0, TILE_PAVING, 0xffffff, 3);
  yard_add_floor(scene, (YardRect){-160, 62, 160, 110}, 0, TILE_ASPHALT, 0xffffff, 5);
  static const YardRect lawns[] = {
      {-58, -14, -24, 8},  {-18, -14, 10, 2}, {16, -14, 64, 4},     {-58, 13, -6, 27},   {2, 8, 64, 27},
      {-92, -14, -64, 27}, {70, -14, 96, 27}, {-128, -50, -88, 55}, {102, -50, 134, 55}, {-30, 36, 22, 58},
  };
  for (size_t i = 0; i < sizeof lawns / sizeof lawns[0]; i++)
    yard_add_lawn(scene, lawns[i], 3);
  for (int i = 0; i < 9; i++)
    yard_add_lawn(scene, (YardRect){-130 + 30 * (float)i, -62, -112 + 30 * (float)i, -58}, 1.5f);
  yard_add_playground(scene, 32, 17);
  yard_add_parking(scene, -70, 64, 24);
  yard_add_parking(scene, 14, 64, 22);
  for (int i = 0; i < 12; i++) {
    yard_add_lamp(scene, -125 + 22.7f * (float)i, -55);
    if (i % 2 == 0)
      yard_add_bench(scene, -117 + 22.7f * (float)i, -56.6f, VEC_PI);
  }
  static const float lamps[][2] = {{-61, 10}, {-40, 10}, {-21, 10}, {-1, 10},  {13, 6},
                                   {38, 6},   {66, 6},   {-21, -8}, {13, -8},  {-2, 24},
                                   {24, 28},  {-40, 30}, {48, 30},  {-61, 30}, {66, 30}};
  for (size_t i = 0; i < sizeof lamps / sizeof lamps[0]; i++)
    yard_add_lamp(scene, lamps[i][0], lamps[i][1]);
  for (int i = 0; i < 5; i++)
    yard_add_lamp(scene, -90 + 42 * (float)i, 74);
  static const float benches[][3] = {
      {-46, 11.6f, VEC_PI}, {-30, 11.6f, VEC_PI}, {-10, 5, 0},   {4, 5, 0},
      {22, 26, VEC_PI},     {42, 26, VEC_PI},     {20, 9.3f, 0}, {46, 9.3f, 0}};
  for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
    yard_add_bench(scene, benches[i][0], benches[i][1], benches[i][2]);
  yard_add_flowers(scene, -3, 7, 1.4f);
  yard_add_flowers(scene, -21, 4, 1.2f);
  yard_add_flowers(scene, 13, 2, 1.2f);
}

static void river_add_plants(Scene *scene) {
  NoiseSource source = noise_source(5);
  for (int i = 0; i < 9; i++)
    for (int k = 0; k < 2; k++)
      plants_add(scene, PLANT_LIME, -126 + 30 * (float)i + 9.5f * (float)k, -60,
                 noise_next(&source, 7.5f, 9));
  static const float spots[][3] = {
      {-52, -8, 0},  {-44, 2, 1},   {-33, -6, 0}, {-28, 4, 1},  {-13, -9, 1},   {-5, -4, 1},    {4, -9, 0},
      {22, -8, 0},   {33, -2, 1},   {44, -9, 0},  {56, -3, 1},  {-52, 20, 1},   {-40, 23, 0},   {-27, 18, 1},
      {-14, 22, 0},  {8, 22, 1},    {12, 13, 0},  {50, 15, 1},  {58, 22, 0},    {-80, -6, 0},   {-74, 8, 1},
      {-84, 18, 0},  {78, -6, 1},   {88, 6, 0},   {80, 18, 1},  {-110, -30, 0}, {-100, -10, 0}, {-112, 10, 0},
      {-102, 35, 1}, {112, -30, 0}, {122, -8, 0}, {110, 12, 1}, {120, 38, 0},   {-22, 46, 0},   {-8, 50, 1},
      {6, 44, 0},    {16, 52, 1}};
  for (size_t i = 0; i < sizeof spots / sizeof spots[0]; i++)
    plants_add(scene, spots[i][2] > 0 ? PLANT_BIRCH : PLANT_LIME, spots[i][0], spots[i][1],
               noise_next(&source, 7.5f, 11));
  for (int i = 0; i < 26; i++)
    plants_add(scene, PLANT_BUSH, noise_next(&source, -56, 62), i % 2 ? noise_next(&source, -13, -10) : 25.5f,
               noise_next(&source, 0.9f, 1.5f));
  yard_add_path(scene, (Vec3[]){{-64, 0, -3}, {-50, 0, -1}, {-38, 0, -4}, {-24, 0, -2}}, 4, 1.8f, TILE_GRAVEL,
                0xffffff);
  plants_add_hedge(scene, -57, 14.2f, -34, 14.2f);
  plants_add_hedge(scene, -28, 14.2f, -8, 14.2f);
  plants_add_hedge(scene, -90, 60, -64, 60);
  plants_add_hedge(scene, 64, 60, 92, 60);
}

void scene_river_build(Scene *scene) {
  scene->half_m = 170;
  scene_set_mood(scene, vec(-0.62f, 0.66f, 0.42f));
  scene->walk_low_x = -125;
  scene->walk_high_x = 125;
  scene->walk_low_z = -119.5f;
  scene->walk_high_z = 95;
  yard_add_beyond(scene, &(YardRect){-1600, -200, 1600, bank_z});
  add_water(scene);
  add_pier(scene);
  add_towers(scene);
  add_other_bank(scene);
  river_add_yard(scene);
  river_add_plants(scene);
  scene->start = (SceneView){vec(-52, CAMERA_EYE_M, 31), 0.62f, 0.17f};
}
