/* An application that means harm, for the system tests: hostile DIRECTORY SESSION. In a session whose name
 * begins with "quiet" it only shows the picture of `window`, which lies beside it in DIRECTORY; in others it
 * does that, too, and what the file DIRECTORY/orders-SESSION tells it, a line each, as the test appends them:
 *
 *   NUMBER WHAT [WORD ...]
 *
 * What it can do is the table `attempts` below. It ignores TERM, and answers each order on standard output:
 * "hostile NUMBER open", it got through, or "hostile NUMBER shut", and what it has seen, if that is a number.
 */
#include <X11/Xlib.h>
#include <X11/extensions/XTest.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define WORDS_MAX 6
#define LOOK_US 20000

static const char *own_program;
static long seen; /* what an attempt has counted; -1: nothing */

/* ---- looking ---- */

static int can_read(const char *path) {
  char byte;
  int fd = open(path, O_RDONLY);
  int got = fd >= 0 && read(fd, &byte, 1) == 1;
  if (fd >= 0)
    close(fd);
  return got;
}

static int read_file(char **words) {
  return can_read(words[0]);
}

static int can_list(const char *path) {
  DIR *directory = opendir(path);
  if (!directory)
    return 0;
  int entries = 0;
  while (readdir(directory))
    entries++;
  closedir(directory);
  return entries > 2;
}

static int list_directory(char **words) {
  return can_list(words[0]);
}

/* Whether the process of this number, here, is called so. */
static int is_called(const char *pid, const char *name) {
  char path[64], found[64] = "";
  snprintf(path, sizeof path, "/proc/%s/comm", pid);
  FILE *file = fopen(path, "r");
  if (!file)
    return 0;
  int got = fscanf(file, "%63s", found) == 1 && strcmp(found, name) == 0;
  fclose(file);
  return got;
}

/* Any process of this name. */
static int find_process(char **words) {
  DIR *proc = opendir("/proc");
  int found = 0;
  for (const struct dirent *entry; proc && (entry = readdir(proc));)
    found |= is_called(entry->d_name, words[0]);
  if (proc)
    closedir(proc);
  return found;
}

/* What /proc tells of a process: its environment, memory, files, its view of the disk. */
static int spy_on(char **words) {
  static const char *const files[] = {"environ", "mem", "maps", "auxv"};
  static const char *const directories[] = {"fd", "root", "cwd"};
  char path[64];
  int got = 0;
  if (!is_called(words[0], words[1]))
    return 0;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(path, sizeof path, "/proc/%s/%s", words[0], files[i]);
    got |= can_read(path);
  }
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
    snprintf(path, sizeof path, "/proc/%s/%s", words[0], directories[i]);
    got |= can_list(path);
  }
  return got;
}

/* ---- at other processes ---- */

static int signal_process(char **words) {
  return kill((pid_t)atol(words[0]), 0) == 0 && is_called(words[0], words[1]);
}

static int trace_process(char **words) {
  pid_t pid = (pid_t)atol(words[0]);
  if (!is_called(words[0], words[1]) || ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0)
    return 0;
  ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
  waitpid(pid, NULL, __WALL);
  ptrace(PTRACE_DETACH, pid, NULL, NULL);
  return 1;
}

/* A Unix socket by its path, "@" before an abstract one. */
static int connect_socket(char **words) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(words[0]);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  memcpy(address.sun_path, words[0], length < sizeof address.sun_path ? length : sizeof address.sun_path - 1);
  if (address.sun_path[0] == '@')
    address.sun_path[0] = '\0';
  int got = connect(fd, (struct sockaddr *)&address,
                    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0;
  close(fd);
  return got;
}

/* Types into another session's window: its display and cookie. */
static int type_into(char **words) {
  const char *ours = getenv("XAUTHORITY");
  char kept[4096];
  snprintf(kept, sizeof kept, "%s", ours ? ours : "");
  setenv("XAUTHORITY", words[1], 1);
  Display *other = XOpenDisplay(words[0]);
  setenv("XAUTHORITY", kept, 1);
  if (!other)
    return 0;
  XTestFakeKeyEvent(other, 38, True, 0);
  XTestFakeKeyEvent(other, 38, False, 0);
  XCloseDisplay(other);
  return 1;
}

/* PORT METHOD PATH: at this machine's loopback, without a token. */
static int ask_loopback(char **words) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atol(words[0]))};
  char text[256];
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    return 0;
  }
  int length =
      snprintf(text, sizeof text,
               "%s /%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
               "Connection: close\r\n\r\n{}",
               words[1], words[2]);
  (void)!write(fd, text, (size_t)length);
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  text[got > 0 ? got : 0] = '\0';
  return sscanf(text, "HTTP/1.1 %ld", &seen) == 1 && seen < 400;
}

/* ---- taking too much ---- */

/* COUNT children that have nothing of ours any more: no group, no environment, no wish to end. */
static int fork_many(char **words) {
  char *const arguments[] = {"hostile-stays", "stay", NULL}, *const environment[] = {NULL};
  long most = atol(words[0]);
  for (seen = 0; seen < most; seen++) {
    pid_t pid = fork();
    if (pid < 0)
      return 0;
    if (pid == 0) {
      setsid();
      execve(own_program, arguments, environment);
      _exit(1);
    }
  }
  return 1;
}

/* MEBIBYTES of memory, as fast as it goes. */
static int take_memory(char **words) {
  long most = atol(words[0]);
  for (seen = 0; seen < most; seen++) {
    void *memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return 0;
    memset(memory, 0x5a, MIB);
  }
  return 1;
}

