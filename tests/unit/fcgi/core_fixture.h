/* A whole core without a door, on files of its own, for tests of what stands on it. */
#pragma once
#include "fcgi/core/core.h"

typedef struct {
  char *directory;
  Configuration *configuration;
  SiteKeys *keys;
  Core core;
} CoreFixture;

/* @settings: members of configuration.json, without braces ("\"max_waiting\":2"); NULL: none. */
void core_fixture_open(CoreFixture *fixture, const char *settings);
void core_fixture_close(CoreFixture *fixture);
