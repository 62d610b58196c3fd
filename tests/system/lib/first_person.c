/* A scene in SDL that is looked around in by the mouse, for the tests; it is told how:
 *
 *   relative   SDL's relative mouse mode, as Unreal and Unity have it: raw motion
 *   warp       the same where SDL has no raw motion: it hides the pointer and puts it back whenever it is
 * moved kiosk      hides the pointer, and reads its places press      relative while a button is down, else
 * it shows the pointer and reads its places
 *
 * The key M leaves the mouse alone, shows the pointer and reads its places; M again, and it is as it was
 * told. Each event is written: "turn DX DY sum X Y" of a move, "at X Y" of a place, "button N down", "key N
 * up".
 */
#include <SDL.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  SDL_Window *window;
  int is_relative, is_kiosk, is_for_press; /* as it was told */
  int on;
  long sum_x, sum_y;
} Scene;

/* Something to be seen: a wall whose stripe goes by as one turns. */
static void draw(Scene *scene) {
  SDL_Surface *surface = SDL_GetWindowSurface(scene->window);
  if (!surface)
    return;
  int stripe = surface->w / 8;
  SDL_Rect place = {
      .x = (int)(((-scene->sum_x % surface->w) + surface->w) % surface->w), .w = stripe, .h = surface->h};
  SDL_FillRect(surface, NULL, SDL_MapRGB(surface->format, 60, 90, 130));
  SDL_FillRect(surface, &place, SDL_MapRGB(surface->format, 230, 190, 90));
  SDL_UpdateWindowSurface(scene->window);
}

static void set_relative(const Scene *scene, int held) {
  SDL_SetRelativeMouseMode(scene->on && (scene->is_relative || (scene->is_for_press && held)) ? SDL_TRUE
                                                                                              : SDL_FALSE);
  SDL_ShowCursor(scene->on && scene->is_kiosk ? SDL_DISABLE : SDL_ENABLE);
}

static void take_motion(Scene *scene, const SDL_MouseMotionEvent *motion) {
  if (!SDL_GetRelativeMouseMode()) {
    printf("at %d %d\n", motion->x, motion->y);
    return;
  }
  scene->sum_x += motion->xrel;
  scene->sum_y += motion->yrel;
  if (motion->xrel || motion->yrel)
    printf("turn %d %d sum %ld %ld\n", motion->xrel, motion->yrel, scene->sum_x, scene->sum_y);
  draw(scene);
}

static void take_button(Scene *scene, const SDL_MouseButtonEvent *button) {
  printf("button %d %s\n", button->button, button->state == SDL_PRESSED ? "down" : "up");
  if (scene->is_for_press)
    set_relative(scene, button->state == SDL_PRESSED);
}

static void take_key(Scene *scene, const SDL_KeyboardEvent *key) {
  printf("key %d %s\n", key->keysym.scancode, key->state == SDL_PRESSED ? "down" : "up");
  if (key->keysym.scancode != SDL_SCANCODE_M || key->state != SDL_PRESSED || key->repeat)
    return;
  scene->on = !scene->on;
  set_relative(scene, 0);
}

int main(int argc, char **argv) {
  Scene scene = {.on = 1};
  for (int i = 1; i < argc; i++) {
    scene.is_relative |= strcmp(argv[i], "relative") == 0 || strcmp(argv[i], "warp") == 0;
    scene.is_kiosk |= strcmp(argv[i], "kiosk") == 0;
    scene.is_for_press |= strcmp(argv[i], "press") == 0;
    if (strcmp(argv[i], "warp") == 0)
      SDL_SetHint(SDL_HINT_MOUSE_RELATIVE_MODE_WARP, "1");
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
  SDL_DisplayMode mode;
  if (SDL_Init(SDL_INIT_VIDEO) != 0 || SDL_GetDesktopDisplayMode(0, &mode) != 0) {
    fprintf(stderr, "%s\n", SDL_GetError());
    return 1;
  }
  scene.window = SDL_CreateWindow("first person", 0, 0, mode.w, mode.h, SDL_WINDOW_BORDERLESS);
  set_relative(&scene, 0);
  draw(&scene);
  for (SDL_Event event; SDL_WaitEvent(&event) && event.type != SDL_QUIT;) {
    if (event.type == SDL_MOUSEMOTION)
      take_motion(&scene, &event.motion);
    else if (event.type == SDL_MOUSEBUTTONDOWN || event.type == SDL_MOUSEBUTTONUP)
      take_button(&scene, &event.button);
    else if (event.type == SDL_KEYDOWN || event.type == SDL_KEYUP)
      take_key(&scene, &event.key);
    else if (event.type == SDL_WINDOWEVENT)
      draw(&scene);
  }
  return 0;
}
