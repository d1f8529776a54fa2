#include "engine/deliver_step.h"

#include <stdlib.h>
#include <sys/random.h>

#include "engine/followup_store.h"
#include "queue/book_sql.h"

enum {
    BLOCK_BYTES = 16 << 10,
    BEGIN_BYTES = 1 << 10, /* all integrations begin at once */
    CLAMP_MS = 1000 * (LADDER_AFTER_MOST_S + 3600)
};

/* ---- making them ---- */

/* The configuration may be gone before the step is. */
static bool keep_policies(struct step *step, const struct policies *policies)
{
    uint32_t count = policies->action_count;
    step->policies = *policies;
    step->policies.actions =
        arena_zero(&step->arena, count, sizeof *step->policies.actions);
    for (uint32_t i = 0; step->policies.actions && i < count; i++) {
        struct action_policy *to = &step->policies.actions[i];
        to->policy = policies->actions[i].policy;
        to->action = arena_copy(&step->arena, policies->actions[i].action);
        if (!to->action.ptr) {
            return false;
        }
    }
    return count == 0 || step->policies.actions;
}

static bool init_with(struct step *step, const struct clock *clock, int64_t integration,
                      const struct policies *policies, size_t block_bytes)
{
    if (!step || getrandom(&step->dice, sizeof step->dice, 0) != sizeof step->dice) {
        free(step);
        return false;
    }
    step->clock = clock;
    step->integration = integration;
    arena_init(&step->arena, block_bytes, 0);
    if (!keep_policies(step, policies)) {
        step_free(step);
        return false;
    }
    return true;
}

static bool init(struct step *step, const struct clock *clock, int64_t integration,
                 const struct policies *policies)
{
    return init_with(step, clock, integration, policies, BLOCK_BYTES);
}

void step_free(struct step *step)
{
    if (step) {
        if (step->effect) {
            step->effect->free(step->effect);
        }
        arena_done(&step->arena);
        free(step);
    }
}

/* splitmix64: it only has to differ from one job to the next. */
uint32_t step_dice(struct step *step)
{
    uint64_t mixed = step->dice += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return (uint32_t)(mixed >> 32);
}

static uint32_t roll(void *self)
{
    return step_dice(self);
}

static struct policy find_policy(void *self, const struct job *job)
{
    const struct step *step = self;
    return verdict_policy(&step->policies, job);
}

struct queue step_queue(struct step *step, const struct book *book)
{
    return (struct queue){.book = book,
                          .now_ms = clock_now_ms(step->clock),
                          .arena = &step->arena,
                          .dice = roll,
                          .self = step,
                          .policy = find_policy,
                          .made = &step->made,
                          .ended = followup_ended};
}

/* ---- in the store's thread ---- */

static struct step *step_of(struct store_work *work)
{
    return (struct step *)(void *)work;
}

typedef bool sweep(const struct queue *queue, int64_t integration, bool *more,
                   struct error *error);

static bool clamp(const struct queue *queue, int64_t integration, bool *more,
                  struct error *error)
{
    return queue_clamp(queue, integration, CLAMP_MS, more, error);
}

static bool repeat(sweep *once, const struct queue *queue, int64_t integration,
                   struct error *error)
{
    bool more = true;
    while (more) {
        if (!once(queue, integration, &more, error)) {
            return false;
        }
    }
    return true;
}

static bool begin(struct store_work *work, struct db *db, struct error *error)
{
    struct step *step = step_of(work);
    struct beginning *beginning = (struct beginning *)(void *)step;
    const struct integration *served = beginning->served;
    const struct book book = book_sql(db);
    const struct queue queue = step_queue(step, &book);
    if (!book_sql_integration(db, str_from(served->account), str_from(served->identifier),
                              &step->integration, error) ||
        !book_sql_name(db, step->dice, &step->arena, &beginning->name, error)) {
        return false;
    }
    return (!beginning->recovers ||
            (repeat(queue_recover, &queue, step->integration, error) &&
             repeat(clamp, &queue, step->integration, error))) &&
           (!beginning->releases ||
            repeat(queue_release, &queue, step->integration, error)) &&
           queue_next(&queue, step->integration, &beginning->next_ms, error);
}

static bool add(struct store_work *work, struct db *db, struct error *error)
{
    struct step *step = step_of(work);
    struct adding *adding = (struct adding *)(void *)step;
    const struct book book = book_sql(db);
    const struct queue queue = step_queue(step, &book);
    adding->ready_ms = JOB_NEVER;
    for (adding->at = 0; adding->at < adding->count; adding->at++) {
        struct queue_added *added = &adding->added[adding->at];
        if (!queue_add(&queue, &adding->jobs[adding->at], &adding->texts[adding->at], added,
                       error)) {
            return false;
        }
        if (added->ready_ms >= 0 && added->ready_ms < adding->ready_ms) {
            adding->ready_ms = added->ready_ms;
        }
    }
    return true;
}

static bool hold(struct store_work *work, struct db *db, struct error *error)
{
    struct step *step = step_of(work);
    const struct holding *holding = (struct holding *)(void *)step;
    const struct book book = book_sql(db);
    const struct queue queue = step_queue(step, &book);
    return queue_hold(&queue, step->integration, STR_OF(""), holding->reason, error);
}

