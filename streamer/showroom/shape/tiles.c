#include "streamer/showroom/shape/tiles.h"

#include "streamer/showroom/shape/noise.h"

#include <stdlib.h>

enum { SIZE = TILE_PIXELS };

typedef struct Canvas {
  Vec3 colour[SIZE][SIZE]; /* rows from the bottom */
  float alpha[SIZE][SIZE];
} Canvas;

static void fill(Canvas *canvas, uint32_t rgb, float alpha) {
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) {
      canvas->colour[y][x] = vec_rgb(rgb);
      canvas->alpha[y][x] = alpha;
    }
}

static int to_pixel(float fraction) {
  return (int)lrintf(vec_clamp(fraction, 0, 1) * SIZE);
}

/* Paints a rectangle given in fractions of the tile from its bottom left. */
static void rectangle(Canvas *canvas, float x0, float y0, float x1, float y1, uint32_t rgb, float alpha) {
  for (int y = to_pixel(y0); y < to_pixel(y1); y++)
    for (int x = to_pixel(x0); x < to_pixel(x1); x++) {
      canvas->colour[y][x] = vec_rgb(rgb);
      canvas->alpha[y][x] = alpha;
    }
}

/* Multiplies a rectangle's colour, from `low` at the bottom to `high` at the top. */
static void shade(Canvas *canvas, float x0, float y0, float x1, float y1, float low, float high) {
  int bottom = to_pixel(y0), top = to_pixel(y1);
  for (int y = bottom; y < top; y++)
    for (int x = to_pixel(x0); x < to_pixel(x1); x++) {
      float t = (float)(y - bottom) / (float)(top - bottom);
      canvas->colour[y][x] = vec_scale(canvas->colour[y][x], low + (high - low) * t);
    }
}

/* Multiplies everything by noise around 1: `features` of them across the tile. */
static void grain(Canvas *canvas, float strength, int features, int octaves, int seed) {
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) {
      float u = (float)x * (float)features / SIZE, v = (float)y * (float)features / SIZE;
      float k = 1 + strength * (noise_fractal(u, v, features, octaves, seed) - 0.5f);
      canvas->colour[y][x] = vec_scale(canvas->colour[y][x], k);
    }
}

/* Multiplies every texel by noise of its own. */
static void speckle(Canvas *canvas, float strength, int seed) {
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++)
      canvas->colour[y][x] =
          vec_scale(canvas->colour[y][x], 1 + strength * (noise_fraction(x, y, seed) - 0.5f));
}

/*
 * Lays stones: `columns` x `rows` of them, every second row moved by half a stone, with joints `joint` pixels
 * wide of brightness `joint_light`, each stone's brightness off by up to `variety`.
 */
static void masonry(Canvas *canvas, int columns, int rows, int joint, float joint_light, float variety,
                    int half_bond) {
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) {
      int row = y * rows / SIZE, shift = half_bond && row % 2 != 0 ? SIZE / columns / 2 : 0;
      int column = (x + shift) % SIZE * columns / SIZE;
      int in_x = (x + shift) % SIZE - column * SIZE / columns, in_y = y - row * SIZE / rows;
      float k = 1 + variety * (noise_fraction(column, row, 7) - 0.5f);
      if (in_x < joint || in_y < joint)
        k = joint_light;
      else if (in_y == joint)
        k *= 0.93f;
      canvas->colour[y][x] = vec_scale(canvas->colour[y][x], k);
    }
}

static void wall(Canvas *canvas, Tile tile) {
  fill(canvas, 0xf4f2ee, 0);
  switch (tile) {
  case TILE_BRICK:
    masonry(canvas, 10, 32, 1, 1.12f, 0.34f, 1);
    grain(canvas, 0.12f, 4, 3, 11);
    break;
  case TILE_STONE:
    masonry(canvas, 2, 4, 1, 0.78f, 0.10f, 0);
    grain(canvas, 0.14f, 8, 4, 12);
    break;
  default:
    grain(canvas, 0.07f, 6, 4, 13);
    break;
  }
  speckle(canvas, 0.05f, 3);
}

