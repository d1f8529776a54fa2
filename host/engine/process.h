/* process - a child program: started, watched, ended.
 *
 * A child gets an empty environment, no standard input, one descriptor as both outputs, the
 * given descriptors from 3 on, and nothing else. It is the leader of a session of its
 * own, so that what it starts ends with it.
 *
 * Thread: the one that starts it must live as long as the child shall.
 */
#ifndef HOST_ENGINE_PROCESS_H
#define HOST_ENGINE_PROCESS_H

#include <sys/types.h>

#include "base/error.h"

struct process {
    pid_t pid; /* 0: none */
    int pidfd; /* readable when it has ended */
};

enum { PROCESS_FDS_MOST = 4 };

/* `arguments` end with NULL; the first is the path. The descriptors, and `output` (-1: our
 * standard error instead), are closed here in any case. */
bool process_start(struct process *process, const char *const *arguments, const int *fds,
                   unsigned fd_count, int output, struct error *error);

/* Ends it and all it started, at once. */
void process_kill(const struct process *process);

/* How many threads it has; 0 when there is none of it, or nobody says. */
unsigned process_threads(const struct process *process);

/* Has it ended? Then it is gone for good, and `how` says how: "killed by signal 11
 * (crash)". */
bool process_reap(struct process *process, char *how, size_t bytes);

/* Kills it and waits until it is gone. */
void process_end(struct process *process);

#endif
