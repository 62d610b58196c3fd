#include "streamer/showroom/scenes/bake.h"

#include <string.h>

/*
 * Light is linear while it is added up and becomes a factor of an sRGB texture at the end: (a * b)^(1/2.2) is
 * a^(1/2.2) * b^(1/2.2), so encoding the light alone is exact. Stored bytes are half scale, for light
 * above 1.
 */
static uint8_t encode_light(float light, float tint) {
  float value = 127.5f * tint * powf(light, 1 / 2.2f);
  return (uint8_t)(value < 255 ? value + 0.5f : 255);
}

/* The factors of light 0..RAMP_TOP, for the many vertices: fine steps where it is dark. */
enum { RAMP_STEPS = 2048, RAMP_TOP = 4 };

static void fill_ramp(float ramp[RAMP_STEPS]) {
  for (int i = 0; i < RAMP_STEPS; i++) {
    float root = (float)i / (RAMP_STEPS - 1);
    ramp[i] = powf(root * root * RAMP_TOP, 1 / 2.2f);
  }
}

static uint8_t ramp_light(const float ramp[RAMP_STEPS], float light, float tint) {
  float root = sqrtf(fminf(light / RAMP_TOP, 1));
  return (uint8_t)fminf(127.5f * tint * ramp[(int)(root * (RAMP_STEPS - 1) + 0.5f)] + 0.5f, 255);
}

/* From the world into the rectangle's own coordinates. */
static void into_box(const SceneObstacle *box, float x, float z, float *own_x, float *own_z) {
  *own_x = x * box->cosine + z * box->sine;
  *own_z = -x * box->sine + z * box->cosine;
}

/* Lower things throw no shadow on vertices, which are too far apart to show it; on the ground they do. */
#define SMALL_M 4.0f

/* Narrows [enter, leave] of a ray to where one of its coordinates lies between -half and half. */
static int clip_slab(float from, float way, float low, float high, float *enter, float *leave) {
  if (fabsf(way) < 1e-6f)
    return from >= low && from <= high;
  float a = (low - from) / way, b = (high - from) / way;
  float first = a < b ? a : b, last = a < b ? b : a;
  *enter = first > *enter ? first : *enter;
  *leave = last < *leave ? last : *leave;
  return *enter < *leave;
}

int bake_sees(const Scene *scene, Vec3 from, Vec3 way) {
  for (size_t i = 0; i < scene->shades.count; i++) {
    const SceneShade *shade = &scene->shades.items[i];
    const SceneObstacle *base = &shade->base;
    float x, z, way_x, way_z, enter = 0, leave = INFINITY;
    if (shade->top_m < SMALL_M)
      continue;
    into_box(base, from.x - base->x, from.z - base->z, &x, &z);
    into_box(base, way.x, way.z, &way_x, &way_z);
    if (clip_slab(from.y, way.y, shade->bottom_m, shade->top_m, &enter, &leave) &&
        clip_slab(x, way_x, -base->half_x, base->half_x, &enter, &leave) &&
        clip_slab(z, way_z, -base->half_z, base->half_z, &enter, &leave))
      return 0;
  }
  return 1;
}

static Vec3 ambient(const SceneMood *mood, Vec3 normal, float openness) {
  return vec_scale(vec_mix(mood->ground, mood->sky, normal.y * 0.5f + 0.5f), openness);
}

static Vec3 day_light(const Scene *scene, Vec3 at, Vec3 normal, float openness, int leafy) {
  const SceneMood *mood = &scene->day;
  Vec3 light = ambient(mood, normal, openness);
  float facing = vec_dot(normal, mood->to_sun);
  facing = leafy ? (facing + 0.6f) / 1.6f : facing; /* leaves let light through */
  if (facing > 0 && bake_sees(scene, vec_add(at, vec_scale(normal, 0.15f)), mood->to_sun))
    light = vec_add(light, vec_scale(mood->sun, facing * (leafy ? 0.4f + 0.6f * openness : 1)));
  return light;
}

