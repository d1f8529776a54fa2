/* queue - the life of jobs: made, taken, answered, shown to people, decided by them.
 *
 * The rules over a book, a clock and dice; no SQL, no threads, no time of its own. Each
 * function is one step: all of it is committed, or nothing. Nobody is told of it, and no
 * call is started, before the commit.
 *
 *   waiting -> running -> done | waiting again | failed | unknown; discarded by people
 *
 * A job belongs to a stream of its integration. The open jobs of a stream run in the order
 * of creation, one at a time; only the first of them is ready. An attempt is counted before
 * it starts, so a job that kills everything around it runs out of attempts all the same.
 *
 * Thread: store.
 */
#ifndef HOST_QUEUE_QUEUE_H
#define HOST_QUEUE_QUEUE_H

#include "queue/book.h"
#include "queue/verdict.h"

enum { QUEUE_MADE_MOST = 16 };

/* The jobs that a step made: who runs them is to be told after the commit. */
struct queue_made {
    struct {
        int64_t integration;
        int64_t ready_ms; /* as in struct job */
    } items[QUEUE_MADE_MOST];
    uint32_t count;
    bool more; /* than these */
};

/* What a step works with. */
struct queue {
    const struct book *book;
    int64_t now_ms;      /* calendar */
    struct arena *arena; /* what the step gives is in it */
    uint32_t (*dice)(void *self);
    void *self; /* of dice and policy */
    struct policy (*policy)(void *self, const struct job *job);
    struct queue_made *made; /* filled; NULL: nobody is told */
    /* Told that a job of a follow-up has ended in its state, or stands in the overview; may
     * be NULL. */
    bool (*ended)(const struct queue *queue, const struct job *job, struct error *error);
};

/* ---- made ---- */

struct queue_added {
    int64_t job;
    bool was_there;   /* one with the same once_key */
    bool merged;      /* into one that waits; that one is `job` */
    int64_t ready_ms; /* of `job`, as in struct job */
};

/* `job`: kind, flags, names, keys and not_before_ms are read. Errors: IMH_REJECTED when it
 * is too large or no JSON, or its once_key is that of a job that does something else. */
bool queue_add(const struct queue *queue, const struct job *job,
               const struct job_text *text, struct queue_added *added, struct error *error);

/* One that has failed as it is made, for what it is to do was tried: as `answer` says. */
bool queue_add_failed(const struct queue *queue, const struct job *job,
                      const struct job_text *text, const struct job_answer *answer,
                      int64_t *id, struct error *error);

/* ---- taken ---- */

enum { QUEUE_CALLS_MOST = 64, QUEUE_BATCH_BYTES = 4 << 20 };

struct queue_call {
    uint32_t count;
    struct job *jobs; /* count; more than one only of JOB_RECORD, one part, same flags */
    struct job_text *texts;
};

struct queue_take {
    int64_t integration;
    uint32_t calls_most; /* wanted; at most QUEUE_CALLS_MOST */
    /* A job whose worker died may be the one that killed it: it runs alone, so that no
     * other is blamed if that happens again. Wanted: are jobs of the integration under way,
     * and is one of them such a job? */
    bool others_run, suspect_runs;
    /* Records that the job's plugin takes in one call; NULL: 1. */
    uint32_t (*batch_most)(void *self, const struct job *job);
    void *self;
    /* Filled: */
    uint32_t count;
    struct queue_call calls[QUEUE_CALLS_MOST];
    int64_t next_ms; /* when the next job that waits is ready; JOB_NEVER: none is, or not
                        before one that runs has ended */
    bool held;       /* the whole integration is */
};

/* The first due jobs, which run from now on: their attempts are counted. */
bool queue_take(const struct queue *queue, struct queue_take *take, struct error *error);

/* ---- answered ---- */

/* What the answers mean for others. */
struct queue_effect {
    uint32_t done, again, failed, unknown, stale; /* stale: nobody waited for the answer */
    bool struck;                                  /* the remote may be down ... */
    bool served;                                  /* ... it answered at least one */
    bool held; /* a part, now: is the whole integration denied? */
    bool alarmed;
    uint32_t rest_s; /* the integration is asked to rest */
    int64_t next_ms; /* as in queue_take */
};

/* The answers to jobs of one integration. A job of its call that was left out is still
 * running. An answer that is late counts for nothing. */
bool queue_finish(const struct queue *queue, int64_t integration,
                  const struct job_answer *answers, uint32_t count,
                  struct queue_effect *effect, struct error *error);

/* After a start: nobody knows what became of the jobs that ran. `more`: call it again. */
bool queue_recover(const struct queue *queue, int64_t integration, bool *more,
                   struct error *error);

/* At a start, for the calendar may have jumped back: no job waits for longer than
 * `most_ms`, but for a moment it was made for. `more`: call it again. */
bool queue_clamp(const struct queue *queue, int64_t integration, int64_t most_ms,
                 bool *more, struct error *error);

/* The calendar jumped back by `back_ms` while jobs were waiting: they wait no longer. */
bool queue_jump_back(const struct queue *queue, int64_t integration, int64_t back_ms,
                     struct error *error);

/* When the next waiting job of the integration is ready; JOB_NEVER: none is. */
bool queue_next(const struct queue *queue, int64_t integration, int64_t *next_ms,
                struct error *error);

/* ---- held ---- */

/* The whole integration by an empty part. */
bool queue_hold(const struct queue *queue, int64_t integration, struct str part,
                struct str reason, struct error *error);

/* Whatever was held of it is served again, oldest first. `more`: call it again. */
bool queue_release(const struct queue *queue, int64_t integration, bool *more,
                   struct error *error);

/* ---- decided by people ---- */

/* A first attempt again, as soon as its stream lets it; one that rests need not rest any
 * more. When a later job of its merge_key is there, that one does it: `instead`, else 0.
 * Errors: IMH_MISSING no such job; IMH_REJECTED it runs, or has ended. */
bool queue_retry(const struct queue *queue, int64_t id, struct str who, int64_t *instead,
                 struct error *error);

/* The same for a reason of the host's own, in place of a person. A job that runs is let be:
 * `*running`. */
bool queue_drop(const struct queue *queue, int64_t id, struct str why, bool *running,
                struct error *error);

/* With other arguments: to the remote it is another command. */
bool queue_edit(const struct queue *queue, int64_t id, struct str args, struct str who,
                struct error *error);

/* It will not run; its stream goes on. Errors as above. */
bool queue_discard(const struct queue *queue, int64_t id, struct str who,
                   struct error *error);

#endif
