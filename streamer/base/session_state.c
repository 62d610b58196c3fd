#include "streamer/base/session_state.h"

const char *session_state_name(SessionState state) {
  static const char *const names[SESSION_N_STATES] = {"starting", "ready", "ending"};
  return names[state];
}