static Vec3 lamp_light(const SceneLamp *lamp, Vec3 at, Vec3 normal, float wrap) {
  Vec3 way = vec_sub(lamp->at, at);
  float squared = vec_dot(way, way), reach = lamp->reach_m;
  if (squared > reach * reach)
    return vec(0, 0, 0);
  float facing = (vec_dot(way, normal) / sqrtf(squared + 0.01f) + wrap) / (1 + wrap);
  if (facing <= 0)
    return vec(0, 0, 0);
  float fade = 1 - squared / (reach * reach);
  return vec_scale(lamp->colour, facing * fade * fade / (1 + 0.08f * squared));
}

/* Lamps sorted into cells of the plane, so that a vertex asks only those that can reach it. */
typedef struct LampGrid {
  ARRAY(const SceneLamp *) cells[32][32];
  float low, cell_m;
  float ramp[RAMP_STEPS];
} LampGrid;

static int grid_cell(const LampGrid *grid, float x) {
  return (int)vec_clamp((x - grid->low) / grid->cell_m, 0, 31);
}

static void grid_fill(LampGrid *grid, const Scene *scene) {
  grid->low = -scene->half_m;
  grid->cell_m = scene->half_m / 16;
  for (size_t i = 0; i < scene->lamps.count; i++) {
    const SceneLamp *lamp = &scene->lamps.items[i];
    for (int x = grid_cell(grid, lamp->at.x - lamp->reach_m);
         x <= grid_cell(grid, lamp->at.x + lamp->reach_m); x++)
      for (int z = grid_cell(grid, lamp->at.z - lamp->reach_m);
           z <= grid_cell(grid, lamp->at.z + lamp->reach_m); z++)
        *(const SceneLamp **)array_push(&grid->cells[x][z]) = lamp;
  }
}

static void bake_vertex(const Scene *scene, const LampGrid *grid, MeshVertex *vertex) {
  Vec3 at = vec(vertex->position[0], vertex->position[1], vertex->position[2]);
  Vec3 normal = vec_normalize(vec(vertex->normal[0], vertex->normal[1], vertex->normal[2]));
  int leafy = vertex->tile == TILE_FOLIAGE || vertex->tile == TILE_LEAVES;
  float openness = (float)vertex->day[3] / 255;
  Vec3 day = day_light(scene, at, normal, openness, leafy);
  Vec3 night = ambient(&scene->night, normal, openness);
  float moon = vec_dot(normal, scene->night.to_sun);
  if (moon > 0)
    night = vec_add(night, vec_scale(scene->night.sun, moon));
  int x = grid_cell(grid, at.x), z = grid_cell(grid, at.z);
  for (size_t i = 0; i < grid->cells[x][z].count; i++)
    night = vec_add(night, lamp_light(grid->cells[x][z].items[i], at, normal, leafy ? 0.6f : 0));
  const float tint[3] = {vertex->day[0] / 255.0f, vertex->day[1] / 255.0f, vertex->day[2] / 255.0f};
  const float by_day[3] = {day.x, day.y, day.z}, by_night[3] = {night.x, night.y, night.z};
  for (int k = 0; k < 3; k++) {
    vertex->day[k] = ramp_light(grid->ramp, by_day[k], tint[k]);
    vertex->night[k] = ramp_light(grid->ramp, by_night[k], tint[k]);
  }
  vertex->day[3] = vertex->night[3] = 255;
}

static int is_ground_only(const MeshVertex *vertex) {
  return vertex->day[3] == 0;
}

