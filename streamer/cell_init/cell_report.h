/* What vitrina-cell-init tells the streamer of the program's end, through a descriptor that the program does
 * not get. */
#pragma once

/* The descriptor; those below it are the program's. */
#define CELL_REPORT_FD 4

/* As siginfo_t's si_code (CLD_EXITED and the like) and si_status, waitid(2). */
typedef struct {
  int code, status;
} CellReport;