/* DIRECTORY (or the name of a variable with it) NAME MEBIBYTES. */
static int fill_disk(char **words) {
  static char block[MIB];
  char path[4096];
  const char *directory = words[0][0] == '/' ? words[0] : getenv(words[0]);
  long most = atol(words[2]);
  seen = 0;
  snprintf(path, sizeof path, "%s/%s", directory ? directory : "/nonexistent", words[1]);
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  if (fd < 0)
    return 0;
  while (seen < most && write(fd, block, MIB) == MIB)
    seen++;
  close(fd);
  return seen == most;
}

/* What the kernel keeps when its maker has gone: KEY. */
static int leave_segment(char **words) {
  int segment = shmget((key_t)strtol(words[0], NULL, 16), MIB, IPC_CREAT | 0600);
  return segment >= 0;
}

static int flood_output(char **words) {
  time_t end = time(NULL) + atol(words[0]);
  while (time(NULL) < end)
    for (int i = 0; i < 1000; i++)
      puts("the quick brown fox jumps over the lazy dog, again and again and again");
  fflush(stdout);
  sleep(2); /* the answer shall not be left out with the rest */
  return 1;
}

/* ---- at its own display ---- */

static int ignore_error(Display *display, XErrorEvent *event) {
  return 0;
}

static Display *open_own(void) {
  Display *display = XOpenDisplay(NULL);
  XSetErrorHandler(ignore_error);
  return display;
}

static int open_windows(char **words) {
  Display *display = open_own();
  for (seen = 0; display && seen < atol(words[0]); seen++)
    XMapWindow(display, XCreateSimpleWindow(display, DefaultRootWindow(display), (int)seen, 0, 20, 20, 0, 0,
                                            0xffffff));
  return display && XSync(display, False);
}

/* WIDTH HEIGHT: whether the screen has another size then. */
static int change_mode(char **words) {
  Display *display = open_own();
  void *library = dlopen("libXrandr.so.2", RTLD_NOW);
  void (*set_size)(Display *, Window, int, int, int, int) = NULL;
  if (!display || !library)
    return 0;
  *(void **)&set_size = dlsym(library, "XRRSetScreenSize");
  Window root = DefaultRootWindow(display);
  set_size(display, root, atoi(words[0]), atoi(words[1]), 100, 100);
  XSync(display, False);
  XWindowAttributes now;
  XGetWindowAttributes(display, root, &now);
  XCloseDisplay(display);
  return now.width == atoi(words[0]);
}

/* From now on: keyboard and pointer, and the whole server for as long as it lets one. */
static int grab_input(char **words) {
  Display *display = open_own();
  if (!display)
    return 0;
  Window root = DefaultRootWindow(display);
  int got = XGrabKeyboard(display, root, True, GrabModeAsync, GrabModeAsync, CurrentTime) == GrabSuccess;
  XGrabPointer(display, root, True, 0, GrabModeAsync, GrabModeAsync, None, None, CurrentTime);
  XSync(display, False);
  return got;
}

/* ---- orders ---- */

static const struct {
  const char *what;
  int words;
  int (*attempt)(char **words);
} attempts[] = {
    {"read", 1, read_file},         {"list", 1, list_directory},
    {"find", 1, find_process},      {"spy", 2, spy_on},
    {"signal", 2, signal_process},  {"trace", 2, trace_process},
    {"connect", 1, connect_socket}, {"type", 2, type_into},
    {"ask", 3, ask_loopback},       {"fork", 1, fork_many},
    {"memory", 1, take_memory},     {"disk", 3, fill_disk},
    {"segment", 1, leave_segment},  {"flood", 1, flood_output},
    {"windows", 1, open_windows},   {"mode", 2, change_mode},
    {"grab", 0, grab_input},
};

static void obey(char *line) {
  char *words[WORDS_MAX] = {NULL};
  int count = 0;
  for (char *word = strtok(line, " \n"); word && count < WORDS_MAX; word = strtok(NULL, " \n"))
    words[count++] = word;
  for (size_t i = 0; count >= 2 && i < sizeof attempts / sizeof *attempts; i++) {
    if (strcmp(attempts[i].what, words[1]) != 0 || count - 2 != attempts[i].words)
      continue;
    seen = -1;
    const char *outcome = attempts[i].attempt(words + 2) ? "open" : "shut";
    if (seen < 0)
      printf("hostile %s %s\n", words[0], outcome);
    else
      printf("hostile %s %s %ld\n", words[0], outcome, seen);
    fflush(stdout);
    return;
  }
  printf("hostile %s unknown\n", words[0]);
  fflush(stdout);
}

/* Orders come as long as it lives; a line that is half there is read when it is whole. */
static void follow_orders(const char *path) {
  char line[4096];
  long at = 0;
  for (;; usleep(LOOK_US)) {
    FILE *orders = fopen(path, "r");
    if (!orders)
      continue;
    fseek(orders, at, SEEK_SET);
    while (fgets(line, sizeof line, orders) && strchr(line, '\n')) {
      at = ftell(orders);
      obey(line);
    }
    fclose(orders);
  }
}

int main(int argc, char **argv) {
  char path[4096], program[4096];
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  if (argc == 2 && strcmp(argv[1], "stay") == 0)
    for (;;)
      pause();
  if (argc != 3)
    return 64;
  snprintf(program, sizeof program, "%s/window", argv[1]);
  if (strncmp(argv[2], "quiet", 5) == 0 || fork() == 0) {
    execl(program, "window", NULL);
    _exit(1);
  }
  own_program = argv[0];
  snprintf(path, sizeof path, "%s/orders-%s", argv[1], argv[2]);
  follow_orders(path);
}
