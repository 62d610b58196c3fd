#include "streamer/showroom/scenes/yard.h"

#include "streamer/showroom/shape/noise.h"

static void begin(Scene *scene, float x, float z, float angle) {
  mesh_place(&scene->mesh, x, 0, z, angle);
  scene_begin_block(scene);
}

static void end(Scene *scene, float far_m) {
  SceneBlock *block = scene_end_block(scene);
  if (block != NULL)
    block->far_m = far_m;
  mesh_place(&scene->mesh, 0, 0, 0, 0);
}

static void floor_quad(Mesh *mesh, float x0, float z0, float x1, float z1, float y) {
  mesh_polygon(mesh, (Vec3[]){{x0, y, z0}, {x1, y, z0}, {x1, y, z1}, {x0, y, z1}}, 4, y);
}

void yard_add_floor(Scene *scene, YardRect rect, float y, Tile tile, uint32_t tint, float tile_m) {
  const float piece = 40;
  scene->mesh.pass = MESH_GROUND;
  mesh_paint(&scene->mesh, tile, tint, tile_m);
  for (float x = rect.low_x; x < rect.high_x; x += piece)
    for (float z = rect.low_z; z < rect.high_z; z += piece) {
      scene_begin_block(scene);
      floor_quad(&scene->mesh, x, z, fminf(x + piece, rect.high_x), fminf(z + piece, rect.high_z), y);
      scene_end_block(scene);
    }
  scene->mesh.pass = MESH_TILED;
}

void yard_add_frame(Scene *scene, YardRect rect, YardRect hole, float y, Tile tile, uint32_t tint,
                    float tile_m) {
  const YardRect sides[4] = {{rect.low_x, rect.low_z, rect.high_x, hole.low_z},
                             {rect.low_x, hole.high_z, rect.high_x, rect.high_z},
                             {rect.low_x, hole.low_z, hole.low_x, hole.high_z},
                             {hole.high_x, hole.low_z, rect.high_x, hole.high_z}};
  for (int i = 0; i < 4; i++)
    yard_add_floor(scene, sides[i], y, tile, tint, tile_m);
}

void yard_add_beyond(Scene *scene, const YardRect *hole) {
  static const float lines[] = {-1600, -900, -500, -300, -200, -120, -60, 0,
                                60,    120,  200,  300,  500,  900,  1600};
  enum { LINES = sizeof lines / sizeof lines[0] };
  Mesh *mesh = &scene->mesh;
  float across[LINES + 2], along[LINES + 2];
  int columns = 0, rows = 0;
  for (int i = 0; i < LINES; i++) {
    across[columns++] = lines[i];
    along[rows++] = lines[i];
    if (hole == NULL || i + 1 == LINES)
      continue;
    const float cuts[4] = {hole->low_x, hole->high_x, hole->low_z, hole->high_z};
    for (int k = 0; k < 4; k++)
      if (cuts[k] > lines[i] && cuts[k] < lines[i + 1]) {
        if (k < 2)
          across[columns++] = cuts[k];
        else
          along[rows++] = cuts[k];
      }
  }
  scene_begin_block(scene);
  mesh->pass = MESH_GROUND;
  for (int i = 0; i + 1 < columns; i++)
    for (int k = 0; k + 1 < rows; k++) {
      float x = (across[i] + across[i + 1]) / 2, z = (along[k] + along[k + 1]) / 2;
      if (hole != NULL && x > hole->low_x && x < hole->high_x && z > hole->low_z && z < hole->high_z)
        continue;
      mesh_paint(mesh, TILE_MEADOW, 0xd8dcc8, 60);
      floor_quad(mesh, across[i], along[k], across[i + 1], along[k + 1], -0.03f);
    }
  mesh->pass = MESH_TILED;
  scene_end_block(scene);
}

