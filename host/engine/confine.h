/* confine - a worker that keeps more than one processor busy gets just one.
 *
 * Plugins wait for remotes, most of the time. One whose threads never rest would have every
 * processor, and all others would wait for a turn at each of their steps. It keeps one
 * until it is calm again; what is left is for the others.
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_CONFINE_H
#define HOST_ENGINE_CONFINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    CONFINE_WINDOW_MS = 20,     /* so long it is looked at; */
    CONFINE_BUSY_PERCENT = 150, /* of a processor: more is too much, */
    CONFINE_CALM_PERCENT = 50   /* less is calm */
};

struct confine {
    pid_t pid; /* of whom the rest is said */
    int64_t since_us, used_us;
    bool confined;
};

/* At every turn; true when it was confined just now. */
bool confine_watch(struct confine *confine, pid_t pid, int64_t now_us);

#endif
