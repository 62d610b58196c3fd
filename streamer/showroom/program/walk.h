/*
 * The visit: events in, frames out. Draws only when something has moved; waits in the kernel otherwise.
 */
#pragma once

#include "streamer/showroom/draw/render.h"
#include "streamer/showroom/program/options.h"

#include <SDL.h>

/*
 * Runs until the window is closed or the program is told to stop.
 *
 * @window: with its OpenGL context current. Prints "ready" when the first frame has been shown.
 */
void walk_run(SDL_Window *window, Renderer *renderer, const Scene *scene, const Options *options,
              int with_sound);
