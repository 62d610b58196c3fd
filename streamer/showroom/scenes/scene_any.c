#include "streamer/showroom/scenes/building.h"
#include "streamer/showroom/scenes/camera.h"
#include "streamer/showroom/scenes/complexes.h"
#include "streamer/showroom/scenes/plants.h"
#include "streamer/showroom/scenes/yard.h"
#include "streamer/showroom/shape/noise.h"

/*
 * The complex of a name that has none of its own: four to seven houses around a yard, all chosen by the
 * name's hash.
 */
static const uint32_t tints[] = {0xb8674c, 0xe6d5b0, 0xdfe2e0, 0x8e7468,
                                 0xe9c9b4, 0xd6dfe6, 0xc9a27c, 0xf0e8da};

static Building choose_house(NoiseSource *source, int highest) {
  static const uint32_t accents[] = {0xd8e2e6, 0xd8d0c4, 0xb9c8cc, 0xc8b8a4};
  Building house = {
      .bays_x = 6 + noise_pick(source, 3),
      .bays_z = 5 + noise_pick(source, 2),
      .storeys = 5 + noise_pick(source, highest),
      .wall = (const Tile[]){TILE_BRICK, TILE_PLASTER, TILE_STONE}[noise_pick(source, 3)],
      .tint = tints[noise_pick(source, sizeof tints / sizeof tints[0])],
      .accent = accents[noise_pick(source, 4)],
      .pattern = (BuildingPattern)noise_pick(source, 4),
      .balcony = (BuildingBalcony)(1 + noise_pick(source, 3)),
      .shops = noise_pick(source, 2),
      .lit = noise_next(source, 0.35f, 0.5f),
  };
  house.pitched = house.storeys < 7 && house.pattern != BUILDING_GLASS && noise_pick(source, 2);
  return house;
}

static void any_add_houses(Scene *scene, NoiseSource *source) {
  int highest = 4 + noise_pick(source, 14);
  for (int i = 0; i < 3; i++) {
    Building north = choose_house(source, highest), south = choose_house(source, highest);
    north.x = -48 + 48 * (float)i;
    north.z = -46;
    north.entrances = BUILDING_SOUTH;
    building_add(scene, &north);
    if (i == 1)
      continue; /* the way in from the street */
    south.x = north.x;
    south.z = 46;
    south.entrances = BUILDING_NORTH;
    building_add(scene, &south);
  }
  for (int side = -1; side <= 1; side += 2) {
    Building house = choose_house(source, highest);
    if (noise_pick(source, 3) == 0)
      continue;
    house.x = 82 * (float)side;
    house.entrances = side < 0 ? BUILDING_EAST : BUILDING_WEST;
    building_add(scene, &house);
  }
}

static void any_add_yard(Scene *scene, NoiseSource *source) {
  yard_add_floor(scene, (YardRect){-110, -80, 110, 64}, 0, TILE_PAVING, 0xffffff, 3);
  yard_add_floor(scene, (YardRect){-110, 64, 110, 100}, 0, TILE_ASPHALT, 0xffffff, 5);
  for (int column = -2; column < 2; column++)
    for (int row = -1; row < 1; row++)
      yard_add_lawn(scene,
                    (YardRect){(float)column * 30 + 2, (float)row * 25 + 2, (float)column * 30 + 28,
                               (float)row * 25 + 23},
                    noise_next(source, 2, 8));
  yard_add_playground(scene, noise_pick(source, 2) ? 16 : -15, 12.5f);
  for (int i = -2; i <= 2; i++)
    for (int row = -1; row <= 1; row++)
      yard_add_lamp(scene, (float)i * 30 + 0.2f, (float)row * 26.5f + (row == 0 ? 0.2f : 0));
  for (int i = -2; i < 2; i++) {
    yard_add_bench(scene, (float)i * 30 + 15, 1.2f, VEC_PI);
    yard_add_flowers(scene, (float)i * 30 + 15, -26.5f, 1.2f);
    plants_add_hedge(scene, (float)i * 30 + 6, -3, (float)i * 30 + 24, -3);
  }
  yard_add_parking(scene, -80, 68, 24);
  yard_add_parking(scene, 14, 68, 22);
}

static void any_add_plants(Scene *scene, NoiseSource *source) {
  static const float keep_out[][2] = {{16, 12.5f}, {-15, 12.5f}};
  for (int i = 0; i < 34; i++) {
    float x = noise_next(source, -57, 57), z = noise_next(source, -22, 22);
    int taken = fabsf(z) < 3.5f || fabsf(remainderf(x, 30)) < 3.5f;
    for (int k = 0; k < 2; k++)
      taken |= fabsf(x - keep_out[k][0]) < 12 && fabsf(z - keep_out[k][1]) < 10;
    if (!taken)
      plants_add(scene, (Plant)noise_pick(source, 3), x, z, noise_next(source, 7, 12));
  }
  for (int i = -12; i < 12; i++)
    plants_add(scene, PLANT_LIME, (float)i * 12, noise_next(source, 104, 112), noise_next(source, 8, 13));
}

static void any_add_town(Scene *scene, NoiseSource *source) {
  for (int side = 0; side < 12; side++) {
    scene_begin_block(scene);
    for (int i = 0; i < 4; i++) {
      float angle = ((float)side + noise_next(source, 0, 1)) * VEC_PI / 6,
            reach = noise_next(source, 190, 420);
      building_add_far(scene, reach * cosf(angle), reach * sinf(angle), noise_next(source, 20, 44),
                       noise_next(source, 16, 30), noise_next(source, 14, 60),
                       tints[noise_pick(source, sizeof tints / sizeof tints[0])]);
    }
    scene_end_block(scene);
  }
}

void scene_any_build(Scene *scene) {
  NoiseSource source = noise_source(scene->seed);
  scene->half_m = 130;
  float angle = noise_next(&source, 0.3f, VEC_PI - 0.3f);
  scene_set_mood(scene, vec(0.75f * cosf(angle), noise_next(&source, 0.55f, 0.85f), 0.75f * sinf(angle)));
  scene->walk_low_x = -105;
  scene->walk_high_x = 105;
  scene->walk_low_z = -75;
  scene->walk_high_z = 95;
  yard_add_beyond(scene, &(YardRect){-110, -80, 110, 100});
  any_add_houses(scene, &source);
  any_add_yard(scene, &source);
  any_add_plants(scene, &source);
  any_add_town(scene, &source);
  scene->start = (SceneView){vec(1.2f, CAMERA_EYE_M, 42), -0.15f, 0.14f};
}
