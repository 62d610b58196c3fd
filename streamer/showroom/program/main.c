/* vitrina-showroom: the demonstration application. Options, window, and which of walk, picture and benchmark
 * to do. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#else
#define PACKAGE_VERSION "0"
#endif

#include "streamer/showroom/draw/picture.h"
#include "streamer/showroom/program/options.h"
#include "streamer/showroom/program/walk.h"
#include "streamer/showroom/scenes/camera.h"
#include "streamer/showroom/scenes/catalogue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

static int fail(int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("vitrina-showroom: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  return status;
}

/* Turns SIGTERM and SIGINT into the event that ends the walk, and so wakes it. A second one finds nobody and
 * changes nothing. */
static void *await_signal(void *set) {
  int number;
  SDL_Event quit = {.type = SDL_QUIT};
  if (sigwait(set, &number) == 0)
    SDL_PushEvent(&quit);
  return NULL;
}

/* Before any other thread starts: they all inherit the blocked set. */
static void catch_signals(void) {
  static sigset_t set;
  pthread_t waiter;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (pthread_create(&waiter, NULL, await_signal, &set) == 0)
    pthread_detach(waiter);
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Processor time of all threads so far. */
static double cpu_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* Draws frames on a way that turns once around while it goes out from the start and back. Prints what they
 * took: the clock's time, and the processors' a frame, which other programs disturb less. */
static int benchmark(SDL_Window *window, Renderer *renderer, const Scene *scene, const Options *options) {
  int count = options->benchmark_frames;
  double *ms = calloc((size_t)count, sizeof *ms), total = 0, cpu_before_ms = 0;
  SceneView start = options->has_view ? options->view : scene->start;
  RenderStats most = {0};
  if (ms == NULL)
    return fail(EX_OSERR, "out of memory");
  SDL_ShowWindow(window);
  for (int i = -3; i < count; i++) {
    float turn = (float)i / (float)count, out = 25 * sinf(turn * 2 * VEC_PI);
    RenderView view = {.eye = start.eye,
                       .yaw = start.yaw + turn * 2 * VEC_PI,
                       .pitch = start.pitch,
                       .night = options->night,
                       .width = options->width,
                       .height = options->height};
    view.eye.x += out * sinf(start.yaw);
    view.eye.z -= out * cosf(start.yaw);
    if (i == 0)
      cpu_before_ms = cpu_ms();
    Uint64 begun = SDL_GetPerformanceCounter();
    render_draw(renderer, &view);
    SDL_GL_SwapWindow(window);
    RenderStats stats = render_stats(renderer);
    if (stats.triangles > most.triangles)
      most = stats;
    if (i < 0)
      continue; /* the first frames also make textures and code */
    ms[i] = (double)(SDL_GetPerformanceCounter() - begun) * 1000 / (double)SDL_GetPerformanceFrequency();
    total += ms[i];
  }
  qsort(ms, (size_t)count, sizeof *ms, compare_doubles);
  printf(
      "frames=%d min_ms=%.2f median_ms=%.2f p95_ms=%.2f max_ms=%.2f fps=%.1f cpu_ms=%.2f triangles_max=%d\n",
      count, ms[0], ms[count / 2], ms[(count - 1) * 95 / 100], ms[count - 1], 1000 * count / total,
      (cpu_ms() - cpu_before_ms) / count, most.triangles);
  free(ms);
  return 0;
}

static int screenshot(Renderer *renderer, const Scene *scene, const Options *options) {
  SceneView at = options->has_view ? options->view : scene->start;
  RenderView view = {.eye = at.eye,
                     .yaw = at.yaw,
                     .pitch = at.pitch,
                     .night = options->night,
                     .fine = 1,
                     .width = options->width,
                     .height = options->height};
  render_draw(renderer, &view);
  int error = picture_write(options->screenshot, options->width, options->height);
  return error == 0 ? 0 : fail(EX_CANTCREAT, "%s: %s", options->screenshot, strerror(error));
}

static SDL_Window *open_window(const Options *options) {
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 3);
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_CORE);
  SDL_GL_SetAttribute(SDL_GL_DEPTH_SIZE, 24);
  /* Whoever waits for the window waits for a picture, so it stays hidden until there is one. */
  return SDL_CreateWindow("Vitrina showroom", 0, 0, options->width, options->height,
                          SDL_WINDOW_OPENGL | SDL_WINDOW_BORDERLESS | SDL_WINDOW_HIDDEN);
}

/* The scene is made while the window and its context are: both take about as long. */
typedef struct Making {
  const Options *options;
  Scene *scene;
  Textures *textures;
} Making;

static void *make(void *data) {
  Making *making = data;
  making->scene = catalogue_make(making->options->rc);
  making->textures = textures_paint(making->scene, making->options->night);
  return NULL;
}

static int show(SDL_Window *window, Renderer *renderer, const Scene *scene, const Options *options) {
  SDL_GL_SetSwapInterval(0);
  if (options->benchmark_frames > 0)
    return benchmark(window, renderer, scene, options);
  if (options->screenshot != NULL)
    return screenshot(renderer, scene, options);
  walk_run(window, renderer, scene, options, options->sound);
  return 0;
}

/* Opens the window, shows what is asked for in it, and closes it. */
static int run(const Options *options) {
  Making making = {.options = options};
  pthread_t maker;
  int helped = pthread_create(&maker, NULL, make, &making) == 0;
  SDL_Window *window = SDL_Init(SDL_INIT_VIDEO) == 0 ? open_window(options) : NULL;
  SDL_GLContext context = window == NULL ? NULL : SDL_GL_CreateContext(window);
  if (helped)
    pthread_join(maker, NULL);
  else
    make(&making);
  Renderer *renderer = context == NULL ? NULL : render_new(making.scene, making.textures);
  if (renderer == NULL)
    textures_free(making.textures);
  int status = context == NULL ? fail(EX_UNAVAILABLE, "no display with OpenGL 3.3: %s", SDL_GetError())
                               : show(window, renderer, making.scene, options);
  render_free(renderer);
  scene_free(making.scene);
  SDL_GL_DeleteContext(context);
  SDL_DestroyWindow(window);
  SDL_Quit();
  return status;
}

int main(int argc, char **argv) {
  /* SDL asks D-Bus about the screen saver, and libdbus would start a bus of its own where there is none, by a
   * fork that a program with threads had better not make. */
  setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:", 0);
  Options options;
  switch (options_read(&options, argc, argv)) {
  case OPTIONS_HELP:
    fputs(options_help, stdout);
    return 0;
  case OPTIONS_VERSION:
    puts("vitrina-showroom " PACKAGE_VERSION);
    return 0;
  case OPTIONS_WRONG:
    return fail(EX_USAGE, "%s", options.reason);
  case OPTIONS_RUN:
    break;
  }
  catch_signals();
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
  SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
  return run(&options);
}
