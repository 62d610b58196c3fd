#include "streamer/webrtc/screen/typing.h"

#include "streamer/webrtc/input/keys.h"
#include "streamer/webrtc/screen/spare_keys.h"
#include <X11/extensions/XTest.h>

#define KEYCODES 256
/* Without Shift, and with it. */
#define LEVELS 2
#define ASCII 128

/* X's names for characters (X protocol, appendix A): Latin-1 is itself, all of Unicode is there with this
 * added. */
#define UNICODE_KEYSYM 0x1000000

/* How a character of ASCII is typed; keycode 0: not by a key that there is. */
typedef struct {
  guint8 keycode;
  gboolean shift;
} Stroke;

struct Typing {
  Display *display;
  Stroke strokes[ASCII];
  SpareKeys *spares;
  guint shift;      /* the keycode */
  gint64 behind_us; /* until then the X server holds back what it has been sent */
};

static gunichar character_of(KeySym keysym) {
  if ((keysym >= 0x20 && keysym <= 0x7e) || (keysym >= 0xa0 && keysym <= 0xff))
    return (gunichar)keysym;
  return keysym > UNICODE_KEYSYM && keysym <= UNICODE_KEYSYM + 0x10ffff ? (gunichar)(keysym - UNICODE_KEYSYM)
                                                                        : 0;
}

static KeySym keysym_of(gunichar character) {
  return character <= 0xff ? character : UNICODE_KEYSYM + character;
}

static void learn_stroke(Typing *typing, gunichar character, guint keycode, guint level) {
  if (character > 0 && character < ASCII)
    typing->strokes[character] = (Stroke){(guint8)keycode, level > 0};
}

/* A key that no player can press, and that is no modifier, may become what it has to: from the far end, since
 * toolkits take some of the nearer ones for modifiers. Of two keys for one character the nearer one types it.
 */
static void learn_keyboard(Typing *typing) {
  int first, last, per_key;
  gboolean modifiers[KEYCODES] = {FALSE};
  XDisplayKeycodes(typing->display, &first, &last);
  XModifierKeymap *map = XGetModifierMapping(typing->display);
  for (int i = 0; i < 8 * map->max_keypermod; i++)
    modifiers[map->modifiermap[i]] = TRUE;
  XFreeModifiermap(map);
  KeySym *keysyms = XGetKeyboardMapping(typing->display, (KeyCode)first, last - first + 1, &per_key);
  for (int keycode = last; keysyms && keycode >= first; keycode--) {
    const KeySym *of_key = keysyms + (keycode - first) * per_key;
    if (!keys_has((guint)keycode) && !modifiers[keycode])
      spare_keys_add(typing->spares, (guint)keycode, character_of(of_key[0]));
    for (int level = 0; keys_has((guint)keycode) && level < MIN(LEVELS, per_key); level++)
      learn_stroke(typing, character_of(of_key[level]), (guint)keycode, (guint)level);
  }
  XFree(keysyms);
}

Typing *typing_new(Display *display) {
  Typing *typing = g_new0(Typing, 1);
  typing->display = display;
  typing->spares = spare_keys_new();
  typing->shift = keys_find("ShiftLeft");
  learn_keyboard(typing);
  typing->strokes['\n'].keycode = (guint8)keys_find("Enter");
  typing->strokes['\t'].keycode = (guint8)keys_find("Tab");
  return typing;
}

void typing_free(Typing *typing) {
  if (!typing)
    return;
  spare_keys_free(typing->spares);
  g_free(typing);
}

static void tap(Typing *typing, guint keycode) {
  XTestFakeKeyEvent(typing->display, keycode, True, CurrentTime);
  XTestFakeKeyEvent(typing->display, keycode, False, CurrentTime);
}

static void make_stroke(Typing *typing, Stroke stroke) {
  if (stroke.shift)
    XTestFakeKeyEvent(typing->display, typing->shift, True, CurrentTime);
  tap(typing, stroke.keycode);
  if (stroke.shift)
    XTestFakeKeyEvent(typing->display, typing->shift, False, CurrentTime);
}

/* What is sent from now on takes effect that much later: XTEST's delay comes with an event, and to let go of
 * a key that is up is none. */
static void hold_back(Typing *typing, guint keycode, gint64 wait_us) {
  XTestFakeKeyEvent(typing->display, keycode, False, (gulong)(wait_us / 1000 + 1));
}

/* Both levels are the same, so that Shift and its lock change nothing. */
static void assign(Typing *typing, guint keycode, gunichar character) {
  KeySym keysyms[LEVELS] = {keysym_of(character), keysym_of(character)};
  XChangeKeyboardMapping(typing->display, (int)keycode, LEVELS, keysyms, 1);
}

static void make_spare_stroke(Typing *typing, gunichar character) {
  SpareKey key;
  if (!spare_keys_take(typing->spares, character, typing->behind_us, &key))
    return;
  if (key.at_us > typing->behind_us)
    hold_back(typing, key.keycode, key.at_us - typing->behind_us);
  typing->behind_us = key.at_us;
  if (key.is_new)
    assign(typing, key.keycode, character);
  tap(typing, key.keycode);
}

void typing_type(Typing *typing, const char *text, gint64 now_us) {
  typing->behind_us = MAX(typing->behind_us, now_us);
  for (const char *at = text; *at; at = g_utf8_next_char(at)) {
    gunichar character = g_utf8_get_char(at);
    if (typing->behind_us - now_us > TYPING_MAX_BEHIND_US)
      return;
    if (character < ASCII && typing->strokes[character].keycode != 0)
      make_stroke(typing, typing->strokes[character]);
    else if (!g_unichar_iscntrl(character))
      make_spare_stroke(typing, character);
  }
}
