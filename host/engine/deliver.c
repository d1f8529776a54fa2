#include "engine/deliver.h"

#include <stdlib.h>

#include "engine/builtin.h"
#include "engine/deliver_inside.h"

enum { NAME_BYTES = 96 };

static struct chores *make_chores(struct deliver *deliver, struct error *error)
{
    const struct deliver_settings *settings = &deliver->settings;
    const struct chores_settings chores = {.store = settings->store,
                                           .clock = settings->clock,
                                           .log = settings->log,
                                           .self = settings->self,
                                           .deliver = deliver,
                                           .look = settings->look,
                                           .find = settings->find};
    return chores_make(&chores, error);
}

struct deliver *deliver_make(const struct deliver_settings *settings, struct error *error)
{
    struct deliver *deliver = calloc(1, sizeof *deliver);
    if (deliver) {
        deliver->settings = *settings;
        deliver_look_at_calendar(deliver); /* nobody waits yet */
        text_init(&deliver->name, NAME_BYTES);
        deliver->answers = inbox_make();
        deliver->turns = turns_make(settings->clock, DELIVER_CALLS_MOST);
        deliver->chores = make_chores(deliver, error);
    }
    if (!deliver || !deliver->answers || !deliver->turns || !deliver->chores) {
        deliver_free(deliver);
        (void)error_set(error, IMH_RETRY, "no memory for the queue");
        return NULL;
    }
    return deliver;
}

void deliver_free_run(struct run *run)
{
    text_done(&run->result);
    if (--run->taking->calls == 0) {
        step_free(&run->taking->step);
    }
    free(run);
}

/* One commit for all of them, in this order. */
static void put_staged(struct deliver *deliver)
{
    store_put_chain(deliver->settings.store, &deliver->staged);
}

void deliver_free(struct deliver *deliver)
{
    if (!deliver) {
        return;
    }
    put_staged(deliver);
    while (deliver->steps > 0) { /* the store has them */
        struct inbox_item *item = inbox_wait(deliver->answers, DELIVER_NAP_MS);
        deliver->steps -= item ? 1 : 0;
        step_free((struct step *)(void *)item);
    }
    chores_free(deliver->chores); /* they lend from runs */
    while (deliver->runs) {
        struct run *run = deliver->runs;
        deliver->runs = run->next;
        deliver_free_run(run);
    }
    while (deliver->again) {
        struct step *step = deliver->again;
        deliver->again = step->next;
        step_free(step);
    }
    while (deliver->served) {
        struct served *served = deliver->served;
        deliver->served = served->next;
        free(served->account);
        free(served->identifier);
        free(served->own);
        free(served);
    }
    turns_free(deliver->turns);
    inbox_free(deliver->answers);
    text_done(&deliver->name);
    free(deliver);
}

/* ---- steps ---- */

void deliver_put(struct deliver *deliver, struct step *step,
                 void (*after)(struct deliver *deliver, struct step *step))
{
    step->after = after;
    step->work.answer_to = deliver->answers;
    deliver->steps++;
    store_chain_add(&deliver->staged, &step->work);
}

bool deliver_note_failure(struct deliver *deliver, const struct error *error)
{
    bool suspect = error->status == IMH_UNKNOWN || error->status == IMH_CANCELED;
    if (suspect && !deliver->failed) {
        log_error(deliver->settings.log, "the store cannot be relied on", "why",
                  error->text, NULL);
    } else if (!suspect) {
        log_warning(deliver->settings.log, "the store could not do it", "why", error->text,
                    NULL);
    }
    deliver->failed = deliver->failed || suspect;
    return !suspect;
}

/* ---- who is served ---- */

struct served *deliver_find_id(const struct deliver *deliver, int64_t id)
{
    struct served *served = deliver->served;
    while (served && served->id != id) {
        served = served->next;
    }
    return served;
}

/* FNV-1a: accounts take turns by it. */
static int64_t account_number(const char *account)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *account; account++) {
        hash = (hash ^ (unsigned char)*account) * 0x100000001b3U;
    }
    return (int64_t)(hash >> 1);
}

static uint32_t parallel_of(const struct served *served)
{
    enum { PARALLEL = 4 };
    uint32_t declared =
        served->descriptor->parallel ? served->descriptor->parallel : PARALLEL;
    return served->integration->parallel ? served->integration->parallel : declared;
}

static bool join(struct deliver *deliver, const struct served *served, struct error *error)
{
    bool at_work = deliver_has_hands(served) && !deliver->stopped;
    uint32_t parallel = at_work ? parallel_of(served) : 0;
    return turns_join(deliver->turns, served->id, account_number(served->account), parallel,
                      error);
}

