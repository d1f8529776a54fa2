/* followup_watch - what an event means for runs that wait for it, or that begin later.
 *
 * In the transaction in which the event is taken. Private to followup_store.
 */
#ifndef HOST_ENGINE_FOLLOWUP_WATCH_H
#define HOST_ENGINE_FOLLOWUP_WATCH_H

#include "engine/followup_store.h"

/* As follow-ups see it; lent. */
struct trigger followup_trigger(const struct followup_start *start,
                                const struct event *event);

/* What its present step did not do: of the first one, the limit counted it. */
bool followup_give_back(struct db *db, const struct followup_run *run, struct error *error);

/* Follow-ups of which the event made a run wait anew: it starts no other of them. */
struct restarted {
    struct str *names;
    uint32_t count;
};

/* Runs that looked for it end, or wait anew; and it is kept for those that begin later. Of
 * one that was taken before only `restarted` is told. */
bool followup_meet(const struct followup_start *start, const struct queue *queue,
                   struct db *db, const struct event *event, struct restarted *restarted,
                   struct error *error);

#endif
