#include "streamer/showroom/scenes/building.h"

#include "streamer/showroom/shape/noise.h"

/* One face of a house: a frame of its own, x to the right along the wall, y up, out away from it. */
typedef struct Face {
  Vec3 origin, right, out;
  int bays, index;
} Face;

typedef struct Work {
  Scene *scene;
  Mesh *mesh;
  const Building *building;
  float half_x, half_z, top_m;
  int seed;
} Work;

static Face face_of(const Work *work, int index) {
  float x = work->half_x, z = work->half_z;
  const Building *b = work->building;
  switch (index) {
  case 0:
    return (Face){vec(-x, 0, z), vec(1, 0, 0), vec(0, 0, 1), b->bays_x, 0};
  case 1:
    return (Face){vec(x, 0, z), vec(0, 0, -1), vec(1, 0, 0), b->bays_z, 1};
  case 2:
    return (Face){vec(x, 0, -z), vec(-1, 0, 0), vec(0, 0, -1), b->bays_x, 2};
  default:
    return (Face){vec(-x, 0, -z), vec(0, 0, 1), vec(-1, 0, 0), b->bays_z, 3};
  }
}

static Vec3 on_face(const Face *face, float x, float y, float out) {
  return vec_add(vec_add(face->origin, vec_scale(face->right, x)),
                 vec_add(vec(0, y, 0), vec_scale(face->out, out)));
}

/* A rectangle parallel to the wall. Returns its first vertex. */
static uint32_t wall_quad(Mesh *mesh, const Face *face, float x0, float y0, float x1, float y1, float out,
                          float u, float v) {
  return mesh_quad(mesh,
                   (Vec3[]){on_face(face, x0, y0, out), on_face(face, x1, y0, out),
                            on_face(face, x1, y1, out), on_face(face, x0, y1, out)},
                   u, v);
}

/* A box that stands out from the wall: front, both ends, top and bottom. */
static void wall_box(Mesh *mesh, const Face *face, float x0, float y0, float x1, float y1, float in,
                     float out) {
  float m = mesh->paint.tile_m, width = (x1 - x0) / m, height = (y1 - y0) / m, depth = (out - in) / m;
  wall_quad(mesh, face, x0, y0, x1, y1, out, width, height);
  const Vec3 a = on_face(face, x0, y0, in), b = on_face(face, x1, y0, in), c = on_face(face, x1, y1, in);
  const Vec3 d = on_face(face, x0, y1, in), e = on_face(face, x0, y0, out), f = on_face(face, x1, y0, out);
  const Vec3 g = on_face(face, x1, y1, out), h = on_face(face, x0, y1, out);
  mesh_quad(mesh, (Vec3[]){a, e, h, d}, depth, height);
  mesh_quad(mesh, (Vec3[]){f, b, c, g}, depth, height);
  mesh_quad(mesh, (Vec3[]){h, g, c, d}, width, depth);
  mesh_quad(mesh, (Vec3[]){a, b, f, e}, width, depth);
}

/* The light behind the windows of a flat, black when nobody is in. Two bays are one flat. */
static Vec3 flat_glow(const Work *work, int face, int storey, int bay) {
  static const uint32_t lights[] = {0xffc978, 0xffd592, 0xffbe66, 0xffe2b4, 0xeaf0ff, 0x8fa8e8};
  int flat = face * 1000 + bay / 2;
  if (noise_fraction(flat, storey, work->seed) >= work->building->lit)
    return vec(0, 0, 0);
  float dim = 0.55f + 0.45f * noise_fraction(flat * 7 + bay, storey, work->seed + 1);
  return vec_scale(vec_rgb(lights[noise_hash(flat, storey, work->seed + 2) % 6]), dim);
}

typedef struct Cell {
  int window; /* offset from the wall's tile; 0: a blank wall */
  int balcony;
} Cell;

