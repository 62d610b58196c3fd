#include "fcgi/session/code_door.h"

#include "fcgi/session/planning.h"

static void refuse_guess(Request *request, guint retry_after_seconds) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_TOO_MANY_ATTEMPTS, NULL, "There were too many wrong codes; try again later.");
  request_refuse_until(request, error, retry_after_seconds, NULL);
}

const Reservation *code_door_try(Request *request, const char *code, const char *key) {
  const Reservation *reservation;
  guint retry_after_seconds = 0;
  switch (planning_try_code(request_get_core(request)->planning, request_get_address(request), code, key,
                            &reservation, &retry_after_seconds)) {
  case PLANNING_RIGHT:
    return reservation;
  case PLANNING_WRONG:
    request_refuse_with(request, WIRE_SESSION_NOT_EXIST, NULL, "There is no session with this code.");
    return NULL;
  case PLANNING_REFUSED:
    refuse_guess(request, retry_after_seconds);
    return NULL;
  }
  g_return_val_if_reached(NULL);
}

void code_door_told(const Request *request, const char *session) {
  planning_code_told(request_get_core(request)->planning, request_get_address(request), session);
}
