#include "world.h"

#include <stdio.h>

/* ---- clients ---- */

static void name(char to[8], const char *letter, uint32_t number)
{
    (void)snprintf(to, 8, "%s%u", letter, number % 100);
}

static struct values all_of(int64_t value)
{
    struct values values;
    for (int i = 0; i < ORACLE_FIELDS; i++) {
        values.of[i] = value;
    }
    return values;
}

/* A record write: its stream is its record; or anything else. */
static struct wish make_wish(struct world *world)
{
    static const enum job_kind kinds[] = {JOB_ACTION, JOB_RECORD, JOB_HOOK,
                                          JOB_OWN,    JOB_MAIL,   JOB_STEP};
    struct wish wish = {.job = {.id = 0}};
    struct job *job = &wish.job;
    wish.values = all_of(++world->last_value);
    job->kind = world_roll(world, 2) == 0 ? JOB_RECORD : kinds[world_roll(world, 6)];
    job->integration = 1 + world_roll(world, MEDIUM_INTEGRATIONS);
    name(wish.part, "p", world_roll(world, 2));
    if (job->kind == JOB_RECORD) {
        uint32_t key = 10 * (uint32_t)job->integration + world_roll(world, 5);
        name(wish.merge_key, "k", key);
        name(wish.stream, "k", key);
        name(wish.part, "p", 0);
        job->flags = JOB_REPEATABLE | (world_roll(world, 8) == 0 ? JOB_REMOVES : 0);
        if (!(job->flags & JOB_REMOVES)) {
            wish.values.of[world_roll(world, ORACLE_FIELDS)] = 0; /* one of both */
        }
    } else {
        name(wish.stream, "s", world_roll(world, 3));
        job->flags = world_roll(world, 2) == 0 ? JOB_REPEATABLE : 0;
        if (world_roll(world, 3) == 0) {
            name(wish.once_key, "o", world_roll(world, 40));
        }
        if (world_roll(world, 8) == 0) {
            job->not_before_ms = world->now_ms + world_roll(world, 600000);
        }
    }
    return wish;
}

/* Asks once; true: the client was told what came of it. */
static bool ask(struct world *world, struct wish *wish)
{
    char args[ORACLE_ARGS_BYTES];
    struct error error = {.status = IMH_OK};
    struct queue_added added = {.job = 0};
    struct queue queue = world_queue(world);
    oracle_write(&wish->job, wish->values, args);
    const struct job_text text = {.args = str_from(args)};
    wish->job.part = str_from(wish->part);
    wish->job.stream = str_from(wish->stream);
    wish->job.once_key = str_from(wish->once_key);
    wish->job.merge_key = str_from(wish->merge_key);
    if (!medium_begin(&world->medium)) {
        return false;
    }
    bool good = queue_add(&queue, &wish->job, &text, &added, &error);
    bool kept = world_commit(world, good);
    if (kept) {
        int64_t rest_ms = wish->job.not_before_ms - world->now_ms;
        oracle_acknowledge(&world->oracle, &added, &wish->job, wish->values,
                           rest_ms > 0 ? world->mono_ms + rest_ms : 0);
        turns_ready(world->turns, wish->job.integration, added.ready_ms);
    } else if (good) {
        oracle_doubt(&world->oracle, &wish->job);
    }
    return kept || error.status == IMH_REJECTED; /* the key is another job's */
}

/* Who was not told asks again, if a key keeps that from doing harm. */
void client_add(struct world *world)
{
    struct wish wish;
    if (world->unsure_count > 0 && world_roll(world, 3) == 0) {
        wish = world->unsure[--world->unsure_count];
    } else {
        wish = make_wish(world);
    }
    if (!ask(world, &wish) && *wish.once_key && world->unsure_count < UNSURE_MOST) {
        world->unsure[world->unsure_count++] = wish;
    }
}

/* ---- people ---- */

static bool do_retry(struct world *world, int64_t id, bool edits)
{
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    int64_t instead = 0;
    bool shown = job_is_shown(&world->oracle.dump[id - 1]);
    char args[ORACLE_ARGS_BYTES];
    oracle_write(&world->oracle.dump[id - 1], all_of(++world->last_value), args);
    if (!medium_begin(&world->medium)) {
        return false;
    }
    bool good = edits ? queue_edit(&queue, id, str_from(args), STR_OF("uid 0"), &error)
                      : queue_retry(&queue, id, STR_OF("uid 0"), &instead, &error);
    bool kept = world_commit(world, good);
    if (shown && (kept || world->medium.crashed)) {
        oracle_decide(&world->oracle, id, edits);
        /* Retried instead: seen so, or perhaps, when a crash came before it was seen. */
        const struct job *other = instead != 0 ? &world->oracle.dump[instead - 1] : NULL;
        if (other && (kept ? other->attempts == 0 : job_is_shown(other))) {
            oracle_decide(&world->oracle, instead, false);
        }
    }
    if (kept || world->medium.crashed) {
        world->oracle.jobs[id].not_before_mono_ms = 0;
        turns_ready(world->turns, world->oracle.dump[id - 1].integration, world->now_ms);
    }
    return kept;
}

static void do_discard(struct world *world, int64_t id)
{
    struct error error = {.status = IMH_OK};
    struct queue queue = world_queue(world);
    if (!medium_begin(&world->medium)) {
        return;
    }
    bool good = queue_discard(&queue, id, STR_OF("uid 0"), &error);
    bool kept = world_commit(world, good);
    if (kept || world->medium.crashed) {
        oracle_decide(&world->oracle, id, true);
        turns_ready(world->turns, world->oracle.dump[id - 1].integration, world->now_ms);
    }
}

void people_decide(struct world *world)
{
    if (world->oracle.count == 0) {
        return;
    }
    uint32_t from = world_roll(world, world->oracle.count);
    for (uint32_t i = 0; i < world->oracle.count; i++) {
        const struct job *job = &world->oracle.dump[(from + i) % world->oracle.count];
        bool any = world_roll(world, 20) == 0;
        if (job_is_shown(job) || any) {
            uint32_t roll = world_roll(world, 4);
            if (roll == 0) {
                do_discard(world, job->id);
            } else {
                (void)do_retry(world, job->id, roll == 1);
            }
            return;
        }
    }
}

void people_retry_all(struct world *world)
{
    for (unsigned i = 0; i < world->oracle.count; i++) {
        if (job_is_shown(&world->oracle.dump[i])) {
            (void)do_retry(world, world->oracle.dump[i].id, false);
        }
    }
}
