/* ladder - how long failed work rests before its next attempt: "1m 5m 10m 1h".
 *
 * Step n is the rest after attempt n; behind the last step there is no attempt any more. A
 * little is added at random, so that what failed together does not come back together: it
 * is small, because people count on the steps. Pure: no clock, no globals.
 */
#ifndef HOST_BASE_LADDER_H
#define HOST_BASE_LADDER_H

#include "base/error.h"
#include "base/str.h"

enum {
    LADDER_STEPS_MOST = 16,
    LADDER_STEP_MOST_S = 24 * 3600,
    LADDER_AFTER_LEAST_S = 1, /* what a remote asks for is taken for that at least ... */
    LADDER_AFTER_MOST_S = 24 * 3600,
    LADDER_EXTRA_SHARE = 64, /* a step grows by less than this part of it ... */
    LADDER_EXTRA_MOST_MS = 5000
};

struct ladder {
    uint32_t count; /* 0: one attempt, and that is all */
    uint32_t rest_s[LADDER_STEPS_MOST];
};

extern const struct ladder ladder_usual; /* 1m 5m 10m 1h */

/* Durations between blanks; none is a ladder too. */
bool ladder_parse(struct str text, struct ladder *ladder, struct error *error);

/* Is there an attempt after `attempts` (1 or more) failed ones? */
bool ladder_has_more(const struct ladder *ladder, uint32_t attempts);

/* The rest before it. `after_s`: what the remote asked for, 0 for nothing; obeyed when it
 * is longer than the step, within LADDER_AFTER_*. `dice` is any random number. */
int64_t ladder_rest_ms(const struct ladder *ladder, uint32_t attempts, uint32_t after_s,
                       uint32_t dice);

/* What a remote asked for, within LADDER_AFTER_*; 0 stays 0. */
uint32_t ladder_after_s(uint32_t after_s);

#endif
