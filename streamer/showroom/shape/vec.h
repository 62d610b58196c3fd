/*
 * Vectors and matrices. Right-handed, y up; yaw 0 looks along -z, a positive yaw turns right (clockwise from
 * above), a positive pitch looks up; angles are radians, lengths metres. Matrices are column-major, as OpenGL
 * reads them.
 */
#pragma once

#include <math.h>
#include <stdint.h>

#define VEC_PI 3.14159265f

typedef struct Vec3 {
  float x, y, z;
} Vec3;

typedef struct VecMatrix {
  float m[16];
} VecMatrix;

static inline Vec3 vec(float x, float y, float z) {
  return (Vec3){x, y, z};
}

/* A colour from its usual 0xRRGGBB spelling, each part 0..1. */
static inline Vec3 vec_rgb(uint32_t rgb) {
  return vec((float)(rgb >> 16 & 255) / 255, (float)(rgb >> 8 & 255) / 255, (float)(rgb & 255) / 255);
}

static inline Vec3 vec_add(Vec3 a, Vec3 b) {
  return vec(a.x + b.x, a.y + b.y, a.z + b.z);
}

static inline Vec3 vec_sub(Vec3 a, Vec3 b) {
  return vec(a.x - b.x, a.y - b.y, a.z - b.z);
}

static inline Vec3 vec_scale(Vec3 a, float k) {
  return vec(a.x * k, a.y * k, a.z * k);
}

static inline Vec3 vec_mul(Vec3 a, Vec3 b) {
  return vec(a.x * b.x, a.y * b.y, a.z * b.z);
}

static inline Vec3 vec_mix(Vec3 a, Vec3 b, float t) {
  return vec_add(a, vec_scale(vec_sub(b, a), t));
}

static inline float vec_dot(Vec3 a, Vec3 b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline Vec3 vec_cross(Vec3 a, Vec3 b) {
  return vec(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

static inline float vec_length(Vec3 a) {
  return sqrtf(vec_dot(a, a));
}

/* A zero vector stays zero. */
static inline Vec3 vec_normalize(Vec3 a) {
  float length = vec_length(a);
  return length > 0 ? vec_scale(a, 1 / length) : a;
}

static inline float vec_clamp(float value, float low, float high) {
  return value < low ? low : value > high ? high : value;
}

/* A part of a colour, 0..1, as 0..255. */
static inline uint8_t vec_to_byte(float value) {
  return (uint8_t)(vec_clamp(value, 0, 1) * 255 + 0.5f);
}

/* 0 below `low`, 1 above `high`, an S between them. */
static inline float vec_smoothstep(float low, float high, float value) {
  float t = vec_clamp((value - low) / (high - low), 0, 1);
  return t * t * (3 - 2 * t);
}

/* The unit vector that (yaw, pitch) looks along. */
static inline Vec3 vec_from_angles(float yaw, float pitch) {
  return vec(sinf(yaw) * cosf(pitch), sinf(pitch), -cosf(yaw) * cosf(pitch));
}

/* a * b: what `b` does first, and `a` then. */
VecMatrix vec_matrix_multiply(const VecMatrix *a, const VecMatrix *b);

/* A perspective whose vertical field of view is `fov_y`, with depth from -1 at `near_m` to 1 at `far_m`. */
VecMatrix vec_matrix_perspective(float fov_y, float aspect, float near_m, float far_m);

/* From the world to an eye at `eye` that looks along (yaw, pitch). */
VecMatrix vec_matrix_view(Vec3 eye, float yaw, float pitch);

/* Mirrors the world in the horizontal plane at `level_m`. */
VecMatrix vec_matrix_mirror(float level_m);

/*
 * Six planes (a, b, c, d), a*x + b*y + c*z + d >= 0 inside, in the order left, right, bottom, top, near, far.
 */
void vec_frustum_planes(const VecMatrix *view_projection, float planes[6][4]);

/* False only if the box is wholly outside: may keep a box that only nearly touches. */
int vec_frustum_sees_box(float planes[6][4], Vec3 low, Vec3 high);
