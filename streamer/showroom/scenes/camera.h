/*
 * The visitor: eyes at a person's height, walking on level ground, kept out of what is solid. Pure arithmetic
 * on plain data.
 */
#pragma once

#include "streamer/showroom/scenes/scene.h"
#include "streamer/showroom/shape/vec.h"

#define CAMERA_EYE_M 1.68f
#define CAMERA_RADIUS_M 0.35f

/* What is held down: each -1..1. */
typedef struct CameraControls {
  float forward, aside, turn;
  int run;
} CameraControls;

typedef struct Camera {
  Vec3 eye;
  float yaw, pitch;
  float speed_x, speed_z; /* metres a second */
  float turn_speed;       /* radians a second */
  float glide_m;          /* still to go because of the wheel, along the view */
  int walking_there;      /* going to (there_x, there_z) by itself */
  float there_x, there_z;
} Camera;

/* Standing at `view`, at rest. */
Camera camera_at(const SceneView *view);

/* Turns the view by these angles; the pitch stops short of straight up and down. */
void camera_look(Camera *camera, float yaw, float pitch);

/*
 * Moves by `seconds` (at most 0.1 of them count). What is held wins over the walk to a place.
 *
 * Returns: true while there is movement, so that another step is due.
 */
int camera_step(Camera *camera, const Scene *scene, const CameraControls *controls, float seconds);

/*
 * Starts walking to where a ray through the picture meets the ground.
 *
 * @x, @y: the point, -1..1 from left to right and from bottom to top; @fov_y, @aspect: as the picture was
 * drawn.
 *
 * Returns: false, and nothing changes, when the point shows no ground within 120 m.
 */
int camera_walk_there(Camera *camera, float x, float y, float fov_y, float aspect);

/* The nearest place to (x, z) where a walker can stand, written back. */
void camera_keep_out(const Scene *scene, float *x, float *z);
