#include "engine/followup_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "queue_rig.h"
#include "store/invariants.h"

enum { HOUR_MS = 3600000, RUNS_MOST = 400, CARTS = 5 };

/* ---- the follow-ups ---- */

static void refuse(void *self, unsigned line, const char *what, struct str wrong,
                   struct str names)
{
    (void)self;
    (void)names;
    fail_msg("%u: %s %.*s", line, what, STR_ARGS(wrong));
}

static struct followup_set *make_set(const char *limit)
{
    const struct followup_problems problems = {NULL, refuse};
    const struct followup_entry entries[] = {
        {STR_OF("on"), STR_OF("shop.left"), 1},
        {STR_OF("wait"), STR_OF("1h"), 2},
        {STR_OF("until"), STR_OF("shop.order same cart"), 3},
        {STR_OF("restart"), STR_OF("shop.more same cart"), 4},
        {STR_OF("do"), STR_OF("mail.send"), 5},
        {STR_OF("if"), STR_OF("$trigger.cart != 'no'"), 6},
        {STR_OF("limit"), str_from(limit), 7},
    };
    return followup_set_make(
        followup_make(STR_OF("cart"), entries, limit ? 7 : 6, &problems), NULL);
}

/* ---- the store ---- */

struct world {
    struct rig rig;
    struct followup_set *set;
    struct judge *judge;
    int64_t place;
    unsigned events;
};

static void open_world(struct world *world, void **state, const char *limit)
{
    *world = (struct world){.set = make_set(limit), .judge = judge_make()};
    rig_open(&world->rig, *state);
    RIG_STEP(&world->rig,
             book_sql_integration(world->rig.db, STR_OF("acme"), STR_OF(FOLLOWUP_PLACE),
                                  &world->place, &error));
}

static void close_world(struct world *world)
{
    followup_set_release(world->set);
    judge_free(world->judge);
    rig_close(&world->rig);
}

static struct queue queue_of(struct world *world)
{
    struct queue queue = rig_queue(&world->rig);
    queue.ended = followup_ended;
    return queue;
}

/* What an event starts, in the transaction that takes it. */
static bool start(struct world *world, struct event *event, struct error *error)
{
    const struct queue queue = queue_of(world);
    const struct trigger trigger = {
        0,           STR_OF("shop"), event->type,   event->key, event->at_ms,
        event->data, event->origin,  event->subject};
    struct candidates candidates;
    const struct followup_start start = {.account = STR("acme"),
                                         .identifier = STR("shop"),
                                         .set = world->set,
                                         .candidates = &candidates};
    return judge_event(world->judge, world->set, &trigger, queue.now_ms, queue.arena,
                       &candidates) &&
           followup_start(&start, &queue, world->rig.db, event, error);
}

static int64_t happen(struct world *world, const char *type, const char *cart,
                      const char *origin)
{
    char key[40];
    char data[80];
    (void)snprintf(key, sizeof key, "cart/%s/%u", cart, ++world->events);
    (void)snprintf(data, sizeof data, "{\"cart\":\"%s\"}", cart);
    struct event event = {.integration = world->rig.shop,
                          .type = str_from(type),
                          .key = str_from(key),
                          .at_ms = world->rig.now_ms,
                          .seen_at_ms = world->rig.now_ms,
                          .subject = STR("{}"),
                          .data = str_from(data),
                          .origin = str_from(origin)};
    RIG_STEP(&world->rig, event_add(world->rig.db, &event, false, &error) &&
                              start(world, &event, &error));
    return event.id;
}

static enum run_state state_of(struct world *world, int64_t event, struct str *reason)
{
    static const char sql[] = "select state, reason from followup_run where event = $1";
    struct error error;
    OWN(query) query = db_query(world->rig.db, sql, &error);
    query_put_int(query, event);
    if (query_next(query, &error) != QUERY_ROW) {
        return 0;
    }
    if (reason) {
        *reason = arena_copy(&world->rig.arena, query_text(query, 1));
    }
    return (enum run_state)query_int(query, 0);
}

static void note_broken(void *context, struct str what)
{
    (void)context;
    fail_msg("%.*s", STR_ARGS(what));
}

