/* cage_rules - the system calls that are left to a caged program, each for a reason.
 *
 * A call that is not in a program's table fails with EPERM, as if a right were missing:
 * most libraries can do without, and a plugin gets a chance to say so. Nothing is killed
 * for it, but for calls of another architecture's table, which nobody makes by accident. A
 * few are said not to exist (ENOSYS), since the C library then does without them.
 *
 * The tables name calls of x86_64 and aarch64; what a machine does not have is passed over.
 */
#ifndef HOST_BASE_CAGE_RULES_H
#define HOST_BASE_CAGE_RULES_H

#include <stdbool.h>
#include <stdint.h>

enum { CAGE_TESTS_MOST = 2, CAGE_TABLES_MOST = 2 };

/* Holds when (argument & mask) == value. */
struct cage_test {
    uint32_t argument; /* its number, from 0 */
    uint64_t mask;     /* 0: no test */
    uint64_t value;
};

struct cage_rule {
    const char *calls; /* names, separated by blanks */
    struct cage_test tests[CAGE_TESTS_MOST];
    bool own; /* the first argument must be the number of our own process */
};

struct cage_table {
    const struct cage_rule *rows;
    uint32_t count;
};

struct cage_rules {
    const char *program;
    bool others_allowed; /* what no row names; what one does is the opposite */
    struct cage_table tables[CAGE_TABLES_MOST];
    const char *absent; /* said not to exist */
};

/* imh-worker, from before its plugin is loaded. */
extern const struct cage_rules cage_rules_worker;

/* imh-worker, when its plugin is loaded: what is refused beyond that. */
extern const struct cage_rules cage_rules_loaded;

/* imh-net. */
extern const struct cage_rules cage_rules_net;

#endif
