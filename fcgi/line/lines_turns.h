/* Gives visitors what is free: starts a session for one after the other, and learns what became of it. The
 * core's thread.
 */
#pragma once
#include "fcgi/line/visitors.h"

/* Gives what is free to those whose turn it is. */
void lines_settle(Line *line);
/* What was started for them is not theirs any more; they stand in the line as before. */
void lines_step_back(Visitor *visitor);
