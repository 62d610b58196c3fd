#include "config.h"

#include "streamer/webrtc/screen/screen_capture.h"

#include "common/log.h"
#include "streamer/webrtc/base/media_clock.h"
#include "streamer/webrtc/base/trace.h"
#include "streamer/webrtc/screen/x_connection.h"
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xdamage.h>
#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

/* Frames after the last change, for the encoder to sharpen a picture that stands still. */
#define REFINEMENTS 20
#define IDLE_US G_USEC_PER_SEC

/* Frames that there are in all; while every one of them is kept by somebody, none is captured. */
#define SLOTS 6

/* An application whose window has got another size draws in it anew; what is there before is of no use. So
 * long a frame of the old size may still come, and so long the new one is waited for. */
#define OLD_FRAME_US (40 * 1000)
#define REDRAW_US (200 * 1000)

typedef struct {
  XShmSegmentInfo segment;
  XImage *image;
  atomic_bool busy; /* a buffer made of it is still alive */
} Slot;

struct ScreenCapture {
  Display *display;
  Window root;
  MediaSize size;
  Damage damage;
  int damage_event;
  gint64 period_us;
  RawFrameFunc on_frame;
  gpointer data;
  GThread *thread;
  int wake; /* an eventfd: one of the atomics changed */
  atomic_bool wanted, requested, stopping;
  GMutex lock;
  ScreenPart next; /* with the lock: what is to be captured */
  atomic_uint count;
  atomic_llong rests_us; /* since when the picture is at rest */
  Slot slots[SLOTS];
  /* of the thread alone */
  ScreenPart part;
  gint64 old_until_us, redrawn_us; /* until when it shows an old frame, and is not looked at */
  gboolean changed;
  const Slot *shown; /* holds the last frame that was handed on (nullable) */
  guint refinements;
  gint64 changed_us; /* when the last frame that damage caused was due */
  gint64 last_us;    /* when the last frame of any kind was captured */
};

/* An image of that size in the slot's memory, which is its own. */
static gboolean slot_make_image(ScreenCapture *capture, Slot *slot, MediaSize size) {
  Display *display = capture->display;
  int screen = DefaultScreen(display);
  if (slot->image) {
    slot->image->data = NULL;
    XDestroyImage(slot->image);
  }
  slot->image = XShmCreateImage(display, DefaultVisual(display, screen), (guint)DefaultDepth(display, screen),
                                ZPixmap, slot->segment.shmaddr, &slot->segment, size.width, size.height);
  return slot->image != NULL;
}

/* Its memory has room for the whole display, and takes none where nothing was captured to. */
static gboolean slot_init(ScreenCapture *capture, Slot *slot) {
  Display *display = capture->display;
  slot->segment.shmid = -1;
  if (!slot_make_image(capture, slot, capture->size))
    return FALSE;
  gsize size = (gsize)slot->image->bytes_per_line * capture->size.height;
  slot->segment.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
  if (slot->segment.shmid < 0)
    return FALSE;
  slot->segment.shmaddr = shmat(slot->segment.shmid, NULL, 0);
  if (slot->segment.shmaddr == (void *)-1) {
    slot->segment.shmaddr = NULL;
    shmctl(slot->segment.shmid, IPC_RMID, NULL);
    return FALSE;
  }
  slot->image->data = slot->segment.shmaddr;
  gboolean attached = XShmAttach(display, &slot->segment);
  XSync(display, False);
  /* Nothing is left behind, however the two processes end. */
  shmctl(slot->segment.shmid, IPC_RMID, NULL);
  return attached;
}

static void slot_clear(ScreenCapture *capture, Slot *slot) {
  if (slot->segment.shmaddr) {
    XShmDetach(capture->display, &slot->segment);
    shmdt(slot->segment.shmaddr);
  }
  if (slot->image) {
    slot->image->data = NULL;
    XDestroyImage(slot->image);
  }
}

static void slot_release(gpointer data) {
  Slot *slot = data;
  atomic_store(&slot->busy, FALSE);
}

static Slot *find_free_slot(ScreenCapture *capture) {
  for (guint i = 0; i < SLOTS; i++)
    if (!atomic_load(&capture->slots[i].busy) && &capture->slots[i] != capture->shown)
      return &capture->slots[i];
  return NULL;
}

static gboolean is_redrawn(const ScreenCapture *capture) {
  return g_get_monotonic_time() >= capture->redrawn_us;
}

static void note_change(ScreenCapture *capture) {
  gint64 now_us = g_get_monotonic_time();
  capture->changed = TRUE;
  trace_point("changed", 0);
  if (now_us >= capture->redrawn_us)
    return;
  if (now_us >= capture->old_until_us)
    capture->redrawn_us = now_us;
  else
    XDamageSubtract(capture->display, capture->damage, None, None); /* the next one is to be told, too */
}

static void take_damage(ScreenCapture *capture) {
  while (XPending(capture->display) > 0) {
    XEvent event;
    XNextEvent(capture->display, &event);
    if (event.type != capture->damage_event)
      continue;
    note_change(capture);
  }
}