/* The outline of a rectangle with round corners; returns the number of points, 20. */
static int round_rect(Vec3 outline[20], YardRect rect, float radius) {
  const float x[4] = {rect.high_x - radius, rect.high_x - radius, rect.low_x + radius, rect.low_x + radius};
  const float z[4] = {rect.low_z + radius, rect.high_z - radius, rect.high_z - radius, rect.low_z + radius};
  int count = 0;
  for (int corner = 0; corner < 4; corner++)
    for (int i = 0; i < 5; i++) {
      float angle = ((float)corner - 1 + (float)i / 4) * VEC_PI / 2;
      outline[count++] = vec(x[corner] + radius * cosf(angle), 0, z[corner] + radius * sinf(angle));
    }
  return count;
}

void yard_add_lawn(Scene *scene, YardRect rect, float radius) {
  Mesh *mesh = &scene->mesh;
  Vec3 outline[20];
  int count = round_rect(outline, rect, radius);
  scene_begin_block(scene);
  mesh->pass = MESH_GROUND;
  mesh_paint(mesh, TILE_GRASS, 0xffffff, 4);
  mesh_polygon(mesh, outline, count, YARD_LAWN_M);
  mesh->pass = MESH_TILED;
  mesh_paint(mesh, TILE_METAL, 0xb9b6b0, 2);
  mesh_skirt(mesh, outline, count, 0, YARD_LAWN_M);
  scene_end_block(scene);
}

void yard_add_path(Scene *scene, const Vec3 *line, int count, float width, Tile tile, uint32_t tint) {
  scene_begin_block(scene);
  scene->mesh.pass = MESH_GROUND;
  mesh_paint(&scene->mesh, tile, tint, 2.4f);
  mesh_ribbon(&scene->mesh, line, count, width, YARD_PATH_M);
  scene->mesh.pass = MESH_TILED;
  scene_end_block(scene);
}

void yard_add_oval(Scene *scene, float x, float z, float radius_x, float radius_z, float y, MeshPass pass,
                   Tile tile, uint32_t tint, float tile_m) {
  Vec3 outline[32];
  for (int i = 0; i < 32; i++) {
    float angle = (float)i * 2 * VEC_PI / 32,
          wobble = 1 + 0.05f * sinf(angle * 3 + x) + 0.03f * sinf(angle * 5);
    outline[i] = vec(x + radius_x * wobble * cosf(angle), 0, z + radius_z * wobble * sinf(angle));
  }
  scene_begin_block(scene);
  scene->mesh.pass = pass;
  mesh_paint(&scene->mesh, tile, tint, tile_m);
  mesh_polygon(&scene->mesh, outline, 32, y);
  scene->mesh.pass = MESH_TILED;
  scene_end_block(scene);
}

void yard_add_bench(Scene *scene, float x, float z, float angle) {
  Mesh *mesh = &scene->mesh;
  begin(scene, x, z, angle);
  mesh_paint(mesh, TILE_METAL, 0x34383e, 1);
  for (int side = -1; side <= 1; side += 2) {
    mesh_block(mesh, (float)side * 0.75f, 0, 0.05f, 0.08f, 0.44f, 0.46f, MESH_UPPER);
    mesh_block(mesh, (float)side * 0.75f, 0.44f, -0.2f, 0.08f, 0.44f, 0.06f, MESH_UPPER);
  }
  mesh_paint(mesh, TILE_BARK, 0xb98a58, 1);
  for (int i = 0; i < 3; i++)
    mesh_block(mesh, 0, 0.44f, -0.1f + 0.17f * (float)i, 1.9f, 0.05f, 0.14f, MESH_ALL);
  for (int i = 0; i < 2; i++)
    mesh_block(mesh, 0, 0.58f + 0.17f * (float)i, -0.2f, 1.9f, 0.13f, 0.05f, MESH_ALL);
  scene_add_obstacle(scene, 0, 0.02f, 0.95f, 0.3f);
  scene_add_shade(scene, 0, 0.02f, 0.95f, 0.25f, 0, 0.5f);
  end(scene, 90);
}

