/* What AddressSanitizer must know about the libraries under this program; part of such builds alone. Whoever
 * starts the program need not know it then. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif

#ifdef HAS_ASAN
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

/* Libraries without frame pointers: the quick unwinder stops in the first of them. The other one takes most
 * of a start's time, by the frame; fewer than these do not reach what is suppressed below. */
__attribute__((visibility("default"))) const char *__asan_default_options(void) {
  return "fast_unwind_on_malloc=0:malloc_context_size=10";
}

/* GLib leaves its first table of quarks, made by a constructor, to those who may still read it when it grows.
 */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
  return "leak:_dl_init\n";
}
#else
typedef int without_sanitizers;
#endif
