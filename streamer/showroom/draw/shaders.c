#define GL_GLEXT_PROTOTYPES
#include "streamer/showroom/draw/shaders.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Software rendering pays for every fragment, so whatever can be is done a vertex at a time: light, fog,
 * reflections. What has no texture costs a fragment nothing at all.
 */
static const char head[] = "#version 330 core\n";

/* One for all of the scene: what a program's fragments do not read is dropped when it is linked. */
static const char scene_vertex[] =
    "layout(location = 0) in vec3 position;\n"
    "layout(location = 1) in vec2 uv;\n"
    "layout(location = 2) in vec4 normal_tile;\n"
    "layout(location = 3) in vec4 day;\n"
    "layout(location = 4) in vec4 night;\n"
    "layout(location = 5) in vec4 glow;\n"
    "uniform mat4 camera;\n"
    "uniform vec3 eye;\n"
    "uniform float is_night, fog_density, map_scale;\n"
    "uniform vec3 zenith, horizon;\n"
    "out vec2 tile_uv, map_uv;\n"
    "flat out float tile;\n"
    "out vec3 plain, light, glass;\n" /* light, glass: fog has already taken its part of them */
    "out float haze;\n"
    "void main() {\n"
    "    vec3 ray = position - eye;\n"
    "    float far = length(ray), clear = exp(-far * fog_density);\n"
    "    gl_Position = camera * vec4(position, 1.0);\n"
    "    tile_uv = uv;\n"
    "    tile = normal_tile.w;\n"
    "    map_uv = position.xz * map_scale + 0.5;\n"
    "    vec3 own = 2.0 * mix(day.rgb, night.rgb, is_night);\n"
    "    vec3 normal = normal_tile.xyz / 127.0;\n"
    "    vec3 mirrored = reflect(ray / far, normal);\n"
    "    float grazing = 1.0 - abs(dot(ray / far, normal));\n"
    "    vec3 sky = mix(horizon, zenith, clamp(mirrored.y * 1.2, 0.0, 1.0));\n"
    "    sky = mix(sky, horizon * 0.55, clamp(-mirrored.y * 6.0, 0.0, 1.0));\n"
    "    float shine = 0.60 + 0.40 * grazing * grazing * grazing;\n"
    "    glass = sky * shine * mix(0.35 + 0.65 * min(1.0, own.g), 0.5, is_night) + glow.rgb * is_night;\n"
    "    glass *= clear;\n"
    "    light = own * clear;\n"
    "    haze = 1.0 - clear;\n"
    "    plain = mix(light, glass, glow.a) + horizon * haze;\n"
    "}\n";

static const char plain_fragment[] = "in vec3 plain;\n"
                                     "out vec4 colour;\n"
                                     "void main() {\n"
                                     "    colour = vec4(plain, 1.0);\n"
                                     "}\n";

static const char tiled_fragment[] =
    "uniform sampler2DArray tiles;\n"
    "uniform vec3 horizon;\n"
    "in vec2 tile_uv;\n"
    "flat in float tile;\n"
    "in vec3 light, glass;\n"
    "in float haze;\n"
    "out vec4 colour;\n"
    "void main() {\n"
    "    vec4 texel = texture(tiles, vec3(tile_uv, tile));\n"
    "    colour = vec4(texel.rgb * mix(light, glass, texel.a) + horizon * haze, 1.0);\n"
    "}\n";

static const char ground_fragment[] =
    "uniform sampler2DArray tiles;\n"
    "uniform sampler2D light_map;\n"
    "uniform vec3 horizon;\n"
    "in vec2 tile_uv, map_uv;\n"
    "flat in float tile;\n"
    "in vec3 light;\n"
    "in float haze;\n"
    "out vec4 colour;\n"
    "void main() {\n"
    "    vec3 texel = texture(tiles, vec3(tile_uv, tile)).rgb * texture(light_map, map_uv).rgb;\n"
    "    colour = vec4(texel * light + horizon * haze, 1.0);\n"
    "}\n";

