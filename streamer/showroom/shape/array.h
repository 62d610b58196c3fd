/*
 * Growing arrays of plain data.
 *
 * An ARRAY(Type) owns its items; array_clear() frees them. Memory that is not there ends the program: the
 * scenes have a known size of some megabytes, and there is nothing to show without them.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define ARRAY(Type)                                                                                          \
  struct {                                                                                                   \
    Type *items;                                                                                             \
    size_t count, capacity;                                                                                  \
  }

/* Makes room for one more item of `item_size` bytes behind `count`; returns the items' (new) place. */
static inline void *array_grow(void *items, size_t item_size, size_t count, size_t *capacity) {
  if (count < *capacity)
    return items;
  *capacity = *capacity == 0 ? 64 : *capacity * 2;
  items = realloc(items, *capacity * item_size);
  if (items == NULL) {
    fputs("vitrina-showroom: out of memory\n", stderr);
    abort();
  }
  return items;
}

/* Appends an item whose content is not set; yields a pointer to it, good until the next push. */
#define array_push(array)                                                                                    \
  ((array)->items = array_grow((array)->items, sizeof *(array)->items, (array)->count, &(array)->capacity),  \
   &(array)->items[(array)->count++])

/* Frees the items and leaves an empty array. */
#define array_clear(array)                                                                                   \
  (free((array)->items), (array)->items = NULL, (array)->count = (array)->capacity = 0)