static void after_begin(struct deliver *deliver, struct step *step)
{
    struct beginning *beginning = (struct beginning *)(void *)step;
    struct error error = step->work.error;
    struct served *served = deliver_find(deliver, str_from(beginning->served->account),
                                         str_from(beginning->served->identifier));
    bool good = step->work.done;
    if (good && served) {
        served->id = step->integration;
        text_clear(&deliver->name);
        text_add(&deliver->name, beginning->name);
        good = join(deliver, served, &error);
        turns_hold(deliver->turns, served->id, false);
        turns_ready(deliver->turns, served->id, beginning->next_ms);
    }
    if (!good) {
        (void)deliver_note_failure(deliver, &error);
    }
    step_free(step);
}

bool deliver_begin(struct deliver *deliver, struct served *served, struct error *error)
{
    struct beginning *beginning =
        beginning_make(deliver->settings.clock, served->integration);
    if (!beginning) {
        return error_set(error, IMH_RETRY, "no memory to serve an integration");
    }
    served->changes++;
    beginning->recovers = served->id == 0;
    beginning->releases = served->id != 0;
    deliver_put(deliver, &beginning->step, after_begin);
    return true;
}

struct served *deliver_add(struct deliver *deliver, const struct integration *integration)
{
    struct served *served = calloc(1, sizeof *served);
    if (served) {
        served->account = strdup(integration->account);
        served->identifier = strdup(integration->identifier);
    }
    if (!served || !served->account || !served->identifier) {
        free(served ? served->account : NULL);
        free(served ? served->identifier : NULL);
        free(served);
        return NULL;
    }
    served->deliver = deliver;
    served->next = deliver->served;
    deliver->served = served;
    return served;
}

bool deliver_serve(struct deliver *deliver, struct supervisor *supervisor,
                   const struct integration *integration,
                   const struct descriptor *descriptor, struct error *error)
{
    struct served *served = deliver_find(deliver, str_from(integration->account),
                                         str_from(integration->identifier));
    served = served ? served : deliver_add(deliver, integration);
    if (!served) {
        return error_set(error, IMH_RETRY, "no memory to serve an integration");
    }
    served->supervisor = supervisor;
    served->integration = integration;
    served->descriptor = descriptor;
    served->everybodys = builtin_descriptor(integration->plugin) != NULL;
    served->policies = integration->retry;
    return deliver_begin(deliver, served, error);
}

void deliver_release(struct deliver *deliver, const struct supervisor *supervisor)
{
    struct error ignored; /* to take no part needs no memory */
    for (struct served *at = deliver->served; at; at = at->next) {
        if (at->supervisor == supervisor || at->own) {
            at->supervisor = NULL;
            at->own_rests = true;
            at->policies.action_count = 0; /* they are lent from what ends with it */
            (void)(at->id != 0 && join(deliver, at, &ignored));
        }
    }
}

bool deliver_resume(struct deliver *deliver, struct str account, struct str identifier,
                    struct error *error)
{
    struct served *served = deliver_find(deliver, account, identifier);
    if (!served || !served->supervisor) {
        return true;
    }
    turns_forgive(deliver->turns, served->id);
    return deliver_begin(deliver, served, error);
}

/* ---- starting calls ---- */

/* Others may be served by now than when it was looked at. */
void deliver_go_on(struct run *run)
{
    if (!run->served->supervisor) {
        deliver_drop(run, IMH_CANCELED, "the integration is not served any more");
    } else if (!integration_is_on(run->served->integration)) {
        deliver_drop(run, IMH_CANCELED, "the integration was disabled");
    } else {
        deliver_run_action(run);
    }
}

static void start(struct deliver *deliver, struct taking *taking,
                  const struct queue_call *call)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run) { /* nobody started it: the next start of this process finds it running */
        log_error(deliver->settings.log, "a job is lost for want of memory", NULL);
        deliver->failed = true;
        return;
    }
    *run = (struct run){.next = deliver->runs,
                        .deliver = deliver,
                        .served = deliver_find_id(deliver, taking->step.integration),
                        .taking = taking,
                        .call = call};
    run->changes = run->served ? run->served->changes : 0;
    if (run->served) {
        run->served->figures.attempts += call->count;
    }
    text_init(&run->result, JOB_RESULT_BYTES);
    deliver->runs = run;
    taking->calls++;
    if (!run->served || !deliver_has_hands(run->served)) {
        deliver_drop(run, IMH_CANCELED, "the integration is not served any more");
    } else if (!integration_is_on(run->served->integration)) {
        deliver_drop(run, IMH_CANCELED, "the integration was disabled");
    } else if (call->jobs[0].flags & JOB_FOLLOWS && deliver->settings.follow) {
        deliver->settings.follow(deliver->settings.self, run);
    } else if (call->jobs[0].kind == JOB_ACTION) {
        deliver_run_action(run);
    } else if (call->jobs[0].kind == JOB_RECORD) {
        deliver_run_records(run);
    } else if (call->jobs[0].kind == JOB_READ && deliver->settings.read) {
        deliver->settings.read(deliver->settings.self, run);
    } else {
        deliver_drop(run, IMH_BROKEN, "jobs of this kind are not run yet");
    }
}