static const char water_fragment[] =
    "uniform sampler2DArray tiles;\n"
    "uniform vec3 horizon;\n"
    "in vec2 tile_uv;\n"
    "flat in float tile;\n"
    "in vec3 light, glass;\n"
    "in float haze;\n"
    "out vec4 colour;\n"
    "void main() {\n"
    "    float wave = texture(tiles, vec3(tile_uv, tile)).r;\n"
    "    vec3 deep = mix(light * vec3(0.20, 0.30, 0.34), glass, 0.55 + 0.30 * wave);\n"
    "    colour = vec4(deep + horizon * haze, 0.60 + 0.22 * wave);\n"
    "}\n";

static const char halo_vertex[] =
    "layout(location = 0) in vec3 position;\n"
    "layout(location = 1) in vec2 corner;\n"
    "layout(location = 2) in vec4 tint_size;\n"
    "uniform mat4 camera;\n"
    "uniform vec3 right, up;\n"
    "out vec2 at;\n"
    "out vec3 tint;\n"
    "void main() {\n"
    "    gl_Position = camera * vec4(position + (right * corner.x + up * corner.y) * tint_size.w, 1.0);\n"
    "    gl_Position.z -= 0.002 * gl_Position.w;\n"
    "    at = corner;\n"
    "    tint = tint_size.rgb;\n"
    "}\n";

static const char halo_fragment[] = "in vec2 at;\n"
                                    "in vec3 tint;\n"
                                    "out vec4 colour;\n"
                                    "void main() {\n"
                                    "    float rest = max(0.0, 1.0 - dot(at, at));\n"
                                    "    colour = vec4(tint * rest * rest * rest, 1.0);\n"
                                    "}\n";

static const char text_vertex[] =
    "layout(location = 0) in vec2 corner;\n"
    "uniform vec4 place;\n" /* left, bottom, width, height in clip coordinates */
    "out vec2 at;\n"
    "void main() {\n"
    "    gl_Position = vec4(place.xy + corner * place.zw, 0.0, 1.0);\n"
    "    at = vec2(corner.x, 1.0 - corner.y);\n"
    "}\n";

static const char text_fragment[] =
    "uniform sampler2D picture;\n"
    "in vec2 at;\n"
    "out vec4 colour;\n"
    "void main() {\n"
    "    colour = mix(vec4(0.05, 0.08, 0.12, 0.62), vec4(1.0, 1.0, 1.0, 1.0), texture(picture, at).r);\n"
    "}\n";

static const struct {
  const char *name, *vertex, *fragment;
} sources[SHADER_COUNT] = {
    [SHADER_PLAIN] = {"plain", scene_vertex, plain_fragment},
    [SHADER_TILED] = {"tiled", scene_vertex, tiled_fragment},
    [SHADER_GROUND] = {"ground", scene_vertex, ground_fragment},
    [SHADER_WATER] = {"water", scene_vertex, water_fragment},
    [SHADER_HALO] = {"halo", halo_vertex, halo_fragment},
    [SHADER_TEXT] = {"text", text_vertex, text_fragment},
};

static GLuint compile(GLenum kind, const char *name, const char *source) {
  GLuint shader = glCreateShader(kind);
  GLint ok = 0;
  glShaderSource(shader, 2, (const char *[]){head, source}, NULL);
  glCompileShader(shader);
  glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
  if (ok)
    return shader;
  char log[512] = "";
  glGetShaderInfoLog(shader, sizeof log, NULL, log);
  fprintf(stderr, "vitrina-showroom: shader %s: %s\n", name, log);
  exit(70);
}

GLuint shaders_link(Shader shader) {
  GLuint vertex = compile(GL_VERTEX_SHADER, sources[shader].name, sources[shader].vertex);
  GLuint fragment = compile(GL_FRAGMENT_SHADER, sources[shader].name, sources[shader].fragment);
  GLuint program = glCreateProgram();
  glAttachShader(program, vertex);
  glAttachShader(program, fragment);
  glLinkProgram(program);
  glDeleteShader(vertex);
  glDeleteShader(fragment);
  GLint ok = 0;
  glGetProgramiv(program, GL_LINK_STATUS, &ok);
  if (ok)
    return program;
  char log[512] = "";
  glGetProgramInfoLog(program, sizeof log, NULL, log);
  fprintf(stderr, "vitrina-showroom: program %s: %s\n", sources[shader].name, log);
  exit(70);
}
