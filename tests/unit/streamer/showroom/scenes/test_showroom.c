#include "streamer/showroom/program/options.h"
#include "streamer/showroom/scenes/bake.h"
#include "streamer/showroom/scenes/camera.h"
#include "streamer/showroom/scenes/catalogue.h"
#include "streamer/showroom/scenes/plants.h"

#include <glib.h>
#include <string.h>

static const float frame_s = 1.0f / 60;

/* A scene with one box, 4 m wide, north of the origin, and nothing else. */
static void init_room(Scene *scene) {
  memset(scene, 0, sizeof *scene);
  mesh_init(&scene->mesh);
  scene->walk_low_x = scene->walk_low_z = -50;
  scene->walk_high_x = scene->walk_high_z = 50;
  scene_add_obstacle(scene, 0, -5, 2, 2);
}

static void clear_room(Scene *scene) {
  mesh_clear(&scene->mesh);
  array_clear(&scene->obstacles);
  array_clear(&scene->shades);
}

static Camera stand_at_origin(void) {
  return camera_at(&(SceneView){.eye = {0, CAMERA_EYE_M, 0}});
}

static void test_wall_stops(void) {
  Scene scene;
  init_room(&scene);
  Camera camera = stand_at_origin();
  for (int i = 0; i < 300; i++)
    camera_step(&camera, &scene, &(CameraControls){.forward = 1, .run = 1}, frame_s);
  g_assert_cmpfloat_with_epsilon(camera.eye.z, -3 + CAMERA_RADIUS_M, 0.01);
  clear_room(&scene);
}

static void test_wall_is_slid_along(void) {
  Scene scene;
  init_room(&scene);
  Camera camera = stand_at_origin();
  camera.yaw = 0.7f;
  for (int i = 0; i < 300; i++)
    camera_step(&camera, &scene, &(CameraControls){.forward = 1}, frame_s);
  g_assert_cmpfloat(camera.eye.x, >, 2 + CAMERA_RADIUS_M - 0.01);
  g_assert_cmpfloat(camera.eye.z, <, -3.5);
  clear_room(&scene);
}

static void test_slow_frame_crosses_no_wall(void) {
  Scene scene;
  init_room(&scene);
  Camera camera = stand_at_origin();
  camera.eye.z = -2.5f;
  camera.speed_z = -200;
  camera_step(&camera, &scene, &(CameraControls){.forward = 1, .run = 1}, 5);
  g_assert_cmpfloat(camera.eye.z, >=, -3 + CAMERA_RADIUS_M - 0.01);
  clear_room(&scene);
}

static void test_turned_box_and_disc(void) {
  Scene scene;
  init_room(&scene);
  mesh_place(&scene.mesh, 20, 0, 0, VEC_PI / 4);
  scene_add_obstacle(&scene, 0, 0, 4, 1);
  mesh_place(&scene.mesh, 0, 0, 20, 0);
  scene_add_pillar(&scene, 0, 0, 1);
  float x = 20 + 2, z = 2; /* on the long axis of the turned box */
  camera_keep_out(&scene, &x, &z);
  g_assert_cmpfloat_with_epsilon(hypotf(x - 22, z - 2), 1 + CAMERA_RADIUS_M, 0.01);
  x = 22, z = -2; /* beside it */
  camera_keep_out(&scene, &x, &z);
  g_assert_cmpfloat_with_epsilon(x, 22, 0.001);
  x = 0.5f, z = 20;
  camera_keep_out(&scene, &x, &z);
  g_assert_cmpfloat_with_epsilon(x, 1 + CAMERA_RADIUS_M, 0.01);
  x = 80, z = 0;
  camera_keep_out(&scene, &x, &z);
  g_assert_cmpfloat_with_epsilon(x, 50, 0.001);
  clear_room(&scene);
}

static void test_release_stops(void) {
  Scene scene;
  init_room(&scene);
  Camera camera = stand_at_origin();
  for (int i = 0; i < 60; i++)
    g_assert_true(camera_step(&camera, &scene, &(CameraControls){.aside = 1, .turn = 1}, frame_s));
  int frames = 0;
  while (camera_step(&camera, &scene, &(CameraControls){0}, frame_s) && frames < 1000)
    frames++;
  g_assert_cmpint(frames, <, 60);
  Camera before = camera;
  g_assert_false(camera_step(&camera, &scene, &(CameraControls){0}, frame_s));
  g_assert_cmpmem(&before, sizeof before, &camera, sizeof camera);
  clear_room(&scene);
}

static void test_walks_there(void) {
  Scene scene;
  init_room(&scene);
  Camera camera = stand_at_origin();
  camera.yaw = VEC_PI; /* south: nothing in the way */
  g_assert_false(camera_walk_there(&camera, 0, 0.5f, 1, 1.5f));
  g_assert_true(camera_walk_there(&camera, 0, -0.5f, 1, 1.5f));
  g_assert_cmpfloat_with_epsilon(camera.there_z, CAMERA_EYE_M / (0.5f * tanf(0.5f)), 0.01);
  int frames = 0;
  while (camera_step(&camera, &scene, &(CameraControls){0}, frame_s) && frames < 1000)
    frames++;
  g_assert_cmpint(frames, <, 1000);
  g_assert_cmpfloat_with_epsilon(camera.eye.z, camera.there_z, 0.4);
  clear_room(&scene);
}