static Cell choose_cell(const Work *work, const Face *face, int storey, int bay) {
  const Building *b = work->building;
  int last = face->bays - 1, from_edge = bay < last - bay ? bay : last - bay, short_side = face->bays <= 3;
  switch (b->pattern) {
  case BUILDING_CLASSIC:
    if (from_edge % 3 == 1 && !short_side)
      return (Cell){TILE_WINDOW_DOOR, storey > 0};
    return (Cell){TILE_WINDOW_PAIR, 0};
  case BUILDING_STRIPES:
    if (from_edge == 1 || (face->bays > 6 && from_edge == face->bays / 2 - 1))
      return (Cell){TILE_WINDOW_WIDE, storey > 0};
    return (Cell){bay % 2 == 0 ? TILE_WINDOW_TALL : TILE_WINDOW_PAIR, 0};
  case BUILDING_CHESS:
    return (Cell){TILE_WINDOW_WIDE, storey > 0 && (bay + storey * 2 + face->index) % 4 == 0};
  default:
    return (Cell){TILE_WINDOW_WIDE, storey > 0 && from_edge == 0 && storey % 2 == 0};
  }
}

static float storey_level(const Work *work, int storey) {
  float base = work->building->from_m;
  float first = base > 0 ? BUILDING_STOREY_M : BUILDING_GROUND_M;
  return storey == 0 ? base : base + first + (float)(storey - 1) * BUILDING_STOREY_M;
}

static int is_door_bay(const Work *work, const Face *face, int storey, int bay) {
  return storey == 0 && work->building->from_m == 0 && (work->building->entrances & 1 << face->index) != 0 &&
         bay == face->bays / 2;
}

/* One bay of one storey. */
static void add_cell(Work *work, const Face *face, int storey, int bay) {
  const Building *b = work->building;
  Mesh *mesh = work->mesh;
  float low = storey_level(work, storey), high = storey_level(work, storey + 1);
  float x = (float)bay * BUILDING_BAY_M;
  Cell cell = choose_cell(work, face, storey, bay);
  int ground_floor = storey == 0 && b->from_m == 0, flip = noise_hash(bay, storey, work->seed) & 1;
  mesh_paint(mesh, (Tile)(b->wall + (Tile)cell.window), b->tint, BUILDING_BAY_M);
  mesh->paint.glow = flat_glow(work, face->index, storey, bay);
  if (is_door_bay(work, face, storey, bay)) {
    mesh_paint(mesh, TILE_ENTRANCE, 0xffffff, 1);
    mesh->paint.glow = vec_rgb(0xffd9a0);
  } else if (ground_floor && b->shops) {
    mesh_paint(mesh, TILE_SHOP, 0xffffff, 1);
    mesh->paint.glow = vec_scale(vec_rgb(bay % 4 < 2 ? 0xffdfae : 0xfff1dc),
                                 noise_fraction(bay, face->index, work->seed) < 0.75f ? 0.95f : 0.1f);
  } else if (b->pattern == BUILDING_GLASS) {
    mesh_paint(mesh, noise_hash(bay, storey, work->seed + 5) % 3 == 0 ? TILE_CURTAIN_DIM : TILE_CURTAIN,
               b->accent, 1);
    mesh->paint.glow = flat_glow(work, face->index, storey, bay);
  }
  mesh->paint.openness = 0.72f + 0.28f * vec_smoothstep(0, 14, high);
  if (cell.balcony)
    mesh->paint.openness *= 0.74f;
  uint32_t first = wall_quad(mesh, face, x, low, x + BUILDING_BAY_M, high, 0, 1, 1);
  MeshVertex *corner = &mesh->vertices.items[first];
  if (ground_floor)
    corner[0].day[3] = corner[1].day[3] = 120;
  if (flip && !ground_floor)
    for (int i = 0; i < 4; i++)
      corner[i].uv[0] = 1 - corner[i].uv[0];
}

/* The front and both ends of something that stands out from the wall, its ends `end_u` tiles wide. */
static void wall_bay(Mesh *mesh, const Face *face, float x0, float y0, float x1, float y1, float out, float u,
                     float end_u) {
  wall_quad(mesh, face, x0, y0, x1, y1, out, u, 1);
  const Face left = {on_face(face, x0, 0, 0), face->out, vec_scale(face->right, -1), 0, 0};
  const Face right = {on_face(face, x1, 0, out), vec_scale(face->out, -1), face->right, 0, 0};
  wall_quad(mesh, &left, 0, y0, out, y1, 0, end_u, 1);
  wall_quad(mesh, &right, 0, y0, out, y1, 0, end_u, 1);
}