static bool jump(struct store_work *work, struct db *db, struct error *error)
{
    struct step *step = step_of(work);
    struct jumping *jumping = (struct jumping *)(void *)step;
    const struct book book = book_sql(db);
    const struct queue queue = step_queue(step, &book);
    return queue_jump_back(&queue, step->integration, jumping->back_ms, error) &&
           queue_next(&queue, step->integration, &jumping->next_ms, error);
}

static bool take(struct store_work *work, struct db *db, struct error *error)
{
    struct step *step = step_of(work);
    const struct book book = book_sql(db);
    const struct queue queue = step_queue(step, &book);
    return queue_take(&queue, &((struct taking *)(void *)step)->take, error);
}

static bool finish(struct store_work *work, struct db *db, struct error *error)
{
    struct step *step = step_of(work);
    struct telling *telling = (struct telling *)(void *)step;
    const struct book book = book_sql(db);
    const struct queue queue = step_queue(step, &book);
    struct deliver_effect *effect = step->effect;
    step->made = (struct queue_made){.count = 0}; /* it may be told again */
    return (!effect || effect->run(effect, &queue, db, error)) &&
           queue_finish(&queue, step->integration, telling->answers, telling->count,
                        &telling->effect, error);
}

/* ---- each of them ---- */

struct beginning *beginning_make(const struct clock *clock,
                                 const struct integration *served)
{
    struct beginning *beginning = calloc(1, sizeof *beginning);
    if (!init_with(&beginning->step, clock, 0, &served->retry, BEGIN_BYTES)) {
        return NULL;
    }
    beginning->served = served;
    beginning->step.work.run = begin;
    return beginning;
}

struct holding *holding_make(const struct clock *clock, int64_t integration,
                             const struct policies *policies, struct str reason)
{
    struct holding *holding = calloc(1, sizeof *holding);
    if (!init(&holding->step, clock, integration, policies)) {
        return NULL;
    }
    holding->step.work.run = hold;
    holding->reason = arena_copy(&holding->step.arena, reason);
    if (!holding->reason.ptr) {
        step_free(&holding->step);
        return NULL;
    }
    return holding;
}

static bool init_adding(struct adding *adding, const struct clock *clock,
                        const struct policies *policies, const struct job *jobs,
                        const struct job_text *texts, uint32_t count)
{
    if (!init(&adding->step, clock, jobs->integration, policies)) {
        return false;
    }
    adding->jobs = jobs;
    adding->texts = texts;
    adding->count = count;
    adding->step.work.run = add;
    adding->added = arena_zero(&adding->step.arena, count, sizeof *adding->added);
    if (!adding->added) {
        step_free(&adding->step);
        return false;
    }
    return true;
}

struct adding *adding_make(const struct clock *clock, const struct policies *policies,
                           const struct job *jobs, const struct job_text *texts,
                           uint32_t count)
{
    struct adding *adding = calloc(1, sizeof *adding);
    return init_adding(adding, clock, policies, jobs, texts, count) ? adding : NULL;
}

static bool keep(struct step *step, struct str *text)
{
    *text = arena_copy(&step->arena, *text);
    return text->ptr != NULL;
}

struct ordering *ordering_make(const struct clock *clock, const struct policies *policies,
                               const struct job *job, const struct job_text *text,
                               const struct command_asker *asker)
{
    struct ordering *ordering = calloc(1, sizeof *ordering);
    if (!ordering) {
        return NULL;
    }
    struct step *step = &ordering->adding.step;
    ordering->job = *job;
    ordering->text = *text;
    ordering->asker = *asker;
    if (!init_adding(&ordering->adding, clock, policies, &ordering->job, &ordering->text,
                     1)) {
        return NULL;
    }
    if (!keep(step, &ordering->job.part) || !keep(step, &ordering->job.stream) ||
        !keep(step, &ordering->job.once_key) || !keep(step, &ordering->text.args) ||
        !keep(step, &ordering->text.origin)) {
        step_free(step);
        return NULL;
    }
    return ordering;
}

struct jumping *jumping_make(const struct clock *clock, int64_t integration,
                             int64_t back_ms)
{
    struct jumping *jumping = calloc(1, sizeof *jumping);
    const struct policies none = {.action_count = 0};
    if (!init(&jumping->step, clock, integration, &none)) {
        return NULL;
    }
    jumping->back_ms = back_ms;
    jumping->step.work.run = jump;
    return jumping;
}

struct taking *taking_make(const struct clock *clock, const struct turn *turn,
                           const struct policies *policies)
{
    struct taking *taking = calloc(1, sizeof *taking);
    if (!init(&taking->step, clock, turn->integration, policies)) {
        return NULL;
    }
    taking->turn = *turn;
    taking->take =
        (struct queue_take){.integration = turn->integration, .calls_most = turn->calls};
    taking->step.work.run = take;
    return taking;
}

struct telling *telling_make(const struct clock *clock, int64_t integration,
                             const struct policies *policies, uint32_t count)
{
    struct telling *telling = calloc(1, sizeof *telling);
    if (!init(&telling->step, clock, integration, policies)) {
        return NULL;
    }
    telling->step.work.run = finish;
    telling->count = count;
    telling->answers = arena_zero(&telling->step.arena, count, sizeof *telling->answers);
    if (!telling->answers) {
        step_free(&telling->step);
        return NULL;
    }
    return telling;
}