/* A pane of glass with what hangs behind it: the bright parts reflect, and glow by night, the most. */
static void pane(Canvas *canvas, float x0, float y0, float x1, float y1, int curtains) {
  for (int y = to_pixel(y0); y < to_pixel(y1); y++)
    for (int x = to_pixel(x0); x < to_pixel(x1); x++) {
      float u = ((float)x / SIZE - x0) / (x1 - x0), v = ((float)y / SIZE - y0) / (y1 - y0);
      float light = 0.62f + 0.30f * v - 0.10f * vec_smoothstep(0.45f, 0.75f, u - 0.4f * v + 0.2f);
      Vec3 colour = vec(light, light, light);
      float folds = 0.94f + 0.06f * sinf((float)x * 0.9f);
      if (curtains && (u < 0.20f + 0.05f * v))
        colour = vec_scale(vec(1.0f, 0.96f, 0.88f), folds);
      canvas->colour[y][x] = colour;
      canvas->alpha[y][x] = curtains && u < 0.20f + 0.05f * v ? 0.85f : 1;
    }
}

/* A window: a reveal with its shadow, a frame, `panes` lights side by side, a sill. */
static void window(Canvas *canvas, float x0, float y0, float x1, float y1, int panes, uint32_t frame) {
  const float line = 0.016f;
  shade(canvas, x0 - 0.02f, y0 - 0.06f, x1 + 0.02f, y0 - 0.02f, 0.97f, 0.80f);
  rectangle(canvas, x0 - 0.02f, y0 - 0.025f, x1 + 0.02f, y0, 0xd9dad8, 0);
  rectangle(canvas, x0, y0, x1, y1, 0x8d8a86, 0);
  shade(canvas, x0, y1 - 0.03f, x1, y1, 0.8f, 0.45f);
  x0 += 0.018f;
  x1 -= 0.018f;
  y1 -= 0.022f;
  rectangle(canvas, x0, y0, x1, y1, frame, 0);
  float width = (x1 - x0 - line) / (float)panes;
  for (int i = 0; i < panes; i++) {
    float left = x0 + line + (float)i * width;
    pane(canvas, left, y0 + line, left + width - line, y1 - line, i == 0 || i == panes - 1);
    shade(canvas, left, y1 - line - 0.05f, left + width - line, y1 - line, 1.0f, 0.62f);
  }
}

static void wall_window(Canvas *canvas, Tile base, int kind) {
  uint32_t frame = base == TILE_PLASTER ? 0xf2f2f0 : 0x3b3f44;
  wall(canvas, base);
  switch (kind) {
  case TILE_WINDOW_PAIR:
    window(canvas, 0.24f, 0.27f, 0.76f, 0.82f, 2, frame);
    break;
  case TILE_WINDOW_TALL:
    window(canvas, 0.30f, 0.10f, 0.70f, 0.86f, 2, frame);
    break;
  case TILE_WINDOW_WIDE:
    window(canvas, 0.10f, 0.22f, 0.90f, 0.84f, 3, frame);
    break;
  default:
    window(canvas, 0.14f, 0.27f, 0.56f, 0.82f, 2, frame);
    window(canvas, 0.56f, 0.03f, 0.84f, 0.82f, 1, frame);
    break;
  }
}

static void curtain_wall(Canvas *canvas, int dim) {
  fill(canvas, 0x4a5258, 0);
  for (int i = 0; i < 3; i++) {
    float x0 = (float)i / 3 + 0.012f, x1 = (float)(i + 1) / 3 - 0.012f;
    pane(canvas, x0, 0.23f, x1, 0.985f, dim);
    pane(canvas, x0, 0.02f, x1, 0.205f, 0);
    shade(canvas, x0, 0.02f, x1, 0.205f, 0.72f, 0.72f);
    if (dim && i != 1)
      rectangle(canvas, x0, 0.985f - 0.22f * (float)(i + 1), x1, 0.985f, 0xe9e4da, 0.75f);
  }
}

static void shop(Canvas *canvas) {
  fill(canvas, 0x2e3236, 0);
  pane(canvas, 0.02f, 0.09f, 0.49f, 0.78f, 0);
  pane(canvas, 0.51f, 0.09f, 0.98f, 0.78f, 0);
  rectangle(canvas, 0, 0.80f, 1, 0.96f, 0x3d4247, 0);
  /* what stands in the shop window */
  for (int i = 0; i < 9; i++) {
    float x = 0.06f + 0.1f * (float)i, height = 0.08f + 0.16f * noise_fraction(i, 3, 5);
    float x1 = x + 0.05f;
    if (x1 > 0.48f && x < 0.52f)
      continue;
    shade(canvas, x, 0.10f, x1, 0.10f + height, 0.55f, 0.7f);
  }
}

