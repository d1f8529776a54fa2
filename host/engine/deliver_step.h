/* deliver_step - what deliver asks of the queue: each a step in the store's thread.
 *
 * Private to deliver. A step is made, put into the store, run there, and comes back to
 * `after`, which owns it. What it gives lies in its arena.
 */
#ifndef HOST_ENGINE_DELIVER_STEP_H
#define HOST_ENGINE_DELIVER_STEP_H

#include "engine/deliver.h"
#include "queue/turns.h"

struct step {
    struct store_work work; /* first */
    struct step *next;      /* in a list of those that are told again */
    void (*after)(struct deliver *deliver, struct step *step);
    const struct clock *clock;
    struct arena arena;
    int64_t integration;      /* its number in the queue */
    struct policies policies; /* of its jobs; its own copy */
    uint64_t dice;
    struct queue_made made;        /* for who runs them */
    struct deliver_effect *effect; /* of an answer on a follow-up; or NULL */
};

/* The number of an integration, what became of its jobs, and when the next is ready. */
struct beginning {
    struct step step; /* first */
    const struct integration *served;
    bool recovers;   /* the first time in this process: what ran before is not running */
    bool releases;   /* what was held is tried again */
    struct str name; /* what keys of commands begin with */
    int64_t next_ms;
};

/* The whole integration is held, until somebody releases it. */
struct holding {
    struct step step; /* first */
    struct str reason;
};

/* New jobs, all or none, while their maker waits. */
struct adding {
    struct step step; /* first */
    const struct job *jobs;
    const struct job_text *texts;
    uint32_t count;
    struct queue_added *added; /* of each */
    int64_t ready_ms;          /* when the first of them is */
    uint32_t at;               /* which one could not be added */
};

/* A new job of a command whose maker does not wait; it has its own copies. */
struct ordering {
    struct adding adding; /* first */
    struct job job;
    struct job_text text;
    struct command_asker asker;
};

/* How many records of an entity go into one call. */
struct batch {
    struct str entity;
    uint32_t most;
};

/* The calendar jumped back. */
struct jumping {
    struct step step; /* first */
    int64_t back_ms;
    int64_t next_ms;
};

struct taking {
    struct step step; /* first */
    struct turn turn;
    struct queue_take take;
    struct batch *batches; /* in the step's arena */
    uint32_t batch_count;
    unsigned calls; /* under way: they lend from it */
};

struct telling {
    struct step step; /* first */
    struct job_answer *answers;
    uint32_t count;
    struct queue_effect effect;
    bool freed;       /* its place is taken by others */
    int64_t again_ms; /* monotonic: when it is told again */
};

/* NULL when memory is out. Policies are copied. */
struct beginning *beginning_make(const struct clock *clock,
                                 const struct integration *served);
struct holding *holding_make(const struct clock *clock, int64_t integration,
                             const struct policies *policies, struct str reason);
struct adding *adding_make(const struct clock *clock, const struct policies *policies,
                           const struct job *jobs, const struct job_text *texts,
                           uint32_t count);
struct ordering *ordering_make(const struct clock *clock, const struct policies *policies,
                               const struct job *job, const struct job_text *text,
                               const struct command_asker *asker);
struct jumping *jumping_make(const struct clock *clock, int64_t integration,
                             int64_t back_ms);
struct taking *taking_make(const struct clock *clock, const struct turn *turn,
                           const struct policies *policies);
/* Room for so many answers. */
struct telling *telling_make(const struct clock *clock, int64_t integration,
                             const struct policies *policies, uint32_t count);

/* Any of them. */
void step_free(struct step *step);

/* A number at random for whoever needs one. */
uint32_t step_dice(struct step *step);

/* The queue over a database, for a step that runs. */
struct queue step_queue(struct step *step, const struct book *book);

#endif
