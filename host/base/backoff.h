/* backoff - how long a worker rests after a crash.
 *
 * Doubles from `first_s` up to `most_s` and adds up to a quarter at random, so that workers
 * that died together do not come back together. Pure: no clock, no globals, no errors.
 */
#ifndef HOST_BASE_BACKOFF_H
#define HOST_BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint32_t first_s; /* rest after the first failure, 1 or more */
    uint32_t most_s;  /* never longer, the random part included */
};

/* Seconds to rest after `failures` failures (1 or more); `dice` is any random number. */
uint32_t backoff_rest_s(const struct backoff *backoff, uint32_t failures, uint32_t dice);

#endif
