/* Random values from OpenSSL's generator, for ids and secrets. Any thread. A generator that fails ends the
 * process: nothing safe could follow. */
#pragma once
#include <glib.h>

/* @bytes random bytes as lower-case hexadecimal text (transfer full), 2 * @bytes characters. */
char *random_hex(gsize bytes);

/* A uniformly drawn number in 0..@bound-1; @bound at least 1. */
guint32 random_below(guint32 bound);

/* A code of @digits (1..9) decimal digits, leading zeros included (transfer full). */
char *random_code(guint digits);