static void test_look_has_limits(void) {
  Camera camera = stand_at_origin();
  camera_look(&camera, 100, 100);
  g_assert_cmpfloat(camera.pitch, <, VEC_PI / 2);
  g_assert_cmpfloat(fabsf(camera.yaw), <=, VEC_PI + 0.001);
}

static void test_matrices(void) {
  Vec3 ahead = vec_from_angles(VEC_PI / 2, 0);
  g_assert_cmpfloat_with_epsilon(ahead.x, 1, 1e-5);
  VecMatrix view = vec_matrix_view(vec(3, 2, 1), VEC_PI / 2, 0),
            lens = vec_matrix_perspective(1, 1.5f, 0.2f, 100);
  VecMatrix camera = vec_matrix_multiply(&lens, &view);
  float planes[6][4];
  vec_frustum_planes(&camera, planes);
  g_assert_true(vec_frustum_sees_box(planes, vec(12, 1, 0), vec(14, 3, 2)));
  g_assert_false(vec_frustum_sees_box(planes, vec(-14, 1, 0), vec(-12, 3, 2)));
  g_assert_false(vec_frustum_sees_box(planes, vec(203, 1, 0), vec(204, 3, 2)));
  g_assert_false(vec_frustum_sees_box(planes, vec(12, 1, 60), vec(14, 3, 62)));
}

/* The area of the level triangles, positive where they face up. */
static float upward_area(const Mesh *mesh) {
  float area = 0;
  for (size_t i = 0; i < mesh->triangles[MESH_PLAIN].count; i += 3) {
    const uint32_t *corner = &mesh->triangles[MESH_PLAIN].items[i];
    const float *a = mesh->vertices.items[corner[0]].position, *b = mesh->vertices.items[corner[1]].position;
    const float *c = mesh->vertices.items[corner[2]].position;
    area += ((b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])) / 2;
  }
  return area;
}

static void test_polygon_covers_its_outline(void) {
  /* an L, in both directions */
  const Vec3 outline[] = {{0, 0, 0}, {4, 0, 0}, {4, 0, 2}, {2, 0, 2}, {2, 0, 4}, {0, 0, 4}};
  Vec3 backwards[6];
  for (int i = 0; i < 6; i++)
    backwards[i] = outline[5 - i];
  for (int way = 0; way < 2; way++) {
    Mesh mesh;
    mesh_init(&mesh);
    mesh_polygon(&mesh, way ? backwards : outline, 6, 0);
    g_assert_cmpuint(mesh.triangles[MESH_PLAIN].count, ==, 4 * 3);
    g_assert_cmpfloat_with_epsilon(upward_area(&mesh), 12, 1e-4);
    mesh_clear(&mesh);
  }
}

/* Volume by the divergence theorem: right only if the surface is closed and all faces look outwards. */
static float volume(const Mesh *mesh) {
  float sum = 0;
  for (size_t i = 0; i < mesh->triangles[MESH_PLAIN].count; i += 3) {
    Vec3 corner[3];
    for (int k = 0; k < 3; k++) {
      const float *p = mesh->vertices.items[mesh->triangles[MESH_PLAIN].items[i + (size_t)k]].position;
      corner[k] = vec(p[0], p[1], p[2]);
    }
    sum += vec_dot(corner[0], vec_cross(corner[1], corner[2])) / 6;
  }
  return sum;
}

static void test_solids_face_outwards(void) {
  Mesh mesh;
  mesh_init(&mesh);
  mesh_place(&mesh, 5, 1, -3, 0.7f);
  mesh_box(&mesh, vec(-1, 0, -2), vec(1, 3, 2), MESH_ALL);
  g_assert_cmpfloat_with_epsilon(volume(&mesh), 24, 1e-3);
  mesh_clear(&mesh);
  mesh_init(&mesh);
  mesh_ball(&mesh, vec(0, 0, 0), vec(1, 2, 1), 3, 0, 1);
  g_assert_cmpfloat_with_epsilon(volume(&mesh), 4.0 / 3 * G_PI * 2, 0.2);
  mesh_clear(&mesh);
}

/* Every name's scene: indices in range, normals of unit length, a start where one can stand, blocks that hold
 * their mesh. */
