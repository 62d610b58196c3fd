#include "streamer/showroom/draw/sky.h"

#include "streamer/showroom/shape/noise.h"

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
    return vec_mix(colour, vec_rgb(0xf2f0e4), vec_smoothstep(0.99976f, 0.99985f, near_sun));
  }
  colour = vec_add(colour, vec_scale(vec(1.0f, 0.80f, 0.52f), 0.30f * powf(near_sun, 10)));
  Vec3 white = vec_mix(vec_rgb(0xe6ebf1), vec(1, 0.98f, 0.93f), powf(near_sun, 2));
  colour = vec_mix(colour, white, cloud * 0.88f);
  return vec_add(colour,
                 vec_scale(vec(1, 0.94f, 0.78f), 0.8f * powf(near_sun, 400) + 0.25f * powf(near_sun, 60)));
}

static void store(uint8_t light[4], Vec3 colour) {
  const float parts[3] = {colour.x, colour.y, colour.z};
  for (int k = 0; k < 3; k++)
    light[k] = (uint8_t)(vec_clamp(parts[k], 0, 1) * 127.5f + 0.5f);
}

static uint32_t add_point(Mesh *dome, const Scene *scene, Vec3 way) {
  uint32_t index = mesh_vertex(dome, way, way, 0, 0);
  MeshVertex *vertex = &dome->vertices.items[index];
  store(vertex->day, sky_colour(&scene->day, way, 0));
  store(vertex->night, sky_colour(&scene->night, way, 1));
  return index;
}

/* Rings around a direction, for what is too small for the dome's own triangles. */
static void add_disc(Mesh *dome, const Scene *scene, Vec3 middle, const float *radii, int rings) {
  enum { AROUND = 20 };
  Vec3 right = vec_normalize(vec_cross(middle, vec(0, 1, 0))), up = vec_cross(right, middle);
  uint32_t first = add_point(dome, scene, middle);
  for (int ring = 0; ring < rings; ring++)
    for (uint32_t i = 0; i < AROUND; i++) {
      float angle = (float)i * 2 * VEC_PI / AROUND, reach = tanf(radii[ring]);
      Vec3 arm = vec_add(vec_scale(right, reach * cosf(angle)), vec_scale(up, reach * sinf(angle)));
      uint32_t at = add_point(dome, scene, vec_normalize(vec_add(middle, arm)));
      uint32_t next = i + 1 < AROUND ? at + 1 : at + 1 - AROUND;
      if (ring == 0) {
        mesh_triangle(dome, first, at, next);
        continue;
      }
      mesh_triangle(dome, at - AROUND, at, next);
      mesh_triangle(dome, at - AROUND, next, next - AROUND);
    }
}

void sky_dome(Mesh *dome, const Scene *scene) {
  enum { AROUND = 128, UP = 22 };
  static const float sun[] = {0.012f, 0.024f, 0.04f, 0.065f, 0.1f, 0.15f},
                     moon[] = {0.0172f, 0.0222f, 0.03f, 0.05f, 0.09f};
  for (int row = -1; row <= UP; row++)
    for (int column = 0; column <= AROUND; column++) {
      float elevation = row < 0 ? -0.3f : row_elevation((float)row / UP);
      add_point(dome, scene, vec_from_angles((float)column / AROUND * 2 * VEC_PI, elevation));
    }
  for (uint32_t row = 0; row <= UP; row++)
    for (uint32_t column = 0; column < AROUND; column++) {
      uint32_t a = row * (AROUND + 1) + column, b = a + AROUND + 1;
      mesh_triangle(dome, a, a + 1, b + 1);
      mesh_triangle(dome, a, b + 1, b);
    }
  add_disc(dome, scene, scene->day.to_sun, sun, 6);
  add_disc(dome, scene, scene->night.to_sun, moon, 5);
}
