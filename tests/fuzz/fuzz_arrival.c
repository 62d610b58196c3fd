/* FastCGI records as a web server sends them: the first byte says in what pieces they come. What is whole,
 * libfcgi must be able to read, with the same parameters, and without aborting.
 */
#include "config.h"

#include "fcgi/door/arrival.h"

#include <fcgiapp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void read_by_libfcgi(const guint8 *records, gsize length) {
  static gboolean prepared;
  FCGX_Request request;
  char buffer[4096];
  if (!prepared)
    FCGX_Init();
  prepared = TRUE;
  FCGX_InitRequest(&request, -1, FCGI_FAIL_ACCEPT_ON_INTR);
  request.ipcFd = memfd_create("request", MFD_CLOEXEC);
  if (write(request.ipcFd, records, length) != (gssize)length || lseek(request.ipcFd, 0, SEEK_SET) != 0)
    g_error("no file");
  request.keepConnection = 1;
  g_assert_cmpint(FCGX_Accept_r(&request), ==, 0);
  for (char **pair = request.envp; *pair; pair++)
    g_assert_nonnull(strchr(*pair, '='));
  while (FCGX_GetStr(buffer, sizeof buffer, request.in) > 0)
    ;
  g_assert_cmpint(FCGX_GetError(request.in), ==, 0);
  FCGX_Free(&request, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  gsize piece = data[0] ? data[0] : size;
  const guint8 *bytes = data + 1;
  gsize length = size - 1;
  g_autoptr(Arrival) arrival = arrival_new(), other = arrival_new();
  ArrivalState state = ARRIVAL_MORE, at_once = arrival_feed(other, bytes, length);
  for (gsize at = 0; at < length && state != ARRIVAL_BROKEN; at += piece)
    state = arrival_feed(arrival, bytes + at, MIN(piece, length - at));
  g_assert_cmpint(state, ==, at_once);
  if (arrival_look(bytes, length) == ARRIVAL_WHOLE) {
    g_assert_cmpint(state, ==, ARRIVAL_WHOLE);
    read_by_libfcgi(bytes, length);
  }
  if (state == ARRIVAL_WHOLE) {
    g_autoptr(GByteArray) records = arrival_get_records(arrival);
    read_by_libfcgi(records->data, records->len);
  }
  return 0;
}