static void check_invariants(struct world *world)
{
    struct error error = {.text = ""};
    assert_true(
        invariants_check(world->rig.db, &invariants_all, note_broken, NULL, &error));
}

/* ---- its jobs ---- */

static struct job_answer answer_of(const struct job *job, imh_status status)
{
    return (struct job_answer){
        .job = job->id, .starts = job->starts, .status = status, .words = STR("")};
}

static bool finish(struct world *world, const struct job *job, imh_status status,
                   const struct followup_end *end, struct error *error)
{
    const struct queue queue = queue_of(world);
    const struct job_answer answer = answer_of(job, status);
    struct queue_effect effect;
    return (!end || followup_end(end, &queue, world->rig.db, error)) &&
           queue_finish(&queue, job->integration, &answer, 1, &effect, error);
}

/* As followups does it, with what was read before. */
static void serve_step(struct world *world, const struct job *job,
                       const struct followup_run *run)
{
    const struct followup *followup = followup_set_first(world->set);
    struct followup_end end = {
        .run = run->id,
        .job = job->id,
        .step = run->step,
        .since_ms = run->since_ms,
        .due_ms = followup_wait_end(&followup->steps[0].wait, NULL, run->since_ms),
        .account = STR("acme"),
        .whom = STR("all"),
        .limit = followup->limit,
        .action = {.integration = world->rig.mail,
                   .kind = JOB_ACTION,
                   .flags = JOB_FOLLOWS,
                   .part = STR("send"),
                   .stream = STR("s")},
        .action_text = {STR("{}"), STR("{}"), STR("")}};
    end.fate = end.due_ms > world->rig.now_ms ? FATE_WAITS : FATE_ACTS;
    RIG_STEP(&world->rig, finish(world, job, IMH_OK, &end, &error));
}

static void serve_steps(struct world *world)
{
    const struct queue_take *take;
    while ((take = rig_take(&world->rig, world->place, 1))->count > 0) {
        const struct job job = take->calls[0].jobs[0];
        struct followup_run run;
        struct error missing;
        if (run_of_job(world->rig.db, job.id, &world->rig.arena, &run, &missing)) {
            serve_step(world, &job, &run);
        } else {
            RIG_STEP(&world->rig, finish(world, &job, IMH_OK, NULL, &error));
        }
    }
}

static int64_t event_of_job(struct world *world, int64_t job)
{
    struct followup_run run;
    struct error error;
    assert_true(run_of_job(world->rig.db, job, &world->rig.arena, &run, &error));
    return run.event;
}

/* One action, or none; the event of its run. */
static int64_t serve_action(struct world *world, imh_status status)
{
    const struct queue_take *take = rig_take(&world->rig, world->rig.mail, 1);
    if (take->count == 0) {
        return 0;
    }
    const struct job job = take->calls[0].jobs[0];
    int64_t event = event_of_job(world, job.id);
    RIG_STEP(&world->rig, finish(world, &job, status, NULL, &error));
    return event;
}

/* ---- facts ---- */

static void a_run_waits_acts_and_is_done(void **state)
{
    struct world world;
    open_world(&world, state, NULL);
    int64_t event = happen(&world, "left", "a", "");
    assert_int_equal(state_of(&world, event, NULL), RUN_WAITING);
    serve_steps(&world);
    assert_int_equal(serve_action(&world, IMH_OK), 0);
    world.rig.now_ms += HOUR_MS;
    serve_steps(&world);
    assert_int_equal(state_of(&world, event, NULL), RUN_ACTING);
    assert_int_equal(serve_action(&world, IMH_OK), event);
    assert_int_equal(state_of(&world, event, NULL), RUN_DONE);
    check_invariants(&world);
    close_world(&world);
}

static void an_event_that_is_looked_at_twice_runs_once(void **state)
{
    struct world world;
    open_world(&world, state, NULL);
    int64_t id = happen(&world, "left", "a", "");
    struct event event = {.id = id,
                          .integration = world.rig.shop,
                          .type = STR("left"),
                          .key = STR("cart/a/1"),
                          .data = STR("{\"cart\":\"a\"}"),
                          .origin = STR("")};
    RIG_STEP(&world.rig, start(&world, &event, &error));
    world.rig.now_ms += HOUR_MS;
    serve_steps(&world);
    assert_int_equal(serve_action(&world, IMH_OK), id);
    RIG_STEP(&world.rig, start(&world, &event, &error));
    world.rig.now_ms += HOUR_MS;
    serve_steps(&world);
    assert_int_equal(serve_action(&world, IMH_OK), 0);
    close_world(&world);
}