/* Nobody stands above it: it has no top. */
static void add_balcony(Work *work, const Face *face, int storey, int bay) {
  const Building *b = work->building;
  Mesh *mesh = work->mesh;
  const float deep = 1.35f, high = 1.08f;
  float floor = storey_level(work, storey), low = floor - 0.12f, x0 = (float)bay * BUILDING_BAY_M + 0.12f;
  float x1 = x0 + BUILDING_BAY_M - 0.24f, wide = (x1 - x0) / 1.1f;
  mesh_paint(mesh, TILE_METAL, b->pattern == BUILDING_GLASS ? 0xdfe3e6 : 0xf2f0ec, 3);
  mesh->paint.openness = 0.85f;
  wall_bay(mesh, face, x0, low, x1, floor + 0.08f, deep, 1, 1);
  mesh_quad(mesh,
            (Vec3[]){on_face(face, x0, low, 0), on_face(face, x1, low, 0), on_face(face, x1, low, deep),
                     on_face(face, x0, low, deep)},
            1, 1);
  switch (b->balcony) {
  case BUILDING_LOGGIA:
    mesh_paint(mesh, TILE_CURTAIN_DIM, b->accent, BUILDING_BAY_M);
    mesh->paint.glow = vec_scale(flat_glow(work, face->index, storey, bay), 0.8f);
    wall_bay(mesh, face, x0 + 0.02f, floor + 0.08f, x1 - 0.02f, floor + BUILDING_STOREY_M - 0.12f,
             deep - 0.02f, 1, 0.33f);
    break;
  case BUILDING_RAIL_BALCONY:
    mesh_paint(mesh, TILE_BARS, 0xffffff, 1);
    wall_bay(mesh, face, x0 + 0.03f, floor + 0.08f, x1 - 0.03f, floor + 0.08f + high, deep - 0.03f, wide,
             1.2f);
    break;
  default:
    mesh_paint(mesh, TILE_GLASS, b->accent, 1);
    wall_bay(mesh, face, x0 + 0.03f, floor + 0.08f, x1 - 0.03f, floor + 0.08f + high, deep - 0.03f, 1, 1);
    break;
  }
}

/* What the water shows of a face: its windows all the same, the light of those that are lit spread evenly. */
static void add_reflection(Work *work, const Face *face) {
  const Building *b = work->building;
  Mesh *mesh = work->mesh;
  Tile window = (Tile)(b->wall + (Tile)choose_cell(work, face, 1, 0).window);
  mesh->pass = MESH_MIRROR;
  mesh_paint(mesh, b->pattern == BUILDING_GLASS ? TILE_CURTAIN : window,
             b->pattern == BUILDING_GLASS ? b->accent : b->tint, 1);
  mesh->paint.glow = vec_scale(vec_rgb(0xffd090), 0.55f * b->lit);
  wall_quad(mesh, face, 0, b->from_m, (float)face->bays * BUILDING_BAY_M, work->top_m, 0, (float)face->bays,
            (float)b->storeys);
  if (b->pitched) {
    mesh_paint(mesh, TILE_ROOFING, b->accent, 3);
    wall_quad(mesh, face, 0, work->top_m, (float)face->bays * BUILDING_BAY_M, work->top_m + 2.5f, 0, 9, 1);
  }
  mesh->pass = MESH_TILED;
}

/* The canopy over a door, its lamp and the step before it. */
static void add_entrance(Work *work, const Face *face) {
  Mesh *mesh = work->mesh;
  int bay = face->bays / 2;
  float x = (float)bay * BUILDING_BAY_M, middle = x + BUILDING_BAY_M / 2;
  mesh_paint(mesh, TILE_METAL, work->building->accent, 2);
  wall_box(mesh, face, x - 0.5f, 3.9f, x + BUILDING_BAY_M + 0.5f, 4.15f, 0, 2.2f);
  mesh_paint(mesh, TILE_METAL, 0xc2bdb5, 2);
  wall_box(mesh, face, x - 0.3f, 0, x + BUILDING_BAY_M + 0.3f, 0.14f, 0, 1.9f);
  mesh_paint(mesh, TILE_METAL, 0x3a3e44, 1);
  for (int side = 0; side < 2; side++) {
    float post = side == 0 ? x - 0.35f : x + BUILDING_BAY_M + 0.35f;
    mesh_bar(mesh, on_face(face, post, 0, 2), on_face(face, post, 3.9f, 2), 0.07f, 0.07f, 6, 0);
  }
  mesh_paint(mesh, TILE_LIGHT, 0xffffff, 1);
  mesh->paint.glow = vec_rgb(0xffe6bd);
  wall_box(mesh, face, middle - 0.5f, 3.84f, middle + 0.5f, 3.9f, 0.9f, 1.2f);
  scene_add_lamp(work->scene, on_face(face, middle, 3.4f, 1.8f), 0xffcf94, 1.1f, 11, 0.9f);
}

