/*
 * What surfaces are made of. Most are textures: square pictures that repeat, painted by code. All have one
 * size, so that they make one texture array and all walls are drawn without changing textures. A few are
 * flat: colours and nothing else, which a processor draws at half the cost.
 *
 * Colours are sRGB. A picture's alpha is how much of the texel is glass or a light (1: it shows the sky's
 * reflection by day and its own glow by night).
 */
#pragma once

#include "streamer/showroom/shape/vec.h"

#include <stdint.h>

#define TILE_PIXELS 128

/* The windows of one kind of wall. They follow the wall's own tile in the enumeration. */
enum { TILE_WINDOW_PAIR = 1, TILE_WINDOW_TALL, TILE_WINDOW_WIDE, TILE_WINDOW_DOOR };

typedef enum Tile {
  TILE_PLAIN,
  TILE_PLASTER, /* a wall, then its windows: TILE_PLASTER + TILE_WINDOW_WIDE, ... */
  TILE_PLASTER_WINDOWS_END = TILE_PLASTER + TILE_WINDOW_DOOR,
  TILE_BRICK,
  TILE_BRICK_WINDOWS_END = TILE_BRICK + TILE_WINDOW_DOOR,
  TILE_STONE,
  TILE_STONE_WINDOWS_END = TILE_STONE + TILE_WINDOW_DOOR,
  TILE_CURTAIN,     /* a storey of a glass wall */
  TILE_CURTAIN_DIM, /* the same with drawn blinds */
  TILE_SHOP,
  TILE_ENTRANCE,
  TILE_CITY, /* a far house: 4 x 4 windows */
  TILE_WOOD,
  TILE_GRAVEL,
  TILE_ROOFING,
  TILE_ASPHALT,
  TILE_PAVING,
  TILE_GRASS,
  TILE_MEADOW, /* grass seen from afar */
  TILE_RUBBER,
  TILE_SAND,
  TILE_WATER,
  TILE_FOLIAGE,
  TILE_BARS, /* a balcony's railing */
  TILE_PICTURES,
  /* flat, as TILE_PLAIN is when it is no ground */
  TILE_GLASS = TILE_PICTURES,
  TILE_LIGHT,
  TILE_METAL,
  TILE_BARK,
  TILE_LEAVES,
  TILE_COUNT
} Tile;

/*
 * Paints one tile's picture.
 *
 * @tile: below TILE_PICTURES; @pixels: room for TILE_PIXELS * TILE_PIXELS RGBA texels, the bottom row first.
 */
void tiles_paint(Tile tile, uint8_t *pixels);

/*
 * Halves a square RGBA picture in both directions.
 *
 * @from: size * size texels; @to: room for a quarter of them. May be the same place.
 */
void tiles_halve(const uint8_t *from, uint8_t *to, int size);

/* Returns: true if the tile is flat; then its colour and how much it is glass, 0..1, are set. */
int tiles_flat(Tile tile, Vec3 *colour, float *glass);
