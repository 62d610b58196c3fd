#include "streamer/webrtc/screen/warp_watch.h"

#include "streamer/webrtc/screen/x_connection.h"
#include <X11/Xproto.h>
#include <X11/extensions/record.h>
#include <gio/gio.h>
#include <glib-unix.h>

/* XIWarpPointer's number among XInput's requests (XI2proto.h). */
#define XI_WARP_POINTER 41
#define RANGES 2

struct WarpWatch {
  Display *control, *data_link; /* RECORD wants two: what is recorded comes over the second */
  XRecordContext context;
  guint source;
  WarpWatchFunc on_warp;
  gpointer data;
};

static void take_record(XPointer data, XRecordInterceptData *record) {
  WarpWatch *watch = (WarpWatch *)data;
  if (record->category == XRecordFromClient)
    watch->on_warp(watch->data);
  XRecordFreeData(record);
}

static gboolean on_record_readable(int fd, GIOCondition condition, gpointer data) {
  WarpWatch *watch = data;
  XRecordProcessReplies(watch->data_link);
  return G_SOURCE_CONTINUE;
}

/* Both ways to move the pointer. None where there is no RECORD. */
static XRecordContext make_context(Display *display) {
  int major, minor, xinput, event, error;
  XRecordClientSpec clients = XRecordAllClients;
  XRecordRange *ranges[RANGES] = {NULL};
  int count = 0;
  if (!XRecordQueryVersion(display, &major, &minor))
    return 0;
  ranges[count] = XRecordAllocRange();
  ranges[count]->core_requests = (XRecordRange8){.first = X_WarpPointer, .last = X_WarpPointer};
  count++;
  if (XQueryExtension(display, "XInputExtension", &xinput, &event, &error)) {
    ranges[count] = XRecordAllocRange();
    ranges[count]->ext_requests.ext_major =
        (XRecordRange8){.first = (unsigned char)xinput, .last = (unsigned char)xinput};
    ranges[count]->ext_requests.ext_minor =
        (XRecordRange16){.first = XI_WARP_POINTER, .last = XI_WARP_POINTER};
    count++;
  }
  XRecordContext context = XRecordCreateContext(display, 0, &clients, 1, ranges, count);
  XSync(display, False); /* the other connection uses it */
  while (count > 0)
    XFree(ranges[--count]);
  return context;
}

WarpWatch *warp_watch_new(WarpWatchFunc on_warp, gpointer data, GError **error) {
  WarpWatch *watch = g_new0(WarpWatch, 1);
  watch->on_warp = on_warp;
  watch->data = data;
  watch->control = x_connection_open(error);
  watch->data_link = watch->control ? x_connection_open(error) : NULL;
  if (!watch->data_link) {
    warp_watch_free(watch);
    return NULL;
  }
  watch->context = make_context(watch->control);
  if (!watch->context ||
      !XRecordEnableContextAsync(watch->data_link, watch->context, take_record, (XPointer)watch)) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the X display %s has no RECORD",
                DisplayString(watch->control));
    warp_watch_free(watch);
    return NULL;
  }
  watch->source =
      g_unix_fd_add(ConnectionNumber(watch->data_link), G_IO_IN | G_IO_HUP, on_record_readable, watch);
  return watch;
}

void warp_watch_free(WarpWatch *watch) {
  if (!watch)
    return;
  g_clear_handle_id(&watch->source, g_source_remove);
  if (watch->context) {
    XRecordDisableContext(watch->control, watch->context);
    XRecordFreeContext(watch->control, watch->context);
    XSync(watch->control, False);
  }
  if (watch->data_link)
    XCloseDisplay(watch->data_link);
  if (watch->control)
    XCloseDisplay(watch->control);
  g_free(watch);
}
