#include "fcgi/door/admission.h"

#include "common/log.h"
#include "fcgi/base/metering.h"
#include "fcgi/verbs/verbs.h"

#include <stdatomic.h>
#include <string.h>

/* A request costs a token, and one more for each of these. */
#define TOKEN_BYTES (8 * 1024)
/* Refusals are told to the log this seldom: whoever floods shall not flood that, too. */
#define WARN_INTERVAL_US (60 * G_TIME_SPAN_SECOND)

struct Admission {
  const Configuration *configuration;
  Answers *answers;
  Metering *metering;
  RateLimit *limit;
  atomic_llong warned_us; /* monotonic; 0: not yet */
};

Admission *admission_new(const Configuration *configuration, Answers *answers, Metering *metering) {
  Admission *admission = g_new0(Admission, 1);
  admission->configuration = configuration;
  admission->answers = answers;
  admission->metering = metering;
  admission->limit = rate_limit_new(configuration->rates, (guint)configuration->limits_neighbours);
  return admission;
}

void admission_free(Admission *admission) {
  if (!admission)
    return;
  rate_limit_free(admission->limit);
  g_free(admission);
}

static gboolean is_verb(const Request *request) {
  const char *resource = request_get_resource(request);
  return strcmp(request_get_method(request), "POST") == 0 &&
         (strcmp(resource, "api") == 0 || strcmp(resource, "ws") == 0);
}

/* The ready answer (transfer full), or NULL. */
static Body *find_ready(Admission *admission, Request *request, WireMessage *message) {
  gsize length;
  const char *text = request_get_text(request, &length);
  AnswerKind kind;
  if (!text || strlen(text) != length)
    return NULL;
  Body *body = answers_find(admission->answers, text, &kind);
  if (!body)
    return NULL;
  request_set_call(request, kind.verb, NULL, NULL);
  *message = kind.message;
  return body;
}

static RateClass class_of(const Request *request) {
  const Verb *verb = request_get_verb(request);
  if (verb && !request_get_error(request))
    return verb->class;
  return strcmp(request_get_method(request), "GET") == 0 ? RATE_READ : RATE_BAD;
}

static void warn_of_limit(Admission *admission, const Request *request, RateClass class) {
  long long last_us = atomic_load(&admission->warned_us), now_us = g_get_monotonic_time();
  if (last_us && now_us - last_us < WARN_INTERVAL_US)
    return;
  if (!atomic_compare_exchange_strong(&admission->warned_us, &last_us, now_us))
    return;
  g_autofree char *address = log_quote(request_get_address(request));
  log_warning("client_limited",
              "request=%s client=%s class=%s note=\"it asks too often; more of the kind is not told for a "
              "minute. If this is a proxy, it belongs into trusted_proxies\"",
              request_get_id(request), address, rate_class_word(class));
}

/* Seconds that the client has to wait; 0: none. */
static guint take_tokens(Admission *admission, const Request *request, RateClass class) {
  ClientPrefix client = client_address_read(request_get_address(request));
  gsize length;
  request_get_text(request, &length);
  if (client_networks_have(admission->configuration->exempt_networks, &client))
    return 0;
  return rate_limit_take(admission->limit, class, &client, 1 + (guint)(length / TOKEN_BYTES),
                         g_get_monotonic_time());
}

static Reply refuse_limited(Admission *admission, Request *request, RateClass class, guint seconds) {
  g_autoptr(GError) error = NULL;
  warn_of_limit(admission, request, class);
  metering_limited(admission->metering, class);
  wire_set_error(&error, WIRE_TOO_MANY_ATTEMPTS, NULL, "There are too many requests from your address.");
  return request_make_refusal(request, error, seconds, NULL);
}

static Reply give_ready(Admission *admission, WireMessage message, Body *ready) {
  metering_ready(admission->metering);
  return (Reply){.status = wire_status(message), .message = message, .body = ready};
}

gboolean admission_answer(Admission *admission, Request *request, Reply *reply) {
  g_autoptr(Body) ready = NULL;
  WireMessage message = WIRE_N_MESSAGES; /* of `ready` */
  if (is_verb(request)) {
    ready = find_ready(admission, request, &message);
    verbs_read(request);
  }
  RateClass class = class_of(request);
  guint seconds = take_tokens(admission, request, class);
  if (seconds)
    *reply = refuse_limited(admission, request, class, seconds);
  else if (ready)
    *reply = give_ready(admission, message, g_steal_pointer(&ready));
  else
    return FALSE;
  request_note(request, reply, admission->metering);
  return TRUE;
}