static void no_and_loops_are_kept_with_their_reason(void **state)
{
    struct world world;
    struct str reason;
    open_world(&world, state, NULL);
    assert_int_equal(state_of(&world, happen(&world, "left", "no", ""), &reason),
                     RUN_UNWANTED);
    assert_true(str_is(reason, "'if' said no"));
    int64_t event =
        happen(&world, "left", "a",
               "{\"causes\":[{\"event\":1,\"followup\":\"cart\",\"record\":\"cart/a\"}]}");
    assert_int_equal(state_of(&world, event, &reason), RUN_LOOP);
    assert_true(str_is(reason, "a loop: 'cart' caused this event itself, about 'cart/a'"));
    assert_int_equal(state_of(&world, happen(&world, "other", "a", ""), NULL), 0);
    check_invariants(&world);
    close_world(&world);
}

static void a_limit_counts_the_period_before(void **state)
{
    struct world world;
    open_world(&world, state, "2 per 3h per x");
    int64_t events[4];
    for (unsigned i = 0; i < 3; i++) {
        events[i] = happen(&world, "left", "a", "");
    }
    world.rig.now_ms += HOUR_MS;
    serve_steps(&world);
    assert_int_equal(state_of(&world, events[1], NULL), RUN_ACTING);
    assert_int_equal(state_of(&world, events[2], NULL), RUN_LIMITED);
    world.rig.now_ms += 3 * HOUR_MS; /* the first two are out of it */
    events[3] = happen(&world, "left", "a", "");
    world.rig.now_ms += HOUR_MS;
    serve_steps(&world);
    assert_int_equal(state_of(&world, events[3], NULL), RUN_ACTING);
    check_invariants(&world);
    close_world(&world);
}

/* The action's turn has come, and it is not wanted any more. */
static void refuse_action(struct world *world, const struct job *job)
{
    struct followup_run run;
    struct error missing;
    assert_true(run_of_job(world->rig.db, job->id, &world->rig.arena, &run, &missing));
    const struct followup_end end = {.run = run.id,
                                     .job = job->id,
                                     .step = run.step,
                                     .since_ms = run.since_ms,
                                     .fate = FATE_IS_OVER,
                                     .state = RUN_NEEDLESS,
                                     .reason = STR("no")};
    RIG_STEP(&world->rig, finish(world, job, IMH_OK, &end, &error));
}

static enum run_state leave(struct world *world, int64_t *event)
{
    *event = happen(world, "left", "a", "");
    world->rig.now_ms += HOUR_MS;
    serve_steps(world);
    return state_of(world, *event, NULL);
}

static void what_was_not_done_after_all_does_not_count(void **state)
{
    struct world world;
    int64_t event;
    open_world(&world, state, "1 per 30d per x");
    assert_int_equal(leave(&world, &event), RUN_ACTING);
    struct job job = rig_take(&world.rig, world.rig.mail, 1)->calls[0].jobs[0];
    refuse_action(&world, &job);
    assert_int_equal(state_of(&world, event, NULL), RUN_NEEDLESS);

    assert_int_equal(leave(&world, &event), RUN_ACTING);
    (void)happen(&world, "order", "a", "");
    assert_int_equal(state_of(&world, event, NULL), RUN_ENDED);

    /* One that runs may be done: it counts until it is known that it was not. */
    assert_int_equal(leave(&world, &event), RUN_ACTING);
    job = rig_take(&world.rig, world.rig.mail, 1)->calls[0].jobs[0];
    (void)happen(&world, "order", "a", "");
    int64_t ended = event;
    assert_int_equal(leave(&world, &event), RUN_LIMITED);
    refuse_action(&world, &job);
    assert_int_equal(state_of(&world, ended, NULL), RUN_ENDED);
    assert_int_equal(leave(&world, &event), RUN_ACTING);
    assert_int_equal(serve_action(&world, IMH_OK), event);
    assert_int_equal(leave(&world, &event), RUN_LIMITED);
    check_invariants(&world);
    close_world(&world);
}

