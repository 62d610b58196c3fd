#include "streamer/showroom/program/sound.h"

#include "streamer/showroom/shape/noise.h"
#include "streamer/showroom/shape/vec.h"

#include <SDL.h>
#include <stdatomic.h>

enum { RATE = 48000 };

/* Owned by the audio thread, but for `pace` and `night`. */
static struct {
  SDL_AudioDeviceID device;
  _Atomic int pace_mm, night;
  NoiseSource noise;
  float wind, gust, gust_phase;
  float stride; /* 0..1 of the current step */
  float step_loudness, step_tone;
  float bird_left_s, bird_phase, bird_pitch, bird_age_s;
} sound;

static float wind_sample(float white) {
  sound.gust_phase += 1.0f / RATE;
  float gust = 0.55f + 0.45f * sinf(sound.gust_phase * 0.7f) * sinf(sound.gust_phase * 0.23f);
  sound.wind += (white - sound.wind) * 0.02f;
  sound.gust += (sound.wind - sound.gust) * 0.3f;
  return sound.gust * gust * 0.16f;
}

static float step_sample(float white, float pace) {
  sound.stride += pace / 0.8f / RATE;
  if (sound.stride >= 1) {
    sound.stride -= 1;
    sound.step_loudness = 0.12f;
  }
  sound.step_loudness *= 0.9993f;
  sound.step_tone += (white - sound.step_tone) * 0.12f;
  return sound.step_tone * sound.step_loudness;
}

/* A call of a few falling whistles, then quiet for some seconds; by night a cricket's trill instead. */
static float bird_sample(int night) {
  sound.bird_left_s -= 1.0f / RATE;
  if (sound.bird_left_s <= 0) {
    sound.bird_left_s = noise_next(&sound.noise, 2.5f, 7);
    sound.bird_pitch = night ? 4200 : noise_next(&sound.noise, 2300, 3600);
    sound.bird_age_s = 0;
  }
  sound.bird_age_s += 1.0f / RATE;
  if (sound.bird_age_s > 0.9f)
    return 0;
  float beat = fmodf(sound.bird_age_s, night ? 0.04f : 0.18f) / (night ? 0.04f : 0.18f);
  float pitch = sound.bird_pitch * (night ? 1 : 1.15f - 0.3f * beat);
  sound.bird_phase = fmodf(sound.bird_phase + pitch / RATE, 1);
  return sinf(2 * VEC_PI * sound.bird_phase) * sinf(VEC_PI * beat) * (night ? 0.010f : 0.035f);
}

static void fill_samples(void *data, Uint8 *stream, int bytes) {
  float *samples = (float *)stream;
  float pace = (float)atomic_load(&sound.pace_mm) / 1000;
  int night = atomic_load(&sound.night);
  for (int i = 0; i < bytes / (int)sizeof *samples; i += 2) {
    float white = noise_next(&sound.noise, -1, 1);
    float value = wind_sample(white) + step_sample(white, pace) + bird_sample(night);
    samples[i] = samples[i + 1] = value;
  }
}

void sound_start(void) {
  SDL_AudioSpec wanted = {
      .freq = RATE, .format = AUDIO_F32SYS, .channels = 2, .samples = 480, .callback = fill_samples};
  sound.noise = noise_source(17);
  /* A session's own sink is named by this; SDL would try other systems first. */
  if (SDL_getenv("PULSE_SERVER") != NULL)
    SDL_setenv("SDL_AUDIODRIVER", "pulseaudio", 0);
  if (SDL_InitSubSystem(SDL_INIT_AUDIO) != 0)
    return;
  sound.device = SDL_OpenAudioDevice(NULL, 0, &wanted, NULL, 0);
  if (sound.device != 0)
    SDL_PauseAudioDevice(sound.device, 0);
}

void sound_set_pace(float metres_a_second, int night) {
  atomic_store(&sound.pace_mm, (int)(metres_a_second * 1000));
  atomic_store(&sound.night, night);
}

void sound_stop(void) {
  if (sound.device != 0)
    SDL_CloseAudioDevice(sound.device);
  sound.device = 0;
}
