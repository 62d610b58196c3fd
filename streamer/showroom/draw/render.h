/*
 * Draws a scene with OpenGL 3.3. All calls need the context that was current at render_new(), on its thread.
 */
#pragma once

#include "streamer/showroom/draw/textures.h"
#include "streamer/showroom/scenes/scene.h"

#define RENDER_FOV_Y 0.96f

typedef struct Renderer Renderer;

typedef struct RenderView {
  Vec3 eye;
  float yaw, pitch;
  int night;
  int width, height; /* pixels */
  int fine;          /* smooth edges: several times the work, for a picture that stands */
  const char *help;  /* (nullable) lines of text to show */
} RenderView;

/*
 * Uploads the scene and its textures.
 *
 * @scene: (transfer none) must outlive the renderer; @textures: (transfer full).
 */
Renderer *render_new(const Scene *scene, Textures *textures);

/* Takes NULL. */
void render_free(Renderer *renderer);

/* Draws one frame into the window's back buffer. */
void render_draw(Renderer *renderer, const RenderView *view);

/* What the last frame took. */
typedef struct RenderStats {
  int blocks, triangles;
} RenderStats;

/* Of the last render_draw(). */
RenderStats render_stats(const Renderer *renderer);