void yard_add_lamp(Scene *scene, float x, float z) {
  Mesh *mesh = &scene->mesh;
  begin(scene, x, z, 0);
  mesh_paint(mesh, TILE_METAL, 0x2c3036, 1);
  mesh_bar(mesh, vec(0, 0, 0), vec(0, 0.5f, 0), 0.11f, 0.09f, 6, 0);
  mesh_bar(mesh, vec(0, 0.5f, 0), vec(0, 3.9f, 0), 0.055f, 0.045f, 6, 0);
  mesh_bar(mesh, vec(0, 4.28f, 0), vec(0, 4.36f, 0), 0.34f, 0.30f, 8, 1);
  mesh_paint(mesh, TILE_LIGHT, 0xffffff, 1);
  mesh->paint.glow = vec_rgb(0xffefcf);
  mesh_bar(mesh, vec(0, 3.9f, 0), vec(0, 4.28f, 0), 0.13f, 0.17f, 8, 0);
  scene_add_pillar(scene, 0, 0, 0.12f);
  scene_add_lamp(scene, vec(0, 4.05f, 0), 0xffc27c, 3.2f, 21, 1.0f);
  end(scene, 140);
}

/* At angle 0 it drives east. */
static void add_car(Scene *scene, float x, float z, float angle, uint32_t tint) {
  Mesh *mesh = &scene->mesh;
  begin(scene, x, z, angle);
  mesh_paint(mesh, TILE_METAL, tint, 3);
  /* the body's outline from the side, x and y; the cabin stands on it */
  static const float body[][2] = {{-2.2f, 0.34f}, {-2.22f, 0.78f}, {-2.1f, 0.92f}, {0.95f, 0.92f},
                                  {2.0f, 0.76f},  {2.2f, 0.58f},   {2.18f, 0.34f}};
  enum { POINTS = sizeof body / sizeof body[0] };
  for (int i = 0; i + 1 < POINTS; i++)
    mesh_quad(mesh,
              (Vec3[]){{body[i][0], body[i][1], -0.88f},
                       {body[i][0], body[i][1], 0.88f},
                       {body[i + 1][0], body[i + 1][1], 0.88f},
                       {body[i + 1][0], body[i + 1][1], -0.88f}},
              1, 1);
  for (int side = -1; side <= 1; side += 2) {
    uint32_t first = (uint32_t)mesh->vertices.count;
    for (int i = 0; i < POINTS; i++)
      mesh_vertex(mesh, vec(body[i][0], body[i][1], 0.88f * (float)side), vec(0, 0, (float)side), 0.5f, 0.5f);
    for (uint32_t i = 1; i + 1 < POINTS; i++)
      mesh_triangle(mesh, first, first + (side > 0 ? i + 1 : i), first + (side > 0 ? i : i + 1));
  }
  const Vec3 low[4] = {
      {-2.0f, 0.92f, 0.82f}, {1.0f, 0.92f, 0.82f}, {1.0f, 0.92f, -0.82f}, {-2.0f, 0.92f, -0.82f}};
  const Vec3 top[4] = {
      {-1.5f, 1.44f, 0.66f}, {0.25f, 1.44f, 0.66f}, {0.25f, 1.44f, -0.66f}, {-1.5f, 1.44f, -0.66f}};
  mesh_quad(mesh, top, 1, 1);
  mesh_paint(mesh, TILE_GLASS, 0x20262c, 1);
  for (int i = 0; i < 4; i++)
    mesh_quad(mesh, (Vec3[]){low[i], low[(i + 1) % 4], top[(i + 1) % 4], top[i]}, 1, 1);
  mesh_paint(mesh, TILE_METAL, 0x26282b, 1);
  for (int i = 0; i < 4; i++) {
    float wheel_x = i % 2 == 0 ? -1.35f : 1.35f, side = i < 2 ? -1.0f : 1.0f;
    mesh_bar(mesh, vec(wheel_x, 0.33f, 0.6f * side), vec(wheel_x, 0.33f, 0.9f * side), 0.33f, 0.33f, 9, 1);
  }
  scene_add_obstacle(scene, 0, 0, 2.2f, 0.9f);
  scene_add_shade(scene, 0, 0, 2.15f, 0.85f, 0.0f, 1.1f);
  end(scene, 160);
}

