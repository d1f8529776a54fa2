#include "world.h"

#include <stdio.h>

enum {
    MINUTE_MS = 60 * 1000,
    MOST_WAIT_MS = 25 * 60 * MINUTE_MS,
    CALLS_MOST = 6,
    DRAIN_MOST = 4000, /* steps in which everything must come to its end */
    DRAIN_PEOPLE = 50  /* of these, one in which people look after it */
};

/* ---- dice, clock and policies ---- */

uint32_t world_roll(struct world *world, uint32_t below)
{
    uint64_t mixed = world->dice += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    mixed ^= mixed >> 31;
    return (uint32_t)(mixed >> 32) % below;
}

static uint32_t roll_any(void *self)
{
    return world_roll(self, UINT32_MAX);
}

static int64_t now_of(const struct clock *clock)
{
    return ((const struct world *)(const void *)clock)->now_ms;
}

static int64_t mono_of(const struct clock *clock)
{
    return ((const struct world *)(const void *)clock)->mono_ms;
}

struct policy world_policy(void *self, const struct job *job)
{
    static const struct ladder ladders[MEDIUM_INTEGRATIONS] = {
        {4, {60, 300, 600, 3600}},
        {4, {60, 300, 600, 3600}},
        {2, {1, 2}},
        {0, {0}},
    };
    const struct world *world = self;
    unsigned place = (unsigned)(job->integration - 1) % MEDIUM_INTEGRATIONS;
    return (struct policy){.ladder = ladders[place], .holds = world->holds[place]};
}

/* ---- steps ---- */

struct queue world_queue(struct world *world)
{
    return (struct queue){.book = &world->medium.book,
                          .now_ms = world->now_ms,
                          .arena = &world->arena,
                          .dice = roll_any,
                          .self = world,
                          .policy = world_policy};
}

bool world_commit(struct world *world, bool good)
{
    bool kept = good && medium_commit(&world->medium);
    if (!good) {
        medium_rollback(&world->medium);
    }
    if (kept) {
        oracle_look(&world->oracle, &world->medium);
    }
    return kept;
}

static uint32_t batch_most(void *self, const struct job *job)
{
    (void)self;
    (void)job;
    return FLIGHT_JOBS;
}

static struct flight *free_flight(struct world *world)
{
    struct flight *flight = world->flights;
    while (flight->used) {
        flight++;
    }
    return flight;
}

/* Its texts do not outlive the step. */
static struct job lasting(const struct job *job)
{
    struct job copy = *job;
    copy.part = copy.stream = copy.once_key = copy.merge_key = STR_OF("");
    return copy;
}

static void start_call(struct world *world, const struct queue_call *call)
{
    struct flight *flight = free_flight(world);
    *flight = (struct flight){.used = true, .count = call->count};
    oracle_start(&world->oracle, &world->medium, call, world->mono_ms);
    for (uint32_t i = 0; i < call->count; i++) {
        flight->jobs[i] = lasting(&call->jobs[i]);
        flight->values[i] = oracle_values(call->texts[i].args);
    }
}

/* Takes what the turns say; a call begins after the commit. */
static void dispatch(struct world *world)
{
    struct turn turn;
    while (!world->medium.crashed && turns_next(world->turns, &turn)) {
        struct error error = {.status = IMH_OK};
        struct queue queue = world_queue(world);
        struct queue_take take = {.integration = turn.integration,
                                  .calls_most = turn.calls,
                                  .batch_most = batch_most};
        bool good = medium_begin(&world->medium) && queue_take(&queue, &take, &error);
        good = good && medium_commit(&world->medium);
        if (!good) {
            medium_rollback(&world->medium);
            turns_taken(world->turns, &turn, NULL);
            return;
        }
        oracle_read(&world->oracle, &world->medium);
        for (uint32_t i = 0; i < take.count; i++) {
            start_call(world, &take.calls[i]);
        }
        turns_taken(world->turns, &turn, &take);
        oracle_look(&world->oracle, &world->medium);
    }
}

/* What the answers mean for when each job may start again. */
static void note_answers(struct world *world, const struct flight *flight)
{
    for (uint32_t i = 0; i < flight->count; i++) {
        const struct job_answer *answer = &flight->answers[i];
        const struct job *job = &flight->jobs[i];
        struct known *known = &world->oracle.jobs[job->id];
        const struct policy policy = world_policy(world, job);
        bool halved = answer->status == IMH_TOO_LARGE && answer->batch > 1;
        bool counts = !halved && !answer->unsent && answer->status != IMH_DENIED;
        counts = counts || answer->status == IMH_BROKEN;
        known->runs = false;
        known->kills += verdict_blames(answer);
        known->tries -= !counts;
        if (counts && policy.ladder.count > 0 &&
            (answer->status == IMH_RETRY || answer->status == IMH_WAIT)) {
            int64_t rest_s = policy.ladder.rest_s[job->attempts - 1 < policy.ladder.count
                                                      ? job->attempts - 1
                                                      : policy.ladder.count - 1];
            rest_s = answer->after_s > rest_s ? answer->after_s : rest_s;
            known->not_before_mono_ms = world->mono_ms + 1000 * rest_s;
        }
    }
}

