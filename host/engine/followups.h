/* followups - runs the follow-ups of accounts: what an event starts, and every step of it.
 *
 * Three moments. A page of events is looked at before it goes to the store, whose thread
 * then makes the runs (followup_store.h). The turn of a step's job comes by the queue: what
 * has to be known is fetched live, and what becomes of the run is stored with the end of
 * the job. The same before each attempt of an action: is it still wanted?
 *
 * Nothing waits here: answers of remotes come with supervisor_turn(), those of the store by
 * followups_fd().
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_FOLLOWUPS_H
#define HOST_ENGINE_FOLLOWUPS_H

#include "engine/deliver.h"
#include "event/event.h"
#include "followup/rules.h"

enum {
    FOLLOWUPS_ROUNDS_MOST = 8,   /* of an account at once: one slow remote holds up few */
    FOLLOWUPS_ROUND_LOOKS = 500, /* that ask together */
    FOLLOWUPS_PASSES_MOST = 200
};

struct followups;

struct followups_settings {
    struct store *store; /* lent for its life */
    const struct clock *clock;
    const struct log *log;
};

/* NULL when memory or descriptors are out. */
struct followups *followups_make(const struct followups_settings *settings,
                                 struct error *error);

/* Before the deliver whose jobs it has. */
void followups_free(struct followups *followups);
OWN_BY(followups);

/* An account as it is served from now on, lent until followups_release(). */
struct followups_account {
    const char *account;
    struct supervisor *supervisor;
    struct followup_set *set;
    const struct integration *(*find)(void *self, struct str identifier);
    void *self;
};

bool followups_serve(struct followups *followups, const struct followups_account *account,
                     struct error *error);

/* The supervisor makes no new calls for it. */
void followups_release(struct followups *followups, const struct supervisor *supervisor);

/* Are its answers waited for? Then it is not to be freed. */
bool followups_is_using(const struct followups *followups,
                        const struct supervisor *supervisor);

/* ---- events ---- */

struct followup_page;

/* Events of an integration, about to be stored; all are lent until it is freed. NULL: no
 * memory. */
struct followup_page *followups_look(struct followups *followups, struct str account,
                                     struct str identifier, const struct event *events,
                                     uint32_t count);
void followup_page_free(struct followup_page *page);

/* Of one event, which was taken before: only those begin that it did not start then, or
 * only that follow-up; nothing else comes of it. */
void followup_page_again(struct followup_page *page, struct str only);

/* Those that its first event may start; NULL: none. */
const struct candidates *followup_page_found(const struct followup_page *page);

/* Fresh of struct event_page: `self` is the page, `event` one of the events. */
bool followup_page_take(void *self, struct db *db, const struct event *event,
                        struct error *error);

/* Once it is stored: its jobs have their turn, and a loop that ended is in the log. */
void followup_page_stored(const struct followup_page *page, struct deliver *deliver);

/* ---- jobs ---- */

/* The turn of a job of a run has come, see struct deliver_settings. */
void followups_follow(struct followups *followups, struct deliver *deliver,
                      struct run *run);

/* What to poll() for, and when to come at the latest: milliseconds from now. */
int followups_fd(const struct followups *followups);
int64_t followups_wait_ms(const struct followups *followups, int64_t wait_ms);

void followups_turn(struct followups *followups);

#endif
