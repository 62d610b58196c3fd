/* A crowd of clients for tests/bench/waiting.bench.mjs: opens many connections, sends the same bytes on each,
 * and waits until each has received a certain text. One thread, epoll; of protocols it knows TLS, and how to
 * answer a WebSocket's ping.
 *
 *   crowd COUNT ADDRESS REQUEST-FILE TEXT [tls]
 *
 * ADDRESS is a port of 127.0.0.1 or the path of a Unix socket. It prints "open SECONDS" when all have sent
 * their bytes, and "told COUNT FIRST LAST MEDIAN" when the text has come on all: on the monotonic clock, in
 * seconds. When stdin ends it is over.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* So many are being opened at once: as a real crowd does, but without overflowing a listener. */
#define OPENING_AT_ONCE 128
#define KEPT_BYTES 512 /* of what was received last: the text may come in two parts */

typedef struct {
  int fd;
  SSL *tls;
  gsize sent;
  gboolean is_open;
  double told_at; /* 0: not yet */
  GString *received;
} Client;

static struct {
  guint count;
  struct sockaddr_storage address;
  socklen_t address_length;
  char *request;
  gsize request_length;
  const char *text;
  SSL_CTX *tls;
  SSL_SESSION *session; /* the first one's, so that the handshakes of the others cost less */
  int epoll;
  Client *clients;
  guint begun, open, told;
  double started_at;
} crowd;

static double now(void) {
  return (double)g_get_monotonic_time() / G_USEC_PER_SEC;
}

static void fail(const char *what) {
  fprintf(stderr, "crowd: %s: %s (open %u, told %u)\n", what, g_strerror(errno), crowd.open, crowd.told);
  exit(EXIT_FAILURE);
}

static void watch(Client *client, guint32 events, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  if (epoll_ctl(crowd.epoll, operation, client->fd, &event) < 0)
    fail("epoll_ctl");
}

static int keep_session(SSL *tls, SSL_SESSION *session) {
  if (crowd.session)
    return 0;
  crowd.session = session;
  return 1;
}

