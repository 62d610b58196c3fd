#include "streamer/showroom/program/walk.h"

#include "streamer/showroom/program/help.h"
#include "streamer/showroom/program/sound.h"
#include "streamer/showroom/scenes/camera.h"

/*
 * When a frame is due:
 * - standing still: only when an event changed something, and then at once; otherwise SDL_WaitEvent() sleeps;
 * - moving: at most `fps` a second, but a press is drawn at once, ahead of its turn;
 * - a moment after the movement has ended: one frame more with smooth edges, for the picture that stands.
 */
static const Uint32 settle_ms = 120;
static const float look_per_pixel = 0.0042f, wheel_step_m = 1.4f;

typedef struct Walk {
  SDL_Window *window;
  Renderer *renderer;
  const Scene *scene;
  Camera camera;
  const char *language;
  int night, help, running;
  int dirty;   /* the picture shown is not the picture due */
  int at_once; /* a press came: draw without waiting for the turn */
  int moving;
  int coarse; /* the picture shown has rough edges */
  int dragging, grabbed;
  int pointer_x, pointer_y, warping;
  Uint64 drawn_at; /* performance counter */
} Walk;

static CameraControls held_controls(void) {
  const Uint8 *key = SDL_GetKeyboardState(NULL);
  return (CameraControls){
      .forward = (float)((key[SDL_SCANCODE_W] || key[SDL_SCANCODE_UP]) -
                         (key[SDL_SCANCODE_S] || key[SDL_SCANCODE_DOWN])),
      .aside = (float)(key[SDL_SCANCODE_D] - key[SDL_SCANCODE_A]),
      .turn = (float)((key[SDL_SCANCODE_RIGHT] || key[SDL_SCANCODE_E]) -
                      (key[SDL_SCANCODE_LEFT] || key[SDL_SCANCODE_Q])),
      .run = key[SDL_SCANCODE_LSHIFT] || key[SDL_SCANCODE_RSHIFT] || key[SDL_SCANCODE_SPACE],
  };
}

static void window_size(const Walk *walk, int *width, int *height) {
  SDL_GL_GetDrawableSize(walk->window, width, height);
}

static void set_grab(Walk *walk, int on) {
  walk->grabbed = on;
  walk->warping = 0;
  SDL_ShowCursor(on ? SDL_DISABLE : SDL_ENABLE);
}

/*
 * SDL's own relative mode drops equal movements that come in a burst, as they do from XTest. So the pointer
 * is read as it is, and put back to the middle when it comes near an edge; until that has arrived, places are
 * still told from the old one.
 */
static void follow_pointer(Walk *walk, int x, int y) {
  int width, height;
  window_size(walk, &width, &height);
  int dx = x - walk->pointer_x, dy = y - walk->pointer_y;
  walk->pointer_x = x;
  walk->pointer_y = y;
  if (walk->warping && x == width / 2 && y == height / 2) {
    walk->warping = 0;
    return;
  }
  if (!walk->grabbed && !walk->dragging)
    return;
  if (dx == 0 && dy == 0)
    return;
  float way =
      walk->grabbed ? 1.0f : -1.0f; /* a drag takes the picture along, a grabbed pointer turns the head */
  camera_look(&walk->camera, way * (float)dx * look_per_pixel, -way * (float)dy * look_per_pixel);
  walk->dirty = 1;
  int near_edge = x < width / 5 || x > width * 4 / 5 || y < height / 5 || y > height * 4 / 5;
  if (walk->grabbed && near_edge && !walk->warping) {
    walk->warping = 1;
    SDL_WarpMouseInWindow(walk->window, width / 2, height / 2);
  }
}

static void on_key(Walk *walk, const SDL_KeyboardEvent *event) {
  if (event->repeat != 0)
    return;
  walk->dirty = walk->at_once = 1;
  switch (event->keysym.scancode) {
  case SDL_SCANCODE_N:
    walk->night = !walk->night;
    break;
  case SDL_SCANCODE_H:
    walk->help = !walk->help;
    break;
  case SDL_SCANCODE_G:
    set_grab(walk, !walk->grabbed);
    break;
  case SDL_SCANCODE_ESCAPE:
    set_grab(walk, 0);
    walk->camera.walking_there = 0;
    break;
  default:
    break;
  }
}

static void on_button(Walk *walk, const SDL_MouseButtonEvent *event) {
  int width, height;
  follow_pointer(walk, event->x, event->y);
  if (event->button != SDL_BUTTON_LEFT)
    return;
  walk->dragging = event->state == SDL_PRESSED;
  if (event->state != SDL_PRESSED)
    return;
  walk->dirty = walk->at_once = 1;
  walk->camera.walking_there = 0;
  if (event->clicks != 2)
    return;
  window_size(walk, &width, &height);
  float x = 2 * ((float)event->x + 0.5f) / (float)width - 1,
        y = 1 - 2 * ((float)event->y + 0.5f) / (float)height;
  camera_walk_there(&walk->camera, x, y, RENDER_FOV_Y, (float)width / (float)height);
}

