/* followup_run - the runs of follow-ups, as the store keeps them: one for each event and
 * follow-up, for good.
 *
 * What happened to a run is in its row: `imh followup why` reads nothing else. Functions
 * run inside a transaction of the caller. Thread: store.
 */
#ifndef HOST_FOLLOWUP_FOLLOWUP_RUN_H
#define HOST_FOLLOWUP_FOLLOWUP_RUN_H

#include "followup/followup.h"
#include "store/db.h"

/* Stored by their numbers: those never change. */
enum run_state {
    RUN_WAITING = 1,    /* a step job is there: a wait, or what comes before an action */
    RUN_ACTING = 2,     /* the action's job is there */
    RUN_DONE = 3,       /* all steps are */
    RUN_UNWANTED = 4,   /* `if` said no */
    RUN_ENDED = 5,      /* by an event of `until` */
    RUN_NEEDLESS = 6,   /* `recheck` said no */
    RUN_LIMITED = 7,    /* there were enough of them */
    RUN_LOOP = 8,       /* it would have caused itself */
    RUN_FAILED = 9,     /* the job stands in the overview */
    RUN_DISCARDED = 10, /* a person discarded its job */
    RUN_RESTARTER = 11, /* the event made another run wait anew instead */
    RUN_STATES
};

struct followup_run {
    int64_t id;
    int64_t integration; /* of the event */
    int64_t place;       /* the queue's integration of its steps */
    int64_t version;     /* of the follow-up's text, as it was then */
    int64_t event;
    struct str name, record;
    enum run_state state;
    uint32_t step, steps; /* from 1 on */
    bool asks;            /* the step's `if` is not answered yet */
    int64_t since_ms;     /* the step's wait counts from then */
    int64_t job;          /* of the present or last step; 0: none */
    struct str reason;    /* why it is in this state; or empty */
    int64_t made_ms, ended_ms;
};

enum { RUN_REASON_BYTES = 1024 };

const char *run_state_name(enum run_state state);

static inline bool run_is_open(const struct followup_run *run)
{
    return run->state == RUN_WAITING || run->state == RUN_ACTING;
}

/* The number of the follow-up's text, which is kept from now on. */
bool run_version(struct db *db, const struct followup *followup, int64_t *version,
                 struct error *error);

/* Gives it its id; 0: the follow-up ran for that event before. */
bool run_insert(struct db *db, struct followup_run *run, struct error *error);

/* IMH_MISSING: there is none. Texts are in the arena. */
bool run_load(struct db *db, int64_t id, struct arena *arena, struct followup_run *run,
              struct error *error);
bool run_of_job(struct db *db, int64_t job, struct arena *arena, struct followup_run *run,
                struct error *error);

/* What came of an event, by the names of follow-ups; what is passed is lent for the call.
 */
bool run_each_of_event(struct db *db, int64_t event, struct arena *arena,
                       void (*each)(void *self, const struct followup_run *run), void *self,
                       struct error *error);
bool run_text(struct db *db, int64_t version, struct arena *arena, struct str *text,
              struct error *error);

/* State, step, asks, since_ms, job, reason. */
bool run_update(struct db *db, const struct followup_run *run, struct error *error);

/* It ends: nothing is watched for it any more. */
bool run_end(struct db *db, struct followup_run *run, enum run_state state,
             struct str reason, int64_t now_ms, struct error *error);

/* Runs of a follow-up that are in a state. */
struct run_count {
    struct str account, name;
    enum run_state state;
    int64_t runs;
};

/* Of an account, or, empty, of all; by account, name, state. Lent for the call. */
bool run_counts(struct db *db, struct str account,
                void (*each)(void *self, const struct run_count *count), void *self,
                struct error *error);

/* ---- what other events mean for it ---- */

/* An event is looked for: of an integration of the account, with this value. */
struct run_watch {
    struct str account, integration, type, field, value;
    bool restarts; /* the wait; else it ends the run */
};

bool run_watch(struct db *db, const struct run_watch *watch, int64_t run,
               struct error *error);

/* Its fingerprint: the first FOLLOWUP_DIGEST_BYTES; `digest` is made by it. */
bool run_watch_digest(const struct run_watch *watch, struct text *digest,
                      struct error *error);

enum { RUN_FOUND_MOST = 1000 };

struct run_found {
    int64_t *ids; /* rising */
    uint32_t count;
};

/* Runs behind `after` that look for it, in the arena; RUN_FOUND_MOST: there may be more. */
bool run_find(struct db *db, const struct run_watch *watch, int64_t after,
              struct arena *arena, struct run_found *found, struct error *error);

/* ---- limits ---- */

struct run_use {
    struct str account, name, whom;
    int64_t run, now_ms, period_ms;
    uint32_t most;
};

/* Counts it, unless that would be one too many in the period before now: then `*over`.
 * There were `*before` already. */
bool run_use(struct db *db, const struct run_use *use, bool *over, int64_t *before,
             struct error *error);

/* What was counted for the run is not done: it counts no more. */
bool run_unuse(struct db *db, int64_t run, struct error *error);

/* ---- forgetting ---- */

/* Forgets runs that ended before that, whose events are forgotten; at most `most`. */
bool run_forget(struct db *db, int64_t before_ms, uint32_t most, uint32_t *gone,
                struct error *error);

/* Forgets what no limit counts any more. */
bool run_forget_uses(struct db *db, int64_t now_ms, uint32_t most, uint32_t *gone,
                     struct error *error);

#endif
