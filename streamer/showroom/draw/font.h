/* A tiny font of the program's own: 5 x 7 dots, capital letters, digits and a little punctuation. */
#pragma once

#include <stdint.h>

/*
 * Paints lines of text (parted by newlines) with a margin, two pixels a dot.
 *
 * @width, @height: (out) the picture's size.
 *
 * Returns: (transfer full) RGBA texels, the top row first, white on black; free().
 */
uint8_t *font_paint(const char *text, int *width, int *height);
