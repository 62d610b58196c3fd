#include "streamer/showroom/draw/cull.h"

static float block_distance(const SceneBlock *block, Vec3 eye) {
  Vec3 nearest =
      vec(vec_clamp(eye.x, block->low.x, block->high.x), vec_clamp(eye.y, block->low.y, block->high.y),
          vec_clamp(eye.z, block->low.z, block->high.z));
  return vec_length(vec_sub(nearest, eye));
}

static int faces_away(const SceneBlock *block, Vec3 eye) {
  if (vec_dot(block->facing, block->facing) == 0)
    return 0;
  /* The corner that is farthest back along the facing: behind it nothing of the facade can be seen. */
  Vec3 back = vec(block->facing.x > 0 ? block->low.x : block->high.x, block->low.y,
                  block->facing.z > 0 ? block->low.z : block->high.z);
  return vec_dot(vec_sub(eye, back), block->facing) < -block->hidden_m;
}

void cull_choose(CullList *list, const Scene *scene, Vec3 eye, const VecMatrix *camera) {
  float planes[6][4];
  list->count = 0;
  vec_frustum_planes(camera, planes);
  for (size_t i = 0; i < scene->blocks.count; i++) {
    const SceneBlock *block = &scene->blocks.items[i];
    if (faces_away(block, eye) || !vec_frustum_sees_box(planes, block->low, block->high))
      continue;
    float distance = block_distance(block, eye),
          centre = vec_length(vec_sub(vec_scale(vec_add(block->low, block->high), 0.5f), eye));
    if (centre < block->near_m || centre >= block->far_m)
      continue;
    int at = list->count++;
    for (; at > 0 && list->distance[at - 1] > distance; at--) {
      list->distance[at] = list->distance[at - 1];
      list->blocks[at] = list->blocks[at - 1];
    }
    list->distance[at] = distance;
    list->blocks[at] = (int)i;
  }
}

void cull_keep_ground(CullList *list, const Scene *scene) {
  const SceneBlock *blocks = scene->blocks.items;
  int layers = 0;
  for (int i = 0; i < list->count; i++) {
    int block = list->blocks[i];
    if (blocks[block].count[MESH_GROUND] == 0)
      continue;
    int at = layers++;
    for (; at > 0 && blocks[list->blocks[at - 1]].high.y < blocks[block].high.y; at--)
      list->blocks[at] = list->blocks[at - 1];
    list->blocks[at] = block;
  }
  list->count = layers;
}

typedef struct ClipPoint {
  float x, y, z, w;
} ClipPoint;

static ClipPoint project(const VecMatrix *camera, float x, float y, float z) {
  float out[4];
  for (int k = 0; k < 4; k++)
    out[k] = camera->m[k] * x + camera->m[4 + k] * y + camera->m[8 + k] * z + camera->m[12 + k];
  return (ClipPoint){out[0], out[1], out[2], out[3]};
}

static ClipPoint between(ClipPoint a, ClipPoint b, float t) {
  return (ClipPoint){a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, a.z + (b.z - a.z) * t,
                     a.w + (b.w - a.w) * t};
}

/* The bounds, -1..1 across the picture, of what has been added. */
typedef struct Bounds {
  float low[2], high[2];
} Bounds;

/* Adds the part of an edge that lies before the eye. */
static void bounds_add(Bounds *bounds, ClipPoint a, ClipPoint b) {
  if (a.w < CULL_NEAR_M && b.w < CULL_NEAR_M)
    return;
  ClipPoint ends[2] = {a, b};
  if (a.w < CULL_NEAR_M)
    ends[0] = between(a, b, (CULL_NEAR_M - a.w) / (b.w - a.w));
  if (b.w < CULL_NEAR_M)
    ends[1] = between(a, b, (CULL_NEAR_M - a.w) / (b.w - a.w));
  for (int i = 0; i < 2; i++) {
    const float at[2] = {ends[i].x / ends[i].w, ends[i].y / ends[i].w};
    for (int k = 0; k < 2; k++) {
      bounds->low[k] = fminf(bounds->low[k], at[k]);
      bounds->high[k] = fmaxf(bounds->high[k], at[k]);
    }
  }
}

int cull_water(const CullList *list, const Scene *scene, const VecMatrix *camera, int width, int height,
               int box[4]) {
  Bounds bounds = {{1, 1}, {-1, -1}};
  float y = scene->water_m;
  for (int i = 0; i < list->count; i++) {
    const SceneBlock *block = &scene->blocks.items[list->blocks[i]];
    if (block->count[MESH_WATER] == 0)
      continue;
    const ClipPoint corners[4] = {
        project(camera, block->low.x, y, block->low.z), project(camera, block->high.x, y, block->low.z),
        project(camera, block->high.x, y, block->high.z), project(camera, block->low.x, y, block->high.z)};
    for (int corner = 0; corner < 4; corner++)
      bounds_add(&bounds, corners[corner], corners[(corner + 1) % 4]);
  }
  const int size[2] = {width, height};
  for (int k = 0; k < 2; k++) {
    int from = (int)floorf((fmaxf(bounds.low[k], -1) + 1) / 2 * (float)size[k]);
    box[k] = from;
    box[2 + k] = (int)ceilf((fminf(bounds.high[k], 1) + 1) / 2 * (float)size[k]) - from;
  }
  return box[2] > 0 && box[3] > 0;
}
