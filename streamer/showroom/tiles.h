/*
 * The textures: square pictures that repeat, painted by code. All have one size, so that they make one
 * texture array and the whole scene is drawn without changing textures.
 *
 * Colours are sRGB. What alpha means depends on where a tile is used: in walls it is how much of the texel is
 * glass or a light (1: it shows the sky's reflection by day and its own glow by night), in cut-out tiles
 * (leaves, needles, railing) how much of it is there at all.
 */
#pragma once

#include <stdint.h>

#define TILE_PIXELS 256

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
  TILE_GLASS,
  TILE_LIGHT,
  TILE_WOOD,
  TILE_METAL,
  TILE_GRAVEL,
  TILE_ROOFING,
  TILE_ASPHALT,
  TILE_PAVING,
  TILE_GRASS,
  TILE_MEADOW, /* grass seen from afar */
  TILE_RUBBER,
  TILE_SAND,
  TILE_WATER,
  TILE_BARK,
  TILE_FOLIAGE,
  TILE_LEAVES,  /* cut-out */
  TILE_NEEDLES, /* cut-out */
  TILE_RAILING, /* cut-out */
  TILE_COUNT
} Tile;

/*
 * Paints one tile.
 *
 * @pixels: room for TILE_PIXELS * TILE_PIXELS RGBA texels, the bottom row first.
 */
void tiles_paint(Tile tile, uint8_t *pixels);

/*
 * Halves a square RGBA picture in both directions; colours weigh by their alpha if `by_alpha`, so that the
 * edges of cut-outs do not darken.
 *
 * @from: size * size texels; @to: room for a quarter of them. May be the same place.
 */
void tiles_halve(const uint8_t *from, uint8_t *to, int size, int by_alpha);

/* True for tiles whose alpha is coverage. */
int tiles_is_cutout(Tile tile);