static void add_face(Work *work, int index) {
  const Building *b = work->building;
  Face face = face_of(work, index);
  Vec3 out =
      vec_sub(mesh_to_world(&work->mesh->place, face.out), mesh_to_world(&work->mesh->place, vec(0, 0, 0)));
  float width = (float)face.bays * BUILDING_BAY_M;
  scene_begin_block(work->scene);
  for (int storey = 0; storey < b->storeys; storey++)
    for (int bay = 0; bay < face.bays; bay++)
      add_cell(work, &face, storey, bay);
  if (b->mirrored)
    add_reflection(work, &face);
  mesh_paint(work->mesh, b->wall, b->tint, BUILDING_BAY_M);
  if (!b->pitched)
    wall_quad(work->mesh, &face, 0, work->top_m, width, work->top_m + 0.9f, 0, (float)face.bays, 0.3f);
  SceneBlock *block = scene_end_block(work->scene);
  if (block != NULL) {
    block->facing = out;
    block->hidden_m = 0.1f;
  }

  scene_begin_block(work->scene);
  if (b->pattern == BUILDING_GLASS || b->from_m == 0) {
    mesh_paint(work->mesh, TILE_METAL, b->pattern == BUILDING_GLASS ? 0xd2d6d9 : 0xe2dfd9, 3);
    for (int storey = 1; storey < b->storeys; storey += b->pattern == BUILDING_GLASS ? 1 : b->storeys) {
      float level = storey_level(work, storey);
      wall_box(work->mesh, &face, -0.16f, level - 0.2f, width + 0.16f, level + 0.12f, 0, 0.16f);
    }
  }
  mesh_paint(work->mesh, TILE_METAL, b->pitched ? 0xece8e0 : b->accent, 3);
  wall_box(work->mesh, &face, -0.15f, work->top_m + (b->pitched ? -0.35f : 0.75f), width + 0.15f,
           work->top_m + (b->pitched ? 0.05f : 0.95f), -0.3f, 0.15f);
  if (b->balcony != BUILDING_NO_BALCONY)
    for (int storey = 1; storey < b->storeys; storey++)
      for (int bay = 0; bay < face.bays; bay++)
        if (choose_cell(work, &face, storey, bay).balcony)
          add_balcony(work, &face, storey, bay);
  if (b->from_m == 0 && (b->entrances & 1 << index) != 0)
    add_entrance(work, &face);
  block = scene_end_block(work->scene);
  if (block != NULL) {
    block->far_m = 260;
    block->facing = out;
    block->hidden_m = 9; /* balconies stand out, and are seen round the corner */
  }
}

static void add_flat_roof(Work *work) {
  Mesh *mesh = work->mesh;
  float x = work->half_x, z = work->half_z, y = work->top_m;
  mesh_paint(mesh, TILE_GRAVEL, 0x9a9a98, 3);
  mesh_box(mesh, vec(-x, y - 0.2f, -z), vec(x, y + 0.05f, z), MESH_TOP);
  mesh_paint(mesh, TILE_METAL, 0xaeb2b6, 3);
  mesh_block(mesh, x * 0.2f, y, -z * 0.1f, x * 0.8f, 2.6f, z * 0.7f, MESH_UPPER);
  mesh_block(mesh, -x * 0.5f, y, z * 0.3f, 2.2f, 1.4f, 2.2f, MESH_UPPER);
}

