/* Physical keys: KeyboardEvent.code (W3C UI Events KeyboardEvent code Values) to X keycodes as Linux's evdev
 * keyboards have them, which is what Xvfb and Xorg use. */
#pragma once
#include <glib.h>

/* The X keycode (8..255) of @code ("KeyW"), or 0 when there is no such key. Any thread. */
guint keys_find(const char *code);

/* Whether some @code has this X keycode: whether a player can press it. Any thread. */
gboolean keys_has(guint keycode);
