/* rehearse_show - what `imh followup test` prints: a line for each thing that would happen,
 * and how many there are of each.
 *
 * Lines go out while it runs: what is held are the counts.
 */
#ifndef HOST_APP_REHEARSE_SHOW_H
#define HOST_APP_REHEARSE_SHOW_H

#include "base/text.h"
#include "followup/rehearsal.h"

struct rehearse_count;

struct rehearse_show {
    const struct followup_set *set;
    bool json;    /* for programs */
    bool summary; /* only the counts */
    int status;   /* EXIT_DONE until it cannot be written */
    uint64_t events;
    /* Private: */
    struct rehearse_count *counts; /* of each follow-up */
    uint32_t count;
    bool begun;
    struct text out, line;
};

/* false: no memory. `set` is lent. */
bool rehearse_show_init(struct rehearse_show *show, const struct followup_set *set);
void rehearse_show_done(struct rehearse_show *show);

/* Something would happen. */
void rehearse_show_tell(struct rehearse_show *show, const struct rehearsal_told *told);

/* The counts, and all that is left; the status. */
int rehearse_show_end(struct rehearse_show *show);

#endif
