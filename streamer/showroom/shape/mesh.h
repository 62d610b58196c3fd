/*
 * Building triangle meshes: quads, boxes, cylinders, balls, polygons, ribbons.
 *
 * A Mesh has one list of vertices and a list of triangles for each pass of the renderer. The builder writes
 * with the mesh's current state: `pass`, `paint` (texture, colour, glow) and `place` (where the object's own
 * coordinates stand in the world). Triangles are counter-clockwise seen from outside. While a scene is being
 * built, a vertex's `day` is its paint (rgb) and how open to the sky it is (alpha); bake_vertices() turns
 * that into light.
 */
#pragma once

#include "streamer/showroom/shape/array.h"
#include "streamer/showroom/shape/tiles.h"
#include "streamer/showroom/shape/vec.h"

typedef enum MeshPass {
  MESH_TILED,  /* with a tile's picture */
  MESH_PLAIN,  /* colours alone; what is built for MESH_TILED with a flat tile comes here by itself */
  MESH_GROUND, /* lit by the light maps of the ground instead of its vertices' light */
  MESH_WATER,
  MESH_MIRROR, /* is seen in the water and nowhere else: a simpler shape of what stands by it */
  MESH_PASSES
} MeshPass;

/* As the graphics card reads it. */
typedef struct MeshVertex {
  float position[3];
  float uv[2];
  int8_t normal[3]; /* -127..127 */
  int8_t tile;
  uint8_t day[4];   /* light by day, half scale: 255 is twice the texture's colour */
  uint8_t night[4]; /* the same by night */
  uint8_t glow[4];  /* what glass shows by night; alpha: how much a flat surface is glass */
} MeshVertex;

typedef struct MeshPaint {
  Tile tile;
  Vec3 tint;
  Vec3 glow;
  float openness; /* 0..1: ambient light that reaches it */
  float tile_m;   /* size of the tile where a shape lays it out by itself */
} MeshPaint;

/* Own coordinates to world: turn about y by `angle` (positive: clockwise from above), then move. */
typedef struct MeshPlace {
  Vec3 origin;
  float cosine, sine;
} MeshPlace;

typedef struct Mesh {
  ARRAY(MeshVertex) vertices;
  struct {
    ARRAY(uint32_t);
  } triangles[MESH_PASSES]; /* three indices each */
  MeshPass pass;
  MeshPaint paint;
  MeshPlace place;
} Mesh;

/* Faces of a box, for masks. */
enum {
  MESH_WEST = 1, /* -x */
  MESH_EAST = 2, /* +x */
  MESH_BOTTOM = 4,
  MESH_TOP = 8,
  MESH_NORTH = 16, /* -z */
  MESH_SOUTH = 32, /* +z */
  MESH_SIDES = MESH_WEST | MESH_EAST | MESH_NORTH | MESH_SOUTH,
  MESH_UPPER = MESH_SIDES | MESH_TOP,
  MESH_ALL = 63
};

/* An empty mesh, placed at the origin, painting white. */
void mesh_init(Mesh *mesh);

/* Frees what it holds. */
void mesh_clear(Mesh *mesh);

/* Sets the paint: a tile that spans `tile_m` metres, tinted; no glow, open to the sky. */
void mesh_paint(Mesh *mesh, Tile tile, uint32_t rgb, float tile_m);

/* Sets where the following shapes stand. */
void mesh_place(Mesh *mesh, float x, float y, float z, float angle);

/* From own coordinates to the world's, as vertices go. */
Vec3 mesh_to_world(const MeshPlace *place, Vec3 point);

/* Appends a vertex with the current paint and the tile coordinates (u, v); returns its index. `normal` is a
 * unit vector. */
uint32_t mesh_vertex(Mesh *mesh, Vec3 position, Vec3 normal, float u, float v);
void mesh_triangle(Mesh *mesh, uint32_t a, uint32_t b, uint32_t c);

/*
 * A flat quad with corners in order (counter-clockwise from the front): bottom left, bottom right, top right,
 * top left. The tile spans it from (0, 0) to (u, v). Returns its first vertex; the four follow each other.
 */
uint32_t mesh_quad(Mesh *mesh, const Vec3 corners[4], float u, float v);

/* A box from `low` to `high`, with the faces of the mask. */
void mesh_box(Mesh *mesh, Vec3 low, Vec3 high, int faces);

/* A box given by the centre of its base and its size. */
void mesh_block(Mesh *mesh, float x, float y, float z, float width, float height, float depth, int faces);

/* A round bar between two points, without caps unless `capped` (at `to`). */
void mesh_bar(Mesh *mesh, Vec3 from, Vec3 to, float radius_from, float radius_to, int sides, int capped);

/*
 * A ball with bumps: an icosahedron whose faces are split `splits` times (20 * 4^splits triangles), with soft
 * normals.
 *
 * @bumps: how far the surface wanders, as a part of the radii; @seed: which bumps.
 */
void mesh_ball(Mesh *mesh, Vec3 centre, Vec3 radii, int splits, float bumps, int seed);

/*
 * A ball of leaves: facets, each with a shade of its own, darker towards the ground.
 *
 * @spikes: how far every facet's middle is drawn out, as a part of the radii: three times the triangles; 0
 * for none.
 */
void mesh_clump(Mesh *mesh, Vec3 centre, Vec3 radii, int splits, float spikes, int seed);

/* A level polygon (any simple outline in the xz plane, either direction) at `y`, facing up. */
void mesh_polygon(Mesh *mesh, const Vec3 *outline, int count, float y);

/* The outline's wall from `y_low` to `y_high`, facing out of the polygon. */
void mesh_skirt(Mesh *mesh, const Vec3 *outline, int count, float y_low, float y_high);

/* A level band of `width` along a line of points, at `y`, facing up. */
void mesh_ribbon(Mesh *mesh, const Vec3 *line, int count, float width, float y);
