/* Sessions that were here: how they ended, the newest ones. Main thread. */
#pragma once
#include "common/wire.h"
#include <glib.h>

#define PAST_KEPT 256 /* sessions */

typedef struct {
  char *id;
  WireEnd end;
  char *start_failure; /* why it never was READY, a sentence; NULL: it was */
} PastSession;

typedef struct Past Past;

Past *past_new(void);
void past_free(Past *past); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Past, past_free)

void past_add(Past *past, const char *id, WireEnd end);
/* It never was READY; @id was added. */
void past_set_start_failure(Past *past, const char *id, const char *reason);

/* NULL: it was not here, or too long ago. Owned by @past, until the next one is added. */
const PastSession *past_find(const Past *past, const char *id);
/* The n-th newest, from 0; NULL beyond the oldest. As above. */
const PastSession *past_nth(const Past *past, guint n);
