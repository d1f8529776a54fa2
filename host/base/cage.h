/* cage - what a child of imh may not do.
 *
 * Called by a child itself, first thing in main(): the parent cannot be trusted to live
 * that long. What is given up stays given up for the whole life of the process and for
 * everything it loads. Three walls, each of which holds alone:
 *
 *   rlimits, capabilities   how much; nothing only root may do, whoever started us
 *   Landlock                which files; where a kernel has none, the others remain
 *   seccomp                 which system calls (cage_rules.h); without it no cage at all
 *
 * A worker enters in two steps: cage_enter() before a plugin is loaded, since the plugin's
 * constructors run while it is; cage_seal() when it is, since loading needs to open files.
 *
 * Builds with sanitizers are caged alike, but for two things: memory has no limit, as they
 * reserve terabytes of addresses, and leaks are not looked for in caged programs, as the
 * leak sanitizer attaches to its own process, which nobody may do to one that is hidden.
 */
#ifndef HOST_BASE_CAGE_H
#define HOST_BASE_CAGE_H

#include <sys/types.h>

#include "base/cage_rules.h"
#include "base/error.h"

struct cage {
    pid_t parent;          /* die when it dies; checked once, in case it already has */
    uint64_t memory_bytes; /* address space; 0 for no limit (sanitizers need it so) */
    uint64_t locked_bytes; /* of memory that is never swapped out */
    uint32_t files;        /* open descriptors */
    uint32_t threads;      /* of all programs of our user; 0 for no limit. Not for root */
    const struct cage_rules *rules; /* system calls that are left; NULL for all of them */
    const char *const *readable;    /* the files and folders that can be read, at most:
                                       a list that ends with NULL; NULL for all of them */
    bool internet;                  /* may connect, if the rules say so too */
};

/* No core dumps, and our memory and descriptors are closed to other programs of our user:
 * /proc/PID belongs to root from now on, and nobody else may attach. */
bool cage_hide(struct error *error);

/* Can a plugin be caged on this kernel? If not, `error` says what is missing. */
bool cage_is_possible(struct error *error);

/* Does this kernel limit which files are opened, beyond what the rules say? */
bool cage_limits_files(void);

/* Hidden; no new privileges and none of root's; dies with the parent; all limits. */
bool cage_enter(const struct cage *cage, struct error *error);

/* Takes more away, in all threads: what `rules` do not allow any more. */
bool cage_seal(const struct cage_rules *rules, struct error *error);

#endif
