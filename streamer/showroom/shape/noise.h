/*
 * Numbers that look random and are the same on every run and machine: scenes and textures are made from them,
 * so that one RC name always gives one scene.
 */
#pragma once

#include <stdint.h>

typedef struct NoiseSource {
  uint32_t state;
} NoiseSource;

/* A hash of text (FNV-1a). */
uint32_t noise_hash_text(const char *text);

/* A hash of three whole numbers. */
uint32_t noise_hash(int x, int y, int z);

/* The same as a fraction, 0 <= f < 1. */
float noise_fraction(int x, int y, int z);

/* A source of numbers; the same seed always gives the same ones. */
NoiseSource noise_source(uint32_t seed);

/* The next number of the source in [low, high). */
float noise_next(NoiseSource *source, float low, float high);

/* The next whole number of the source, 0 <= n < count. */
int noise_pick(NoiseSource *source, int count);

/* Smooth noise in the plane, 0..1, one feature a unit; repeats every `period` units (a whole number > 0). */
float noise_smooth(float x, float y, int period, int seed);

/* Sum of `octaves` smooth noises, 0..1. */
float noise_fractal(float x, float y, int period, int octaves, int seed);
