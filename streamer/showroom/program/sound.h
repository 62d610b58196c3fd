/*
 * What is heard: wind, birds by day, crickets by night, steps. Made by code, played by SDL's audio thread. A
 * machine without a sound device is no fault: the functions then do nothing.
 */
#pragma once

/* Opens the device and begins to play. */
void sound_start(void);

/* How fast the visitor walks, metres a second, and whether it is night. From any thread. */
void sound_set_pace(float metres_a_second, int night);

/* Ends playing. */
void sound_stop(void);
