/* world - one host, its clients, its remotes and its people, in one thread, all driven by
 * the dice of one seed: the same seed is the same run.
 *
 * The host is what `imh run` does with the queue and nothing more: a step of the queue in a
 * transaction, and only after the commit a word to the client or a call to the remote.
 */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include "oracle.h"
#include "queue/turns.h"

enum { FLIGHTS_MOST = 16, FLIGHT_JOBS = 8, UNSURE_MOST = 8 };

/* A call under way. */
struct flight {
    bool used;
    bool answered; /* the remote is through; the store does not know yet */
    uint32_t count;
    struct job jobs[FLIGHT_JOBS]; /* without texts */
    struct values values[FLIGHT_JOBS];
    struct job_answer answers[FLIGHT_JOBS];
};

/* What a client wants, with its texts. */
struct wish {
    struct job job;
    struct values values;
    char part[8], stream[8], once_key[8], merge_key[8];
};

struct remote {
    bool down;
    bool denies;
    uint32_t batch_most; /* more in one call are too large */
    int64_t
        applied[MODEL_JOBS_MOST + 1]; /* idempotent: job's version + 1 that it has seen */
};

struct world {
    struct clock clock; /* first */
    int64_t now_ms, mono_ms;
    uint64_t dice;
    struct medium medium;
    struct oracle oracle;
    struct turns *turns;
    struct arena arena; /* of a step */
    struct flight flights[FLIGHTS_MOST];
    struct wish unsure[UNSURE_MOST]; /* clients that were not told */
    unsigned unsure_count;
    struct remote remotes[MEDIUM_INTEGRATIONS + 1];
    struct job_answer late; /* to a call that a crash ended; no job: none */
    int64_t late_integration;
    int64_t last_value;
    bool holds[MEDIUM_INTEGRATIONS]; /* as configured now */
    bool calm;                       /* in the end nothing fails any more */
    bool has_faults;
};

void world_run(struct world *world, uint64_t seed, enum medium_kind kind, unsigned steps,
               bool tells);

/* ---- parts of it ---- */

uint32_t world_roll(struct world *world, uint32_t below);

/* Of a step: its means, in a transaction. */
struct queue world_queue(struct world *world);
struct policy world_policy(void *self, const struct job *job);

/* Ends the step: kept when it is `good` and the commit went well. */
bool world_commit(struct world *world, bool good);

/* The remotes: makes up what a call is answered, and does it. */
void remote_answer(struct world *world, struct flight *flight);

/* A call of which nobody hears any more: done, or not. */
void remote_lose(struct world *world, struct flight *flight);

/* Clients and people. */
void client_add(struct world *world);
void people_decide(struct world *world);
void people_retry_all(struct world *world);

#endif
