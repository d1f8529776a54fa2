/* waiting - runs of follow-ups that wait, in memory: for a rehearsal.
 *
 * They are had by when they are due, and by what events look for them. A run holds only
 * where its event can be had again, not its data.
 *
 * Thread: one at a time.
 */
#ifndef HOST_FOLLOWUP_WAITING_H
#define HOST_FOLLOWUP_WAITING_H

#include "followup/followup.h"
#include "followup/trigger.h"

struct sought;

struct waiting_run {
    const struct followup *followup;
    int64_t event, place; /* of what started it, and where to have it again */
    uint32_t step;
    int64_t since_ms, due_ms;
    bool asked;     /* its `if` would be asked live */
    struct str key; /* of the event; filled */
    /* Private: */
    uint64_t number; /* in the order in which they began */
    size_t at;       /* in the heap */
    struct sought *sought;
};

struct waiting;

struct waiting *waiting_make(void);
void waiting_free(struct waiting *waiting);
OWN_BY(waiting);

/* The run waits from now on: for its time, and for the events that its `until` and
 * `restart` name with what the trigger has. false: no memory. */
bool waiting_add(struct waiting *waiting, const struct waiting_run *run,
                 const struct trigger *trigger);

/* The one that is due first; NULL: nobody waits. */
struct waiting_run *waiting_first(const struct waiting *waiting);

uint64_t waiting_count(const struct waiting *waiting);

/* It does not wait any more, and is the caller's to free(). */
void waiting_remove(struct waiting *waiting, struct waiting_run *run);

/* It is due at another time. */
void waiting_move(struct waiting *waiting, struct waiting_run *run, int64_t due_ms);

/* A run that looks for such an event with this value of the field, for its `restart` or
 * its `until`; `after` is the one before it, or NULL. NULL: no more of them. */
struct waiting_run *waiting_find(const struct waiting *waiting, bool restarts,
                                 const struct followup_event *wanted, struct str value,
                                 struct sought **after);

#endif
