#include "fcgi/door/listener.h"

#include "common/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* Where a FastCGI program finds its listening socket (the FastCGI specification, section 2.2). */
#define FCGI_LISTENSOCK_FILENO 0
/* All visitors may come back at once after a restart; a Unix socket refuses what does not fit. */
#define BACKLOG 4096

struct Listener {
  int fd;
  gboolean is_unix;
  gboolean is_passed;
  char *made; /* the path of a socket that is ours to remove (nullable) */
  char *name;
};

/* What FileDescriptorName= of a socket unit calls those for the WebSocket door; all others are the FastCGI
 * door's. */
#define WEBSOCKET_NAME "websocket"

/* How many sockets systemd passes for the one door or the other; @first (nullable): the first of them. */
static guint count_passed(gboolean for_websockets, int *first) {
  g_auto(GStrv) names = NULL;
  int count = sd_listen_fds_with_names(0, &names);
  guint found = 0;
  for (int i = 0; i < count; i++)
    if ((strcmp(names[i], WEBSOCKET_NAME) == 0) == for_websockets && found++ == 0 && first)
      *first = SD_LISTEN_FDS_START + i;
  return found;
}

static gboolean is_passed_by_systemd(void) {
  return count_passed(FALSE, NULL) >= 1;
}

static gboolean is_passed_by_starter(void) {
  int listens = 0;
  socklen_t length = sizeof listens;
  return getsockopt(FCGI_LISTENSOCK_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens;
}

static gboolean is_passed(void) {
  return is_passed_by_systemd() || is_passed_by_starter();
}

static void set_failed(GError **error, const char *what, const char *name) {
  int code = errno;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE, "%s: %s: %s", name, what, g_strerror(code));
}

/* Whether somebody accepts connections there. */
static gboolean is_in_use(const struct sockaddr_un *address) {
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  gboolean answered = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0;
  close(probe);
  return answered;
}

static int open_unix(const char *path, GError **error) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct stat info;
  if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    set_failed(error, "socket", path);
    return -1;
  }
  if (lstat(path, &info) == 0 && S_ISSOCK(info.st_mode)) {
    if (is_in_use(&address)) {
      errno = EADDRINUSE;
      set_failed(error, "socket", path);
      return -1;
    }
    unlink(path);
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  /* The mode must be right from the first moment, not after a chmod. */
  mode_t mask = umask(0117);
  int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  if (bound < 0 || listen(fd, BACKLOG) < 0) {
    set_failed(error, "socket", path);
    close(fd);
    return -1;
  }
  return fd;
}

static int open_tcp(const char *ip, int port, const char *name, GError **error) {
  g_autofree char *service = g_strdup_printf("%d", port);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST},
                  *found = NULL;
  int code = getaddrinfo(ip, service, &hints, &found);
  if (code != 0) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: ip: %s", name, gai_strerror(code));
    return -1;
  }
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
    set_failed(error, "listen", name);
    close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  return fd;
}

static gboolean is_unix_socket(int fd) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  return getsockname(fd, (struct sockaddr *)&address, &length) == 0 && address.ss_family == AF_UNIX;
}

/* The socket, at a number where nobody else looks for it; its own is nothing from now on. */
static int take_from_starter(void) {
  int fd = fcntl(FCGI_LISTENSOCK_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) {
    dup2(null, FCGI_LISTENSOCK_FILENO);
    close(null);
  }
  return fd;
}

static Listener *take_passed(int fd, const char *name) {
  Listener *listener = g_new0(Listener, 1);
  listener->fd = fd;
  listener->is_passed = TRUE;
  listener->is_unix = is_unix_socket(fd);
  listener->name = g_strdup(name);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return listener;
}

/* Somebody who came to the second would wait for ever. */
static gboolean check_passed(GError **error) {
  for (int i = 0; i < 2; i++)
    if (count_passed(i == 1, NULL) > 1) {
      g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                  "socket: systemd passes more than one for the same door (FileDescriptorName=)");
      return FALSE;
    }
  return TRUE;
}

gboolean listener_check(const Configuration *configuration, GError **error) {
  if (!check_passed(error))
    return FALSE;
  if (configuration->socket || configuration->port || is_passed())
    return TRUE;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
              "socket: missing; either socket or ip and port must say where to listen");
  return FALSE;
}

static Listener *open_at(const char *path, const char *ip, gint64 port, GError **error) {
  g_autofree char *name = path ? g_strdup(path) : g_strdup_printf("%s:%d", ip, (int)port);
  int fd = path ? open_unix(name, error) : open_tcp(ip, (int)port, name, error);
  if (fd < 0)
    return NULL;
  Listener *listener = g_new0(Listener, 1);
  listener->fd = fd;
  listener->is_unix = path != NULL;
  listener->made = g_strdup(path);
  listener->name = g_steal_pointer(&name);
  return listener;
}

Listener *listener_open(const Configuration *configuration, GError **error) {
  int fd = -1;
  if (!listener_check(configuration, error))
    return NULL;
  if (count_passed(FALSE, &fd) > 0)
    return take_passed(fd, "systemd");
  if (is_passed_by_starter())
    return take_passed(take_from_starter(), "stdin");
  return open_at(configuration->socket, configuration->ip, configuration->port, error);
}

gboolean listener_has_websockets(const Configuration *configuration) {
  return configuration->websocket_socket || configuration->websocket_port || count_passed(TRUE, NULL) > 0;
}

Listener *listener_open_websockets(const Configuration *configuration, GError **error) {
  int fd = -1;
  if (count_passed(TRUE, &fd) > 0)
    return take_passed(fd, "systemd");
  return open_at(configuration->websocket_socket, configuration->websocket_ip, configuration->websocket_port,
                 error);
}

int listener_get_fd(const Listener *listener) {
  return listener->fd;
}

gboolean listener_is_unix(const Listener *listener) {
  return listener->is_unix;
}

const char *listener_get_name(const Listener *listener) {
  return listener->name;
}

static void remove_made(Listener *listener) {
  if (listener->made)
    unlink(listener->made);
  g_clear_pointer(&listener->made, g_free);
}

/* The kernel drops what would begin a connection (RFC 9293, SYN), and finishes those that are half begun. */
static void drop_new(int fd) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13), /* the TCP header's flags */
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_SYN, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, G_MAXUINT32),
  };
  const struct sock_fprog program = {.len = G_N_ELEMENTS(code), .filter = code};
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

gboolean listener_is_passed(const Listener *listener) {
  return listener->is_passed;
}

void listener_stop_new(Listener *listener) {
  remove_made(listener);
  if (!listener->is_passed && !listener->is_unix)
    drop_new(listener->fd);
}

void listener_refuse(Listener *listener) {
  if (!listener->is_passed)
    shutdown(listener->fd, SHUT_RDWR);
}

void listener_close(Listener *listener) {
  if (!listener)
    return;
  remove_made(listener);
  close(listener->fd);
  g_free(listener->name);
  g_free(listener);
}
