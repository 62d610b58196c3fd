#include "streamer/showroom/shape/mesh.h"

#include "streamer/showroom/shape/noise.h"

#include <string.h>

void mesh_init(Mesh *mesh) {
  memset(mesh, 0, sizeof *mesh);
  mesh_paint(mesh, TILE_PLAIN, 0xffffff, 1);
  mesh_place(mesh, 0, 0, 0, 0);
}

void mesh_clear(Mesh *mesh) {
  array_clear(&mesh->vertices);
  for (int pass = 0; pass < MESH_PASSES; pass++)
    array_clear(&mesh->triangles[pass]);
}

void mesh_paint(Mesh *mesh, Tile tile, uint32_t rgb, float tile_m) {
  mesh->paint = (MeshPaint){.tile = tile, .tint = vec_rgb(rgb), .openness = 1, .tile_m = tile_m};
}

void mesh_place(Mesh *mesh, float x, float y, float z, float angle) {
  mesh->place = (MeshPlace){{x, y, z}, cosf(angle), sinf(angle)};
}

static Vec3 turn(const MeshPlace *place, Vec3 v) {
  return vec(v.x * place->cosine - v.z * place->sine, v.y, v.x * place->sine + v.z * place->cosine);
}

Vec3 mesh_to_world(const MeshPlace *place, Vec3 point) {
  return vec_add(turn(place, point), place->origin);
}

static int8_t to_signed(float value) {
  return (int8_t)lrintf(vec_clamp(value, -1, 1) * 127);
}

uint32_t mesh_vertex(Mesh *mesh, Vec3 position, Vec3 normal, float u, float v) {
  const MeshPaint *paint = &mesh->paint;
  Vec3 p = mesh_to_world(&mesh->place, position), n = turn(&mesh->place, normal), tint = paint->tint, flat;
  float glass = 0;
  if (mesh->pass == MESH_TILED && tiles_flat(paint->tile, &flat, &glass))
    tint = vec_mul(tint, flat);
  MeshVertex *vertex = array_push(&mesh->vertices);
  *vertex = (MeshVertex){
      .position = {p.x, p.y, p.z},
      .uv = {u, v},
      .normal = {to_signed(n.x), to_signed(n.y), to_signed(n.z)},
      .tile = (int8_t)paint->tile,
      .day = {vec_to_byte(tint.x), vec_to_byte(tint.y), vec_to_byte(tint.z), vec_to_byte(paint->openness)},
      .glow = {vec_to_byte(paint->glow.x), vec_to_byte(paint->glow.y), vec_to_byte(paint->glow.z),
               vec_to_byte(glass)},
  };
  return (uint32_t)mesh->vertices.count - 1;
}

void mesh_triangle(Mesh *mesh, uint32_t a, uint32_t b, uint32_t c) {
  Vec3 colour;
  float glass;
  int flat = mesh->pass == MESH_TILED && tiles_flat(mesh->paint.tile, &colour, &glass);
  MeshPass pass = flat ? MESH_PLAIN : mesh->pass;
  *(uint32_t *)array_push(&mesh->triangles[pass]) = a;
  *(uint32_t *)array_push(&mesh->triangles[pass]) = b;
  *(uint32_t *)array_push(&mesh->triangles[pass]) = c;
}

uint32_t mesh_quad(Mesh *mesh, const Vec3 corners[4], float u, float v) {
  Vec3 normal = vec_normalize(vec_cross(vec_sub(corners[1], corners[0]), vec_sub(corners[3], corners[0])));
  uint32_t first = mesh_vertex(mesh, corners[0], normal, 0, 0);
  mesh_vertex(mesh, corners[1], normal, u, 0);
  mesh_vertex(mesh, corners[2], normal, u, v);
  mesh_vertex(mesh, corners[3], normal, 0, v);
  mesh_triangle(mesh, first, first + 1, first + 2);
  mesh_triangle(mesh, first, first + 2, first + 3);
  return first;
}

