#include "world.h"

/* What one record of a call is answered, with its weight in a hundred. */
static const struct reply {
    uint32_t weight;
    imh_status status;
    bool done; /* by the remote */
    bool unsent;
} replies[] = {
    {55, IMH_OK, .done = true},        {14, IMH_RETRY, .done = false},
    {4, IMH_WAIT, .done = false},      {3, IMH_WAIT, .unsent = true},
    {5, IMH_REJECTED, .done = false},  {3, IMH_MISSING, .done = false},
    {4, IMH_UNKNOWN, .done = true},    {4, IMH_UNKNOWN, .done = false},
    {4, IMH_CANCELED, .unsent = true}, {1, IMH_BROKEN, .unsent = true},
    {3, IMH_DENIED, .done = false},
};

static const struct reply *choose(struct world *world)
{
    uint32_t roll = world_roll(world, 100);
    unsigned i = 0;
    while (roll >= replies[i].weight) {
        roll -= replies[i++].weight;
    }
    return &replies[i];
}

/* It knows a command by its key: the same one again changes nothing. */
static void apply(struct world *world, const struct job *job, struct values values)
{
    int64_t *applied = &world->remotes[job->integration].applied[job->id];
    if (*applied <= job->version) {
        *applied = (int64_t)job->version + 1;
        oracle_do(&world->oracle, job, values);
    } else if (!(job->flags & JOB_REPEATABLE)) {
        oracle_do(&world->oracle, job, values);
    }
}

static struct job_answer answer_to(const struct job *job, uint32_t batch)
{
    return (struct job_answer){.job = job->id, .starts = job->starts, .batch = batch};
}

static void answer_all(struct flight *flight, imh_status status, uint32_t code)
{
    for (uint32_t i = 0; i < flight->count; i++) {
        flight->answers[i] = answer_to(&flight->jobs[i], flight->count);
        flight->answers[i].status = status;
        flight->answers[i].code = code;
    }
}

static void answer_each(struct world *world, struct flight *flight)
{
    for (uint32_t i = 0; i < flight->count; i++) {
        const struct reply *reply = world->calm ? &replies[0] : choose(world);
        struct job_answer *answer = &flight->answers[i];
        *answer = answer_to(&flight->jobs[i], flight->count);
        answer->status = reply->status;
        answer->unsent = reply->unsent;
        if (reply->status == IMH_WAIT) {
            answer->after_s = world_roll(world, 300);
        }
        bool gone = reply->status == IMH_MISSING && flight->jobs[i].flags & JOB_REMOVES;
        if (reply->done || gone) {
            apply(world, &flight->jobs[i], flight->values[i]);
        }
    }
}

/* The worker dies, or the remote is down: nothing was done. */
static void answer_dead(struct world *world, struct flight *flight)
{
    bool killed = world_roll(world, 10) == 0;
    answer_all(flight, IMH_RETRY, killed ? 0 : 503);
    for (uint32_t i = 0; i < flight->count; i++) {
        flight->answers[i].killed = killed;
    }
}

void remote_answer(struct world *world, struct flight *flight)
{
    const struct remote *remote = &world->remotes[flight->jobs[0].integration];
    flight->answered = true;
    if (!world->calm && (remote->down || world_roll(world, 40) == 0)) {
        answer_dead(world, flight);
    } else if (!world->calm && remote->denies) {
        answer_all(flight, IMH_DENIED, 401);
    } else if (flight->count > remote->batch_most) {
        answer_all(flight, IMH_TOO_LARGE, 413);
    } else {
        answer_each(world, flight);
    }
}

void remote_lose(struct world *world, struct flight *flight)
{
    for (uint32_t i = 0; !flight->answered && i < flight->count; i++) {
        if (world_roll(world, 2) == 0) {
            apply(world, &flight->jobs[i], flight->values[i]);
        }
    }
    flight->used = false;
}
