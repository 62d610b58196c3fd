/* WebSockets of the coordinator: pieces of messages, answers, events and closings in any order, against the
 * door's own code with libwebsockets left out: its functions are made here. Each message is answered once, by
 * one JSON object with "msg", unless its socket has closed; and whatever happened, nothing is left behind.
 *
 * An input is a list of steps of one byte, some with more behind them: see step().
 */
#include "common/fields.h"
#include "common/log.h"
#include "common/wire.h"
#include "fcgi/door/websocket.h"
#include "fcgi/door/websocket_calls.h"
#include "fcgi/events/events.h"
#include "fcgi/fleet/fleet.h"
#include "tests/unit/fcgi/core_fixture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LIST                                                                                                 \
  "[{\"server_name\":\"a\",\"ip\":\"127.0.0.1\",\"port\":1,\"rc_info\":{\"rc_name\":\"R\"}},"                \
  "{\"server_name\":\"b\",\"ip\":\"127.0.0.1\",\"port\":2,\"rc_info\":{\"rc_name\":\"S\"}}]"
#define EVENT "{\"msg\":\"SERVERS_CHANGED\",\"rcs\":[],\"cursor\":\"0-1\"}"

typedef struct {
  const uint8_t *at;
  gsize left;
} Input;

static CoreFixture fixture;
static Websockets sockets;
static Websocket connection;
static guint asked, answered, pushed;
static gboolean wants_to_write, is_lost;
static gint64 passed_us; /* so much later it is than the clock says */

/* What is told of the piece that is being read. */
static gboolean is_binary, is_last;

/* ---- in place of libwebsockets ---- */

int lws_frame_is_binary(struct lws *wsi) {
  return is_binary;
}

size_t lws_remaining_packet_payload(struct lws *wsi) {
  return 0;
}

int lws_is_final_fragment(struct lws *wsi) {
  return is_last;
}

int lws_callback_on_writable(struct lws *wsi) {
  wants_to_write = TRUE;
  return 0;
}

void lws_set_timeout(struct lws *wsi, enum pending_timeout reason, int seconds) {
  is_lost = TRUE;
}

void lws_close_reason(struct lws *wsi, enum lws_close_status status, unsigned char *text, size_t length) {
}

int lws_write(struct lws *wsi, unsigned char *bytes, size_t length, enum lws_write_protocol protocol) {
  if (protocol == LWS_WRITE_PING)
    return (int)length;
  g_autoptr(FieldsDoc) doc = fields_parse((const char *)bytes, length, NULL);
  if (!doc || fields_kind_at(doc, "msg") != 's')
    g_error("no answer: %.*s", (int)length, bytes);
  if (length == strlen(EVENT) && memcmp(bytes, EVENT, length) == 0)
    pushed--;
  else
    answered++;
  return (int)length;
}

/* ---- the door ---- */

static void close_all(void) {
  audiences_free(sockets.audiences);
  mailbox_free(sockets.mailbox);
  core_fixture_close(&fixture);
}

static void prepare(void) {
  Core *core = &fixture.core;
  if (core->fleet)
    return;
  log_set_level(LOG_LEVEL_ERROR);
  core_fixture_open(&fixture, "\"max_waiting\":20,\"limits\":{\"exempt\":[\"0.0.0.0/0\"]}");
  atexit(close_all);
  fleet_set_servers(core->fleet, servers_parse("list", LIST, strlen(LIST), NULL));
  /* Starts would need servers; they are refused before. */
  core->stopping = TRUE;
  sockets.core = core;
  sockets.mailbox = mailbox_new(NULL, NULL);
  sockets.audiences = audiences_new();
}

static void open_socket(void) {
  asked = answered = pushed = 0;
  wants_to_write = is_lost = FALSE;
  passed_us = 0;
  websocket_open(&connection, &sockets, NULL, g_strdup("192.0.2.1"));
}

/* Nobody follows what it followed. */
static void close_socket(void) {
  g_autoptr(GPtrArray) followed = connection.followed ? g_ptr_array_ref(connection.followed) : NULL;
  websocket_on_closed(&connection);
  for (guint i = 0; followed && i < followed->len; i++)
    g_assert_null(audiences_find(sockets.audiences, followed->pdata[i]));
}

static void write_some(guint most) {
  while (wants_to_write && most-- > 0) {
    wants_to_write = FALSE;
    if (websocket_on_writable(&connection) < 0)
      is_lost = TRUE;
  }
}

static uint8_t take_byte(Input *input) {
  input->left--;
  return *input->at++;
}

static void read_piece(Input *input, uint8_t head) {
  gsize length = input->left ? take_byte(input) : 0;
  if (head & 0x20)
    length *= 1024; /* so that small inputs reach the limit: what is not there is filled up */
  gsize given = MIN(length, input->left);
  g_autofree char *bytes = g_malloc0(length + 1);
  memset(bytes, ' ', length);
  memcpy(bytes, input->at, given);
  input->at += given;
  input->left -= given;
  is_last = (head & 0x40) != 0;
  is_binary = (head & 0x18) == 0x18;
  gsize whole = connection.message.length + length;
  asked += is_last && !is_binary && !connection.close_code && whole <= WIRE_MAX_BODY;
  if (websocket_on_bytes(&connection, bytes, length) < 0)
    is_lost = TRUE;
}

/* Silence, and sometimes a sign of life after it. */
static void pass_time(uint8_t head) {
  passed_us += (head >> 6) * 5 * G_USEC_PER_SEC;
  websocket_look_after_silent(&sockets, g_get_monotonic_time() + passed_us);
  if (head & 0x20)
    websocket_on_pong(&connection);
}

/* Bits 0-2 say what is done; of a piece, bits 3 and 4 that it is binary, 5 that it is long, 6 that it is the
 * last. */
static void step(Input *input) {
  uint8_t head = take_byte(input);
  switch (head & 7) {
  case 4:
    mailbox_deliver(sockets.core->mailbox, sockets.core);
    break;
  case 5:
    mailbox_deliver(sockets.mailbox, &sockets);
    write_some(head >> 3);
    break;
  case 6:
    pushed += !connection.close_code;
    websocket_push(&sockets, EVENT, NULL);
    mailbox_deliver(sockets.mailbox, &sockets);
    break;
  case 7:
    if (head & 0x10)
      pass_time(head);
    else if (head & 8)
      websocket_close(&connection, LWS_CLOSE_STATUS_GOINGAWAY);
    else
      is_lost = TRUE;
    break;
  default:
    read_piece(input, head);
  }
}

/* Until every request is answered; a booking waits for the disk. */
static void finish(void) {
  Core *core = sockets.core;
  for (;;) {
    mailbox_deliver(core->mailbox, core);
    events_answer_all(core->events);
    mailbox_deliver(sockets.mailbox, &sockets);
    if (!sockets.calls.head)
      break;
    g_main_context_iteration(NULL, FALSE);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Input input = {data, size};
  prepare();
  open_socket();
  while (input.left > 0) {
    step(&input);
    if (is_lost) {
      close_socket();
      open_socket();
    }
  }
  finish();
  if (!connection.close_code) {
    write_some(G_MAXUINT);
    g_assert_cmpuint(answered, ==, asked);
    g_assert_cmpuint(pushed, ==, 0);
  }
  close_socket();
  finish();
  g_assert_cmpuint(sockets.calls.length, ==, 0);
  g_assert_cmpuint(websocket_count(&sockets), ==, 0);
  g_assert_cmpuint(sockets.arriving, ==, 0);
  g_assert_cmpuint(sockets.unsent, ==, 0);
  return 0;
}
