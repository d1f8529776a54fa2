/* effort - how much a render may look at, all values together.
 *
 * Turns of loops and memory are not enough of a limit: an array can hold another one a
 * thousand times over, and a text of some megabytes can be compared in every turn. So what
 * goes through values spends effort: one unit a value, and one for so many bytes of text.
 * When none is left, comparisons stop early with any result; whoever asked for them fails.
 */
#ifndef HOST_SMARTY_EFFORT_H
#define HOST_SMARTY_EFFORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SMARTY_EFFORT = 30000000, /* a quarter of a second or so */
    EFFORT_TEXT_BYTES = 16,   /* looked at for one unit */
    EFFORT_DEPTH_MOST = 500   /* arrays inside each other: going through them recurs */
};

#define EFFORT_SPENT \
    "rendering takes too much work: values are too large, or nested too deep"

struct effort {
    uint64_t left;
    uint32_t depth;
};

static inline struct effort effort_full(void)
{
    return (struct effort){.left = SMARTY_EFFORT};
}

static inline bool effort_is_spent(const struct effort *effort)
{
    return effort->left == 0;
}

/* false: nothing is left. */
static inline bool effort_spend(struct effort *effort, uint64_t units)
{
    effort->left = units < effort->left ? effort->left - units : 0;
    return effort->left > 0;
}

static inline bool effort_spend_text(struct effort *effort, size_t bytes)
{
    return effort_spend(effort, 1 + bytes / EFFORT_TEXT_BYTES);
}

/* Into an array inside another one, and out again. */
static inline bool effort_enter(struct effort *effort)
{
    if (effort->depth >= EFFORT_DEPTH_MOST) {
        effort->left = 0;
        return false;
    }
    effort->depth++;
    return true;
}

static inline void effort_leave(struct effort *effort)
{
    effort->depth--;
}

#endif
