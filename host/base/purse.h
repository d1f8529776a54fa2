/* purse - memory that several arenas take theirs out of, so that together they never have
 * more.
 *
 * Thread: any.
 */
#ifndef HOST_BASE_PURSE_H
#define HOST_BASE_PURSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct purse {
    size_t most;         /* bytes; never changes */
    _Atomic size_t used; /* never more than `most` */
};

/* false, and nothing is taken, when there is not so much left. */
static inline bool purse_take(struct purse *purse, size_t bytes)
{
    size_t used = atomic_load(&purse->used);
    while (bytes <= purse->most - used) {
        if (atomic_compare_exchange_weak(&purse->used, &used, used + bytes)) {
            return true;
        }
    }
    return false;
}

static inline void purse_give(struct purse *purse, size_t bytes)
{
    (void)atomic_fetch_sub(&purse->used, bytes);
}

/* As far as the others leave it. */
static inline size_t purse_left(struct purse *purse)
{
    return purse->most - atomic_load(&purse->used);
}

#endif
