/* uses - what the limits of follow-ups count, in memory: for a rehearsal.
 *
 * A use is forgotten when its period is over: what is held are those that may count.
 *
 * Thread: one at a time.
 */
#ifndef HOST_FOLLOWUP_USES_H
#define HOST_FOLLOWUP_USES_H

#include "followup/followup.h"

struct uses;

struct uses *uses_make(void);
void uses_free(struct uses *uses);
OWN_BY(uses);

/* Counts one at that moment, which is never before the last one's, unless that would be
 * one too many in the period before it: then `*over`. false: no memory. */
bool uses_take(struct uses *uses, const struct followup *followup, struct str whom,
               int64_t now_ms, bool *over);

#endif