/* When the next frame is due, as things stand. */
static gint64 next_due_us(ScreenCapture *capture) {
  gint64 due_us = G_MAXINT64;
  if (atomic_load(&capture->requested))
    due_us = capture->last_us + capture->period_us;
  if (atomic_load(&capture->wanted) && capture->changed)
    due_us = MIN(due_us, capture->changed_us + capture->period_us);
  else if (atomic_load(&capture->wanted))
    due_us = MIN(due_us, capture->last_us + (capture->refinements > 0 ? RAW_FRAME_REST_US : IDLE_US));
  return MAX(due_us, capture->redrawn_us);
}

/* Sleeps until @due_us, until woken, or, unless a change is known already, until something changes. */
static void sleep_until(ScreenCapture *capture, gint64 due_us) {
  gboolean watch_display = atomic_load(&capture->wanted) && (!capture->changed || !is_redrawn(capture));
  struct pollfd fds[] = {{.fd = capture->wake, .events = POLLIN},
                         {.fd = ConnectionNumber(capture->display), .events = POLLIN}};
  gint64 left_us = MAX(due_us - g_get_monotonic_time(), 0);
  struct timespec left = {.tv_sec = left_us / G_USEC_PER_SEC, .tv_nsec = left_us % G_USEC_PER_SEC * 1000};
  int count = ppoll(fds, watch_display ? 2 : 1, due_us == G_MAXINT64 ? NULL : &left, NULL);
  guint64 wakes;
  if (count > 0 && (fds[0].revents & POLLIN) && read(capture->wake, &wakes, sizeof wakes) < 0)
    log_error("capture_wake_failed", "reason=\"%s\"", g_strerror(errno));
}

static gsize slot_size(const Slot *slot) {
  return (gsize)slot->image->bytes_per_line * (gsize)slot->image->height;
}

/* Takes over what is to be captured; what was shown before is no picture of that. */
static void take_part(ScreenCapture *capture) {
  g_mutex_lock(&capture->lock);
  ScreenPart next = capture->next;
  g_mutex_unlock(&capture->lock);
  if (memcmp(&next, &capture->part, sizeof next) == 0)
    return;
  gboolean was_shown = capture->shown != NULL;
  capture->part = next;
  capture->shown = NULL;
  capture->changed = TRUE;
  if (!was_shown)
    return;
  capture->old_until_us = g_get_monotonic_time() + OLD_FRAME_US;
  capture->redrawn_us = g_get_monotonic_time() + REDRAW_US;
  XDamageSubtract(capture->display, capture->damage, None, None);
  XFlush(capture->display);
}

static gboolean slot_fit(ScreenCapture *capture, Slot *slot) {
  MediaSize size = capture->part.size;
  gboolean fits =
      slot->image && (guint)slot->image->width == size.width && (guint)slot->image->height == size.height;
  return fits || slot_make_image(capture, slot, size);
}

/* Copies the screen into a free slot (transfer none); NULL when all are still in use. */
static Slot *copy_screen(ScreenCapture *capture) {
  Slot *slot = find_free_slot(capture);
  if (!slot || !slot_fit(capture, slot))
    return NULL;
  XDamageSubtract(capture->display, capture->damage, None, None);
  XShmGetImage(capture->display, capture->root, slot->image, (int)capture->part.x, (int)capture->part.y,
               AllPlanes);
  return slot;
}

/* Many an application draws the same again without end: that is no change. */
static gboolean is_shown(const ScreenCapture *capture, const Slot *slot) {
  return capture->shown &&
         memcmp(slot->segment.shmaddr, capture->shown->segment.shmaddr, slot_size(slot)) == 0;
}

static void hand_on(ScreenCapture *capture, Slot *slot) {
  gsize size = slot_size(slot);
  atomic_store(&slot->busy, TRUE);
  capture->shown = slot;
  g_autoptr(GstBuffer) frame = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, slot->segment.shmaddr,
                                                           size, 0, size, slot, slot_release);
  raw_frame_set_size(frame, capture->part.size);
  GST_BUFFER_PTS(frame) = media_clock_now();
  if (!capture->changed)
    GST_BUFFER_FLAG_SET(frame, RAW_FRAME_REPEATED);
  trace_point("captured", GST_BUFFER_PTS(frame));
  atomic_fetch_add(&capture->count, 1);
  capture->on_frame(frame, capture->data);
}