void yard_add_flowers(Scene *scene, float x, float z, float radius) {
  static const uint32_t tints[] = {0xe8607c, 0xf3c84a, 0xf2eee6, 0xa070c8, 0xe88a4a};
  Mesh *mesh = &scene->mesh;
  NoiseSource source = noise_source(noise_hash((int)x, (int)z, 5));
  begin(scene, x, z, 0);
  mesh_paint(mesh, TILE_STONE, 0xbdb6aa, 2);
  mesh_bar(mesh, vec(0, 0, 0), vec(0, 0.42f, 0), radius, radius * 1.05f, 12, 0);
  mesh_paint(mesh, TILE_LEAVES, 0x6d9048, 1);
  mesh_clump(mesh, vec(0, 0.38f, 0), vec(radius * 0.98f, 0.28f, radius * 0.98f), 1, 0.1f, 3);
  for (int i = 0; i < 48; i++) {
    float angle = noise_next(&source, 0, 2 * VEC_PI), away = radius * sqrtf(noise_next(&source, 0, 0.9f));
    Vec3 at = vec(away * cosf(angle), 0.52f + 0.14f * (1 - away / radius), away * sinf(angle));
    mesh_paint(mesh, TILE_LEAVES, tints[noise_pick(&source, 5)], 1);
    mesh_ball(mesh, at, vec(0.09f, 0.07f, 0.09f), 0, 0, i);
  }
  scene_add_pillar(scene, 0, 0, radius);
  end(scene, 90);
}

static void add_slide(Scene *scene) {
  Mesh *mesh = &scene->mesh;
  mesh_paint(mesh, TILE_METAL, 0xe8a13a, 1);
  for (int i = 0; i < 4; i++)
    mesh_bar(mesh, vec(i % 2 ? 0.7f : -0.7f, 0, i / 2 ? 0.7f : -0.7f),
             vec(i % 2 ? 0.7f : -0.7f, 2.9f, i / 2 ? 0.7f : -0.7f), 0.06f, 0.06f, 6, 0);
  mesh_paint(mesh, TILE_WOOD, 0xc79a66, 1);
  mesh_block(mesh, 0, 1.35f, 0, 1.6f, 0.1f, 1.6f, MESH_ALL);
  mesh_paint(mesh, TILE_METAL, 0x3d86c6, 1);
  const Vec3 peak = vec(0, 3.7f, 0);
  const Vec3 eaves[4] = {
      {-0.95f, 2.85f, 0.95f}, {0.95f, 2.85f, 0.95f}, {0.95f, 2.85f, -0.95f}, {-0.95f, 2.85f, -0.95f}};
  for (int i = 0; i < 4; i++) {
    mesh_quad(mesh, (Vec3[]){eaves[i], eaves[(i + 1) % 4], peak, peak}, 1, 1);
    mesh_quad(mesh, (Vec3[]){eaves[(i + 1) % 4], eaves[i], peak, peak}, 1, 1);
  }
  mesh_paint(mesh, TILE_METAL, 0xd9483b, 1);
  const Vec3 line[] = {{0.8f, 1.4f, 0}, {2.4f, 0.5f, 0}, {3.4f, 0.28f, 0}};
  for (int i = 0; i < 2; i++) {
    Vec3 a = line[i], b = line[i + 1];
    const Vec3 west = vec(0, 0, 0.35f), rim = vec(0, 0.22f, 0);
    mesh_quad(mesh, (Vec3[]){vec_add(a, west), vec_add(b, west), vec_sub(b, west), vec_sub(a, west)}, 1, 1);
    mesh_quad(mesh, (Vec3[]){vec_sub(a, west), vec_sub(b, west), vec_add(b, west), vec_add(a, west)}, 1, 1);
    for (int side = -1; side <= 1; side += 2) {
      Vec3 s = vec_scale(west, (float)side), c = vec_add(a, s), d = vec_add(b, s);
      mesh_quad(mesh, (Vec3[]){c, d, vec_add(d, rim), vec_add(c, rim)}, 1, 1);
      mesh_quad(mesh, (Vec3[]){d, c, vec_add(c, rim), vec_add(d, rim)}, 1, 1);
    }
  }
  mesh_paint(mesh, TILE_WOOD, 0x8fbf5a, 1);
  mesh_block(mesh, 0, 1.45f, -0.75f, 1.5f, 0.7f, 0.06f, MESH_ALL);
  mesh_block(mesh, 0, 1.45f, 0.75f, 1.5f, 0.7f, 0.06f, MESH_ALL);
  scene_add_obstacle(scene, 0, 0, 0.8f, 0.8f);
  scene_add_obstacle(scene, 2.1f, 0, 1.3f, 0.4f);
  scene_add_shade(scene, 0, 0, 0.9f, 0.9f, 2.8f, 3.2f);
  scene_add_shade(scene, 2.1f, 0, 1.3f, 0.35f, 0.2f, 0.8f);
}

