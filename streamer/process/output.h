/* What a child writes to its standard output and error: to the log line by line, at a bounded rate, with the
 * last lines kept for when it fails. It is read at a bounded rate as well: who writes faster waits. Main
 * thread. */
#pragma once
#include <glib.h>

#define OUTPUT_LINE_MAX 1000       /* bytes of a line; what is longer is cut */
#define OUTPUT_LINES_PER_SECOND 50 /* to the log; the rest is counted */
#define OUTPUT_LAST_LINES 6
#define OUTPUT_BYTES_PER_SECOND (2 * 1024 * 1024) /* are read */

typedef struct Output Output;

/* Reads @fd (transfer full) from the main loop. @session (nullable) outlives the output, and may change. */
Output *output_new(int fd, const char *process, const char *session);

/* The writer has ended: takes what is still in the pipe and closes it, though a stray child may hold the
 * other end. */
void output_finish(Output *output);

/* The last lines, joined by " | ". (transfer full) */
char *output_last_words(const Output *output);

void output_free(Output *output); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Output, output_free)
