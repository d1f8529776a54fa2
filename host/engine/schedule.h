/* schedule - polls the sources of all integrations, each at its pace, and keeps what came.
 *
 * What a page brought (events, the plugin's state, how far it got) is on the disk before
 * the next page is asked for, all of it or nothing. Polls are spread over their period.
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_SCHEDULE_H
#define HOST_ENGINE_SCHEDULE_H

#include "engine/followups.h"
#include "engine/supervisor.h"
#include "event/event.h"
#include "store/store.h"

enum {
    SCHEDULE_POLLS_MOST = 16, /* under way at once, of all integrations */
    SCHEDULE_TIME_MS = 60000, /* longest poll of one page */
    SCHEDULE_NAP_MS = 1000,   /* until something is tried again that went wrong here */
    SCHEDULE_DENIED_S = 3600, /* a source that is denied is let be, unless resumed */
    SCHEDULE_EVERY_S = 60     /* unless the plugin or the configuration says more */
};

struct schedule;

struct schedule_settings {
    struct store *store; /* lent for its life */
    const struct clock *clock;
    const struct log *log;
    /* Lent for its life: who looks at events; NULL: nobody does. */
    struct followups *followups;
    struct deliver *deliver; /* who is told of jobs that come of them */
    void *self;
    /* A record was skipped, and why; may be NULL. */
    void (*skipped)(void *self, const struct integration *integration, struct str why);
};

/* NULL when memory or descriptors are out. */
struct schedule *schedule_make(const struct schedule_settings *settings,
                               struct error *error);

/* Polls under way are dropped: their pages are asked for again after the next start. */
void schedule_free(struct schedule *schedule);
OWN_BY(schedule);

/* From now on this supervisor polls the sources of the integration, both lent until others
 * do, or schedule_release(). */
bool schedule_serve(struct schedule *schedule, struct supervisor *supervisor,
                    const struct integration *integration,
                    const struct descriptor *descriptor, struct error *error);

/* Integrations of the supervisor are polled no more; what is under way ends. */
void schedule_release(struct schedule *schedule, const struct supervisor *supervisor);

/* A secret or setting of it was changed: what was denied is tried again now. */
void schedule_resume(struct schedule *schedule, struct str account, struct str identifier);

/* The turn of a job has come that reads again what was skipped: as in deliver.h. */
void schedule_read(struct schedule *schedule, struct run *run);

/* What to poll() for, and when to come at the latest: milliseconds from now. */
int schedule_fd(const struct schedule *schedule);
int64_t schedule_wait_ms(const struct schedule *schedule, int64_t wait_ms);

void schedule_turn(struct schedule *schedule);

/* Nothing new is started from now on. */
void schedule_stop(struct schedule *schedule);

/* Are polls under way, or pages not yet in the store? */
bool schedule_is_busy(const struct schedule *schedule);

/* The store cannot be relied on any more: this process has to end. */
bool schedule_has_failed(const struct schedule *schedule);

#endif
