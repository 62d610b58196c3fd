/* What one address may take of the server. Plain data. */
#pragma once
#include <glib.h>

typedef struct {
  guint connections;         /* at a time; 0: any number */
  guint requests_per_second; /* on average; 0: any number */
  guint requests_at_once;
  char *const *exempt; /* networks that may have any number: "10.0.0.0/8", "::1"; what is none is passed over
                          (nullable) */
} HttpLimits;

typedef enum { HTTP_LIMITED_CONNECTIONS, HTTP_LIMITED_REQUESTS } HttpLimited;