void mesh_box(Mesh *mesh, Vec3 low, Vec3 high, int faces) {
  float width = (high.x - low.x) / mesh->paint.tile_m, height = (high.y - low.y) / mesh->paint.tile_m;
  float depth = (high.z - low.z) / mesh->paint.tile_m;
  const Vec3 p[8] = {low,
                     {high.x, low.y, low.z},
                     {high.x, high.y, low.z},
                     {low.x, high.y, low.z},
                     {low.x, low.y, high.z},
                     {high.x, low.y, high.z},
                     high,
                     {low.x, high.y, high.z}};
  static const struct {
    uint8_t corner[4];
  } sides[6] = {{{0, 4, 7, 3}}, {{5, 1, 2, 6}}, {{0, 1, 5, 4}},
                {{7, 6, 2, 3}}, {{1, 0, 3, 2}}, {{4, 5, 6, 7}}};
  const float u[6] = {depth, depth, width, width, width, width};
  const float v[6] = {height, height, depth, depth, height, height};
  for (int side = 0; side < 6; side++) {
    if ((faces & 1 << side) == 0)
      continue;
    const uint8_t *c = sides[side].corner;
    mesh_quad(mesh, (Vec3[]){p[c[0]], p[c[1]], p[c[2]], p[c[3]]}, u[side], v[side]);
  }
}

void mesh_block(Mesh *mesh, float x, float y, float z, float width, float height, float depth, int faces) {
  mesh_box(mesh, vec(x - width / 2, y, z - depth / 2), vec(x + width / 2, y + height, z + depth / 2), faces);
}

void mesh_bar(Mesh *mesh, Vec3 from, Vec3 to, float radius_from, float radius_to, int sides, int capped) {
  Vec3 axis = vec_normalize(vec_sub(to, from));
  Vec3 aside = vec_normalize(vec_cross(axis, fabsf(axis.y) < 0.9f ? vec(0, 1, 0) : vec(1, 0, 0)));
  Vec3 other = vec_cross(axis, aside);
  float length = vec_length(vec_sub(to, from)) / mesh->paint.tile_m;
  float around = 2 * VEC_PI * radius_from / mesh->paint.tile_m;
  uint32_t first = (uint32_t)mesh->vertices.count;
  for (int i = 0; i <= sides; i++) {
    float angle = 2 * VEC_PI * (float)i / (float)sides;
    Vec3 out = vec_add(vec_scale(aside, cosf(angle)), vec_scale(other, sinf(angle)));
    float u = around * (float)i / (float)sides;
    mesh_vertex(mesh, vec_add(from, vec_scale(out, radius_from)), out, u, 0);
    mesh_vertex(mesh, vec_add(to, vec_scale(out, radius_to)), out, u, length);
  }
  for (uint32_t i = 0; i < (uint32_t)sides; i++) {
    uint32_t a = first + 2 * i;
    mesh_triangle(mesh, a, a + 2, a + 3);
    mesh_triangle(mesh, a, a + 3, a + 1);
  }
  if (!capped)
    return;
  uint32_t centre = mesh_vertex(mesh, to, axis, 0, 0);
  for (int i = 0; i <= sides; i++) {
    float angle = 2 * VEC_PI * (float)i / (float)sides;
    Vec3 out = vec_add(vec_scale(aside, cosf(angle)), vec_scale(other, sinf(angle)));
    uint32_t rim = mesh_vertex(mesh, vec_add(to, vec_scale(out, radius_to)), axis, 0.1f, 0.1f);
    if (i > 0)
      mesh_triangle(mesh, centre, rim - 1, rim);
  }
}

typedef struct Ball {
  Vec3 centre, radii;
  float bumps, spikes;
  int seed, facets;
} Ball;

/* Where the surface is in the direction of a unit vector. */
static Vec3 ball_point(const Ball *ball, Vec3 out) {
  int qx = (int)lrintf(out.x * 50), qy = (int)lrintf(out.y * 50), qz = (int)lrintf(out.z * 50);
  float reach = 1 + ball->bumps * (2 * noise_fraction(qx + 100 * qz, qy, ball->seed) - 1);
  return vec_add(ball->centre, vec_scale(vec_mul(out, ball->radii), reach));
}

static void smooth_face(Mesh *mesh, const Ball *ball, const Vec3 outs[3]) {
  uint32_t first = (uint32_t)mesh->vertices.count;
  for (int i = 0; i < 3; i++) {
    Vec3 at = ball_point(ball, outs[i]), arm = vec_sub(at, ball->centre);
    Vec3 normal =
        vec_normalize(vec(outs[i].x / ball->radii.x, outs[i].y / ball->radii.y, outs[i].z / ball->radii.z));
    float tile_m = mesh->paint.tile_m;
    mesh_vertex(mesh, at, normal, (arm.x + 0.7f * arm.z) / tile_m, (arm.y + 0.5f * arm.z) / tile_m);
  }
  mesh_triangle(mesh, first, first + 1, first + 2);
}

