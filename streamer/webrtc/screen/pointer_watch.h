/* Watches whether the application takes moves of the pointer alone, and not its places: as one does that
 * looks around by the mouse ("relative mode", "cursor disabled", "locked", as toolkits call it).
 *
 * X has no word for it; what toolkits do to get there can be seen:
 *
 *  - It hides the pointer, for it stands nowhere: the cursor has no pixel that is seen (XFIXES). One that is
 *    seen stands somewhere, so that is where it is wanted.
 *  - And it keeps it for itself, by a grab that confines it to the window. So do SDL 2 and 3, and with them
 *    Unreal and Unity, GLFW, Godot, Wine. SDL reads XInput 2's raw motion beside it, where a place arrives as
 *    if it were a move: 80 pixels as 4,000.
 *  - Or it puts the pointer back (WarpPointer) after it was moved: GLUT, Qt, whatever has no mode for it. A
 *    grab is not needed then; but to do so twice is, since one that hides an idle pointer may put it away,
 *    too.
 *
 * A pointer that is hidden only is that of a kiosk, or of one who draws their own: its places are read, and
 * so they go on. One that draws its own and grabs as well cannot be told from SDL's relative mode, and is
 * taken for it; the setting `pointer` is for such.
 *
 * The grab is asked for by trying one that cannot succeed, on a window that is not shown: the answer tells a
 * grab that there is (AlreadyGrabbed) from none (GrabNotViewable), and nothing happens. While a button is
 * down X itself has grabbed the pointer, so a grab says nothing; but an application that hides the pointer on
 * a press is dragged (a view of an editor) or takes the mouse from then on (a game). It is taken for relative
 * until the button is up and all is seen again. That comes to the same for one that reads places, since with
 * a button down they reach it by moves as well (xtest.h).
 *
 * An engine that is started again finds hidden pointers and grabs as they stand. Main thread.
 */
#pragma once
#include "streamer/webrtc/screen/xtest.h"

typedef struct PointerWatch PointerWatch;

/* Told on the main thread at each change; both begin with FALSE. */
typedef struct {
  void (*changed)(gboolean relative, gpointer data);
  /* It has been so for a while: what comes and goes with a press of a button is left out. */
  void (*settled)(gboolean relative, gpointer data);
} PointerEvents;

/* Connects to $DISPLAY. @xtest, which must outlive it as @events must, knows when people move the pointer.
 * (transfer full) NULL with a G_IO_ERROR when the display cannot be reached or has no XFIXES. Without RECORD
 * who only puts the pointer back is not noticed. */
PointerWatch *pointer_watch_new(XTest *xtest, const PointerEvents *events, gpointer data, GError **error);
void pointer_watch_free(PointerWatch *watch); /* NULL is allowed */
