#include "common/instant.h"
#include "common/log.h"
#include "common/program_clock.h"
#include "streamer/session/session_events.h"
#include "streamer/session/session_internal.h"

gboolean session_knock(Session *session, const char *id, const char *name, gint64 lapses_in_seconds,
                       GError **error) {
  g_autofree char *tidied = users_tidy_name(name ? name : "");
  gint64 lapses_us = program_clock_running_us() + lapses_in_seconds * INSTANT_SECOND;
  gboolean is_new;
  const Knocker *knocker = knockers_add(session_own_knockers(session), id, tidied, lapses_us, &is_new);
  if (!knocker) {
    wire_set_error(error, WIRE_TOO_MANY_ATTEMPTS, NULL, "Too many knock at this session already.");
    return FALSE;
  }
  if (!is_new)
    return TRUE;
  log_info("knock", "session=%s knock=%s", session_id(session), id);
  session_tell(session_events(session), WIRE_KNOCK,
               &(SessionEvent){.knock = knocker->id,
                               .name = *tidied ? tidied : NULL,
                               .lapses_in_seconds = lapses_in_seconds});
  session_note_change(session);
  return TRUE;
}

gboolean session_answer_knock(Session *session, const char *id, gboolean admit, GError **error) {
  gboolean is_news;
  const Knocker *knocker = knockers_answer(session_own_knockers(session), id, admit, &is_news);
  if (!knocker) {
    wire_set_error(error, WIRE_NOT_FOUND, "knock", "Nobody knocks by this name, or not any more.");
    return FALSE;
  }
  if (!is_news)
    return TRUE;
  log_info("knock_answered", "session=%s knock=%s answer=%s", session_id(session), id,
           knocker_answer_name(knocker));
  session_tell(session_events(session), WIRE_KNOCK_ENDED,
               &(SessionEvent){.knock = knocker->id, .reason = (char *)knocker_answer_name(knocker)});
  session_note_change(session);
  return TRUE;
}
