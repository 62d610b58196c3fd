/* What people in a line are told: where they stand, and how long it will take. The core's thread. */
#pragma once
#include "fcgi/line/line.h"

/* What is told of one who is ours, as an answer's members (transfer full). */
char *lines_describe_place(Visitor *visitor);
/* Another whenever there is something to tell of them; 0: there is nothing. */
guint lines_mark_of(const Visitor *visitor);