/* Takes the frame that is due now. A busy picture keeps an even grid; after a pause a new grid begins. */
static void take_due_frame(ScreenCapture *capture, gint64 now_us) {
  /* Before, since a request that comes meanwhile is for a frame after this one. */
  gboolean requested = atomic_exchange(&capture->requested, FALSE);
  Slot *slot = copy_screen(capture);
  if (!slot) {
    if (requested)
      atomic_store(&capture->requested, TRUE);
    g_usleep(1000);
    return;
  }
  if (capture->changed) {
    gint64 due_us = capture->changed_us + capture->period_us;
    capture->changed_us = now_us - due_us < capture->period_us ? MIN(due_us, now_us) : now_us;
    capture->changed = !is_shown(capture, slot);
    if (!capture->changed && !requested && now_us < next_due_us(capture))
      return;
  }
  hand_on(capture, slot);
  if (capture->changed) {
    capture->refinements = REFINEMENTS;
    atomic_store(&capture->rests_us, now_us);
  } else if (requested) {
    capture->refinements = REFINEMENTS;
  } else if (capture->refinements > 0) {
    capture->refinements--;
  }
  capture->changed = FALSE;
  capture->last_us = now_us;
}

static gpointer capture_thread(gpointer data) {
  ScreenCapture *capture = data;
  while (!atomic_load(&capture->stopping)) {
    take_part(capture);
    take_damage(capture);
    gint64 due_us = next_due_us(capture);
    gint64 now_us = g_get_monotonic_time();
    if (now_us >= due_us)
      take_due_frame(capture, now_us);
    else
      sleep_until(capture, due_us);
  }
  return NULL;
}

static const char *open_flaw(ScreenCapture *capture) {
  Display *display = capture->display;
  int error_base;
  Visual *visual = DefaultVisual(display, DefaultScreen(display));
  if (!XShmQueryExtension(display))
    return "has no shared memory";
  if (!XDamageQueryExtension(display, &capture->damage_event, &error_base))
    return "has no XDamage";
  if (visual->red_mask != 0xff0000 || visual->green_mask != 0xff00 || visual->blue_mask != 0xff)
    return "has no 24-bit RGB picture";
  for (guint i = 0; i < SLOTS; i++)
    if (!slot_init(capture, &capture->slots[i]))
      return "gives no shared memory";
  if (capture->slots[0].image->bits_per_pixel != 32)
    return "has no pixels of 32 bits";
  return NULL;
}

ScreenCapture *screen_capture_new(guint framerate, RawFrameFunc on_frame, gpointer data, GError **error) {
  Display *display = x_connection_open(error);
  if (!display)
    return NULL;
  ScreenCapture *capture = g_new0(ScreenCapture, 1);
  int screen = DefaultScreen(display);
  capture->display = display;
  capture->root = RootWindow(display, screen);
  capture->size = (MediaSize){(guint)DisplayWidth(display, screen), (guint)DisplayHeight(display, screen)};
  capture->part.size = capture->next.size = capture->size;
  g_mutex_init(&capture->lock);
  capture->period_us = G_USEC_PER_SEC / framerate;
  capture->on_frame = on_frame;
  capture->data = data;
  capture->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  atomic_init(&capture->rests_us, g_get_monotonic_time());
  const char *flaw = open_flaw(capture);
  if (flaw) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the X display %s %s", XDisplayName(NULL), flaw);
    screen_capture_free(capture);
    return NULL;
  }
  capture->damage_event += XDamageNotify;
  capture->damage = XDamageCreate(display, capture->root, XDamageReportNonEmpty);
  capture->thread = g_thread_new("capture", capture_thread, capture);
  return capture;
}

MediaSize screen_capture_get_size(const ScreenCapture *capture) {
  return capture->size;
}

static void wake(ScreenCapture *capture) {
  const guint64 one = 1;
  /* Only a counter at its greatest value refuses, and then the thread is awake anyway. */
  G_GNUC_UNUSED gssize written = write(capture->wake, &one, sizeof one);
}

void screen_capture_set_part(ScreenCapture *capture, const ScreenPart *part) {
  g_mutex_lock(&capture->lock);
  capture->next = *part;
  g_mutex_unlock(&capture->lock);
  wake(capture);
}

void screen_capture_set_wanted(ScreenCapture *capture, gboolean wanted) {
  if (atomic_exchange(&capture->wanted, wanted) != wanted)
    wake(capture);
}

void screen_capture_request_frame(ScreenCapture *capture) {
  if (!atomic_exchange(&capture->requested, TRUE))
    wake(capture);
}

gint64 screen_capture_rest_us(ScreenCapture *capture) {
  return g_get_monotonic_time() - atomic_load(&capture->rests_us);
}

guint screen_capture_count(ScreenCapture *capture) {
  return atomic_load(&capture->count);
}

void screen_capture_stop(ScreenCapture *capture) {
  if (!capture || !capture->thread)
    return;
  atomic_store(&capture->stopping, TRUE);
  wake(capture);
  g_thread_join(g_steal_pointer(&capture->thread));
}

void screen_capture_free(ScreenCapture *capture) {
  if (!capture)
    return;
  screen_capture_stop(capture);
  if (capture->damage)
    XDamageDestroy(capture->display, capture->damage);
  for (guint i = 0; i < SLOTS; i++)
    slot_clear(capture, &capture->slots[i]);
  XCloseDisplay(capture->display);
  close(capture->wake);
  g_mutex_clear(&capture->lock);
  g_free(capture);
}
