/* The programs of the graphics card, and linking them. Needs a current OpenGL 3.3 context. */
#pragma once

#include <SDL_opengl.h>

typedef enum Shader {
  SHADER_PLAIN,
  SHADER_TILED,
  SHADER_GROUND,
  SHADER_WATER,
  SHADER_HALO,
  SHADER_TEXT,
  SHADER_COUNT
} Shader;

/* Links a program; ends the program with a line on stderr if the driver refuses it. */
GLuint shaders_link(Shader shader);