static void entrance(Canvas *canvas) {
  fill(canvas, 0x34383d, 0);
  pane(canvas, 0.06f, 0.04f, 0.27f, 0.92f, 0);
  pane(canvas, 0.31f, 0.04f, 0.49f, 0.72f, 0);
  pane(canvas, 0.51f, 0.04f, 0.69f, 0.72f, 0);
  pane(canvas, 0.31f, 0.76f, 0.69f, 0.92f, 0);
  pane(canvas, 0.73f, 0.04f, 0.94f, 0.92f, 0);
  rectangle(canvas, 0.465f, 0.28f, 0.478f, 0.48f, 0xe0e0e0, 0);
  rectangle(canvas, 0.522f, 0.28f, 0.535f, 0.48f, 0xe0e0e0, 0);
}

static void city(Canvas *canvas) {
  fill(canvas, 0xf0eeea, 0);
  for (int row = 0; row < 4; row++)
    for (int column = 0; column < 4; column++) {
      float x = (float)column / 4, y = (float)row / 4;
      rectangle(canvas, x + 0.06f, y + 0.07f, x + 0.19f, y + 0.20f, 0x9a9a98, 0);
      float light = 0.55f + 0.4f * noise_fraction(column, row, 2);
      int lit = noise_fraction(column, row, 9) < 0.45f;
      uint32_t grey = (uint32_t)(light * 255);
      rectangle(canvas, x + 0.07f, y + 0.07f, x + 0.18f, y + 0.19f, grey << 16 | grey << 8 | grey,
                lit ? 1 : 0.35f);
    }
  grain(canvas, 0.08f, 4, 3, 21);
}

static void planks(Canvas *canvas) {
  fill(canvas, 0xffffff, 0);
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) {
      int plank = y * 8 / SIZE, in = y - plank * SIZE / 8;
      float k = 0.86f + 0.24f * (noise_fraction(plank, 1, 1) - 0.5f);
      k += 0.16f * (noise_fractal((float)x * 4 / SIZE, (float)y * 64 / SIZE, 64, 2, plank) - 0.5f);
      canvas->colour[y][x] = in < 2 ? vec(0.35f, 0.35f, 0.35f) : vec(k, k, k);
    }
}

static void grass(Canvas *canvas, int from_afar) {
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) {
      float u = (float)x / SIZE, v = (float)y / SIZE;
      float patches = noise_fractal(u * 5, v * 5, 5, 3, 31);
      float blades = from_afar ? 0.5f : noise_fractal(u * 90, v * 45, 45, 2, 32);
      Vec3 colour = vec_mix(vec_rgb(0x67824a), vec_rgb(0x93a866), patches);
      canvas->colour[y][x] = vec_scale(colour, 0.78f + 0.44f * blades);
      canvas->alpha[y][x] = 0;
    }
  speckle(canvas, 0.12f, 33);
}

static void foliage(Canvas *canvas) {
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) {
      float u = (float)x / SIZE, v = (float)y / SIZE;
      float k =
          0.5f + 0.5f * noise_fractal(u * 20, v * 20, 20, 3, 51) + 0.25f * noise_smooth(u * 6, v * 6, 6, 52);
      canvas->colour[y][x] = vec(k, k, k * 0.9f);
    }
}

/* A balcony's bars before the dimness behind them. */
static void bars(Canvas *canvas) {
  fill(canvas, 0x8e9093, 0);
  shade(canvas, 0, 0, 1, 1, 0.8f, 1.0f);
  for (int i = 0; i < 10; i++)
    rectangle(canvas, (float)i / 10 + 0.03f, 0, (float)i / 10 + 0.07f, 1, 0x3c4046, 0);
  rectangle(canvas, 0, 0.92f, 1, 1, 0x34383e, 0);
  rectangle(canvas, 0, 0, 1, 0.06f, 0x3c4046, 0);
}

static void water(Canvas *canvas) {
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) {
      float u = (float)x / SIZE, v = (float)y / SIZE;
      float wave =
          noise_fractal(u * 10, v * 28, 10, 2, 81) * 0.6f + noise_fractal(u * 24, v * 60, 12, 2, 82) * 0.4f;
      float k = vec_smoothstep(0.35f, 0.72f, wave);
      canvas->colour[y][x] = vec(k, k, k);
      canvas->alpha[y][x] = k;
    }
}

