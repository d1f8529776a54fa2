#include "engine/schedule.h"

#include <stdlib.h>

#include "engine/consents.h"
#include "engine/schedule_inside.h"

/* A job that reads again what was skipped. While its calls are made, and until what they
 * brought is stored, the source is not polled: what a plugin keeps has one reader. */
struct again {
    struct deliver_effect effect; /* first */
    struct again *next;
    struct polled *polled;
    struct run *run;
    struct poll_page *got; /* of all its pages */
    uint32_t count, at;
    struct source_page pages[SKIPPED_PLACES_MOST];
};

static void free_one(struct again *again)
{
    if (again->got) {
        poll_step_free(&again->got->step);
    }
    free(again);
}

void schedule_free_again(struct polled *polled)
{
    while (polled->again) {
        struct again *again = polled->again;
        polled->again = again->next;
        free_one(again);
    }
    if (polled->reading) {
        polled->got = NULL;
        free_one(polled->reading);
    }
}

/* ---- how it ends ---- */

static void drop(struct run *run, imh_status status, const char *why)
{
    const struct deliver_end end = {.status = status, .words = str_from(why)};
    deliver_end_inside(run, &end);
}

/* The source may be polled. */
static void leave(struct polled *polled)
{
    polled->state = POLLED_RESTING;
    polled->reading = NULL;
    polled->got = NULL;
}

/* Thread: store. */
static bool take_page(struct deliver_effect *effect, const struct queue *queue,
                      struct db *db, struct error *error)
{
    struct poll_page *got = ((struct again *)(void *)effect)->got;
    (void)queue;
    return event_take_page(db, &got->page, error) &&
           consents_take(db, &got->page, &got->step.arena, error);
}

static void free_effect(struct deliver_effect *effect)
{
    struct again *again = (struct again *)(void *)effect;
    const struct followup_page *looked = again->got->step.looked;
    if (looked) {
        followup_page_stored(looked, again->polled->schedule->settings.deliver);
    }
    leave(again->polled);
    free_one(again);
}

static void keep(struct again *again, const struct spent *spent)
{
    const struct deliver_end end = {
        .status = IMH_OK, .words = STR(""), .spent = spent, .effect = &again->effect};
    again->polled->state = POLLED_STORING;
    again->effect = (struct deliver_effect){take_page, free_effect};
    deliver_end_inside(again->run, &end);
}

static void fail(struct again *again, const struct error *why, const struct spent *spent)
{
    struct text words;
    text_init(&words, JOB_WORDS_BYTES);
    skipped_say(&words, again->got->page.source, &again->pages[again->at],
                str_from(why->text));
    const struct deliver_end end = {.status = why->status,
                                    .after_s = why->after_s,
                                    .words = text_str(&words),
                                    .spent = spent};
    leave(again->polled);
    deliver_end_inside(again->run, &end);
    text_done(&words);
    free_one(again);
}

/* ---- its calls ---- */

static void take_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct polled *polled = self;
    struct schedule *schedule = polled->schedule;
    struct again *again = polled->reading;
    struct error why = again->got->failure;
    schedule->running--;
    if (outcome->status != IMH_OK) {
        (void)error_set(&why, outcome->status, "%.*s", STR_ARGS(outcome->text));
        why.after_s = outcome->after_s;
        fail(again, &why, spent);
    } else if (why.status == IMH_OK && again->at + 1 < again->count) {
        again->at++;
        again->next = polled->again;
        polled->again = again;
        leave(polled);
    } else if (!schedule_look(polled, &why)) {
        fail(again, &why, spent);
    } else {
        again->got->page.now_ms = clock_now_ms(schedule->settings.clock);
        keep(again, spent);
    }
}

static void begin(struct polled *polled)
{
    struct again *again = polled->again;
    polled->again = again->next;
    polled->reading = again;
    polled->got = again->got;
    schedule_call(polled, &again->pages[again->at], take_end);
}

void schedule_turn_again(struct polled *polled)
{
    while (polled->again && !schedule_is_served(polled)) {
        struct again *again = polled->again;
        polled->again = again->next;
        drop(again->run, IMH_CANCELED, "the source is not polled now");
        free_one(again);
    }
    if (polled->again && polled->state == POLLED_RESTING &&
        polled->schedule->running < SCHEDULE_POLLS_MOST) {
        begin(polled);
    }
}

/* ---- made ---- */

static struct again *make(struct polled *polled, struct run *run, struct error *error)
{
    struct again *again = calloc(1, sizeof *again);
    if (again) {
        *again = (struct again){.polled = polled, .run = run};
        again->got =
            poll_page_make(polled, deliver_job(run)->integration, str_from(polled->source));
    }
    if (!again || !again->got) {
        free(again);
        (void)error_set(error, IMH_RETRY, "no memory to read a record again");
        return NULL;
    }
    if (!skipped_pages(deliver_args(run), &again->got->step.arena, again->pages,
                       &again->count, error)) {
        free_one(again);
        return NULL;
    }
    again->got->page.place = NULL;
    again->got->page.learn = again->pages[0].first;
    again->got->since_ms = again->pages[0].from_ms;
    return again;
}

void schedule_add_again(struct polled *polled, struct run *run)
{
    struct error error;
    bool is_there = polled && polled->supervisor;
    struct again **last = is_there ? &polled->again : NULL;
    struct again *again = is_there ? make(polled, run, &error) : NULL;
    if (!is_there) {
        drop(run, IMH_REJECTED, "the plugin has no such source any more");
        return;
    }
    if (!again) {
        drop(run, error.status, error.text);
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = again;
}
