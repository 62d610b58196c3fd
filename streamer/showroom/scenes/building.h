/* Houses: boxes of storeys and bays with windows, balconies, entrances and a roof. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

#define BUILDING_BAY_M 3.3f
#define BUILDING_STOREY_M 3.1f
#define BUILDING_GROUND_M 4.2f /* the ground floor is higher */

typedef enum BuildingPattern {
  BUILDING_CLASSIC, /* windows in a row, every third bay with balconies */
  BUILDING_STRIPES, /* tall windows and wide ones in columns, balconies in the outer bays */
  BUILDING_CHESS,   /* wide windows, balconies that change sides every storey */
  BUILDING_GLASS,   /* glass walls between thin floors */
} BuildingPattern;

typedef enum BuildingBalcony {
  BUILDING_NO_BALCONY,
  BUILDING_GLASS_BALCONY,
  BUILDING_RAIL_BALCONY,
  BUILDING_LOGGIA,
} BuildingBalcony;

/* Faces, for `entrances`. */
enum { BUILDING_SOUTH = 1, BUILDING_EAST = 2, BUILDING_NORTH = 4, BUILDING_WEST = 8 };

typedef struct Building {
  float x, z, angle; /* middle of the ground plan; turned clockwise */
  int bays_x, bays_z, storeys;
  float from_m;          /* height it begins at: 0, or that of the roof it stands on */
  Tile wall;             /* TILE_PLASTER, TILE_BRICK or TILE_STONE */
  uint32_t tint, accent; /* of the walls; of balconies, bands, roof */
  BuildingPattern pattern;
  BuildingBalcony balcony;
  int shops;     /* a glazed ground floor */
  int pitched;   /* a hipped roof instead of a flat one */
  int entrances; /* faces with a door in the middle bay */
  int mirrored;  /* shows in the water */
  float lit;     /* share of flats with light by night */
} Building;

/* Adds the house with its obstacle, its shadow and the lamps of its doors. Where its top is, in metres, is
 * returned. */
float building_add(Scene *scene, const Building *building);

/* A far house for the skyline: a box with painted windows. */
void building_add_far(Scene *scene, float x, float z, float width, float depth, float height, uint32_t tint);