/* One flat triangle of leaves, its light between that of a facet and that of the whole ball. */
static void leaf_face(Mesh *mesh, const Ball *ball, Vec3 a, Vec3 b, Vec3 c, Vec3 out) {
  Vec3 face = vec_normalize(vec_cross(vec_sub(b, a), vec_sub(c, a)));
  Vec3 normal = vec_normalize(vec_add(vec_scale(face, 0.7f), out)), tint = mesh->paint.tint;
  int key = (int)mesh->vertices.count;
  mesh->paint.tint = vec_scale(tint, 0.86f + 0.26f * noise_fraction(key, 3, ball->seed));
  uint32_t first = mesh_vertex(mesh, a, normal, 0, 0);
  mesh_vertex(mesh, b, normal, 0, 0);
  mesh_vertex(mesh, c, normal, 0, 0);
  mesh_triangle(mesh, first, first + 1, first + 2);
  mesh->paint.tint = tint;
}

static void facet(Mesh *mesh, const Ball *ball, const Vec3 outs[3]) {
  Vec3 corners[3], out = vec_normalize(vec_add(vec_add(outs[0], outs[1]), outs[2]));
  for (int i = 0; i < 3; i++)
    corners[i] = ball_point(ball, outs[i]);
  float openness = mesh->paint.openness;
  mesh->paint.openness = openness * (0.72f + 0.28f * out.y);
  if (ball->spikes > 0) {
    Vec3 middle = vec_scale(vec_add(vec_add(corners[0], corners[1]), corners[2]), 1.0f / 3);
    float drop = 0.5f - noise_fraction((int)mesh->vertices.count, 5, ball->seed);
    Vec3 way = vec_normalize(vec_add(out, vec(drop, drop - 0.3f, -drop)));
    Vec3 tip = vec_add(middle, vec_scale(vec_mul(way, ball->radii), ball->spikes));
    for (int i = 0; i < 3; i++)
      leaf_face(mesh, ball, corners[i], corners[(i + 1) % 3], tip, out);
  } else
    leaf_face(mesh, ball, corners[0], corners[1], corners[2], out);
  mesh->paint.openness = openness;
}

static void ball_face(Mesh *mesh, const Ball *ball, int splits, Vec3 a, Vec3 b, Vec3 c) {
  if (splits == 0) {
    (ball->facets ? facet : smooth_face)(mesh, ball, (Vec3[]){a, b, c});
    return;
  }
  Vec3 ab = vec_normalize(vec_add(a, b)), bc = vec_normalize(vec_add(b, c)),
       ca = vec_normalize(vec_add(c, a));
  ball_face(mesh, ball, splits - 1, a, ab, ca);
  ball_face(mesh, ball, splits - 1, ab, b, bc);
  ball_face(mesh, ball, splits - 1, ca, bc, c);
  ball_face(mesh, ball, splits - 1, ab, bc, ca);
}

static void add_ball(Mesh *mesh, const Ball *ball, int splits) {
  const float g = 1.618034f;
  const Vec3 corners[12] = {{-1, g, 0},  {1, g, 0},  {-1, -g, 0}, {1, -g, 0}, {0, -1, g},  {0, 1, g},
                            {0, -1, -g}, {0, 1, -g}, {g, 0, -1},  {g, 0, 1},  {-g, 0, -1}, {-g, 0, 1}};
  static const uint8_t faces[20][3] = {{0, 11, 5}, {0, 5, 1},  {0, 1, 7},   {0, 7, 10}, {0, 10, 11},
                                       {1, 5, 9},  {5, 11, 4}, {11, 10, 2}, {10, 7, 6}, {7, 1, 8},
                                       {3, 9, 4},  {3, 4, 2},  {3, 2, 6},   {3, 6, 8},  {3, 8, 9},
                                       {4, 9, 5},  {2, 4, 11}, {6, 2, 10},  {8, 6, 7},  {9, 8, 1}};
  for (int i = 0; i < 20; i++)
    ball_face(mesh, ball, splits, vec_normalize(corners[faces[i][0]]), vec_normalize(corners[faces[i][1]]),
              vec_normalize(corners[faces[i][2]]));
}

void mesh_ball(Mesh *mesh, Vec3 centre, Vec3 radii, int splits, float bumps, int seed) {
  add_ball(mesh, &(Ball){.centre = centre, .radii = radii, .bumps = bumps, .seed = seed}, splits);
}

void mesh_clump(Mesh *mesh, Vec3 centre, Vec3 radii, int splits, float spikes, int seed) {
  const Ball ball = {
      .centre = centre, .radii = radii, .bumps = 0.14f, .spikes = spikes, .seed = seed, .facets = 1};
  add_ball(mesh, &ball, splits);
}

