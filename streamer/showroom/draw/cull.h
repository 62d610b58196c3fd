/* What of a scene a picture shows: its blocks in the order of drawing, and where there may be water. Pure. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

/* What is nearer to the eye is not shown. */
#define CULL_NEAR_M 0.2f

enum { CULL_BLOCKS_MAX = 2048 };

/* Blocks to draw, by their numbers in the scene. */
typedef struct CullList {
  int count;
  int blocks[CULL_BLOCKS_MAX];
  float distance[CULL_BLOCKS_MAX]; /* from the eye */
} CullList;

/*
 * Lists the blocks that `camera` sees from `eye`, the nearest first.
 *
 * @camera: from the world to the picture; @scene: has CULL_BLOCKS_MAX blocks at most.
 */
void cull_choose(CullList *list, const Scene *scene, Vec3 eye, const VecMatrix *camera);

/* The ground lies in layers that hide each other, all about as near: leaves only the blocks with ground in
 * the list, the upper ones first. */
void cull_keep_ground(CullList *list, const Scene *scene);

/*
 * The part of a picture of `width` x `height` pixels that may show water of the listed blocks.
 *
 * @box: (out) x, y, width and height, from the bottom left.
 *
 * Returns: false when there is none.
 */
int cull_water(const CullList *list, const Scene *scene, const VecMatrix *camera, int width, int height,
               int box[4]);
