/* rogue - a plugin that does what no plugin may: {$rogue.act.NAME.error}.
 *
 * Forbidden acts are tried and answered with what came of it: the name of an errno, or
 * "done" when the cage let it happen. Deadly acts harm the worker itself, or the host by
 * what they send it; most of them never answer. For tests only.
 */
#ifndef TESTS_ROGUES_ROGUE_H
#define TESTS_ROGUES_ROGUE_H

#include <stdbool.h>
#include <sys/types.h>

#include <imh/imh.h>

/* What the acts aim at: from the options, or while the plugin is loaded what anybody knows.
 */
struct rogue_target {
    const char *file;   /* there, to be read, changed or removed */
    const char *folder; /* of that, for new files */
    const char *socket; /* a UNIX socket somebody listens at */
    int port;           /* at 127.0.0.1, TCP and UDP */
    pid_t host;         /* imh */
    imh_call *call;     /* the one that asks; NULL while the plugin is loaded */
    const imh_lookup *lookup;
};

extern struct rogue_target rogue_target;

struct rogue_act {
    const char *name;
    int (*act)(void); /* 0 when it was done, else errno */
    bool late;        /* refused only once the plugin is loaded */
};

struct rogue_table {
    const struct rogue_act *acts;
    unsigned count;
};

extern const struct rogue_table rogue_files, rogue_net, rogue_processes, rogue_kernel;

/* Deadly: to the worker, and by its channels to the host. */
extern const struct rogue_table rogue_deadly, rogue_hostile;

_Noreturn void rogue_wait(void); /* sleeping */
_Noreturn void rogue_loop(void); /* working */

/* errno of a call that failed, 0 of one that did not. */
int rogue_errno(long result);

#endif
