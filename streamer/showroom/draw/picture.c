#include "streamer/showroom/draw/picture.h"

#include <SDL_opengl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int picture_write(const char *path, int width, int height) {
  size_t row = (size_t)width * 3;
  unsigned char *pixels = malloc(row * (size_t)height);
  FILE *file = pixels == NULL ? NULL : fopen(path, "wb");
  if (file == NULL) {
    int error = errno;
    free(pixels);
    return error;
  }
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, pixels);
  fprintf(file, "P6\n%d %d\n255\n", width, height);
  for (int y = height - 1; y >= 0; y--)
    fwrite(pixels + (size_t)y * row, 1, row, file);
  free(pixels);
  int failed = ferror(file);
  return fclose(file) != 0 || failed ? (errno != 0 ? errno : EIO) : 0;
}