static void check_scene(gconstpointer name) {
  Scene *scene = catalogue_make(name), *again = catalogue_make(name);
  g_assert_cmpuint(scene->mesh.vertices.count, >, 10000);
  g_assert_cmpuint(scene->mesh.vertices.count, <, 500000);
  g_assert_cmpmem(scene->mesh.vertices.items, scene->mesh.vertices.count * sizeof(MeshVertex),
                  again->mesh.vertices.items, again->mesh.vertices.count * sizeof(MeshVertex));
  for (int pass = 0; pass < MESH_PASSES; pass++)
    for (size_t i = 0; i < scene->mesh.triangles[pass].count; i++)
      g_assert_cmpuint(scene->mesh.triangles[pass].items[i], <, scene->mesh.vertices.count);
  for (size_t i = 0; i < scene->mesh.vertices.count; i++) {
    const MeshVertex *vertex = &scene->mesh.vertices.items[i];
    float length = vec_length(vec(vertex->normal[0], vertex->normal[1], vertex->normal[2]));
    g_assert_cmpfloat_with_epsilon(length, 127, 2);
    g_assert_true(isfinite(vertex->position[0] + vertex->position[1] + vertex->position[2]));
    g_assert_true(vertex->tile < TILE_COUNT);
  }
  float x = scene->start.eye.x, z = scene->start.eye.z;
  camera_keep_out(scene, &x, &z);
  g_assert_cmpfloat_with_epsilon(x, scene->start.eye.x, 0.001);
  g_assert_cmpfloat_with_epsilon(z, scene->start.eye.z, 0.001);
  g_assert_cmpfloat_with_epsilon(scene->start.eye.y, CAMERA_EYE_M, 0.001);
  scene_free(scene);
  scene_free(again);
}

static void test_names_differ(void) {
  Scene *one = catalogue_make("Sunny"), *other = catalogue_make("Cloudy");
  g_assert_cmpuint(one->mesh.vertices.count, !=, other->mesh.vertices.count);
  scene_free(one);
  scene_free(other);
}

static void test_boxes_throw_shadow(void) {
  Scene scene;
  init_room(&scene);
  scene_add_shade(&scene, 0, -5, 2, 2, 0, 10);
  Vec3 low_sun = vec_normalize(vec(0, 0.5f, -1));
  g_assert_false(bake_sees(&scene, vec(0, 0, 0), low_sun));
  g_assert_true(bake_sees(&scene, vec(0, 0, 0), vec(0, 1, 0)));
  g_assert_true(bake_sees(&scene, vec(5, 0, 0), low_sun));
  g_assert_true(bake_sees(&scene, vec(0, 9.9f, 0), low_sun));
  clear_room(&scene);
}

static OptionsOutcome read_words(Options *options, const char *line) {
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  OptionsOutcome outcome = options_read(options, (int)g_strv_length(words), words);
  options->rc = options->screenshot = NULL;
  return outcome;
}

static void test_options(void) {
  Options options;
  g_assert_cmpint(read_words(&options, "p --width 640 --height=360 --night --at 1,2,3,90,-10"), ==,
                  OPTIONS_RUN);
  g_assert_cmpint(options.width, ==, 640);
  g_assert_cmpint(options.height, ==, 360);
  g_assert_true(options.night && options.has_view);
  g_assert_cmpfloat_with_epsilon(options.view.yaw, VEC_PI / 2, 1e-5);
  g_assert_cmpint(read_words(&options, "p --help --wrong"), ==, OPTIONS_HELP);
  static const char *const wrong[] = {
      "p --width 0", "p --width 12x", "p --width",          "p --fps 99999999999", "p --rc",      "p river",
      "p --night=1", "p --at 1,2,3",  "p --at nan,0,0,0,0", "p --at 1,2,3,4,5,6",  "p --wid 100", "p -"};
  for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_assert_cmpint(read_words(&options, wrong[i]), ==, OPTIONS_WRONG);
    g_assert_cmpuint(strlen(options.reason), >, 5);
    g_assert_null(strchr(options.reason, '\n'));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/showroom/camera/wall-stops-a-runner", test_wall_stops);
  g_test_add_func("/showroom/camera/wall-is-slid-along", test_wall_is_slid_along);
  g_test_add_func("/showroom/camera/slow-frame-crosses-no-wall", test_slow_frame_crosses_no_wall);
  g_test_add_func("/showroom/camera/turned-boxes-discs-and-bounds-keep-out", test_turned_box_and_disc);
  g_test_add_func("/showroom/camera/release-comes-to-rest", test_release_stops);
  g_test_add_func("/showroom/camera/walks-to-a-place-on-the-ground", test_walks_there);
  g_test_add_func("/showroom/camera/look-has-limits", test_look_has_limits);
  g_test_add_func("/showroom/vec/frustum-keeps-what-is-ahead", test_matrices);
  g_test_add_func("/showroom/mesh/polygon-covers-its-outline-once", test_polygon_covers_its_outline);
  g_test_add_func("/showroom/mesh/solids-are-closed-and-face-outwards", test_solids_face_outwards);
  g_test_add_data_func("/showroom/scene/river-is-sound-and-always-the-same", "river", check_scene);
  g_test_add_data_func("/showroom/scene/park-is-sound-and-always-the-same", "park", check_scene);
  g_test_add_data_func("/showroom/scene/any-name-is-sound-and-always-the-same", "Лесной квартал",
                       check_scene);
  g_test_add_func("/showroom/scene/names-make-different-scenes", test_names_differ);
  g_test_add_func("/showroom/bake/boxes-throw-shadow", test_boxes_throw_shadow);
  g_test_add_func("/showroom/options/values-and-refusals", test_options);
  return g_test_run();
}
