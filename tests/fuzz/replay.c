/* Runs a fuzz target on files instead of on what libFuzzer thinks up: each argument is a file or a directory
 * of them. TAP output, one test a directory or file, so that make check replays every corpus.
 */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint replay_file(const char *path) {
  g_autofree char *bytes = NULL;
  gsize length;
  if (!g_file_get_contents(path, &bytes, &length, NULL))
    return 0;
  /* An exact copy, so that a sanitizer sees the first byte too many. */
  g_autofree uint8_t *exact = g_memdup2(bytes, length);
  LLVMFuzzerTestOneInput(exact, length);
  return 1;
}

static guint replay(const char *path) {
  g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
  if (!directory)
    return replay_file(path);
  guint files = 0;
  for (const char *name; (name = g_dir_read_name(directory));) {
    g_autofree char *inner = g_build_filename(path, name, NULL);
    files += replay_file(inner);
  }
  return files;
}

/* Without arguments of its own (the tests' runner passes "--tap"), the corpus that goes with the program's
 * name. */
static char *own_corpus(const char *program) {
  g_autofree char *name = g_path_get_basename(program);
  const char *source = g_getenv("VITRINA_SOURCE");
  const char *target = g_str_has_prefix(name, "fuzz_") ? name + strlen("fuzz_") : name;
  return g_build_filename(source ? source : ".", "tests", "fuzz", "corpus", target, NULL);
}

int main(int argc, char **argv) {
  g_autofree char *corpus = own_corpus(argv[0]);
  gboolean has_paths = argc > 1 && strcmp(argv[1], "--tap") != 0;
  char *defaults[] = {argv[0], corpus};
  char **paths = has_paths ? argv : defaults;
  int count = has_paths ? argc : (int)G_N_ELEMENTS(defaults);
  printf("1..%d\n", count - 1);
  for (int i = 1; i < count; i++) {
    guint files = replay(paths[i]);
    printf("%s %d - %u inputs of %s\n", files > 0 ? "ok" : "not ok", i, files, paths[i]);
  }
  return 0;
}