static void ground(Canvas *canvas, Tile tile) {
  switch (tile) {
  case TILE_ASPHALT:
    fill(canvas, 0x74767a, 0);
    grain(canvas, 0.22f, 5, 4, 91);
    speckle(canvas, 0.20f, 92);
    break;
  case TILE_PAVING:
    fill(canvas, 0xcfc9bf, 0);
    masonry(canvas, 5, 10, 1, 0.82f, 0.13f, 1);
    grain(canvas, 0.10f, 4, 3, 93);
    break;
  case TILE_RUBBER:
    fill(canvas, 0xffffff, 0);
    speckle(canvas, 0.22f, 94);
    grain(canvas, 0.08f, 4, 2, 95);
    break;
  case TILE_SAND:
    fill(canvas, 0xdcc79b, 0);
    grain(canvas, 0.25f, 12, 4, 96);
    speckle(canvas, 0.14f, 97);
    break;
  case TILE_GRAVEL:
    fill(canvas, 0xc9c2b4, 0);
    speckle(canvas, 0.30f, 98);
    grain(canvas, 0.16f, 10, 3, 99);
    break;
  default: /* TILE_ROOFING */
    fill(canvas, 0xf0f0f0, 0);
    for (int x = 0; x < 8; x++)
      rectangle(canvas, (float)x / 8, 0, (float)x / 8 + 0.018f, 1, 0xb4b4b4, 0);
    grain(canvas, 0.12f, 4, 3, 90);
    break;
  }
}

static void paint_other(Canvas *canvas, Tile tile) {
  switch (tile) {
  case TILE_CURTAIN:
  case TILE_CURTAIN_DIM:
    curtain_wall(canvas, tile == TILE_CURTAIN_DIM);
    break;
  case TILE_SHOP:
    shop(canvas);
    break;
  case TILE_ENTRANCE:
    entrance(canvas);
    break;
  case TILE_CITY:
    city(canvas);
    break;
  case TILE_WOOD:
    planks(canvas);
    break;
  case TILE_GRASS:
  case TILE_MEADOW:
    grass(canvas, tile == TILE_MEADOW);
    break;
  case TILE_WATER:
    water(canvas);
    break;
  case TILE_FOLIAGE:
    foliage(canvas);
    break;
  case TILE_BARS:
    bars(canvas);
    break;
  default:
    ground(canvas, tile);
    break;
  }
}

void tiles_paint(Tile tile, uint8_t *pixels) {
  Canvas *canvas = calloc(1, sizeof *canvas);
  if (canvas == NULL)
    abort();
  if (tile == TILE_PLAIN)
    fill(canvas, 0xffffff, 0);
  else if (tile <= TILE_STONE_WINDOWS_END) {
    Tile base = tile >= TILE_STONE ? TILE_STONE : tile >= TILE_BRICK ? TILE_BRICK : TILE_PLASTER;
    if (tile == base)
      wall(canvas, base);
    else
      wall_window(canvas, base, (int)(tile - base));
  } else
    paint_other(canvas, tile);
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++, pixels += 4) {
      Vec3 colour = canvas->colour[y][x];
      pixels[0] = vec_to_byte(colour.x);
      pixels[1] = vec_to_byte(colour.y);
      pixels[2] = vec_to_byte(colour.z);
      pixels[3] = vec_to_byte(canvas->alpha[y][x]);
    }
  free(canvas);
}

void tiles_halve(const uint8_t *from, uint8_t *to, int size) {
  size_t row = (size_t)size * 4;
  for (int y = 0; y < size / 2; y++)
    for (int x = 0; x < size / 2; x++) {
      const uint8_t *low = from + (size_t)y * 2 * row + (size_t)x * 8, *high = low + row;
      for (int k = 0; k < 4; k++)
        *to++ = (uint8_t)((low[k] + low[k + 4] + high[k] + high[k + 4] + 2) / 4);
    }
}

int tiles_flat(Tile tile, Vec3 *colour, float *glass) {
  static const struct {
    uint32_t rgb;
    float glass;
  } flats[TILE_COUNT - TILE_PICTURES] = {
      [TILE_GLASS - TILE_PICTURES] = {0xd8dde0, 0.78f}, [TILE_LIGHT - TILE_PICTURES] = {0xffffff, 1},
      [TILE_METAL - TILE_PICTURES] = {0xf0f0f0, 0},     [TILE_BARK - TILE_PICTURES] = {0xd8d8d8, 0},
      [TILE_LEAVES - TILE_PICTURES] = {0xffffff, 0},
  };
  if (tile != TILE_PLAIN && tile < TILE_PICTURES)
    return 0;
  *colour = tile == TILE_PLAIN ? vec(1, 1, 1) : vec_rgb(flats[tile - TILE_PICTURES].rgb);
  *glass = tile == TILE_PLAIN ? 0 : flats[tile - TILE_PICTURES].glass;
  return 1;
}
