#include "queue/verdict.h"

/* What a status means for a job. What no row is for is a bug: the row of IMH_BROKEN. */
static const struct row {
    enum fate fate;
    bool counts, strikes, holds, alarms;
} rows[] = {
    [IMH_OK] = {FATE_DONE, .counts = true},
    [IMH_RETRY] = {FATE_AGAIN, .counts = true, .strikes = true},
    [IMH_WAIT] = {FATE_AGAIN, .counts = true},
    [IMH_MISSING] = {FATE_FAILED, .counts = true},
    [IMH_REJECTED] = {FATE_FAILED, .counts = true},
    [IMH_DENIED] = {FATE_AGAIN, .holds = true},
    [IMH_CANCELED] = {FATE_AGAIN, .counts = false},
    [IMH_BROKEN] = {FATE_FAILED, .counts = true, .alarms = true},
    [IMH_UNKNOWN] = {FATE_UNKNOWN, .counts = true, .strikes = true},
    [IMH_TOO_LARGE] = {FATE_FAILED, .counts = true},
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

struct policy verdict_policy(const struct policies *policies, const struct job *job)
{
    for (uint32_t i = 0; i < policies->action_count && job->kind == JOB_ACTION; i++) {
        if (str_eq(policies->actions[i].action, job->part)) {
            return policies->actions[i].policy;
        }
    }
    struct policy policy = policies->usual;
    policy.holds = policy.holds && job->kind != JOB_READ; /* none builds on another */
    return policy;
}

/* Where the status alone does not say it. */
static enum fate fate_of(const struct job_answer *answer, const struct job *job,
                         const struct policy *policy, enum fate fate)
{
    if (answer->needless) {
        return FATE_NEEDLESS;
    }
    if (verdict_blames(answer) && job->kills + 1 >= JOB_KILLS_MOST) {
        return FATE_FAILED;
    }
    if (answer->status == IMH_TOO_LARGE && answer->batch > 1) {
        return FATE_HALVE;
    }
    if (answer->status == IMH_MISSING && job->flags & JOB_REMOVES) {
        return FATE_DONE;
    }
    if (fate == FATE_UNKNOWN && job->flags & JOB_REPEATABLE) {
        return FATE_AGAIN;
    }
    return fate == FATE_UNKNOWN && policy->repeats ? FATE_AGAIN : fate;
}

static bool is_counted(const struct row *row, const struct job_answer *answer,
                       enum fate fate)
{
    bool asked_for_rest_by_us = answer->status == IMH_WAIT && answer->unsent;
    return row->counts && fate != FATE_HALVE && fate != FATE_NEEDLESS &&
           !asked_for_rest_by_us;
}

/* How long the job rests; false: its attempts are used up. */
static bool rest(const struct job_answer *answer, const struct job *job,
                 const struct policy *policy, uint32_t dice, struct verdict *verdict)
{
    if (verdict->counts) {
        verdict->rest_ms =
            ladder_rest_ms(&policy->ladder, job->attempts, answer->after_s, dice);
        return ladder_has_more(&policy->ladder, job->attempts);
    }
    verdict->rest_ms = 1000 * (int64_t)ladder_after_s(answer->after_s);
    return true;
}

struct verdict verdict_of(const struct job_answer *answer, const struct job *job,
                          const struct policy *policy, uint32_t dice)
{
    bool known = answer->status >= 0 && answer->status < ROW_COUNT;
    const struct row *row = &rows[known ? answer->status : IMH_BROKEN];
    struct verdict verdict = {.fate = fate_of(answer, job, policy, row->fate),
                              .strikes = row->strikes && !answer->inner,
                              .holds = row->holds && !answer->inner,
                              .alarms = row->alarms};
    verdict.counts = is_counted(row, answer, verdict.fate);
    if (answer->status == IMH_WAIT && !answer->inner) {
        uint32_t after_s = ladder_after_s(answer->after_s);
        verdict.others_rest_s = after_s > 0 ? after_s : LADDER_AFTER_LEAST_S;
    }
    if (verdict.fate == FATE_AGAIN && !rest(answer, job, policy, dice, &verdict)) {
        verdict.fate = FATE_FAILED;
    }
    return verdict;
}
