/*
 * A residential complex as data: meshes in blocks, what stops a walker, where light comes from, where the
 * visit begins.
 *
 * Builders (building.h, plants.h, yard.h, and one file for each complex) fill an empty scene; then its light
 * is baked (bake.h), and after that it does not change. catalogue.h has scenes by name.
 */
#pragma once

#include "streamer/showroom/shape/array.h"
#include "streamer/showroom/shape/mesh.h"
#include "streamer/showroom/shape/vec.h"

/* A part of the mesh that is drawn or skipped as a whole. */
typedef struct SceneBlock {
  Vec3 low, high;              /* bounds */
  uint32_t first[MESH_PASSES]; /* index into the pass's triangles */
  uint32_t count[MESH_PASSES]; /* indices */
  float near_m, far_m;         /* is drawn when its centre is that far from the eye: near <= d < far */
  Vec3 facing;                 /* of a facade: the way it looks; zero for everything else */
  float hidden_m;              /* a facade is not drawn for an eye that far behind it */
} SceneBlock;

/* What a walker cannot enter: a turned rectangle, or a disc when `half_x` is 0 (then `half_z` is its radius).
 */
typedef struct SceneObstacle {
  float x, z, half_x, half_z, cosine, sine;
} SceneObstacle;

/* A box that throws shadow. */
typedef struct SceneShade {
  SceneObstacle base;
  float bottom_m, top_m;
} SceneShade;

/* A ball of leaves that throws a soft shadow. */
typedef struct SceneCrown {
  Vec3 centre;
  float radius;
} SceneCrown;

/* A lamp at night. `halo_m` is the size of the glow around it, 0 for none. */
typedef struct SceneLamp {
  Vec3 at;
  Vec3 colour;
  float reach_m, halo_m;
} SceneLamp;

/* The light of day or night. Colours are linear light. */
typedef struct SceneMood {
  Vec3 to_sun;          /* unit vector to the sun or moon */
  Vec3 sun;             /* its light on a surface that faces it */
  Vec3 sky, ground;     /* ambient light from above and below */
  Vec3 zenith, horizon; /* colours of the sky, sRGB; the horizon is the fog's too */
  float fog_m;          /* where fog has taken 63 % */
  float clouds;         /* 0..1 */
} SceneMood;

typedef struct SceneView {
  Vec3 eye; /* y is set by the walker's height where the view is used for walking */
  float yaw, pitch;
} SceneView;

typedef struct Scene {
  Mesh mesh;
  ARRAY(SceneBlock) blocks;
  ARRAY(SceneObstacle) obstacles;
  ARRAY(SceneShade) shades;
  ARRAY(SceneCrown) crowns;
  ARRAY(SceneLamp) lamps;
  SceneMood day, night;
  SceneView start;
  float walk_low_x, walk_low_z, walk_high_x, walk_high_z; /* where one may walk */
  float half_m;  /* the light maps of the ground reach from -half_m to half_m in x and z */
  float water_m; /* level of the water */
  uint32_t seed;
} Scene;

/* An empty scene. `seed`: what a builder may make differences from. (transfer full), free with scene_free().
 */
Scene *scene_new(uint32_t seed);

/* Takes NULL. */
void scene_free(Scene *scene);

/* For builders. */

/* Begins a block: what is added to the mesh until scene_end_block() belongs to it. Returns nothing to free.
 */
void scene_begin_block(Scene *scene);

/* Ends the block; returns it for changes (good until the next begins), or NULL when it is empty and was
 * dropped. */
SceneBlock *scene_end_block(Scene *scene);

/* Adds an obstacle in the mesh's current place: a rectangle around (x, z) of the place's own coordinates. */
void scene_add_obstacle(Scene *scene, float x, float z, float half_x, float half_z);

/* The same as a disc. */
void scene_add_pillar(Scene *scene, float x, float z, float radius);

/* Adds a shadow-throwing box in the mesh's current place. */
void scene_add_shade(Scene *scene, float x, float z, float half_x, float half_z, float bottom_m, float top_m);

/* Adds a ball of leaves that throws shadow, around a point of the mesh's current place. */
void scene_add_crown(Scene *scene, Vec3 centre, float radius);

/* Adds a lamp at a point of the mesh's current place; `rgb` is the colour at full brightness times `power`.
 */
void scene_add_lamp(Scene *scene, Vec3 at, uint32_t rgb, float power, float reach_m, float halo_m);

/* The moods that scenes start from: a clear late afternoon, a blue night. `to_sun` need not be normalized. */
void scene_set_mood(Scene *scene, Vec3 to_sun);
