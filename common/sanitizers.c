/* What AddressSanitizer must know about the libraries under a program; part of such builds alone. Whoever
 * starts the program need not know it then. A program names its libraries to the compiler: UNDER_GSTREAMER,
 * UNDER_OPENGL. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif

#define EXPORTED __attribute__((visibility("default")))

#if defined(HAS_ASAN) && defined(UNDER_GSTREAMER)
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

/* Libraries without frame pointers: the quick unwinder stops in the first of them. The other one takes most
 * of a start's time, by the frame; fewer than these do not reach what is suppressed below. */
EXPORTED const char *__asan_default_options(void) {
  return "fast_unwind_on_malloc=0:malloc_context_size=10";
}

/* GLib leaves its first table of quarks, made by a constructor, to those who may still read it when it grows.
 */
EXPORTED const char *__lsan_default_suppressions(void) {
  return "leak:_dl_init\n";
}
#endif

#if defined(HAS_ASAN) && defined(UNDER_OPENGL)
int __lsan_is_turned_off(void);

/* The OpenGL driver is unloaded at exit and leaves what it allocated: thousands of blocks whose owner has no
 * name any more, so that nothing narrower can be said. What is our own is pure and tested for leaks without
 * it (test_showroom). */
EXPORTED int __lsan_is_turned_off(void) {
  return 1;
}
#endif

#ifndef HAS_ASAN
typedef int without_sanitizers;
#endif
