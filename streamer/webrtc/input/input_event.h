/* What a player says about its mouse, keyboard and touch: one JSON object a message, as vitrina-protocol(7),
 * "Input", names them, read into a typed event. Any thread. */
#pragma once
#include <glib.h>

typedef enum {
  INPUT_POINTER_MOVE,     /* x, y */
  INPUT_POINTER_DOWN,     /* button, x, y */
  INPUT_POINTER_UP,       /* button, x, y */
  INPUT_POINTER_RELATIVE, /* dx, dy: pixels */
  INPUT_WHEEL,            /* dx, dy: 120 a notch, positive is right and down */
  INPUT_KEY_DOWN,         /* keycode */
  INPUT_KEY_UP,           /* keycode */
  INPUT_TOUCH_START,      /* touch, x, y */
  INPUT_TOUCH_MOVE,       /* touch, x, y */
  INPUT_TOUCH_END,        /* touch */
  INPUT_TEXT,             /* text */
  INPUT_RELEASE_ALL,
  INPUT_SCREEN, /* width, height: of the picture's place on the player's screen, device pixels */
  INPUT_EVENT_TYPES
} InputEventType;

/* A message of text has at most so many characters (code points), and so many bytes in UTF-8. */
#define INPUT_MAX_TEXT 256
#define INPUT_MAX_TEXT_BYTES (4 * INPUT_MAX_TEXT)

typedef struct {
  InputEventType type;
  gboolean has_position;               /* x and y were there */
  double x, y;                         /* fractions of the picture from its top left, 0..1 */
  double dx, dy;                       /* within -INPUT_MAX_DELTA..INPUT_MAX_DELTA */
  guint button;                        /* 0 left, 1 middle, 2 right, 3 back, 4 forward */
  guint keycode;                       /* X's */
  gint64 touch;                        /* the finger's id */
  guint width, height;                 /* up to INPUT_MAX_SCREEN */
  char text[INPUT_MAX_TEXT_BYTES + 1]; /* UTF-8, not empty */
} InputEvent;

/* A text whose every character is escaped: 12 bytes for the longest. */
#define INPUT_MAX_BYTES (1024 + 12 * INPUT_MAX_TEXT)
#define INPUT_MAX_DELTA 10000.0
#define INPUT_MAX_SCREEN 100000
#define INPUT_BUTTONS 5

/* Reads one message; FALSE when it is none, or one that is not understood. */
gboolean input_event_read(const char *text, gsize length, InputEvent *event);
