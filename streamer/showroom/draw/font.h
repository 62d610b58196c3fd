/* A tiny font of the program's own: 5 x 7 dots, capital letters, Latin and Cyrillic, and a little
 * punctuation. */
#pragma once

#include <stdint.h>

/*
 * Paints lines of text (UTF-8, parted by newlines) with a margin, two pixels a dot.
 *
 * @width, @height: (out) the picture's size.
 *
 * Returns: (transfer full) RGBA texels, the top row first, white on black; free().
 */
uint8_t *font_paint(const char *text, int *width, int *height);
