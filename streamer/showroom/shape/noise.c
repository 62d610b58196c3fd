#include "streamer/showroom/shape/noise.h"

#include <math.h>

uint32_t noise_hash_text(const char *text) {
  uint32_t hash = 2166136261u;
  for (; *text != '\0'; text++)
    hash = (hash ^ (unsigned char)*text) * 16777619u;
  return hash;
}

static uint32_t scramble(uint32_t h) {
  h = (h ^ h >> 16) * 0x7feb352du;
  h = (h ^ h >> 15) * 0x846ca68bu;
  return h ^ h >> 16;
}

uint32_t noise_hash(int x, int y, int z) {
  return scramble((uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca77u ^ (uint32_t)z * 0xc2b2ae3du);
}

float noise_fraction(int x, int y, int z) {
  return (float)(noise_hash(x, y, z) >> 8) / 16777216.0f;
}

NoiseSource noise_source(uint32_t seed) {
  return (NoiseSource){scramble(seed ^ 0x5bd1e995u)};
}

float noise_next(NoiseSource *source, float low, float high) {
  source->state += 0x9e3779b9u;
  return low + (high - low) * (float)(scramble(source->state) >> 8) / 16777216.0f;
}

int noise_pick(NoiseSource *source, int count) {
  int n = (int)noise_next(source, 0, (float)count);
  return n < count ? n : count - 1;
}

static int wrap(int value, int period) {
  int rest = value % period;
  return rest < 0 ? rest + period : rest;
}

float noise_smooth(float x, float y, int period, int seed) {
  float fx = floorf(x), fy = floorf(y);
  int x0 = wrap((int)fx, period), y0 = wrap((int)fy, period);
  int x1 = x0 + 1 == period ? 0 : x0 + 1, y1 = y0 + 1 == period ? 0 : y0 + 1;
  float u = x - fx, v = y - fy;
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  float low = noise_fraction(x0, y0, seed) * (1 - u) + noise_fraction(x1, y0, seed) * u;
  float high = noise_fraction(x0, y1, seed) * (1 - u) + noise_fraction(x1, y1, seed) * u;
  return low * (1 - v) + high * v;
}

float noise_fractal(float x, float y, int period, int octaves, int seed) {
  float sum = 0, weight = 0.5f, total = 0;
  for (int octave = 0; octave < octaves; octave++) {
    sum += weight * noise_smooth(x, y, period, seed + octave);
    total += weight;
    weight *= 0.5f;
    x *= 2;
    y *= 2;
    period *= 2;
  }
  return sum / total;
}