void bake_vertices(Scene *scene) {
  LampGrid *grid = calloc(1, sizeof *grid);
  if (grid == NULL)
    abort();
  fill_ramp(grid->ramp);
  grid_fill(grid, scene);
  /* Ground takes its light from the maps: keep its paint. */
  for (int i = 0; i < 2; i++) {
    MeshPass pass = i == 0 ? MESH_GROUND : MESH_WATER;
    for (size_t k = 0; k < scene->mesh.triangles[pass].count; k++) {
      MeshVertex *vertex = &scene->mesh.vertices.items[scene->mesh.triangles[pass].items[k]];
      vertex->day[3] = 0;
      memcpy(vertex->night, vertex->day, sizeof vertex->night);
    }
  }
  /* A facet of leaves has one light: its corners follow each other and differ in nothing but their place. */
  MeshVertex painted = {.tile = -1}, lit = painted;
  for (size_t i = 0; i < scene->mesh.vertices.count; i++) {
    MeshVertex *vertex = &scene->mesh.vertices.items[i];
    if (is_ground_only(vertex))
      continue;
    if (vertex->tile == TILE_LEAVES && painted.tile == TILE_LEAVES &&
        memcmp(vertex->normal, painted.normal, sizeof painted.normal) == 0 &&
        memcmp(vertex->day, painted.day, sizeof painted.day) == 0) {
      memcpy(vertex->day, lit.day, sizeof lit.day);
      memcpy(vertex->night, lit.night, sizeof lit.night);
      continue;
    }
    painted = *vertex;
    bake_vertex(scene, grid, vertex);
    lit = *vertex;
  }
  for (int x = 0; x < 32; x++)
    for (int z = 0; z < 32; z++)
      array_clear(&grid->cells[x][z]);
  free(grid);
}

typedef struct Plane {
  float *texels;
  int size;
  float half_m;
} Plane;

static int plane_texel(const Plane *plane, float metres) {
  return (int)floorf((metres + plane->half_m) / (2 * plane->half_m) * (float)plane->size);
}

static float plane_metres(const Plane *plane, int texel) {
  return ((float)texel + 0.5f) / (float)plane->size * 2 * plane->half_m - plane->half_m;
}

/* Sets to 0 every texel in the convex hull of the points (x, z in metres): its edges all have the point on
 * one side. */
static void fill_hull(Plane *plane, const Vec3 *points, int count) {
  Vec3 hull[16];
  int corners = 0, start = 0;
  for (int i = 1; i < count; i++)
    if (points[i].x < points[start].x)
      start = i;
  for (int at = start, next; corners < 16; at = next) {
    hull[corners++] = points[at];
    next = at == 0 ? 1 : 0;
    for (int i = 0; i < count; i++) {
      float side = (points[next].x - points[at].x) * (points[i].z - points[at].z) -
                   (points[next].z - points[at].z) * (points[i].x - points[at].x);
      if (side < 0)
        next = i;
    }
    if (next == start)
      break;
  }
  for (int row = 0; row < plane->size; row++) {
    float z = plane_metres(plane, row), low = INFINITY, high = -INFINITY;
    for (int i = 0; i < corners; i++) {
      Vec3 a = hull[i], b = hull[(i + 1) % corners];
      if ((a.z <= z) == (b.z <= z))
        continue;
      float x = a.x + (b.x - a.x) * (z - a.z) / (b.z - a.z);
      low = fminf(low, x);
      high = fmaxf(high, x);
    }
    if (low > high)
      continue;
    int from = plane_texel(plane, low), to = plane_texel(plane, high);
    for (int column = from < 0 ? 0 : from; column <= to && column < plane->size; column++)
      plane->texels[row * plane->size + column] = 0;
  }
}

/* Where the shadow of a point at height `height_m` falls. */
static Vec3 shadow_of(const SceneMood *mood, float x, float height_m, float z) {
  float reach = height_m / mood->to_sun.y;
  return vec(x - mood->to_sun.x * reach, 0, z - mood->to_sun.z * reach);
}

static void shade_box(Plane *plane, const SceneMood *mood, const SceneShade *shade) {
  const SceneObstacle *base = &shade->base;
  Vec3 points[8];
  for (int i = 0; i < 8; i++) {
    float x = i & 1 ? base->half_x : -base->half_x, z = i & 2 ? base->half_z : -base->half_z;
    float height = fmaxf(i & 4 ? shade->top_m : shade->bottom_m, 0);
    points[i] = shadow_of(mood, base->x + x * base->cosine - z * base->sine, height,
                          base->z + x * base->sine + z * base->cosine);
  }
  fill_hull(plane, points, 8);
}

