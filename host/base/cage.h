/* cage - what a child of imh may not do.
 *
 * Called by a child itself, first thing in main(): the parent cannot be trusted to live
 * that long. Limits hold for the whole life of the process and everything it loads.
 */
#ifndef HOST_BASE_CAGE_H
#define HOST_BASE_CAGE_H

#include <sys/types.h>

#include "base/error.h"

struct cage {
    pid_t parent;          /* die when it dies; checked once, in case it already has */
    uint64_t memory_bytes; /* address space; 0 for no limit (sanitizers need it so) */
    uint32_t files;        /* open descriptors */
};

/* No new privileges, no core dumps, death with the parent, rlimits. */
bool cage_enter(const struct cage *cage, struct error *error);

#endif
