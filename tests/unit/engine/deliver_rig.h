/* deliver_rig - deliver over a real store, where the test says what becomes of each call.
 *
 * Its jobs are those of follow-ups, so each is shown to `follow` when its turn has come;
 * the test then ends the call as a supervisor would. Nothing runs, and time stands still
 * until the test moves it.
 */
#ifndef TESTS_UNIT_ENGINE_DELIVER_RIG_H
#define TESTS_UNIT_ENGINE_DELIVER_RIG_H

#include "engine/deliver_inside.h"
#include "state.h"

enum { BENCH_RUNS_MOST = 2 * DELIVER_CALLS_MOST };

struct bench {
    struct store *store;
    struct deliver *deliver;
    struct log log;
    struct run *runs[BENCH_RUNS_MOST]; /* calls under way, oldest first */
    uint32_t run_count;
};

void bench_open(struct bench *bench, const struct state *at);

/* A start of the daemon after a kill: what ran is not answered. */
void bench_restart(struct bench *bench);
void bench_close(struct bench *bench);

/* Time goes on, by the calendar as well; then all that is due is started. */
void bench_wait(struct bench *bench, int64_t ms);

/* The calendar only. */
void bench_jump_back(int64_t ms);

/* An integration with the rests "1m 5m". */
struct integration bench_integration(const char *account, const char *identifier);
void bench_serve(struct bench *bench, const struct integration *integration);

/* Its integrations are not configured any more. */
void bench_release(struct bench *bench);

/* A new command about a record: "send", or "show", which may be repeated, or "mark". It is
 * not started before the next turn. */
int64_t bench_order(struct bench *bench, const struct integration *integration,
                    const char *action, const char *record);

/* Starts what may be started. */
void bench_turn(struct bench *bench);

/* The calls under way are of these jobs, in this order; 0 ends the list. */
void bench_runs(const struct bench *bench, const int64_t *jobs);
#define assert_runs(bench, ...) bench_runs((bench), (const int64_t[]){__VA_ARGS__, 0})

/* The job's call ends, and others start. */
struct bench_end {
    imh_status status;
    uint32_t after_s;
    bool died; /* its worker */
};
void bench_end(struct bench *bench, int64_t job, struct bench_end end);

/* What the disk says of a job. */
void bench_job(struct bench *bench, int64_t job, enum job_state state, uint32_t attempts);

#endif