static void shade_crown(Plane *plane, const SceneMood *mood, const SceneCrown *crown) {
  Vec3 at = shadow_of(mood, crown->centre.x, crown->centre.y, crown->centre.z);
  float stretch = 1 / mood->to_sun.y, length = hypotf(mood->to_sun.x, mood->to_sun.z);
  float along_x = mood->to_sun.x / length, along_z = mood->to_sun.z / length, reach = crown->radius * stretch;
  for (int row = plane_texel(plane, at.z - reach); row <= plane_texel(plane, at.z + reach); row++)
    for (int column = plane_texel(plane, at.x - reach); column <= plane_texel(plane, at.x + reach);
         column++) {
      if (row < 0 || column < 0 || row >= plane->size || column >= plane->size)
        continue;
      float x = plane_metres(plane, column) - at.x, z = plane_metres(plane, row) - at.z;
      float along = (x * along_x + z * along_z) / stretch, across = -x * along_z + z * along_x;
      float distance = hypotf(along, across) / crown->radius;
      float *texel = &plane->texels[row * plane->size + column];
      *texel *= vec_smoothstep(0.55f, 1.0f, distance) * 0.8f + 0.2f;
    }
}

/* Dims the sky's light near the walls of a box that stands on the ground. */
static void dim_feet(Plane *plane, const SceneShade *shade) {
  const SceneObstacle *base = &shade->base;
  float reach = fminf(6, shade->top_m * 0.5f), radius = hypotf(base->half_x, base->half_z) + reach;
  if (shade->bottom_m > 3 || shade->top_m < 0.5f)
    return;
  for (int row = plane_texel(plane, base->z - radius); row <= plane_texel(plane, base->z + radius); row++)
    for (int column = plane_texel(plane, base->x - radius); column <= plane_texel(plane, base->x + radius);
         column++) {
      if (row < 0 || column < 0 || row >= plane->size || column >= plane->size)
        continue;
      float x, z;
      into_box(base, plane_metres(plane, column) - base->x, plane_metres(plane, row) - base->z, &x, &z);
      float distance = hypotf(fmaxf(fabsf(x) - base->half_x, 0), fmaxf(fabsf(z) - base->half_z, 0));
      float open = vec_clamp(distance / reach, 0, 1);
      plane->texels[row * plane->size + column] *= 0.5f + 0.5f * (1 - (1 - open) * (1 - open));
    }
}

static void blur(Plane *plane) {
  int size = plane->size;
  float *line = malloc(sizeof *line * (size_t)size);
  if (line == NULL)
    abort();
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < size; i++) {
      float *texels = pass == 0 ? plane->texels + (size_t)i * (size_t)size : plane->texels + i;
      size_t step = pass == 0 ? 1 : (size_t)size;
      for (int k = 0; k < size; k++)
        line[k] = texels[(size_t)k * step];
      for (int k = 1; k + 1 < size; k++)
        texels[(size_t)k * step] = 0.25f * line[k - 1] + 0.5f * line[k] + 0.25f * line[k + 1];
    }
  free(line);
}

static Plane plane_new(const Scene *scene, int size) {
  Plane plane = {malloc(sizeof *plane.texels * (size_t)size * (size_t)size), size, scene->half_m};
  if (plane.texels == NULL)
    abort();
  for (int i = 0; i < size * size; i++)
    plane.texels[i] = 1;
  return plane;
}

/* Encoded light for a value 0..1 in 256 steps: powf() once a step instead of once a texel. */
static void light_ramp(float ramp[257], float low, float high) {
  for (int i = 0; i <= 256; i++)
    ramp[i] = low + (high - low) * (float)i / 256;
}

