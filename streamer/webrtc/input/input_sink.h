/* Where the input of people goes: what each kind of application is steered through. xtest.h has the one of an
 * X display; a source of pictures that is no X display brings a sink of its own.
 *
 * input_state.h sees to it that a button or key goes down once and up once, whatever players say, and
 * steering.h that one thread at a time is in here. A sink does what it is told, keeps nothing and fails at
 * nothing: where there is nobody to hear any more, it does nothing.
 */
#pragma once
#include <glib.h>

typedef struct {
  /* The pointer goes to a pixel of the screen that the picture is a part of, counted from its top left, or by
   * so many pixels. */
  void (*move)(gint x, gint y, gpointer data);
  void (*move_by)(gint dx, gint dy, gpointer data);
  /* X's numbers: 1 left, 2 middle, 3 right, 4 to 7 a notch of the wheel up, down, left and right, 8 back, 9
   * forward. */
  void (*button)(guint button, gboolean down, gpointer data);
  /* @keycode: X's, 8 to 255, as keys.h gives it; that of Linux's evdev and 8. */
  void (*key)(guint keycode, gboolean down, gpointer data);
  /* Types @text: UTF-8, at most INPUT_MAX_TEXT characters, while no key is down. What the application cannot
   * be given is left out. */
  void (*text)(const char *text, gpointer data);
  /* What came before takes effect now. Comes after every event that people sent. */
  void (*flush)(gpointer data);
} InputSink;