static void a_step_that_runs_when_its_run_is_ended_does_nothing(void **state)
{
    struct world world;
    struct followup_run run;
    struct error error;
    struct str reason;
    open_world(&world, state, NULL);
    int64_t event = happen(&world, "left", "a", "");
    world.rig.now_ms += HOUR_MS;
    const struct job job = rig_take(&world.rig, world.place, 1)->calls[0].jobs[0];
    assert_true(run_of_job(world.rig.db, job.id, &world.rig.arena, &run, &error));
    (void)happen(&world, "order", "a", "");
    assert_int_equal(state_of(&world, event, &reason), RUN_ENDED);
    assert_true(str_is(reason, "until: event 2, order"));
    serve_step(&world, &job, &run);
    assert_int_equal(state_of(&world, event, NULL), RUN_ENDED);
    assert_int_equal(serve_action(&world, IMH_OK), 0);
    check_invariants(&world);
    close_world(&world);
}

static void a_wait_that_is_ended_takes_its_job_along(void **state)
{
    static const char sql[] =
        "select count(*) from job join history on history.job = job.id"
        " where job.state = 6 and words = 'until: event 2, order'";
    struct world world;
    struct error error;
    open_world(&world, state, NULL);
    (void)happen(&world, "left", "a", "");
    (void)happen(&world, "order", "a", "");
    struct query *query = db_query(world.rig.db, sql, &error);
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    assert_int_equal(query_int(query, 0), 1);
    query_end(query);
    close_world(&world);
}

static int64_t count_runs(struct world *world, enum run_state state, int64_t since_ms)
{
    static const char sql[] = "select count(*) from followup_run where state = $1"
                              " and since_ms = $2";
    struct error error;
    OWN(query) query = db_query(world->rig.db, sql, &error);
    query_put_int(query, state);
    query_put_int(query, since_ms);
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    return query_int(query, 0);
}

static void one_event_is_for_all_runs_that_look_for_it(void **state)
{
    enum { RUNS = RUN_FOUND_MOST + 1 };
    struct world world;
    open_world(&world, state, NULL);
    for (unsigned i = 0; i < RUNS; i++) {
        (void)happen(&world, "left", "a", "");
    }
    world.rig.now_ms += 1;
    (void)happen(&world, "more", "a", "");
    assert_int_equal(count_runs(&world, RUN_WAITING, world.rig.now_ms), RUNS);
    (void)happen(&world, "order", "a", "");
    assert_int_equal(count_runs(&world, RUN_ENDED, world.rig.now_ms), RUNS);
    close_world(&world);
}

static void a_step_whose_wait_began_anew_meanwhile_is_looked_at_again(void **state)
{
    struct world world;
    struct followup_run run;
    struct error error;
    open_world(&world, state, NULL);
    int64_t event = happen(&world, "left", "a", "");
    world.rig.now_ms += HOUR_MS;
    const struct job job = rig_take(&world.rig, world.place, 1)->calls[0].jobs[0];
    assert_true(run_of_job(world.rig.db, job.id, &world.rig.arena, &run, &error));
    (void)happen(&world, "more", "a", "");
    serve_step(&world, &job, &run);
    assert_int_equal(serve_action(&world, IMH_OK), 0);
    world.rig.now_ms += HOUR_MS - 1;
    serve_steps(&world);
    assert_int_equal(serve_action(&world, IMH_OK), 0);
    world.rig.now_ms += 1;
    serve_steps(&world);
    assert_int_equal(serve_action(&world, IMH_OK), event);
    close_world(&world);
}

static void an_open_run_keeps_its_event(void **state)
{
    struct world world;
    uint32_t gone = 0;
    open_world(&world, state, NULL);
    int64_t waits = happen(&world, "left", "a", "");
    int64_t over = happen(&world, "left", "no", "");
    (void)happen(&world, "other", "x", "");
    world.rig.now_ms += 2;
    RIG_STEP(&world.rig, event_forget(world.rig.db, world.rig.now_ms, 10, &gone, &error));
    assert_int_equal(gone, 1);
    RIG_STEP(&world.rig, run_forget(world.rig.db, world.rig.now_ms, 10, &gone, &error));
    assert_int_equal(gone, 1);
    assert_int_equal(state_of(&world, waits, NULL), RUN_WAITING);
    assert_int_equal(state_of(&world, over, NULL), 0);
    close_world(&world);
}

