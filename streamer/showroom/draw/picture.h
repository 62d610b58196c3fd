/* Pictures as files. */
#pragma once

/*
 * Writes the back buffer of the current OpenGL context as a PPM file.
 *
 * Returns: 0, or an errno.
 */
int picture_write(const char *path, int width, int height);
