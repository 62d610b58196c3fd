#include "fcgi/verbs/verbs_report.h"

#include "common/log.h"
#include "common/log_limit.h"
#include "fcgi/base/metering.h"
#include "fcgi/core/core.h"
#include "fcgi/rules/reports.h"
#include "fcgi/verbs/lookup.h"

/* Who may send how much is bounded (RATE_REPORT); of many who send, so many have a line. */
#define LINES_A_MINUTE 60

const Field verbs_send_report_fields[] = {
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(SendReport, reason), .required = TRUE, .max = 32,
     .check = reports_is_reason, .rule = "must be one of the words of vitrina-protocol(7)"},
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(SendReport, ticket), .max = TICKET_MAX_BYTES},
    {"browser", FIELD_TEXT, G_STRUCT_OFFSET(SendReport, browser), .max = 16, .check = reports_is_browser,
     .rule = "must be chrome, edge, firefox, safari or other"},
    {NULL},
};

/* Neither who it is nor where they are. @ticket NULL: before there was a session. */
static void take_report(Request *request, const SendReport *report, const Ticket *ticket) {
  static LogLimit limit = LOG_LIMIT("picture_missing", LINES_A_MINUTE);
  g_autofree char *server = log_quote(ticket ? ticket->audience : "-");
  metering_report(request_get_core(request)->metering, reports_find(report->reason));
  log_limited(&limit, LOG_LEVEL_NOTICE, "request=%s session=%s server=%s reason=%s browser=%s",
              request_get_id(request), ticket && ticket->session ? ticket->session : "-", server,
              report->reason, report->browser ? report->browser : "-");
  request_answer(request, WIRE_REPORT_SENT, NULL);
}

void verbs_send_report(gpointer data, gpointer arguments) {
  Request *request = data;
  const SendReport *report = arguments;
  if (!report->ticket && !reports_is_before_start(reports_find(report->reason))) {
    request_refuse_with(request, WIRE_NOT_AUTHORIZED, "ticket",
                        "This is said of a session, with its ticket.");
    return;
  }
  g_autoptr(Ticket) ticket = report->ticket ? lookup_person(request, report->ticket, FALSE) : NULL;
  if (ticket || !report->ticket)
    take_report(request, report, ticket);
}
