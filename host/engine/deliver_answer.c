#include "engine/deliver.h"

#include <stdlib.h>

#include "engine/deliver_inside.h"

enum { HTTP_BAD = 400 /* and above */ };

/* What a mail server says: of this mail, not now; of the whole of it, not now; never. */
enum { SMTP_LATER = 400, SMTP_CLOSING = 421, SMTP_NEVER = 500 };

static void tell_end(const struct deliver *deliver, const struct telling *telling)
{
    const struct served *served = deliver_find_id(deliver, telling->step.integration);
    if (deliver->settings.ended && served && served->supervisor) {
        deliver->settings.ended(deliver->settings.self, served->integration,
                                &telling->effect,
                                telling->answers[telling->count - 1].words);
    }
}

static void after_telling(struct deliver *deliver, struct step *step)
{
    struct telling *telling = (struct telling *)(void *)step;
    if (step->work.done) {
        turns_finished(deliver->turns, step->integration, telling->freed ? 0 : 1,
                       &telling->effect, step_dice(step));
        tell_end(deliver, telling);
        if (telling->effect.held) {
            deliver_check_access(deliver, step->integration);
        }
        step_free(step);
    } else if (deliver_note_failure(deliver, &step->work.error)) {
        telling->again_ms = clock_mono_ms(deliver->settings.clock) + DELIVER_NAP_MS;
        step->next = deliver->again;
        deliver->again = step;
    } else {
        step_free(step); /* the next start finds out what there is */
    }
}

static void tell(struct deliver *deliver, struct telling *telling)
{
    deliver_put(deliver, &telling->step, after_telling);
}

void deliver_tell_again(struct deliver *deliver)
{
    int64_t now = clock_mono_ms(deliver->settings.clock);
    struct step **at = &deliver->again;
    while (*at) {
        struct step *step = *at;
        struct telling *telling = (struct telling *)(void *)step;
        if (telling->again_ms > now) {
            at = &step->next;
            continue;
        }
        *at = step->next;
        tell(deliver, telling);
    }
}

static struct str keep(struct telling *telling, struct str text)
{
    struct str copy = arena_copy(&telling->step.arena, text);
    return copy.ptr ? copy : STR_OF("");
}

/* What was refused to an old secret was not tried with the new one. */
static imh_status status_of(const struct run *run, imh_status status)
{
    bool outdated = run->served && run->served->changes != run->changes;
    return status == IMH_DENIED && outdated ? IMH_CANCELED : status;
}

/* There is no smaller batch than one. */
static struct str say_large(struct run *run, struct str words)
{
    struct text text;
    text_init(&text, JOB_WORDS_BYTES);
    text_print(&text, "too large even alone: %.*s", STR_ARGS(str_before(words, 1024)));
    struct str copy = arena_copy(&run->taking->step.arena, text_str(&text));
    text_done(&text);
    return copy.ptr ? copy : words;
}

/* A record has an end of its own, when it was told; else that of its call. */
static struct job_answer answer_of(struct run *run, uint32_t place,
                                   const struct outcome *outcome, const struct spent *spent)
{
    static const struct str untold = STR("the plugin did not say what became of it");
    const struct record_end *end = run->ends ? &run->ends[place] : NULL;
    bool silent = end && !end->told && outcome->status == IMH_OK;
    struct job_answer answer = {.job = run->call->jobs[place].id,
                                .starts = run->call->jobs[place].starts,
                                .status = silent ? IMH_RETRY : outcome->status,
                                .after_s = outcome->after_s,
                                .code = spent->code,
                                .batch = run->call->count,
                                .unsent = spent->requests == 0,
                                .killed = spent->died,
                                .words = silent ? untold : outcome->text,
                                .result = text_str(&run->result)};
    if (end && end->told) {
        answer.status = end->status;
        answer.words = end->words;
        answer.result = end->result;
        answer.code = spent->code >= HTTP_BAD ? spent->code : 0; /* else others' */
        answer.killed = false;
    }
    if (answer.status == IMH_TOO_LARGE && answer.batch == 1 && end) {
        answer.words = say_large(run, answer.words);
    }
    answer.status = status_of(run, answer.status);
    return answer;
}

static void count_result(const struct run *run, imh_status status)
{
    if (run->served && status >= IMH_OK && status <= IMH_TOO_LARGE) {
        run->served->figures.results[status]++;
    }
}

/* A place whose call went well is free at once: what is taken next is taken by the same
 * commit, after it was noted what became of this one. */
static void free_place(struct deliver *deliver, struct telling *telling)
{
    telling->freed = true;
    for (uint32_t i = 0; telling->freed && i < telling->count; i++) {
        telling->freed = telling->answers[i].status == IMH_OK;
    }
    if (telling->freed) {
        turns_freed(deliver->turns, telling->step.integration, 1);
    }
}

/* A mail server that takes one mail later, as those that greet strangers so do, is well. */
static bool blames_none(const struct run *run, const struct job_answer *answer)
{
    return run->served && run->served->everybodys && answer->code >= SMTP_LATER &&
           answer->code < SMTP_NEVER && answer->code != SMTP_CLOSING;
}

/* Into the store; `end`: what it means for a follow-up, or NULL. */
static void answer(struct run *run, const struct outcome *outcome,
                   const struct spent *spent, const struct deliver_end *end)
{
    struct deliver *deliver = run->deliver;
    struct telling *telling =
        telling_make(deliver->settings.clock, run->taking->step.integration,
                     &run->taking->step.policies, run->call->count);
    for (uint32_t i = 0; telling && i < run->call->count; i++) {
        struct job_answer *to = &telling->answers[i];
        *to = answer_of(run, i, outcome, spent);
        count_result(run, to->status);
        to->words = keep(telling, to->words);
        to->result = keep(telling, to->result);
        to->inner = (end && !end->spent) || blames_none(run, to);
        to->needless = end && end->needless;
    }
    if (telling) {
        telling->step.effect = end ? end->effect : NULL;
        free_place(deliver, telling);
        tell(deliver, telling);
    } else {
        if (end && end->effect) {
            end->effect->free(end->effect);
        }
        log_error(deliver->settings.log, "an answer is lost for want of memory", NULL);
        deliver->failed = true;
    }
}

static void end_run(struct run *run, const struct outcome *outcome,
                    const struct spent *spent, const struct deliver_end *end)
{
    struct run **at = &run->deliver->runs;
    answer(run, outcome, spent, end);
    while (*at != run) {
        at = &(*at)->next;
    }
    *at = run->next;
    deliver_free_run(run);
}

void deliver_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    end_run(self, outcome, spent, NULL);
}

void deliver_end_inside(struct run *run, const struct deliver_end *end)
{
    const struct outcome outcome = {
        .status = end->status, .after_s = end->after_s, .text = end->words};
    const struct spent none = {0};
    end_run(run, &outcome, end->spent ? end->spent : &none, end);
}

void deliver_drop(struct run *run, imh_status status, const char *why)
{
    const struct outcome outcome = {.status = status, .text = str_from(why)};
    const struct spent spent = {0};
    deliver_end(run, &outcome, &spent);
}
