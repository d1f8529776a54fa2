/* schedule_inside - what schedule knows: which sources there are, and what goes on with
 * them.
 *
 * Private to schedule.
 */
#ifndef HOST_ENGINE_SCHEDULE_INSIDE_H
#define HOST_ENGINE_SCHEDULE_INSIDE_H

#include "engine/schedule_step.h"

struct again;

enum polled_state {
    POLLED_UNKNOWN, /* the store is asked how far it was read, or has to be */
    POLLED_RESTING, /* until `due_ms` */
    POLLED_RUNNING, /* a poll is under way */
    POLLED_STORING  /* what it brought is */
};

/* One source of one integration. */
struct polled {
    struct polled *next;
    struct schedule *schedule;
    char *account, *identifier, *source;
    int64_t integration;           /* its number in the store */
    struct supervisor *supervisor; /* NULL: nobody polls it now */
    const struct integration *served;
    const struct descriptor *descriptor;
    uint32_t number; /* of the source in the descriptor */
    struct source_pace pace;
    uint64_t dice;
    struct source_place place;
    struct text cursor, trouble; /* of the place */
    enum polled_state state;
    int64_t due_ms; /* monotonic */
    bool denied;
    struct source_page asked;
    /* Of the poll under way: others may be served meanwhile. */
    struct supervisor *asked_by;
    const struct descriptor *asked_of;
    struct poll_page *got;
    struct again *again;   /* what is to be read again, in this order ... */
    struct again *reading; /* ... and what is read, or being stored */
};

struct schedule {
    struct schedule_settings settings;
    struct inbox *answers;
    struct polled *polled;
    unsigned running; /* polls */
    unsigned steps;   /* in the store */
    bool stopped, failed;
};

/* The step goes to the store, and comes back to `after`. */
void schedule_put(struct schedule *schedule, struct poll_step *step,
                  void (*after)(struct schedule *schedule, struct poll_step *step));

/* Asks the plugin for the page, into `polled->got`; told when it has ended. */
void schedule_call(struct polled *polled, const struct source_page *page,
                   void (*end)(void *self, const struct outcome *outcome,
                               const struct spent *spent));

/* After a call that went well: finds what its events start. false: they cannot be kept. */
bool schedule_look(struct polled *polled, struct error *error);

/* Does somebody poll it now? */
bool schedule_is_served(const struct polled *polled);

/* A job that reads again what was skipped; `polled` NULL: there is no such source. */
void schedule_add_again(struct polled *polled, struct run *run);

/* Begins with the next of what waits for that, or gives up what cannot be read now. */
void schedule_turn_again(struct polled *polled);

/* What waits for it, or is under way. */
void schedule_free_again(struct polled *polled);

#endif
