/* variables_inside - what variables know: what is wanted, what was asked.
 *
 * Private to variables.
 */
#ifndef HOST_ENGINE_VARIABLES_INSIDE_H
#define HOST_ENGINE_VARIABLES_INSIDE_H

#include "engine/roots.h"

struct batch;

struct variables {
    struct supervisor *supervisor;
    const struct clock *clock;
    struct answers *answers;
    struct root *roots;
    uint64_t window;
    struct answer_entry *first_wanted, **last_wanted;
    uint64_t wanted;       /* so many since the last fetch */
    uint64_t wanted_pages; /* of these, further pages of a list */
    uint64_t answers_came, answers_bytes;
    struct batch *waiting; /* to be started */
    struct batch *asked;   /* the others */
    bool strict;
    uint32_t batches;      /* under way */
    int64_t rested_ms;     /* how long this window waited for remotes that rest */
    int64_t rest_until_ms; /* what is wanted again is not asked before; real, monotonic */
    int64_t rest_from_ms;  /* when that was said first */
    struct variables_counts counts;
    const struct value *recipient;
    uint64_t lookups;     /* of the present message */
    bool missing, failed; /* of the present message */
    bool stopped;
    bool has_failure;
    struct error failure; /* the window's first that makes messages wait */
};

/* It is to be asked for. */
void variables_want(struct variables *variables, struct answer_entry *entry, bool is_page);

/* Questions under way are dropped. */
void variables_drop(struct variables *variables);

#endif
