/* What AddressSanitizer must know about the libraries under this program; part of such builds alone. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif

#ifdef HAS_ASAN
int __lsan_is_turned_off(void);

/* The OpenGL driver is unloaded at exit and leaves what it allocated: thousands of blocks whose owner has no
 * name any more, so that nothing narrower can be said. What is our own is pure and tested for leaks without
 * it (test_showroom). */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void) {
  return 1;
}
#else
typedef int without_sanitizers;
#endif