static void after_taking(struct deliver *deliver, struct step *step)
{
    struct taking *taking = (struct taking *)(void *)step;
    bool good = step->work.done;
    if (!good) {
        (void)deliver_note_failure(deliver, &step->work.error);
    }
    turns_taken(deliver->turns, &taking->turn, good ? &taking->take : NULL);
    taking->calls = 1; /* until all are started */
    for (uint32_t i = 0; good && i < taking->take.count; i++) {
        start(deliver, taking, &taking->take.calls[i]);
    }
    if (--taking->calls == 0) {
        step_free(step);
    }
}

/* What is under way of the integration. */
static void note_runs(const struct deliver *deliver, struct queue_take *take)
{
    for (const struct run *at = deliver->runs; at; at = at->next) {
        if (at->taking->take.integration == take->integration) {
            take->others_run = true;
            take->suspect_runs = take->suspect_runs || at->call->jobs[0].kills > 0;
        }
    }
}

static void take_turns(struct deliver *deliver)
{
    struct turn turn;
    while (!deliver->stopped && !deliver->failed && turns_next(deliver->turns, &turn)) {
        const struct served *served = deliver_find_id(deliver, turn.integration);
        struct taking *taking =
            served ? taking_make(deliver->settings.clock, &turn, &served->policies) : NULL;
        if (!taking || !deliver_set_batches(taking, served->descriptor)) {
            step_free(taking ? &taking->step : NULL);
            turns_taken(deliver->turns, &turn, NULL);
            return;
        }
        note_runs(deliver, &taking->take);
        deliver_put(deliver, &taking->step, after_taking);
    }
}

/* ---- the loop ---- */

int deliver_chores_fd(const struct deliver *deliver)
{
    return chores_fd(deliver->chores);
}

int deliver_fd(const struct deliver *deliver)
{
    return inbox_fd(deliver->answers);
}

static void take_answer(struct deliver *deliver, struct inbox_item *item)
{
    struct step *step = (struct step *)(void *)item;
    deliver->steps--;
    if (step->work.done) {
        deliver_made(deliver, &step->made);
    }
    step->after(deliver, step);
}

void deliver_settle(struct deliver *deliver)
{
    while (deliver->steps > 0) {
        put_staged(deliver);
        struct inbox_item *item = inbox_wait(deliver->answers, DELIVER_NAP_MS);
        if (item) {
            take_answer(deliver, item);
        }
    }
}

void deliver_turn(struct deliver *deliver)
{
    struct inbox_item *item;
    while ((item = inbox_take(deliver->answers)) != NULL) {
        take_answer(deliver, item);
    }
    deliver_look_at_calendar(deliver);
    deliver_tell_again(deliver);
    take_turns(deliver);
    chores_turn(deliver->chores);
    put_staged(deliver);
}

void deliver_stop(struct deliver *deliver)
{
    deliver->stopped = true;
}

bool deliver_is_busy(const struct deliver *deliver)
{
    return deliver->runs || deliver->steps > 0 || deliver->again;
}

bool deliver_uses(const struct deliver *deliver, const struct supervisor *supervisor)
{
    return chores_use(deliver->chores, supervisor);
}

bool deliver_has_failed(const struct deliver *deliver)
{
    return deliver->failed;
}

void deliver_made(struct deliver *deliver, const struct queue_made *made)
{
    for (uint32_t i = 0; i < made->count; i++) {
        if (made->items[i].ready_ms >= 0) {
            turns_ready(deliver->turns, made->items[i].integration,
                        made->items[i].ready_ms);
        }
    }
    if (made->more) {
        deliver_wake(deliver);
    }
}

void deliver_wake(struct deliver *deliver)
{
    int64_t now_ms = clock_now_ms(deliver->settings.clock);
    for (const struct served *at = deliver->served; at; at = at->next) {
        if (at->id != 0) {
            turns_ready(deliver->turns, at->id, now_ms);
        }
    }
}
