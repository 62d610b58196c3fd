#include "streamer/webrtc/input/input_event.h"

#include "common/fields.h"
#include "streamer/webrtc/input/keys.h"
#include <math.h>

enum {
  NEEDS_POSITION = 1,
  NEEDS_BUTTON = 2,
  NEEDS_KEY = 4,
  NEEDS_TOUCH = 8,
  NEEDS_TEXT = 16,
  NEEDS_SIZE = 32
};

static const struct {
  const char *name;
  guint needs;
} types[INPUT_EVENT_TYPES] = {
    [INPUT_POINTER_MOVE] = {"pointermove", NEEDS_POSITION},
    [INPUT_POINTER_DOWN] = {"pointerdown", NEEDS_BUTTON},
    [INPUT_POINTER_UP] = {"pointerup", NEEDS_BUTTON},
    [INPUT_POINTER_RELATIVE] = {"pointermoverelative"},
    [INPUT_WHEEL] = {"wheel"},
    [INPUT_KEY_DOWN] = {"keydown", NEEDS_KEY},
    [INPUT_KEY_UP] = {"keyup", NEEDS_KEY},
    [INPUT_TOUCH_START] = {"touchstart", NEEDS_TOUCH | NEEDS_POSITION},
    [INPUT_TOUCH_MOVE] = {"touchmove", NEEDS_TOUCH | NEEDS_POSITION},
    [INPUT_TOUCH_END] = {"touchend", NEEDS_TOUCH},
    [INPUT_TEXT] = {"text", NEEDS_TEXT},
    [INPUT_RELEASE_ALL] = {"releaseall"},
    [INPUT_SCREEN] = {"screen", NEEDS_SIZE},
};

/* An event as it stands on the wire. */
typedef struct {
  char *type, *code, *text;
  double x, y, dx, dy;
  gint64 button, id, width, height;
} WireEvent;

#define NO_TOUCH G_MININT64

static gboolean is_typeable(const char *text) {
  return g_utf8_validate(text, -1, NULL) && g_utf8_strlen(text, -1) <= INPUT_MAX_TEXT;
}

static const Field event_fields[] = {
    {"type", FIELD_TEXT, .offset = G_STRUCT_OFFSET(WireEvent, type), .required = TRUE, .max = 40},
    {"x", FIELD_REAL, .offset = G_STRUCT_OFFSET(WireEvent, x)},
    {"y", FIELD_REAL, .offset = G_STRUCT_OFFSET(WireEvent, y)},
    {"dx", FIELD_REAL, .offset = G_STRUCT_OFFSET(WireEvent, dx)},
    {"dy", FIELD_REAL, .offset = G_STRUCT_OFFSET(WireEvent, dy)},
    {"button", FIELD_INT, .offset = G_STRUCT_OFFSET(WireEvent, button), .max = INPUT_BUTTONS - 1},
    {"id", FIELD_INT, .offset = G_STRUCT_OFFSET(WireEvent, id)},
    {"width", FIELD_INT, .offset = G_STRUCT_OFFSET(WireEvent, width), .max = INPUT_MAX_SCREEN},
    {"height", FIELD_INT, .offset = G_STRUCT_OFFSET(WireEvent, height), .max = INPUT_MAX_SCREEN},
    {"code", FIELD_TEXT, .offset = G_STRUCT_OFFSET(WireEvent, code), .max = 40},
    {"text", FIELD_TEXT, .offset = G_STRUCT_OFFSET(WireEvent, text), .min = 1, .max = INPUT_MAX_TEXT_BYTES,
     .check = is_typeable, .rule = "must be at most 256 characters"},
    {NULL},
};

static gboolean find_event_type(const char *name, InputEventType *type) {
  for (InputEventType i = 0; i < INPUT_EVENT_TYPES; i++) {
    if (g_str_equal(types[i].name, name)) {
      *type = i;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean take_event(const WireEvent *wire, InputEvent *event) {
  InputEventType type;
  if (!find_event_type(wire->type, &type))
    return FALSE;
  *event = (InputEvent){
      .type = type,
      .has_position = !isnan(wire->x) && !isnan(wire->y),
      .dx = CLAMP(wire->dx, -INPUT_MAX_DELTA, INPUT_MAX_DELTA),
      .dy = CLAMP(wire->dy, -INPUT_MAX_DELTA, INPUT_MAX_DELTA),
      .button = (guint)MAX(wire->button, 0),
      .keycode = wire->code ? keys_find(wire->code) : 0,
      .touch = wire->id,
      .width = (guint)wire->width,
      .height = (guint)wire->height,
  };
  if (event->has_position) {
    event->x = CLAMP(wire->x, 0.0, 1.0);
    event->y = CLAMP(wire->y, 0.0, 1.0);
  }
  if (wire->text)
    g_strlcpy(event->text, wire->text, sizeof event->text);
  guint needs = types[type].needs;
  return !((needs & NEEDS_POSITION) && !event->has_position) &&
         !((needs & NEEDS_BUTTON) && wire->button < 0) && !((needs & NEEDS_KEY) && event->keycode == 0) &&
         !((needs & NEEDS_TOUCH) && wire->id == NO_TOUCH) && !((needs & NEEDS_TEXT) && !wire->text) &&
         !((needs & NEEDS_SIZE) && (wire->width == 0 || wire->height == 0));
}

gboolean input_event_read(const char *text, gsize length, InputEvent *event) {
  if (length > INPUT_MAX_BYTES)
    return FALSE;
  WireEvent wire = {.x = NAN, .y = NAN, .button = -1, .id = NO_TOUCH};
  gboolean read = fields_read_text(text, length, event_fields, &wire, NULL) && take_event(&wire, event);
  fields_clear(event_fields, &wire);
  return read;
}
