/* What lies and stands between the houses. Level ground is laid in thin layers, the higher the later. */
#pragma once

#include "streamer/showroom/scenes/scene.h"

/* Heights of the layers, metres. */
#define YARD_LAWN_M 0.10f /* with a kerb */
#define YARD_PATH_M 0.125f
#define YARD_MARK_M 0.02f

typedef struct YardRect {
  float low_x, low_z, high_x, high_z;
} YardRect;

/* The wide ground beyond, a lawn cut around `hole` (nullable: none), with fields and woods to the horizon. */
void yard_add_beyond(Scene *scene, const YardRect *hole);

/* A level surface over a rectangle, in pieces small enough for fog and culling. */
void yard_add_floor(Scene *scene, YardRect rect, float y, Tile tile, uint32_t tint, float tile_m);

/* The same around a hole: what something else hides need not be drawn. */
void yard_add_frame(Scene *scene, YardRect rect, YardRect hole, float y, Tile tile, uint32_t tint,
                    float tile_m);

/* A lawn with rounded corners and a kerb. */
void yard_add_lawn(Scene *scene, YardRect rect, float radius);

/* A path along points. */
void yard_add_path(Scene *scene, const Vec3 *line, int count, float width, Tile tile, uint32_t tint);

/* A level ellipse. */
void yard_add_oval(Scene *scene, float x, float z, float radius_x, float radius_z, float y, MeshPass pass,
                   Tile tile, uint32_t tint, float tile_m);

/* `angle` turns what follows clockwise; at 0 a bench looks south. */
void yard_add_bench(Scene *scene, float x, float z, float angle);
void yard_add_lamp(Scene *scene, float x, float z);
void yard_add_flowers(Scene *scene, float x, float z, float radius);

/* A rubber floor with slide, swings, sandpit and a climbing dome around (x, z), 18 x 14 m. */
void yard_add_playground(Scene *scene, float x, float z);

/* A row of parking places from (x, z) eastwards with some cars, 2.7 m a place. */
void yard_add_parking(Scene *scene, float x, float z, int places);

/* A fence of railing between two points, `y` its foot. */
void yard_add_railing(Scene *scene, float x0, float z0, float x1, float z1, float y);
