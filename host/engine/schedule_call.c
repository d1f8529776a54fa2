#include "engine/schedule.h"

#include "engine/schedule_inside.h"

/* ---- what a call brings ---- */

static void take_event(void *self, const struct call_event *event)
{
    struct polled *polled = self;
    poll_page_event(polled->got, event, &polled->asked_of->event_types[event->type]);
}

static void take_cursor(void *self, const struct cursor *cursor)
{
    struct polled *polled = self;
    poll_page_cursor(polled->got, cursor);
}

static void take_state(void *self, const struct state_item *item)
{
    struct polled *polled = self;
    poll_page_state(polled->got, item);
}

/* ---- what plugins keep ---- */

static void answer_state(struct polled *polled, const struct poll_state *asked,
                         const struct outcome *outcome, struct str value)
{
    const struct state_answer answer = {
        .number = asked->number, .outcome = *outcome, .value = value};
    if (polled->state == POLLED_RUNNING && polled->asked_by == asked->asked_by) {
        supervisor_state(polled->asked_by, asked->call, &answer);
    }
}

static void after_state(struct schedule *schedule, struct poll_step *step)
{
    const struct poll_state *asked = (struct poll_state *)(void *)step;
    struct outcome outcome = {.status = IMH_OK, .text = STR_OF("")};
    (void)schedule;
    if (!step->work.done) {
        outcome =
            (struct outcome){.status = IMH_RETRY, .text = str_from(step->work.error.text)};
    } else if (!asked->value.ptr) {
        outcome = (struct outcome){.status = IMH_MISSING,
                                   .text = STR_OF("there is no such state")};
    }
    answer_state(step->polled, asked, &outcome,
                 asked->value.ptr ? asked->value : STR_OF(""));
    poll_step_free(step);
}

static void ask_state(void *self, uint64_t call, const struct state_question *question)
{
    struct polled *polled = self;
    struct poll_state *step = poll_state_make(polled, polled->integration, call, question);
    if (step) {
        step->asked_by = polled->asked_by;
        schedule_put(polled->schedule, &step->step, after_state);
    } else {
        const struct state_answer answer = {
            .number = question->number,
            .outcome = {.status = IMH_RETRY, .text = STR_OF("no memory for a state")},
            .value = STR_OF("")};
        supervisor_state(polled->asked_by, call, &answer);
    }
}

/* ---- the call ---- */

void schedule_call(struct polled *polled, const struct source_page *page,
                   void (*end)(void *self, const struct outcome *outcome,
                               const struct spent *spent))
{
    const struct call_watcher watcher = {.self = polled,
                                         .event = take_event,
                                         .cursor = take_cursor,
                                         .state = ask_state,
                                         .state_put = take_state,
                                         .end = end};
    struct call_order order = {
        .kind = CALL_POLL,
        .span = {.source = polled->number,
                 .flags = (page->first ? IMH_FIRST : 0) | (page->skip ? IMH_SKIP : 0),
                 .most = page->most,
                 .from_ms = page->from_ms,
                 .to_ms = page->to_ms,
                 .cursor = page->cursor}};
    polled->asked_by = polled->supervisor;
    polled->asked_of = polled->descriptor;
    polled->state = POLLED_RUNNING;
    polled->schedule->running++;
    supervisor_call(polled->supervisor, polled->served, &order, SCHEDULE_TIME_MS, &watcher);
}

bool schedule_look(struct polled *polled, struct error *error)
{
    struct poll_page *got = polled->got;
    if (got->failure.status != IMH_OK) {
        *error = got->failure;
        return false;
    }
    return poll_page_look(got, polled->schedule->settings.followups,
                          str_from(polled->account), str_from(polled->identifier)) ||
           error_set(error, IMH_RETRY, "no memory for a page");
}