uint8_t *bake_ground_day(const Scene *scene) {
  const SceneMood *mood = &scene->day;
  Plane sun = plane_new(scene, BAKE_DAY_PIXELS), open = plane_new(scene, BAKE_DAY_PIXELS / 4);
  for (size_t i = 0; i < scene->shades.count; i++) {
    shade_box(&sun, mood, &scene->shades.items[i]);
    dim_feet(&open, &scene->shades.items[i]);
  }
  for (size_t i = 0; i < scene->crowns.count; i++)
    shade_crown(&sun, mood, &scene->crowns.items[i]);
  blur(&sun);
  blur(&open);
  uint8_t *texels = malloc((size_t)BAKE_DAY_PIXELS * BAKE_DAY_PIXELS * 4);
  if (texels == NULL)
    abort();
  float sun_ramp[257];
  light_ramp(sun_ramp, 0, mood->to_sun.y);
  uint8_t encoded[1024];
  for (int i = 0; i < 1024; i++)
    encoded[i] = encode_light((float)i / 512, 1);
  for (int row = 0; row < BAKE_DAY_PIXELS; row++)
    for (int column = 0; column < BAKE_DAY_PIXELS; column++) {
      size_t texel = (size_t)row * BAKE_DAY_PIXELS + (size_t)column;
      float direct = sun_ramp[(int)(sun.texels[texel] * 256)];
      float sky = open.texels[row / 4 * open.size + column / 4];
      uint8_t *out = texels + texel * 4;
      out[0] = encoded[(int)fminf((direct * mood->sun.x + sky * mood->sky.x) * 512, 1023)];
      out[1] = encoded[(int)fminf((direct * mood->sun.y + sky * mood->sky.y) * 512, 1023)];
      out[2] = encoded[(int)fminf((direct * mood->sun.z + sky * mood->sky.z) * 512, 1023)];
      out[3] = 255;
    }
  free(sun.texels);
  free(open.texels);
  return texels;
}

static void add_pool(Vec3 *light, const Plane *plane, const SceneLamp *lamp) {
  for (int row = plane_texel(plane, lamp->at.z - lamp->reach_m);
       row <= plane_texel(plane, lamp->at.z + lamp->reach_m); row++)
    for (int column = plane_texel(plane, lamp->at.x - lamp->reach_m);
         column <= plane_texel(plane, lamp->at.x + lamp->reach_m); column++) {
      if (row < 0 || column < 0 || row >= plane->size || column >= plane->size)
        continue;
      Vec3 at = vec(plane_metres(plane, column), 0, plane_metres(plane, row));
      Vec3 *texel = &light[row * plane->size + column];
      *texel = vec_add(*texel, lamp_light(lamp, at, vec(0, 1, 0), 0));
    }
}

uint8_t *bake_ground_night(const Scene *scene) {
  const SceneMood *mood = &scene->night;
  Plane plane = {NULL, BAKE_NIGHT_PIXELS, scene->half_m};
  Vec3 base = vec_add(mood->sky, vec_scale(mood->sun, mood->to_sun.y));
  size_t count = (size_t)BAKE_NIGHT_PIXELS * BAKE_NIGHT_PIXELS;
  Vec3 *light = malloc(sizeof *light * count);
  uint8_t *texels = malloc(count * 4);
  if (light == NULL || texels == NULL)
    abort();
  for (size_t i = 0; i < count; i++)
    light[i] = base;
  for (size_t i = 0; i < scene->lamps.count; i++)
    add_pool(light, &plane, &scene->lamps.items[i]);
  uint8_t encoded[2048];
  for (int i = 0; i < 2048; i++)
    encoded[i] = encode_light((float)i / 1024, 1);
  for (size_t i = 0; i < count; i++) {
    const float parts[3] = {light[i].x, light[i].y, light[i].z};
    for (int k = 0; k < 3; k++)
      texels[i * 4 + (size_t)k] = encoded[(int)fminf(parts[k] * 1024, 2047)];
    texels[i * 4 + 3] = 255;
  }
  free(light);
  return texels;
}