static void finish(struct world *world, struct flight *flight)
{
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    struct queue_effect effect = {.next_ms = JOB_NEVER};
    int64_t integration = flight->jobs[0].integration;
    if (!flight->answered) {
        remote_answer(world, flight);
    }
    bool good =
        medium_begin(&world->medium) &&
        queue_finish(&queue, integration, flight->answers, flight->count, &effect, &error);
    good = good && medium_commit(&world->medium);
    if (!good) {
        medium_rollback(&world->medium);
        return; /* told again later */
    }
    if (effect.stale > 0) {
        oracle_breach(&world->oracle, "I8: an answer that nobody waited for");
    }
    note_answers(world, flight);
    flight->used = false;
    turns_finished(world->turns, integration, 1, &effect, world_roll(world, UINT32_MAX));
    oracle_look(&world->oracle, &world->medium);
}

/* A late answer of a call that the host forgot in a crash: it must count for nothing. */
static void finish_late(struct world *world)
{
    const struct job_answer *answer = &world->late;
    int64_t integration = world->late_integration;
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    struct queue_effect effect = {.next_ms = JOB_NEVER};
    if (answer->job == 0 || !medium_begin(&world->medium)) {
        return;
    }
    bool kept =
        world_commit(world, queue_finish(&queue, integration, answer, 1, &effect, &error));
    if (kept && effect.stale == 0) {
        oracle_breach(&world->oracle, "I8: a late answer to job %lld was believed",
                      (long long)answer->job);
    }
    world->late.job = 0;
}

static void finish_any(struct world *world)
{
    uint32_t from = world_roll(world, FLIGHTS_MOST);
    for (uint32_t i = 0; i < FLIGHTS_MOST; i++) {
        struct flight *flight = &world->flights[(from + i) % FLIGHTS_MOST];
        if (flight->used) {
            finish(world, flight);
            return;
        }
    }
}

/* ---- starting ---- */

static void join(struct world *world, int64_t integration)
{
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    int64_t next_ms = JOB_NEVER;
    bool good = turns_join(world->turns, integration, (integration + 1) / 2,
                           1 + (uint32_t)integration % 3, &error) &&
                queue_next(&queue, integration, &next_ms, &error);
    if (!good) {
        oracle_breach(&world->oracle, "the host does not start: %s", error.text);
    }
    turns_ready(world->turns, integration, next_ms);
    turns_hold(world->turns, integration,
               medium_is_held(&world->medium, integration, STR_OF("")));
}

static void recover(struct world *world, int64_t integration)
{
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    bool more = true;
    while (more) {
        bool good = medium_begin(&world->medium) &&
                    queue_recover(&queue, integration, &more, &error) &&
                    medium_commit(&world->medium);
        if (!good) {
            oracle_breach(&world->oracle, "the host does not recover: %s", error.text);
        }
    }
}

static void clamp(struct world *world, int64_t integration)
{
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    bool more = true;
    while (more && medium_begin(&world->medium)) {
        bool good = queue_clamp(&queue, integration, MOST_WAIT_MS, &more, &error);
        more = world_commit(world, good) && more;
    }
}

static void start_host(struct world *world)
{
    turns_free(world->turns);
    world->turns = turns_make(&world->clock, CALLS_MOST);
    if (!world->turns) {
        oracle_breach(&world->oracle, "no memory");
    }
    for (int64_t i = 1; i <= MEDIUM_INTEGRATIONS; i++) {
        recover(world, i);
        join(world, i);
    }
    oracle_look(&world->oracle, &world->medium);
}

/* Everything but the store is forgotten. */
static void crash(struct world *world)
{
    for (unsigned i = 0; i < FLIGHTS_MOST; i++) {
        struct flight *flight = &world->flights[i];
        if (flight->used) {
            remote_lose(world, flight);
            world->late = (struct job_answer){.job = flight->jobs[0].id,
                                              .starts = flight->jobs[0].starts};
            world->late_integration = flight->jobs[0].integration;
        }
    }
    medium_restart(&world->medium);
    medium_check(&world->medium);
    oracle_crash(&world->oracle, &world->medium);
    start_host(world);
    for (int64_t i = 1; i <= MEDIUM_INTEGRATIONS; i++) {
        clamp(world, i);
    }
}

/* ---- what else happens ---- */

static void release(struct world *world)
{
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    int64_t integration = 1 + world_roll(world, MEDIUM_INTEGRATIONS);
    bool more = true;
    bool kept = true;
    world->remotes[integration].denies = false;
    while (more && kept && medium_begin(&world->medium)) {
        kept = world_commit(world, queue_release(&queue, integration, &more, &error));
    }
    if (kept) {
        turns_hold(world->turns, integration, false);
        turns_ready(world->turns, integration, world->now_ms);
    }
}

static void hold(struct world *world)
{
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    int64_t integration = 1 + world_roll(world, MEDIUM_INTEGRATIONS);
    if (medium_begin(&world->medium) &&
        world_commit(
            world, queue_hold(&queue, integration, STR_OF(""), STR_OF("denied"), &error))) {
        turns_hold(world->turns, integration, true);
    }
}