static void add_swings(Scene *scene) {
  Mesh *mesh = &scene->mesh;
  mesh_paint(mesh, TILE_METAL, 0x3d86c6, 1);
  mesh_bar(mesh, vec(-2, 2.3f, 0), vec(2, 2.3f, 0), 0.05f, 0.05f, 6, 0);
  for (int end_side = -1; end_side <= 1; end_side += 2)
    for (int leg = -1; leg <= 1; leg += 2)
      mesh_bar(mesh, vec(2.0f * (float)end_side, 0, 0.9f * (float)leg), vec(2.0f * (float)end_side, 2.3f, 0),
               0.05f, 0.05f, 6, 0);
  for (int seat = -1; seat <= 1; seat += 2) {
    mesh_paint(mesh, TILE_METAL, 0x8b8f94, 1);
    for (int rope = -1; rope <= 1; rope += 2)
      mesh_bar(mesh, vec((float)seat + 0.22f * (float)rope, 0.5f, 0),
               vec((float)seat + 0.22f * (float)rope, 2.3f, 0), 0.015f, 0.015f, 3, 0);
    mesh_paint(mesh, TILE_METAL, 0xd9483b, 1);
    mesh_block(mesh, (float)seat, 0.46f, 0, 0.5f, 0.05f, 0.22f, MESH_ALL);
  }
  scene_add_obstacle(scene, 0, 0, 2.0f, 0.3f);
  scene_add_shade(scene, 0, 0, 2.0f, 0.08f, 2.2f, 2.35f);
}

