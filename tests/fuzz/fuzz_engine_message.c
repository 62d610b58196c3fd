/* Whatever a line holds, it is a message or an error; and what was read is written and read again alike. */
#include "streamer/shared/engine_message.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autofree char *line = g_strndup((const char *)data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(EngineMessage) message = engine_message_parse(line, size, &error);
  g_assert_true((message == NULL) == (error != NULL));
  if (!message)
    return 0;
  g_autofree char *written = engine_message_format(message);
  g_autoptr(EngineMessage) again = engine_message_parse(written, strlen(written), NULL);
  g_assert_nonnull(again);
  g_assert_cmpint(again->type, ==, message->type);
  g_assert_cmpint(again->viewer, ==, message->viewer);
  g_assert_cmpstr(again->sdp, ==, message->sdp);
  return 0;
}
