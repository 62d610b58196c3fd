/* What a process in a cell sees of the file system, as bwrap(1)'s options. Any thread. */
#pragma once
#include "streamer/process/cell_plan.h"

/* Where vitrina-cell-init is in every cell. */
#define CELL_VIEW_INIT "/run/vitrina/cell-init"

/* Adds to @arguments (of char *, owned) the options that show @part what it may see. @init: the path of
 * vitrina-cell-init on the host. */
void cell_view_add(GPtrArray *arguments, const CellPlan *plan, CellPart part, const char *init);
