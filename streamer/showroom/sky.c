#include "sky.h"

#include "noise.h"

/* Rows are closer together near the horizon, where the sky changes most. */
static float row_elevation(float v) {
  return v * v * VEC_PI / 2;
}

static float cloud_at(Vec3 way, float amount) {
  float reach = 1 / (way.y + 0.22f), x = way.x * reach * 1.6f + 40, z = way.z * reach * 1.6f + 40;
  float shape = noise_fractal(x, z, 256, 5, 101);
  return vec_smoothstep(0.62f - 0.18f * amount, 0.86f - 0.1f * amount, shape) *
         vec_smoothstep(0.02f, 0.16f, way.y);
}

static Vec3 sky_colour(const SceneMood *mood, Vec3 way, int night) {
  float height = powf(fmaxf(way.y, 0), 0.52f);
  Vec3 colour = vec_mix(mood->horizon, mood->zenith, height);
  float near_sun = fmaxf(vec_dot(way, mood->to_sun), 0), cloud = cloud_at(way, mood->clouds);
  if (night) {
    Vec3 lit = vec_mix(vec_scale(mood->horizon, 1.1f), vec_rgb(0x3a4058), 0.3f);
    colour = vec_mix(colour, lit, cloud * 0.5f);
    colour = vec_add(colour,
                     vec_scale(vec_rgb(0x90a0c8), 0.25f * powf(near_sun, 300) + 0.06f * powf(near_sun, 12)));
    return vec_mix(colour, vec_rgb(0xf2f0e4), vec_smoothstep(0.99975f, 0.99985f, near_sun));
  }
  colour = vec_add(colour, vec_scale(vec(1.0f, 0.80f, 0.52f), 0.30f * powf(near_sun, 10)));
  Vec3 white = vec_mix(vec_rgb(0xe6ebf1), vec(1, 0.98f, 0.93f), powf(near_sun, 2));
  colour = vec_mix(colour, white, cloud * 0.88f);
  return vec_add(colour,
                 vec_scale(vec(1, 0.94f, 0.78f), 0.8f * powf(near_sun, 400) + 0.25f * powf(near_sun, 60)));
}

uint8_t *sky_paint(const SceneMood *mood, int night) {
  uint8_t *texels = malloc((size_t)SKY_WIDTH * SKY_HEIGHT * 4), *out = texels;
  if (texels == NULL)
    abort();
  for (int row = 0; row < SKY_HEIGHT; row++)
    for (int column = 0; column < SKY_WIDTH; column++, out += 4) {
      float yaw = ((float)column + 0.5f) / SKY_WIDTH * 2 * VEC_PI;
      Vec3 way = vec_from_angles(yaw, row_elevation(((float)row + 0.5f) / SKY_HEIGHT));
      Vec3 colour = sky_colour(mood, way, night);
      float dither = noise_fraction(column, row, 5) / 255; /* hides the steps of 8 bits */
      out[0] = (uint8_t)(vec_clamp(colour.x + dither, 0, 1) * 255);
      out[1] = (uint8_t)(vec_clamp(colour.y + dither, 0, 1) * 255);
      out[2] = (uint8_t)(vec_clamp(colour.z + dither, 0, 1) * 255);
      out[3] = 255;
    }
  return texels;
}

void sky_dome(Mesh *dome) {
  enum { AROUND = 48, UP = 10 };
  for (int row = -1; row <= UP; row++)
    for (int column = 0; column <= AROUND; column++) {
      float v = fmaxf((float)row, 0) / UP, u = (float)column / AROUND;
      float elevation = row < 0 ? -0.3f : row_elevation(v);
      Vec3 way = vec_from_angles(u * 2 * VEC_PI, elevation);
      mesh_vertex(dome, way, way, u, v);
    }
  for (uint32_t row = 0; row <= UP; row++)
    for (uint32_t column = 0; column < AROUND; column++) {
      uint32_t a = row * (AROUND + 1) + column, b = a + AROUND + 1;
      mesh_triangle(dome, a, a + 1, b + 1);
      mesh_triangle(dome, a, b + 1, b);
    }
}
