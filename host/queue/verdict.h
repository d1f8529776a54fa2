/* verdict - what becomes of a job after an answer: one table, and the few rules beside it.
 *
 * Pure: of the answer, the job and what is configured for it.
 */
#ifndef HOST_QUEUE_VERDICT_H
#define HOST_QUEUE_VERDICT_H

#include "base/ladder.h"
#include "queue/job.h"

/* What is configured for a job: of its host, integration or action. */
struct policy {
    struct ladder ladder;
    bool holds;   /* on_exhausted = hold: its stream waits for a person */
    bool repeats; /* on_unknown = retry: also what was sent and not answered */
};

/* Of one action, in place of what the integration has. */
struct action_policy {
    struct str action;
    struct policy policy;
};

/* Of all jobs of an integration. */
struct policies {
    struct policy usual;
    struct action_policy *actions; /* lent */
    uint32_t action_count;
};

/* What is configured for this one. */
struct policy verdict_policy(const struct policies *policies, const struct job *job);

/* What a call said of one job. */
struct job_answer {
    int64_t job;
    uint32_t starts; /* the job's, when it was taken */
    imh_status status;
    uint32_t after_s;  /* the remote asks for so much rest; 0 for none */
    uint32_t code;     /* of the remote's last answer; 0 for none */
    uint32_t batch;    /* jobs in the same call; 0 counts as 1 */
    bool unsent;       /* nothing left for the remote */
    bool killed;       /* the worker died of the call */
    bool inner;        /* no remote is to blame */
    bool needless;     /* there is nothing to be done any more: `words` say why */
    struct str words;  /* the remote's own, without secrets */
    struct str result; /* JSON; empty for none */
};

enum fate {
    FATE_DONE,
    FATE_AGAIN,    /* after `rest_ms` */
    FATE_HALVE,    /* at once, with half as many in a call */
    FATE_NEEDLESS, /* discarded */
    FATE_FAILED,   /* parked for people */
    FATE_UNKNOWN   /* parked, too: it may have been done */
};

struct verdict {
    enum fate fate;
    bool counts;  /* the attempt does; else it is given back */
    bool strikes; /* the remote may be down */
    bool holds;   /* this part of the integration, until somebody releases it */
    bool alarms;  /* our bug, or the plugin's */
    int64_t rest_ms;
    uint32_t others_rest_s; /* the whole integration is asked to rest */
};

/* Did the worker die of this job? Of one in a batch nobody knows: it runs alone then. */
static inline bool verdict_blames(const struct job_answer *answer)
{
    return answer->killed && answer->batch <= 1;
}

/* `job` as it was started: its attempt is counted in it. `dice` is any random number. */
struct verdict verdict_of(const struct job_answer *answer, const struct job *job,
                          const struct policy *policy, uint32_t dice);

#endif
