/* What an answer says of this host's public addresses (public_address.h). Behind a 1:1 NAT the agent knows
 * its local addresses alone; the mapping is as a STUN server would tell it, so that for each candidate of a
 * host's address there is a server reflexive one with the same base (RFC 8445 section 5.1.1.2). The local
 * ones stay: who is in the same network needs them. Pure, any thread.
 */
#pragma once
#include <glib.h>

/* The candidates ("candidate:…", RFC 8839 section 5.1) that @candidate's address brings, of those of @texts;
 * none for one that is not of a host's address. NULL-terminated (transfer full). */
char **public_candidates(char *const *texts, const char *candidate);