static void on_event(Walk *walk, const SDL_Event *event) {
  switch (event->type) {
  case SDL_QUIT:
    walk->running = 0;
    break;
  case SDL_WINDOWEVENT:
    walk->dirty |=
        event->window.event == SDL_WINDOWEVENT_EXPOSED || event->window.event == SDL_WINDOWEVENT_RESIZED;
    if (event->window.event == SDL_WINDOWEVENT_FOCUS_LOST)
      walk->dragging = 0;
    break;
  case SDL_KEYDOWN:
    on_key(walk, &event->key);
    break;
  case SDL_MOUSEMOTION:
    follow_pointer(walk, event->motion.x, event->motion.y);
    break;
  case SDL_MOUSEBUTTONDOWN:
  case SDL_MOUSEBUTTONUP:
    on_button(walk, &event->button);
    break;
  case SDL_MOUSEWHEEL:
    walk->camera.glide_m = vec_clamp(walk->camera.glide_m + event->wheel.preciseY * wheel_step_m, -12, 12);
    walk->dirty = walk->at_once = 1;
    break;
  default:
    break;
  }
}

static void draw(Walk *walk, int fine) {
  RenderView view = {.eye = walk->camera.eye,
                     .yaw = walk->camera.yaw,
                     .pitch = walk->camera.pitch,
                     .night = walk->night,
                     .fine = fine,
                     .help = walk->help ? help_text(walk->language) : NULL};
  window_size(walk, &view.width, &view.height);
  render_draw(walk->renderer, &view);
  SDL_GL_SwapWindow(walk->window);
  walk->coarse = !fine;
  walk->dirty = walk->at_once = 0;
}

/* Milliseconds to wait for events before the next frame: 0 none, -1 until one comes. */
static int wait_ms(const Walk *walk, double frame_seconds) {
  double passed =
      (double)(SDL_GetPerformanceCounter() - walk->drawn_at) / (double)SDL_GetPerformanceFrequency();
  if (walk->at_once)
    return 0;
  if (walk->moving || walk->dirty)
    return passed >= frame_seconds ? 0 : (int)((frame_seconds - passed) * 1000 + 0.5);
  if (!walk->coarse)
    return -1;
  double left = settle_ms / 1000.0 - passed;
  return left > 0 ? (int)(left * 1000) + 1 : 0;
}

/* One step of the visitor and its frame. */
static void advance(Walk *walk, double frame_seconds) {
  Uint64 now = SDL_GetPerformanceCounter();
  double passed = (double)(now - walk->drawn_at) / (double)SDL_GetPerformanceFrequency();
  CameraControls controls = held_controls();
  /* After standing still the first step is one frame long, so that a press shows in the first picture. */
  double step = walk->moving ? passed : frame_seconds;
  int was_due = walk->moving || walk->dirty;
  walk->drawn_at = now;
  walk->moving = camera_step(&walk->camera, walk->scene, &controls, (float)step);
  sound_set_pace(hypotf(walk->camera.speed_x, walk->camera.speed_z), walk->night);
  draw(walk, !walk->moving && !was_due);
}

void walk_run(SDL_Window *window, Renderer *renderer, const Scene *scene, const Options *options,
              int with_sound) {
  Walk walk = {.window = window,
               .renderer = renderer,
               .scene = scene,
               .running = 1,
               .language = options->language,
               .night = options->night,
               .camera = camera_at(options->has_view ? &options->view : &scene->start)};
  double frame_seconds = 1.0 / options->fps;
  if (with_sound)
    sound_start();
  /* The first picture takes its time, for it makes textures and code; the second is what the window shows. */
  draw(&walk, 0);
  SDL_ShowWindow(window);
  SDL_GetMouseState(&walk.pointer_x, &walk.pointer_y);
  draw(&walk, 0);
  walk.drawn_at = SDL_GetPerformanceCounter();
  puts("ready");
  fflush(stdout);
  while (walk.running) {
    SDL_Event event;
    int wait = wait_ms(&walk, frame_seconds);
    int came = wait < 0 ? SDL_WaitEvent(&event) : wait > 0 ? SDL_WaitEventTimeout(&event, wait) : 0;
    if (came)
      on_event(&walk, &event);
    while (SDL_PollEvent(&event))
      on_event(&walk, &event);
    if (walk.running && wait_ms(&walk, frame_seconds) == 0)
      advance(&walk, frame_seconds);
  }
  sound_stop();
}