static void begin_next(void) {
  Client *client = &crowd.clients[crowd.begun++];
  client->fd = socket(crowd.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (client->fd < 0)
    fail("socket");
  /* A Unix socket whose queue is full says EAGAIN and is not asked again by epoll. */
  while (connect(client->fd, (struct sockaddr *)&crowd.address, crowd.address_length) < 0) {
    if (errno == EINPROGRESS)
      break;
    if (errno != EAGAIN)
      fail("connect");
    g_usleep(1000);
  }
  if (crowd.tls) {
    client->tls = SSL_new(crowd.tls);
    SSL_set_fd(client->tls, client->fd);
    if (crowd.session)
      SSL_set_session(client->tls, crowd.session);
    SSL_set_connect_state(client->tls);
  }
  client->received = g_string_new(NULL);
  watch(client, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
}

/* Bytes done, 0: not now. */
static gsize judge(Client *client, int n, const char *what) {
  if (n > 0)
    return (gsize)n;
  if (client->tls) {
    int reason = SSL_get_error(client->tls, n);
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE)
      return 0;
  } else if (n < 0 && (errno == EAGAIN || errno == ENOTCONN)) {
    return 0;
  }
  if (client->told_at == 0)
    fail(what);
  return 0;
}

static void send_rest(Client *client) {
  const char *rest = crowd.request + client->sent;
  gsize length = crowd.request_length - client->sent;
  int n = client->tls ? SSL_write(client->tls, rest, (int)length)
                      : (int)send(client->fd, rest, length, MSG_NOSIGNAL);
  client->sent += judge(client, n, "send");
  if (client->sent < crowd.request_length)
    return;
  client->is_open = TRUE;
  watch(client, EPOLLIN, EPOLL_CTL_MOD);
  if (++crowd.open == crowd.count) {
    printf("open %.3f\n", now() - crowd.started_at);
    fflush(stdout);
  }
  if (crowd.begun < crowd.count)
    begin_next();
}

static int compare(const void *a, const void *b) {
  double x = ((const Client *)a)->told_at, y = ((const Client *)b)->told_at;
  return x < y ? -1 : x > y;
}

static void note_told(Client *client) {
  client->told_at = now();
  epoll_ctl(crowd.epoll, EPOLL_CTL_DEL, client->fd, NULL);
  if (++crowd.told < crowd.count)
    return;
  qsort(crowd.clients, crowd.count, sizeof(Client), compare);
  printf("told %u %.6f %.6f %.6f\n", crowd.told, crowd.clients[0].told_at,
         crowd.clients[crowd.count - 1].told_at, crowd.clients[crowd.count / 2].told_at);
  fflush(stdout);
}

/* RFC 6455 section 5.5.3; the mask is zero. */
static void answer_ping(Client *client, const char *ping, gsize length) {
  guchar pong[6 + 125] = {0x8a};
  gsize payload = (guchar)ping[1];
  if (payload > 125 || length < 2 + payload)
    return;
  pong[1] = (guchar)(0x80 | payload);
  memcpy(pong + 6, ping + 2, payload);
  int n = client->tls ? SSL_write(client->tls, pong, (int)(6 + payload))
                      : (int)send(client->fd, pong, 6 + payload, MSG_NOSIGNAL);
  judge(client, n, "pong");
}

static void receive(Client *client) {
  char buffer[16384];
  for (;;) {
    int n = client->tls ? SSL_read(client->tls, buffer, sizeof buffer)
                        : (int)recv(client->fd, buffer, sizeof buffer, 0);
    gsize length = judge(client, n, "receive");
    if (!length)
      return;
    if (length >= 2 && (guchar)buffer[0] == 0x89)
      answer_ping(client, buffer, length);
    g_string_append_len(client->received, buffer, (gssize)length);
    if (memmem(client->received->str, client->received->len, crowd.text, strlen(crowd.text))) {
      note_told(client);
      return;
    }
    if (client->received->len > KEPT_BYTES)
      g_string_erase(client->received, 0, (gssize)client->received->len - KEPT_BYTES);
  }
}

static void set_address(const char *text) {
  if (*text == '/') {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, text, sizeof address.sun_path);
    memcpy(&crowd.address, &address, sizeof address);
    crowd.address_length = sizeof address;
  } else {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((guint16)atoi(text))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memcpy(&crowd.address, &address, sizeof address);
    crowd.address_length = sizeof address;
  }
}

static void run(void) {
  struct epoll_event events[256];
  struct epoll_event end = {.events = EPOLLIN};
  if (epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &end) < 0)
    fail("stdin");
  for (;;) {
    int n = epoll_wait(crowd.epoll, events, G_N_ELEMENTS(events), -1);
    for (int i = 0; i < n; i++) {
      Client *client = events[i].data.ptr;
      if (!client)
        return;
      if (!client->is_open)
        send_rest(client);
      else
        receive(client);
    }
  }
}

int main(int argc, char **argv) {
  struct rlimit limit;
  if (argc < 5) {
    fputs("crowd COUNT ADDRESS REQUEST-FILE TEXT [tls]\n", stderr);
    return EXIT_FAILURE;
  }
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  crowd.count = (guint)atoi(argv[1]);
  crowd.text = argv[4];
  set_address(argv[2]);
  if (!g_file_get_contents(argv[3], &crowd.request, &crowd.request_length, NULL))
    fail(argv[3]);
  if (argc > 5) {
    crowd.tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(crowd.tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(crowd.tls, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(crowd.tls, keep_session);
  }
  crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
  crowd.clients = g_new0(Client, crowd.count);
  crowd.started_at = now();
  while (crowd.begun < MIN(crowd.count, OPENING_AT_ONCE))
    begin_next();
  run();
  return EXIT_SUCCESS;
}
