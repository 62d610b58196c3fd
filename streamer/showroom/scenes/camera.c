#include "streamer/showroom/scenes/camera.h"

static const float walk_speed = 3.2f, run_speed = 8.0f, turn_speed = 1.5f;
static const float quickness = 12;   /* how fast speed follows the keys, 1/s */
static const float at_rest = 0.015f; /* slower than this is standing */
static const float pitch_limit = 1.45f;

Camera camera_at(const SceneView *view) {
  return (Camera){.eye = view->eye, .yaw = view->yaw, .pitch = view->pitch};
}

void camera_look(Camera *camera, float yaw, float pitch) {
  camera->yaw = remainderf(camera->yaw + yaw, 2 * VEC_PI);
  camera->pitch = vec_clamp(camera->pitch + pitch, -pitch_limit, pitch_limit);
}

static void push_out_of_disc(const SceneObstacle *disc, float *x, float *z) {
  float dx = *x - disc->x, dz = *z - disc->z, distance = hypotf(dx, dz),
        reach = disc->half_z + CAMERA_RADIUS_M;
  if (distance >= reach)
    return;
  if (distance < 1e-4f) {
    dx = distance = 1;
    dz = 0;
  }
  *x = disc->x + dx / distance * reach;
  *z = disc->z + dz / distance * reach;
}

static void push_out_of_box(const SceneObstacle *box, float *x, float *z) {
  float dx = *x - box->x, dz = *z - box->z;
  float own_x = dx * box->cosine + dz * box->sine, own_z = -dx * box->sine + dz * box->cosine;
  float over_x = box->half_x + CAMERA_RADIUS_M - fabsf(own_x),
        over_z = box->half_z + CAMERA_RADIUS_M - fabsf(own_z);
  if (over_x <= 0 || over_z <= 0)
    return;
  if (over_x < over_z)
    own_x += own_x < 0 ? -over_x : over_x;
  else
    own_z += own_z < 0 ? -over_z : over_z;
  *x = box->x + own_x * box->cosine - own_z * box->sine;
  *z = box->z + own_x * box->sine + own_z * box->cosine;
}

void camera_keep_out(const Scene *scene, float *x, float *z) {
  /* Leaving one obstacle can mean entering its neighbour: a few rounds settle corners. */
  for (int round = 0; round < 4; round++) {
    for (size_t i = 0; i < scene->obstacles.count; i++) {
      const SceneObstacle *obstacle = &scene->obstacles.items[i];
      if (obstacle->half_x > 0)
        push_out_of_box(obstacle, x, z);
      else
        push_out_of_disc(obstacle, x, z);
    }
    *x = vec_clamp(*x, scene->walk_low_x, scene->walk_high_x);
    *z = vec_clamp(*z, scene->walk_low_z, scene->walk_high_z);
  }
}

/* In steps shorter than any wall is thick, so that nobody runs through one. Returns how far it went. */
static float move(Camera *camera, const Scene *scene, float dx, float dz) {
  float from_x = camera->eye.x, from_z = camera->eye.z;
  int steps = (int)(hypotf(dx, dz) / 0.2f) + 1;
  for (int i = 0; i < steps; i++) {
    camera->eye.x += dx / (float)steps;
    camera->eye.z += dz / (float)steps;
    camera_keep_out(scene, &camera->eye.x, &camera->eye.z);
  }
  return hypotf(camera->eye.x - from_x, camera->eye.z - from_z);
}

/* The speed wanted on the way to a place: slower near it. Ends the walk on arrival. */
static void head_there(Camera *camera, float *speed_x, float *speed_z) {
  float dx = camera->there_x - camera->eye.x, dz = camera->there_z - camera->eye.z, distance = hypotf(dx, dz);
  if (distance < 0.25f) {
    camera->walking_there = 0;
    return;
  }
  float speed = fminf(distance > 15 ? run_speed : walk_speed * 1.4f, 0.6f + distance * 2);
  *speed_x = dx / distance * speed;
  *speed_z = dz / distance * speed;
}

int camera_step(Camera *camera, const Scene *scene, const CameraControls *controls, float seconds) {
  seconds = vec_clamp(seconds, 0, 0.1f);
  float follow = 1 - expf(-quickness * seconds);
  float pace = controls->run ? run_speed : walk_speed;
  float ahead_x = sinf(camera->yaw), ahead_z = -cosf(camera->yaw);
  float length = fmaxf(1, hypotf(controls->forward, controls->aside));
  float forward = controls->forward * pace / length, aside = controls->aside * pace / length;
  float wanted_x = ahead_x * forward - ahead_z * aside, wanted_z = ahead_z * forward + ahead_x * aside;
  int held = controls->forward != 0 || controls->aside != 0;

  if (held)
    camera->walking_there = 0;
  int walking = camera->walking_there;
  if (walking)
    head_there(camera, &wanted_x, &wanted_z);

  camera->speed_x += (wanted_x - camera->speed_x) * follow;
  camera->speed_z += (wanted_z - camera->speed_z) * follow;
  camera->turn_speed += (controls->turn * turn_speed - camera->turn_speed) * follow;
  float glide = camera->glide_m * follow;
  camera->glide_m -= glide;

  if (!held && !walking && hypotf(camera->speed_x, camera->speed_z) < at_rest)
    camera->speed_x = camera->speed_z = 0;
  if (controls->turn == 0 && fabsf(camera->turn_speed) < at_rest)
    camera->turn_speed = 0;
  if (fabsf(camera->glide_m) < at_rest)
    camera->glide_m = 0;

  camera_look(camera, camera->turn_speed * seconds, 0);
  float dx = camera->speed_x * seconds + ahead_x * glide, dz = camera->speed_z * seconds + ahead_z * glide;
  float wanted = hypotf(dx, dz), went = wanted > 0 ? move(camera, scene, dx, dz) : 0;
  if (walking && went < wanted * 0.1f && hypotf(camera->speed_x, camera->speed_z) > 0.5f)
    camera->walking_there = 0; /* a wall is in the way */
  return held || camera->walking_there || controls->turn != 0 || camera->speed_x != 0 ||
         camera->speed_z != 0 || camera->turn_speed != 0 || camera->glide_m != 0;
}

int camera_walk_there(Camera *camera, float x, float y, float fov_y, float aspect) {
  Vec3 forward = vec_from_angles(camera->yaw, camera->pitch);
  Vec3 right = vec(cosf(camera->yaw), 0, sinf(camera->yaw)), up = vec_cross(right, forward);
  float scale = tanf(fov_y / 2);
  Vec3 ray = vec_add(forward, vec_add(vec_scale(right, x * scale * aspect), vec_scale(up, y * scale)));
  if (ray.y > -1e-3f)
    return 0;
  float reach = camera->eye.y / -ray.y, dx = ray.x * reach, dz = ray.z * reach;
  if (hypotf(dx, dz) > 120)
    return 0;
  camera->there_x = camera->eye.x + dx;
  camera->there_z = camera->eye.z + dz;
  camera->walking_there = 1;
  return 1;
}