/* ---- random histories, against a simple model ---- */

struct model {
    struct {
        int64_t event, since_ms;
        unsigned cart;
        enum run_state state;
    } runs[RUNS_MOST];
    unsigned count;
    uint32_t seed;
};

static uint32_t roll(struct model *model, uint32_t most)
{
    model->seed = model->seed * 1664525 + 1013904223;
    return (model->seed >> 16) % most;
}

static void happen_at_random(struct world *world, struct model *model)
{
    static const char *const types[] = {"left", "left", "more", "order"};
    unsigned cart = roll(model, CARTS);
    const char *type = types[roll(model, 4)];
    char name[2] = {(char)('a' + cart), '\0'};
    int64_t event = happen(world, type, name, "");
    for (unsigned i = 0; i < model->count; i++) {
        bool same = model->runs[i].cart == cart;
        bool waits = model->runs[i].state == RUN_WAITING;
        if (same && waits && strcmp(type, "more") == 0) {
            model->runs[i].since_ms = world->rig.now_ms;
        }
        if (same && (waits || model->runs[i].state == RUN_ACTING) &&
            strcmp(type, "order") == 0) {
            model->runs[i].state = RUN_ENDED;
        }
    }
    if (strcmp(type, "left") == 0) {
        model->runs[model->count].event = event;
        model->runs[model->count].since_ms = world->rig.now_ms;
        model->runs[model->count].cart = cart;
        model->runs[model->count++].state = RUN_WAITING;
    }
}

static void let_time_pass(struct world *world, struct model *model)
{
    world->rig.now_ms += roll(model, HOUR_MS);
    serve_steps(world);
    for (unsigned i = 0; i < model->count; i++) {
        if (model->runs[i].state == RUN_WAITING &&
            model->runs[i].since_ms + HOUR_MS <= world->rig.now_ms) {
            model->runs[i].state = RUN_ACTING;
        }
    }
}

static void act_at_random(struct world *world, struct model *model)
{
    bool good = roll(model, 3) > 0;
    int64_t event = serve_action(world, good ? IMH_OK : IMH_REJECTED);
    for (unsigned i = 0; i < model->count; i++) {
        if (model->runs[i].event == event) {
            assert_int_equal(model->runs[i].state, RUN_ACTING);
            model->runs[i].state = good ? RUN_DONE : RUN_FAILED;
        }
    }
}

static void histories_are_as_the_model_says(void **state)
{
    struct world world;
    struct model model = {.seed = 4711};
    void (*const steps[])(struct world *, struct model *) = {
        happen_at_random, happen_at_random, let_time_pass, act_at_random};
    open_world(&world, state, NULL);
    for (unsigned i = 0; i < RUNS_MOST; i++) {
        steps[roll(&model, 4)](&world, &model);
        if (roll(&model, 20) == 0) {
            rig_restart(&world.rig);
        }
        for (unsigned run = 0; run < model.count; run++) {
            assert_int_equal(state_of(&world, model.runs[run].event, NULL),
                             model.runs[run].state);
        }
        check_invariants(&world);
        arena_clear(&world.rig.arena);
    }
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(a_run_waits_acts_and_is_done),
        state_test(an_event_that_is_looked_at_twice_runs_once),
        state_test(no_and_loops_are_kept_with_their_reason),
        state_test(a_limit_counts_the_period_before),
        state_test(what_was_not_done_after_all_does_not_count),
        state_test(a_step_that_runs_when_its_run_is_ended_does_nothing),
        state_test(a_wait_that_is_ended_takes_its_job_along),
        state_test(one_event_is_for_all_runs_that_look_for_it),
        state_test(a_step_whose_wait_began_anew_meanwhile_is_looked_at_again),
        state_test(an_open_run_keeps_its_event),
        state_test(histories_are_as_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
