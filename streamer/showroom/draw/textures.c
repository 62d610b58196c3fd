#define GL_GLEXT_PROTOTYPES
#include "streamer/showroom/draw/textures.h"

#include "streamer/showroom/scenes/bake.h"

#include <stdlib.h>

enum { TILE_LEVELS = 6 };

static const size_t tile_bytes = (size_t)TILE_PIXELS * TILE_PIXELS * 4;

struct Textures {
  uint8_t *tiles;        /* one after the other */
  uint8_t *light_map[2]; /* by day, by night; NULL: not painted */
};

static uint8_t *paint_light_map(const Scene *scene, int night) {
  return night ? bake_ground_night(scene) : bake_ground_day(scene);
}

Textures *textures_paint(const Scene *scene, int night) {
  Textures *textures = calloc(1, sizeof *textures);
  uint8_t *tiles = malloc(tile_bytes * TILE_PICTURES);
  if (textures == NULL || tiles == NULL)
    abort();
  for (int tile = 0; tile < TILE_PICTURES; tile++)
    tiles_paint((Tile)tile, tiles + (size_t)tile * tile_bytes);
  textures->tiles = tiles;
  textures->light_map[night] = paint_light_map(scene, night);
  return textures;
}

void textures_free(Textures *textures) {
  if (textures == NULL)
    return;
  free(textures->tiles);
  free(textures->light_map[0]);
  free(textures->light_map[1]);
  free(textures);
}

GLuint textures_upload_tiles(Textures *textures) {
  GLuint texture;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D_ARRAY, texture);
  glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_NEAREST);
  glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MAX_LEVEL, TILE_LEVELS - 1);
  glTexParameterf(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_LOD_BIAS, -0.35f);
  for (int level = 0, size = TILE_PIXELS; level < TILE_LEVELS; level++, size /= 2) {
    glTexImage3D(GL_TEXTURE_2D_ARRAY, level, GL_RGBA8, size, size, TILE_PICTURES, 0, GL_RGBA,
                 GL_UNSIGNED_BYTE, NULL);
    for (int tile = 0; tile < TILE_PICTURES; tile++) {
      uint8_t *picture = textures->tiles + (size_t)tile * tile_bytes;
      if (level > 0)
        tiles_halve(picture, picture, size * 2);
      glTexSubImage3D(GL_TEXTURE_2D_ARRAY, level, 0, 0, tile, size, size, 1, GL_RGBA, GL_UNSIGNED_BYTE,
                      picture);
    }
  }
  return texture;
}

GLuint textures_upload(const uint8_t *pixels, int width, int height) {
  GLuint texture;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D, texture);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  return texture;
}

static GLuint upload_light_map(const uint8_t *pixels, int night) {
  int size = night ? BAKE_NIGHT_PIXELS : BAKE_DAY_PIXELS;
  return textures_upload(pixels, size, size);
}

GLuint textures_upload_light_map(const Textures *textures, int night) {
  return textures->light_map[night] == NULL ? 0 : upload_light_map(textures->light_map[night], night);
}

GLuint textures_make_light_map(const Scene *scene, int night) {
  uint8_t *pixels = paint_light_map(scene, night);
  GLuint texture = upload_light_map(pixels, night);
  free(pixels);
  return texture;
}