/* Twice the signed area of an outline in the xz plane: positive if it runs clockwise seen from above. */
static float outline_area(const Vec3 *outline, int count) {
  float area = 0;
  for (int i = 0; i < count; i++) {
    const Vec3 *a = &outline[i], *b = &outline[(i + 1) % count];
    area += a->x * b->z - b->x * a->z;
  }
  return area;
}

static float cross_xz(Vec3 a, Vec3 b, Vec3 c) {
  return (b.x - a.x) * (c.z - a.z) - (b.z - a.z) * (c.x - a.x);
}

/* True if no other corner of the (clockwise) outline lies in the triangle at corner `i` of `left`. */
static int is_ear(const Vec3 *outline, const int *left, int count, int i) {
  Vec3 a = outline[left[(i + count - 1) % count]], b = outline[left[i]], c = outline[left[(i + 1) % count]];
  if (cross_xz(a, b, c) <= 0)
    return 0;
  for (int k = 2; k < count - 1; k++) {
    Vec3 p = outline[left[(i + k) % count]];
    if (cross_xz(a, b, p) >= 0 && cross_xz(b, c, p) >= 0 && cross_xz(c, a, p) >= 0)
      return 0;
  }
  return 1;
}

void mesh_polygon(Mesh *mesh, const Vec3 *outline, int count, float y) {
  enum { CORNERS_MAX = 256 };
  int left[CORNERS_MAX], clockwise = outline_area(outline, count) > 0;
  if (count < 3 || count > CORNERS_MAX)
    return;
  uint32_t first = (uint32_t)mesh->vertices.count;
  for (int i = 0; i < count; i++) {
    Vec3 p = outline[i];
    mesh_vertex(mesh, vec(p.x, y, p.z), vec(0, 1, 0), p.x / mesh->paint.tile_m, p.z / mesh->paint.tile_m);
    left[i] = clockwise ? i : count - 1 - i;
  }
  for (int remaining = count, i = 0, misses = 0; remaining > 2 && misses <= remaining;) {
    i %= remaining;
    if (!is_ear(outline, left, remaining, i)) {
      i++;
      misses++;
      continue;
    }
    uint32_t a = (uint32_t)left[(i + remaining - 1) % remaining], b = (uint32_t)left[i];
    uint32_t c = (uint32_t)left[(i + 1) % remaining];
    mesh_triangle(mesh, first + c, first + b, first + a);
    memmove(&left[i], &left[i + 1], sizeof left[0] * (size_t)(remaining - i - 1));
    remaining--;
    misses = 0;
  }
}

void mesh_skirt(Mesh *mesh, const Vec3 *outline, int count, float y_low, float y_high) {
  int clockwise = outline_area(outline, count) > 0;
  for (int i = 0; i < count; i++) {
    Vec3 a = outline[i], b = outline[(i + 1) % count];
    Vec3 left = clockwise ? b : a, right = clockwise ? a : b;
    float length = vec_length(vec_sub(vec(b.x, 0, b.z), vec(a.x, 0, a.z)));
    const Vec3 corners[4] = {{left.x, y_low, left.z},
                             {right.x, y_low, right.z},
                             {right.x, y_high, right.z},
                             {left.x, y_high, left.z}};
    mesh_quad(mesh, corners, length / mesh->paint.tile_m, (y_high - y_low) / mesh->paint.tile_m);
  }
}

void mesh_ribbon(Mesh *mesh, const Vec3 *line, int count, float width, float y) {
  float tile_m = mesh->paint.tile_m;
  uint32_t first = (uint32_t)mesh->vertices.count;
  for (int i = 0; i < count; i++) {
    Vec3 before = line[i > 0 ? i - 1 : 0], after = line[i + 1 < count ? i + 1 : i];
    Vec3 along = vec_normalize(vec(after.x - before.x, 0, after.z - before.z));
    Vec3 aside = vec(-along.z * width / 2, 0, along.x * width / 2);
    for (int side = -1; side <= 1; side += 2) {
      Vec3 p = vec_add(vec(line[i].x, y, line[i].z), vec_scale(aside, (float)side));
      mesh_vertex(mesh, p, vec(0, 1, 0), p.x / tile_m, p.z / tile_m);
    }
  }
  for (uint32_t i = 0; i + 1 < (uint32_t)count; i++) {
    uint32_t a = first + 2 * i;
    mesh_triangle(mesh, a, a + 1, a + 3);
    mesh_triangle(mesh, a, a + 3, a + 2);
  }
}
