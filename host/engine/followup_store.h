/* followup_store - what becomes of runs, each a step in the transaction of what caused it:
 * of the page that brought an event, of the end of a job.
 *
 * So a run is made once, and goes on once, whatever is killed when. Thread: store.
 */
#ifndef HOST_ENGINE_FOLLOWUP_STORE_H
#define HOST_ENGINE_FOLLOWUP_STORE_H

#include "event/event.h"
#include "followup/followup_run.h"
#include "followup/rules.h"
#include "queue/queue.h"

/* The integration of the queue that steps of an account's follow-ups belong to; no
 * identifier is spelled like that. */
#define FOLLOWUP_PLACE "follow-ups"

/* Follow-ups that did not begin, because each would have caused itself. */
struct loops {
    uint32_t count;
    char first[ERROR_TEXT_BYTES]; /* which, and why */
};

/* What an event of an integration may start; lent. */
struct followup_start {
    struct str account, identifier;
    const struct followup_set *set;
    const struct candidates *candidates;
    bool
        again; /* the event was taken before: only those begin that it did not start then */
    struct loops *loops; /* filled; NULL: nobody is told */
};

/* A new event was taken: runs that looked for it end or wait anew, others begin. */
bool followup_start(const struct followup_start *start, const struct queue *queue,
                    struct db *db, const struct event *event, struct error *error);

/* What becomes of a run whose step job, or the gate before its action, came to an end. */
enum followup_fate {
    FATE_WAITS,  /* until `due_ms`, in a new job */
    FATE_ACTS,   /* `action` is its job now, unless the limit says no */
    FATE_IS_OVER /* in `state`, for `reason` */
};

/* What a condition said, and the values of its variables. */
struct followup_answer {
    bool asked, yes;
    struct str values; /* JSON */
};

struct followup_end {
    int64_t run, job;
    uint32_t step;
    int64_t since_ms; /* as it was read: another one, and the wait began anew */
    enum followup_fate fate;
    bool asks; /* its `if` is still to be answered */
    int64_t due_ms;
    enum run_state state;
    struct str reason;
    struct job action;
    struct job_text action_text;
    struct str account, whom; /* of the limit */
    struct followup_limit limit;
    struct followup_answer condition, recheck; /* that were asked for it */
};

/* The run may act still, as its recheck said: that is noted. */
bool followup_confirmed(const struct followup_end *end, const struct followup_run *run,
                        int64_t now_ms, struct db *db, struct error *error);

/* Nothing happens to a run that is not at that step and job any more. */
bool followup_end(const struct followup_end *end, const struct queue *queue, struct db *db,
                  struct error *error);

/* For struct queue: a job of a run has ended. */
bool followup_ended(const struct queue *queue, const struct job *job, struct error *error);

#endif