void yard_add_playground(Scene *scene, float x, float z) {
  Mesh *mesh = &scene->mesh;
  yard_add_oval(scene, x, z, 10, 7.5f, YARD_PATH_M + 0.01f, MESH_GROUND, TILE_RUBBER, 0xc98a62, 2);
  yard_add_oval(scene, x - 3.5f, z + 0.5f, 4.6f, 4.2f, YARD_PATH_M + 0.03f, MESH_GROUND, TILE_RUBBER,
                0x6fa3a0, 2);
  begin(scene, x - 4, z, 0.2f);
  add_slide(scene);
  end(scene, 120);
  begin(scene, x + 4.5f, z - 3.0f, 0.1f);
  add_swings(scene);
  end(scene, 120);
  begin(scene, x + 4, z + 3.2f, 0);
  mesh_paint(mesh, TILE_WOOD, 0xc79a66, 1);
  for (int i = 0; i < 4; i++)
    mesh_block(mesh, i % 2 ? 0 : (i ? 1.5f : -1.5f), 0, i % 2 ? (i == 1 ? 1.5f : -1.5f) : 0,
               i % 2 ? 3.2f : 0.2f, 0.35f, i % 2 ? 0.2f : 3.2f, MESH_UPPER);
  mesh->pass = MESH_GROUND;
  mesh_paint(mesh, TILE_SAND, 0xffffff, 2);
  floor_quad(mesh, -1.5f, -1.5f, 1.5f, 1.5f, 0.26f);
  mesh->pass = MESH_TILED;
  mesh_paint(mesh, TILE_METAL, 0xe8a13a, 1);
  mesh_ball(mesh, vec(-3.3f, 0.55f, 1.2f), vec(0.55f, 0.55f, 0.55f), 2, 0, 1);
  mesh_paint(mesh, TILE_METAL, 0x8fbf5a, 1);
  mesh_ball(mesh, vec(-4.4f, 0.38f, 1.9f), vec(0.38f, 0.38f, 0.38f), 2, 0, 1);
  scene_add_obstacle(scene, 0, 0, 1.7f, 1.7f);
  scene_add_pillar(scene, -3.3f, 1.2f, 0.5f);
  end(scene, 120);
}

void yard_add_parking(Scene *scene, float x, float z, int places) {
  static const uint32_t tints[] = {0xe9ebed, 0x2f343a, 0x9aa1a8, 0x7c1f24, 0x24436b, 0xd8d2c4, 0x3c5a48};
  Mesh *mesh = &scene->mesh;
  const float wide = 2.7f, deep = 5.4f;
  scene_begin_block(scene);
  mesh->pass = MESH_GROUND;
  mesh_paint(mesh, TILE_PLAIN, 0xf0f0ec, 1);
  for (int i = 0; i <= places; i++)
    floor_quad(mesh, x + (float)i * wide - 0.06f, z, x + (float)i * wide + 0.06f, z + deep, YARD_MARK_M);
  mesh->pass = MESH_TILED;
  scene_end_block(scene);
  for (int i = 0; i < places; i++) {
    uint32_t hash = noise_hash((int)x + i, (int)z, 11);
    if (hash % 10 < 7)
      add_car(scene, x + ((float)i + 0.5f) * wide, z + deep / 2, hash & 16 ? VEC_PI / 2 : -VEC_PI / 2,
              tints[hash / 64 % 7]);
  }
}

void yard_add_railing(Scene *scene, float x0, float z0, float x1, float z1, float y) {
  Mesh *mesh = &scene->mesh;
  float length = hypotf(x1 - x0, z1 - z0), angle = atan2f(z1 - z0, x1 - x0);
  int pieces = (int)(length / 20) + 1;
  for (int i = 0; i < pieces; i++) {
    float middle = ((float)i + 0.5f) / (float)pieces, half = length / (float)pieces / 2;
    begin(scene, x0 + (x1 - x0) * middle, z0 + (z1 - z0) * middle, angle);
    mesh_paint(mesh, TILE_METAL, 0x3a4048, 1);
    mesh_block(mesh, 0, y + 1.03f, 0, half * 2, 0.07f, 0.1f, MESH_ALL);
    for (int bar = 0; bar < 4; bar++)
      mesh_block(mesh, 0, y + 0.14f + 0.22f * (float)bar, 0, half * 2, 0.035f, 0.03f, MESH_ALL);
    for (int post = 0; post <= (int)(half * 2 / 2); post++)
      mesh_block(mesh, -half + 2.0f * (float)post, y, 0, 0.07f, 1.05f, 0.07f, MESH_SIDES);
    scene_add_obstacle(scene, 0, 0, half, 0.06f);
    end(scene, 130);
  }
}
