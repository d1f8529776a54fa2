/* deliver_inside - what deliver knows: who is served, which calls are under way.
 *
 * Private to deliver.
 */
#ifndef HOST_ENGINE_DELIVER_INSIDE_H
#define HOST_ENGINE_DELIVER_INSIDE_H

#include "engine/chores.h"
#include "engine/deliver_step.h"

/* An integration whose jobs run here. */
struct served {
    struct served *next;
    int64_t id; /* in the queue; 0: not known yet */
    char *account, *identifier;
    struct supervisor *supervisor; /* NULL: nobody serves it now */
    const struct integration *integration;
    const struct descriptor *descriptor;
    struct policies policies;
    struct deliver *deliver;
    struct integration *own; /* of the host's own jobs, which need no plugin; or NULL */
    bool own_rests;          /* its account is not served now */
    struct deliver_figures figures; /* its counts */
    bool everybodys;  /* what the host does itself: each account has it, and few use it */
    bool checking;    /* a check is under way: are all its credentials refused? */
    uint32_t changes; /* of its secrets and settings, so far ... */
    uint32_t checked; /* ... and when that check began */
};

/* What became of one record of a call. */
struct record_end {
    bool told;
    imh_status status;
    struct str words, result;
};

/* A call under way. */
struct run {
    struct run *next;
    struct deliver *deliver;
    struct served *served;
    struct taking *taking; /* what it was taken with: its jobs lie there */
    const struct queue_call *call;
    struct text result;
    struct record_end *ends; /* of each job, when they are records; in the taking's arena */
    uint32_t changes;        /* of the integration, when it began */
};

struct deliver {
    struct deliver_settings settings;
    struct inbox *answers;
    struct turns *turns;
    struct chores *chores;
    struct served *served;
    struct run *runs;
    struct step *again;        /* tellings that the store did not take */
    struct inbox_chain staged; /* steps that go to the store with this turn */
    unsigned steps;            /* in the store, or on their way */
    unsigned made;             /* jobs without an order of their own */
    struct text name;          /* what keys of commands begin with */
    struct error refusal;      /* of new commands; IMH_OK: they are taken */
    int64_t ahead_ms;          /* the calendar of the monotonic clock */
    bool stopped, failed;
};

/* Is there who runs its jobs now? */
static inline bool deliver_has_hands(const struct served *served)
{
    return served->supervisor || (served->own && !served->own_rests);
}

/* One more that is served; NULL: no memory. */
struct served *deliver_add(struct deliver *deliver, const struct integration *integration);

/* The store tells what there is of it. */
bool deliver_begin(struct deliver *deliver, struct served *served, struct error *error);

/* NULL when it was never served. */
struct served *deliver_find(const struct deliver *deliver, struct str account,
                            struct str identifier);

struct served *deliver_find_id(const struct deliver *deliver, int64_t id);

/* A part of it was denied: are all its credentials? Then all of it is held. */
void deliver_check_access(struct deliver *deliver, int64_t id);

/* The same as deliver_find(), when it is served now and new jobs are taken; else NULL and
 * an error. */
struct served *deliver_at_work(const struct deliver *deliver, struct str account,
                               struct str identifier, struct error *error);

/* The step goes to the store, with the others of this turn, and comes back to `after`. */
void deliver_put(struct deliver *deliver, struct step *step,
                 void (*after)(struct deliver *deliver, struct step *step));

/* Says once what the store cannot do. false: nothing may be relied on any more. */
bool deliver_note_failure(struct deliver *deliver, const struct error *error);

/* What waits does so by the calendar: when that has jumped back it would wait longer. */
void deliver_look_at_calendar(struct deliver *deliver);

/* For calls: what they end with, or that they cannot be made. */
void deliver_end(void *self, const struct outcome *outcome, const struct spent *spent);
void deliver_drop(struct run *run, imh_status status, const char *why);

/* Runs the action of the call. */
void deliver_run_action(struct run *run);

void deliver_free_run(struct run *run);

/* What the store did not take is told again when its time has come. */
void deliver_tell_again(struct deliver *deliver);

/* Writes or removes the records of the call. */
void deliver_run_records(struct run *run);

/* How many records the plugin takes at once, for a taking that is about to be put; false
 * when memory is out. */
bool deliver_set_batches(struct taking *taking, const struct descriptor *descriptor);

#endif
