/* How many descriptors the process may have (RLIMIT_NOFILE): a daemon takes all that it may; what it starts
 * gets what the daemon was started with, since programs that use select(2) come to grief above 1024.
 */
#pragma once

/* Raises the soft limit to the hard one. Once, before there are threads. */
void descriptor_limit_raise(void);

/* Sets the soft limit back, in a child between fork() and exec(): async-signal-safe. */
void descriptor_limit_restore(void);
