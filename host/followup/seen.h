/* seen - the newest event of each value that follow-ups look for, in memory: for a
 * rehearsal.
 *
 * What followup_met is to the store. A value is known by 64 bits of its fingerprint: of a
 * million values, two are taken for one once in 30 million rehearsals.
 *
 * Thread: one at a time.
 */
#ifndef HOST_FOLLOWUP_SEEN_H
#define HOST_FOLLOWUP_SEEN_H

#include "followup/followup.h"

/* An event that came; 0: none. */
struct seen_event {
    int64_t event, at_ms;
};

struct seen;

struct seen *seen_make(void);
void seen_free(struct seen *seen);
OWN_BY(seen);

/* Of such an event with this value of its field. */
uint64_t seen_hash(const struct followup_event *looked_for, struct str value);

/* The newest is kept; at the same moment, the one that was told of later. false: no memory.
 */
bool seen_add(struct seen *seen, uint64_t hash, const struct seen_event *event);

/* The one that happened later than that, but not `than` itself. */
struct seen_event seen_find(const struct seen *seen, uint64_t hash,
                            const struct seen_event *than);

#endif