static void add_pitched_roof(Work *work) {
  Mesh *mesh = work->mesh;
  const float over = 0.55f;
  float x = work->half_x + over, z = work->half_z + over, y = work->top_m - 0.05f;
  int along_x = x >= z;
  float inset = along_x ? z : x, rise = inset * 0.62f, ridge = (along_x ? x : z) - inset * 0.9f;
  Vec3 first = along_x ? vec(-ridge, y + rise, 0) : vec(0, y + rise, ridge);
  Vec3 second = along_x ? vec(ridge, y + rise, 0) : vec(0, y + rise, -ridge);
  const Vec3 sw = vec(-x, y, z), se = vec(x, y, z), ne = vec(x, y, -z), nw = vec(-x, y, -z);
  mesh_paint(mesh, TILE_ROOFING, work->building->accent, 3);
  float u = 2 * (along_x ? x : z) / 3, v = inset / 2.4f;
  if (along_x) {
    mesh_quad(mesh, (Vec3[]){sw, se, second, first}, u, v);
    mesh_quad(mesh, (Vec3[]){ne, nw, first, second}, u, v);
    mesh_quad(mesh, (Vec3[]){se, ne, second, second}, inset, v);
    mesh_quad(mesh, (Vec3[]){nw, sw, first, first}, inset, v);
  } else {
    mesh_quad(mesh, (Vec3[]){se, ne, second, first}, u, v);
    mesh_quad(mesh, (Vec3[]){nw, sw, first, second}, u, v);
    mesh_quad(mesh, (Vec3[]){sw, se, first, first}, inset, v);
    mesh_quad(mesh, (Vec3[]){ne, nw, second, second}, inset, v);
  }
  mesh_paint(mesh, TILE_METAL, 0x8a8378, 3);
  mesh_box(mesh, vec(-x, y - 0.02f, -z), vec(x, y, z), MESH_BOTTOM);
  mesh_paint(mesh, TILE_BRICK, 0xa07a66, 3);
  for (int i = -1; i <= 1; i += 2)
    mesh_block(mesh, along_x ? (float)i * ridge * 0.5f : inset * 0.3f, y,
               along_x ? inset * 0.3f : (float)i * ridge * 0.5f, 0.9f, rise + 0.9f, 0.9f, MESH_UPPER);
}

float building_add(Scene *scene, const Building *building) {
  Work work = {.scene = scene,
               .mesh = &scene->mesh,
               .building = building,
               .half_x = (float)building->bays_x * BUILDING_BAY_M / 2,
               .half_z = (float)building->bays_z * BUILDING_BAY_M / 2,
               .seed = (int)(building->x * 31 + building->z * 17) + (int)(scene->seed & 0xffff)};
  work.top_m = storey_level(&work, building->storeys);
  mesh_place(work.mesh, building->x, 0, building->z, building->angle);
  for (int index = 0; index < 4; index++)
    add_face(&work, index);
  scene_begin_block(scene);
  if (building->pitched)
    add_pitched_roof(&work);
  else
    add_flat_roof(&work);
  scene_end_block(scene);
  scene_add_shade(scene, 0, 0, work.half_x, work.half_z, building->from_m, work.top_m + 0.9f);
  if (building->from_m == 0)
    scene_add_obstacle(scene, 0, 0, work.half_x + 0.1f, work.half_z + 0.1f);
  mesh_place(work.mesh, 0, 0, 0, 0);
  return work.top_m;
}

void building_add_far(Scene *scene, float x, float z, float width, float depth, float height, uint32_t tint) {
  Mesh *mesh = &scene->mesh;
  mesh_place(mesh, x, 0, z, 0);
  mesh_paint(mesh, TILE_CITY, tint, 12.5f);
  mesh->paint.glow = vec_rgb(0xe0a860);
  mesh_block(mesh, 0, 0, 0, width, height, depth, MESH_SIDES);
  mesh->pass = MESH_MIRROR;
  mesh_block(mesh, 0, 0, 0, width, height, depth, MESH_SIDES);
  mesh->pass = MESH_TILED;
  mesh_paint(mesh, TILE_METAL, tint, 4);
  mesh_block(mesh, 0, 0, 0, width, height, depth, MESH_TOP);
  mesh_place(mesh, 0, 0, 0, 0);
}
