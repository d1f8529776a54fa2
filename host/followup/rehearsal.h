/* rehearsal - what follow-ups would do because of recorded events, without doing it.
 *
 * The clock is virtual: it stands at the moment at which an event came, and at each moment
 * between two of them at which a wait is over. The rules are those of the engine. What only
 * a remote knows is not asked: an `if` or `recheck` that needs it is taken for yes, a
 * `limit` counts nothing, an argument is left out, and what is told says so. Actions are
 * taken for done at once; events that they would cause are not made up.
 *
 * What is held are the runs that wait, what limits count, and of each value that an event
 * of `until` or `restart` is compared by the newest one.
 *
 * Thread: one at a time.
 */
#ifndef HOST_FOLLOWUP_REHEARSAL_H
#define HOST_FOLLOWUP_REHEARSAL_H

#include "followup/followup_run.h"
#include "followup/rules.h"

/* An event as it was recorded. */
struct rehearsed {
    struct trigger trigger;
    int64_t place;   /* where it can be had again */
    int64_t seen_ms; /* when it came */
};

/* What would become of a run: once when it is over, and before that for each action but the
 * last (RUN_ACTING). Lent for the call. */
struct rehearsal_told {
    const struct followup *followup;
    int64_t event; /* that started it, and its key */
    struct str key;
    enum run_state state;
    int64_t at_ms;
    uint32_t step;      /* that it came to */
    struct str reason;  /* why it ended like that; or empty */
    struct str args;    /* of an action: JSON; or empty */
    struct str unasked; /* what would be asked live: "if recheck with.path limit" */
};

struct rehearsal_settings {
    const struct followup_set *set; /* lent for its life */
    void *self;
    void (*tell)(void *self, const struct rehearsal_told *told);
    /* The event of that place again, in the arena. */
    bool (*load)(void *self, int64_t place, struct arena *arena, struct rehearsed *event,
                 struct error *error);
};

struct rehearsal;

/* NULL: no memory. */
struct rehearsal *rehearsal_make(const struct rehearsal_settings *settings);
void rehearsal_free(struct rehearsal *rehearsal);
OWN_BY(rehearsal);

/* The next event, in the order in which they came. */
bool rehearsal_event(struct rehearsal *rehearsal, const struct rehearsed *event,
                     struct error *error);

/* Nothing more comes until that moment: waits that are over by then are. */
bool rehearsal_advance(struct rehearsal *rehearsal, int64_t until_ms, struct error *error);

/* Those that wait still are told as RUN_WAITING, at the moment at which they are due, and
 * are forgotten. */
void rehearsal_stop(struct rehearsal *rehearsal);

/* How many wait, and when the first of them is due. */
struct rehearsal_rest {
    uint64_t waiting;
    int64_t due_ms;
};

struct rehearsal_rest rehearsal_rest(const struct rehearsal *rehearsal);

#endif