static void pass_time(struct world *world)
{
    int64_t wake_ms = turns_wake_ms(world->turns);
    int64_t step_ms = 1 + world_roll(world, 5 * MINUTE_MS);
    if (world_roll(world, 2) == 0 && wake_ms != INT64_MAX && wake_ms > world->mono_ms) {
        step_ms = wake_ms - world->mono_ms;
    }
    world->now_ms += step_ms;
    world->mono_ms += step_ms;
}

/* The calendar jumps; the host looks again when everything is due. */
static void jump(struct world *world)
{
    int64_t jump_ms = (int64_t)world_roll(world, 400 * 24 * 60) * MINUTE_MS;
    world->now_ms += world_roll(world, 2) == 0 ? jump_ms : -jump_ms;
    world->now_ms = world->now_ms > MINUTE_MS ? world->now_ms : MINUTE_MS;
    for (unsigned i = 0; i <= MODEL_JOBS_MOST; i++) {
        world->oracle.jobs[i].not_before_mono_ms = 0;
    }
    for (int64_t i = 1; i <= MEDIUM_INTEGRATIONS; i++) {
        clamp(world, i);
        turns_ready(world->turns, i, world->now_ms);
    }
}

static void change_remote(struct world *world)
{
    struct remote *remote = &world->remotes[1 + world_roll(world, MEDIUM_INTEGRATIONS)];
    remote->down = world_roll(world, 3) == 0;
    remote->denies = world_roll(world, 6) == 0;
    remote->batch_most = 1 + world_roll(world, FLIGHT_JOBS);
}

static void configure(struct world *world)
{
    bool *holds = &world->holds[world_roll(world, MEDIUM_INTEGRATIONS)];
    *holds = !*holds;
}

static void break_store(struct world *world)
{
    if (world->has_faults) {
        medium_break(&world->medium, world_roll(world, 3) == 0 ? FAULT_ERROR : FAULT_CRASH,
                     world_roll(world, 25), world_roll(world, 2) == 0);
    }
}

static void kill_host(struct world *world)
{
    world->medium.crashed = true;
}

static const struct happening_of_world {
    uint32_t weight;
    void (*happen)(struct world *world);
} happenings[] = {
    {30, client_add},   {21, dispatch}, {26, finish_any}, {7, pass_time},
    {5, people_decide}, {2, release},   {1, hold},        {2, change_remote},
    {2, break_store},   {1, kill_host}, {1, finish_late}, {1, configure},
    {1, jump},
};

static void step(struct world *world)
{
    uint32_t roll = world_roll(world, 100);
    unsigned i = 0;
    while (roll >= happenings[i].weight) {
        roll -= happenings[i++].weight;
    }
    happenings[i].happen(world);
    if (world->medium.crashed) {
        crash(world);
    }
    arena_clear(&world->arena);
}

/* Nothing fails any more: everything has to come to its end. */
static void drain(struct world *world)
{
    bool open = true;
    world->calm = true;
    medium_heal(&world->medium);
    for (unsigned i = 0; open && i < DRAIN_MOST; i++) {
        open = false;
        if (i % DRAIN_PEOPLE == 0) {
            people_retry_all(world);
        }
        release(world);
        dispatch(world);
        finish_any(world);
        pass_time(world);
        for (unsigned j = 0; j < world->oracle.count; j++) {
            open = open || job_is_open(&world->oracle.dump[j]) ||
                   job_is_shown(&world->oracle.dump[j]);
        }
        arena_clear(&world->arena);
        oracle_look(&world->oracle, &world->medium);
    }
    oracle_end(&world->oracle);
}

void world_run(struct world *world, uint64_t seed, enum medium_kind kind, unsigned steps,
               bool tells)
{
    static char title[64];
    *world = (struct world){.clock = {now_of, mono_of},
                            .now_ms = 1700000000000,
                            .mono_ms = 1000,
                            .dice = seed * 7919 + 1};
    (void)snprintf(title, sizeof title, "seed %llu, %s", (unsigned long long)seed,
                   kind == MEDIUM_MODEL ? "model" : "sqlite");
    world->oracle.title = title;
    world->oracle.policy = world_policy;
    world->oracle.self = world;
    world->holds[1] = world->holds[2] = true;
    world->oracle.tells = tells;
    world->has_faults = seed % 4 != 0;
    for (unsigned i = 0; i <= MEDIUM_INTEGRATIONS; i++) {
        world->remotes[i].batch_most = FLIGHT_JOBS;
    }
    arena_init(&world->arena, 1 << 16, 0);
    arena_init(&world->oracle.arena, 1 << 16, 0);
    medium_open(&world->medium, kind);
    start_host(world);
    for (unsigned i = 0; i < steps; i++) {
        step(world);
    }
    drain(world);
    medium_check(&world->medium);
    medium_close(&world->medium);
    turns_free(world->turns);
    arena_done(&world->arena);
    arena_done(&world->oracle.arena);
}
