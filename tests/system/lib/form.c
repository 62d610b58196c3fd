/* A form for the system tests, as applications with SDL have them: one line that can be written into. It
 * tells on standard output what it has come to, "line привет" after each change and "sent привет" at Enter;
 * each key by its place on the keyboard, "key W down"; "button 1 down", and "wheel 1" for a notch towards the
 * scene.
 *
 * What it has told last it tells again when nothing came for a second: of many lines at once a streamer logs
 * some alone.
 *
 *   slow    takes its events a moment late, as an application does that draws much
 */
#include <SDL.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LATE_MS 300
#define QUIET_MS 1000

static char line[8192];
/* What was told last of the words, and of all else. */
static char told[2][sizeof line + 16];
enum { WORDS, HANDS };

static void tell(int of, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(told[of], sizeof told[of], format, arguments);
  va_end(arguments);
  puts(told[of]);
  fflush(stdout);
}

static void tell_again(void) {
  printf("%s\n%s\n", told[HANDS], told[WORDS]);
  fflush(stdout);
}

static void add(const char *text) {
  if (strlen(line) + strlen(text) < sizeof line)
    strcat(line, text);
}

/* The last character: its last byte, and those before it that only continue it. */
static void erase(void) {
  size_t length = strlen(line);
  while (length > 0 && (line[--length] & 0xc0) == 0x80)
    ;
  line[length] = '\0';
}

static void take_key(const SDL_KeyboardEvent *key) {
  int down = key->type == SDL_KEYDOWN;
  tell(HANDS, "key %s %s", SDL_GetScancodeName(key->keysym.scancode), down ? "down" : "up");
  if (down && key->keysym.scancode == SDL_SCANCODE_BACKSPACE) {
    erase();
    tell(WORDS, "line %s", line);
  } else if (down && key->keysym.scancode == SDL_SCANCODE_RETURN) {
    tell(WORDS, "sent %s", line);
    line[0] = '\0';
  }
}

static int take_event(const SDL_Event *event) {
  if (event->type == SDL_KEYDOWN || event->type == SDL_KEYUP) {
    take_key(&event->key);
  } else if (event->type == SDL_MOUSEBUTTONDOWN || event->type == SDL_MOUSEBUTTONUP) {
    tell(HANDS, "button %u %s", event->button.button, event->type == SDL_MOUSEBUTTONDOWN ? "down" : "up");
  } else if (event->type == SDL_MOUSEWHEEL) {
    tell(HANDS, "wheel %d", event->wheel.y);
  } else if (event->type == SDL_TEXTINPUT) {
    add(event->text.text);
    tell(WORDS, "line %s", line);
  }
  return event->type != SDL_QUIT;
}

int main(int argc, char **argv) {
  int is_slow = argc > 1 && strcmp(argv[1], "slow") == 0;
  if (SDL_Init(SDL_INIT_VIDEO) != 0)
    return 1;
  SDL_Window *window = SDL_CreateWindow("form", 0, 0, 960, 540, SDL_WINDOW_BORDERLESS);
  SDL_Surface *surface = window ? SDL_GetWindowSurface(window) : NULL;
  if (!surface)
    return 1;
  SDL_FillRect(surface, NULL, SDL_MapRGB(surface->format, 0xe8, 0xe4, 0xd8));
  SDL_UpdateWindowSurface(window);
  SDL_StartTextInput();
  SDL_Event event;
  int goes_on = 1;
  while (goes_on) {
    if (!SDL_WaitEventTimeout(&event, QUIET_MS)) {
      tell_again();
      continue;
    }
    goes_on = take_event(&event);
    if (is_slow && event.type == SDL_TEXTINPUT)
      SDL_Delay(LATE_MS);
  }
  SDL_Quit();
}
