#include "engine/followup_again.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/followup_store.h"
#include "followup/followup_met.h"
#include "followup/followup_note.h"
#include "followup/rehearsal.h"
#include "queue_rig.h"

enum { S = 1000, WAIT_S = 100 * 86400, EVENTS_MOST = 400 };

/* ---- an account whose sources are read one after another ---- */

static void refuse(void *self, unsigned line, const char *what, struct str wrong,
                   struct str names)
{
    (void)self;
    (void)names;
    fail_msg("%u: %s %.*s", line, what, STR_ARGS(wrong));
}

/* Waits so long that nothing is due. */
static struct followup_set *make_set(void)
{
    const struct followup_problems problems = {NULL, refuse};
    const struct followup_entry entries[] = {
        {STR_OF("on"), STR_OF("shop.left shop.more"), 1},
        {STR_OF("wait"), STR_OF("100d"), 2},
        {STR_OF("until"), STR_OF("shop.order same cart"), 3},
        {STR_OF("restart"), STR_OF("shop.more same cart"), 4},
        {STR_OF("do"), STR_OF("mail.send"), 5},
        {STR_OF("if"), STR_OF("$trigger.cart != 'no'"), 6},
    };
    return followup_set_make(followup_make(STR_OF("cart"), entries, 6, &problems), NULL);
}

/* What became of the run that an event started; state 0: it started none. */
struct became {
    enum run_state state;
    int64_t since_s;
    char reason[80];
};

struct world {
    struct rig rig;
    struct followup_set *set, *served;
    struct judge *judge;
    struct event events[EVENTS_MOST]; /* by number, from 1 on */
    char texts[EVENTS_MOST][2][40];
    int64_t count;
    struct became rehearsed[EVENTS_MOST];
};

static void open_world(struct world *world, void **state)
{
    struct followup_set *set = make_set();
    *world = (struct world){.set = set, .served = set, .judge = judge_make()};
    rig_open(&world->rig, *state);
}

static void close_world(struct world *world)
{
    followup_set_release(world->set);
    judge_free(world->judge);
    rig_close(&world->rig);
}

static struct trigger trigger_of(const struct event *event)
{
    return (struct trigger){event->id,    STR_OF("shop"), event->type,   event->key,
                            event->at_ms, event->data,    event->origin, event->subject};
}

static bool start(struct world *world, const struct event *event, bool again,
                  struct error *error)
{
    struct queue queue = rig_queue(&world->rig);
    queue.ended = followup_ended;
    const struct trigger trigger = trigger_of(event);
    struct candidates candidates = {.count = 0};
    const struct followup_start start = {.account = STR("acme"),
                                         .identifier = STR("shop"),
                                         .set = world->served,
                                         .candidates = &candidates,
                                         .again = again};
    return (!world->served || judge_event(world->judge, world->set, &trigger, queue.now_ms,
                                          queue.arena, &candidates)) &&
           followup_start(&start, &queue, world->rig.db, event, error);
}

/* It is told of now, and happened then. */
static int64_t tell(struct world *world, int64_t at_ms, const char *type, const char *cart)
{
    int64_t id = ++world->count;
    char *key = world->texts[id][0];
    char *data = world->texts[id][1];
    (void)snprintf(key, sizeof world->texts[id][0], "cart/%s/%" PRId64, cart, id);
    (void)snprintf(data, sizeof world->texts[id][1], "{\"cart\":\"%s\"}", cart);
    struct event *event = &world->events[id];
    *event = (struct event){.integration = world->rig.shop,
                            .type = str_from(type),
                            .key = str_from(key),
                            .at_ms = at_ms,
                            .seen_at_ms = world->rig.now_ms,
                            .subject = STR("{}"),
                            .data = str_from(data),
                            .origin = STR("")};
    RIG_STEP(&world->rig, event_add(world->rig.db, event, false, &error) &&
                              start(world, event, false, &error));
    assert_int_equal(event->id, id);
    return id;
}

static struct became became(struct world *world, int64_t event)
{
    static const char sql[] =
        "select state, since_ms, reason from followup_run where event = $1";
    struct error error;
    OWN(query) query = db_query(world->rig.db, sql, &error);
    struct became became = {.state = 0};
    query_put_int(query, event);
    if (query_next(query, &error) == QUERY_ROW) {
        became.state = (enum run_state)query_int(query, 0);
        became.since_s = query_int(query, 1) / S;
        (void)snprintf(became.reason, sizeof became.reason, "%.*s",
                       STR_ARGS(query_text(query, 2)));
    }
    return became;
}

static void check(struct world *world, int64_t event, enum run_state state,
                  int64_t since_ms, const char *reason)
{
    struct became found = became(world, event);
    assert_int_equal(found.state, state);
    assert_int_equal(found.since_s, since_ms / S);
    assert_string_equal(found.reason, reason);
}

/* ---- what came before ---- */

static void what_ends_a_run_may_have_come_before_it(void **state)
{
    struct world world;
    open_world(&world, state);
    int64_t now_ms = world.rig.now_ms;
    (void)tell(&world, now_ms - 10 * S, "order", "a");
    int64_t late = tell(&world, now_ms - 20 * S, "left", "a");
    int64_t next = tell(&world, now_ms - 5 * S, "left", "a");
    int64_t other = tell(&world, now_ms - 20 * S, "left", "b");
    check(&world, late, RUN_ENDED, now_ms - 20 * S, "until: event 1, which came before");
    check(&world, next, RUN_WAITING, now_ms - 5 * S, "");
    check(&world, other, RUN_WAITING, now_ms - 20 * S, "");
    close_world(&world);
}

static uint32_t notes(struct world *world, int64_t event, int64_t other)
{
    static const char sql[] = "select count(*) from followup_note n join followup_run r"
                              " on r.id = n.run where r.event = $1 and n.what = $2"
                              " and n.other = $3";
    struct error error;
    OWN(query) query = db_query(world->rig.db, sql, &error);
    query_put_int(query, event);
    query_put_int(query, NOTE_RESTART);
    query_put_int(query, other);
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    return (uint32_t)query_int(query, 0);
}

static void a_wait_counts_from_what_came_before_and_is_newer(void **state)
{
    struct world world;
    open_world(&world, state);
    int64_t now_ms = world.rig.now_ms;
    int64_t more = tell(&world, now_ms - 10 * S, "more", "no"); /* starts none itself */
    int64_t left = tell(&world, now_ms - 30 * S, "left", "no");
    check(&world, left, RUN_UNWANTED, now_ms - 30 * S, "'if' said no");
    assert_int_equal(notes(&world, left, more), 0);
    more = tell(&world, now_ms - 10 * S, "more", "a");
    left = tell(&world, now_ms - 30 * S, "left", "a");
    check(&world, left, RUN_WAITING, now_ms - 10 * S, "");
    assert_int_equal(notes(&world, left, more), 1);
    left = tell(&world, now_ms - 5 * S, "left", "a"); /* that is newer itself */
    check(&world, left, RUN_WAITING, now_ms - 5 * S, "");
    assert_int_equal(notes(&world, left, more), 0);
    close_world(&world);
}

static void an_older_event_never_shortens_a_wait(void **state)
{
    struct world world;
    open_world(&world, state);
    int64_t now_ms = world.rig.now_ms;
    int64_t left = tell(&world, now_ms - 10 * S, "left", "a");
    int64_t older = tell(&world, now_ms - 20 * S, "more", "a");
    check(&world, left, RUN_WAITING, now_ms - 10 * S, "");
    check(&world, older, RUN_RESTARTER, now_ms - 20 * S,
          "a run that waits begins its wait anew");
    assert_int_equal(notes(&world, left, older), 0);
    int64_t newer = tell(&world, now_ms - 5 * S, "more", "a");
    check(&world, left, RUN_WAITING, now_ms - 5 * S, "");
    assert_int_equal(notes(&world, left, newer), 1);
    close_world(&world);
}

static void a_calendar_that_was_ahead_does_not_hold_a_wait(void **state)
{
    struct world world;
    open_world(&world, state);
    int64_t now_ms = world.rig.now_ms;
    world.rig.now_ms = now_ms + 1000 * S;
    int64_t left = tell(&world, world.rig.now_ms, "left", "a");
    world.rig.now_ms = now_ms;
    int64_t more = tell(&world, now_ms - 5 * S, "more", "a");
    check(&world, left, RUN_WAITING, now_ms - 5 * S, "");
    assert_int_equal(notes(&world, left, more), 1);
    close_world(&world);
}

/* Of follow-ups that are long gone, more than an event is looked at for. */
static void fields_of_today_come_first(void **state)
{
    static const char sql[] =
        "insert into followup_watched (account, integration, type, field, met_from)"
        " with recursive n(value) as (select 1 union all select value + 1 from n"
        " where value < 200) select 'acme', 'shop', 'order', 'a' || value, 0 from n";
    struct world world;
    open_world(&world, state);
    RIG_STEP(&world.rig, db_run(world.rig.db, sql, &error));
    int64_t now_ms = world.rig.now_ms;
    int64_t left = tell(&world, now_ms - 10 * S, "left", "a");
    (void)tell(&world, now_ms - 5 * S, "order", "a");
    check(&world, left, RUN_ENDED, now_ms - 10 * S, "until: event 2, order");
    close_world(&world);
}

/* ---- judged late ---- */

/* In how many steps what came behind the event is known. */
static uint32_t learn(struct world *world, int64_t after, uint32_t most)
{
    const struct learning learning = {STR_OF("acme"), followup_set_first(world->set),
                                      after};
    uint32_t steps = 0;
    uint32_t left = 0;
    while (left == 0) {
        left = most;
        RIG_STEP(&world->rig, followup_learn(&learning, world->rig.db, &left, &error));
        steps++;
    }
    return steps;
}

static void judge_again(struct world *world, int64_t event)
{
    RIG_STEP(&world->rig, start(world, &world->events[event], true, &error));
}

static void what_happened_when_nobody_looked_is_learned_once(void **state)
{
    struct world world;
    open_world(&world, state);
    int64_t now_ms = world.rig.now_ms;
    world.served = NULL;
    (void)tell(&world, now_ms - 50 * S, "order", "b");
    int64_t ended = tell(&world, now_ms - 40 * S, "left", "a");
    int64_t kept = tell(&world, now_ms - 40 * S, "left", "b");
    int64_t moved = tell(&world, now_ms - 40 * S, "more", "c");
    int64_t same = tell(&world, now_ms - 30 * S, "more", "c");
    int64_t order = tell(&world, now_ms - 10 * S, "order", "a");
    world.served = world.set;
    assert_true(learn(&world, ended, 1) > 4);
    assert_int_equal(learn(&world, ended, 1), 1); /* it is known now */
    for (int64_t event = ended; event <= order; event++) {
        judge_again(&world, event);
        judge_again(&world, event); /* once is for good */
    }
    check(&world, ended, RUN_ENDED, now_ms - 40 * S, "until: event 6, which came before");
    check(&world, kept, RUN_WAITING, now_ms - 40 * S, "");
    check(&world, moved, RUN_WAITING, now_ms - 30 * S, "");
    check(&world, same, RUN_RESTARTER, now_ms - 30 * S,
          "a run that waits begins its wait anew");
    close_world(&world);
}

static void what_comes_while_it_is_looked_for_needs_no_learning(void **state)
{
    struct world world;
    open_world(&world, state);
    int64_t now_ms = world.rig.now_ms;
    struct error error;
    int64_t from;
    const struct run_watch field = {STR("acme"), STR("shop"), STR("order"),
                                    STR("cart"), STR(""),     false};
    assert_true(met_kept_from(world.rig.db, &field, &from, &error));
    assert_int_equal(from, 0);
    int64_t order = tell(&world, now_ms, "order", "a");
    world.served = NULL; /* the file has it no more */
    (void)tell(&world, now_ms, "order", "b");
    assert_true(met_kept_from(world.rig.db, &field, &from, &error));
    assert_int_equal(from, order);
    const struct run_watch watch = {STR("acme"), STR("shop"), STR("order"),
                                    STR("cart"), STR("b"),    false};
    const struct met than = {0, 0};
    struct met met;
    assert_true(met_find(world.rig.db, &watch, &than, &met, &error));
    assert_int_equal(met.event, order + 1);
    close_world(&world);
}

/* ---- as rehearsed ---- */

static void note_told(void *self, const struct rehearsal_told *told)
{
    struct world *world = self;
    struct became *became = &world->rehearsed[told->event];
    assert_int_equal(became->state, 0);
    became->state = told->state;
    became->since_s = told->at_ms / S - WAIT_S; /* of one that waits */
    (void)snprintf(became->reason, sizeof became->reason, "%.*s", STR_ARGS(told->reason));
}

static bool load(void *self, int64_t place, struct arena *arena, struct rehearsed *event,
                 struct error *error)
{
    (void)self;
    (void)place;
    (void)arena;
    (void)event;
    return error_set(error, IMH_BROKEN, "nothing is due");
}

static uint32_t roll(uint64_t *dice, uint32_t most)
{
    *dice = *dice * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*dice >> 33) % most;
}

/* Sources are late, and some clocks fast. */
static void happen_at_random(struct world *world, uint64_t *dice)
{
    static const char *const types[] = {"left",  "left", "left", "left", "more",
                                        "other", "left", "left", "order"};
    static const char *const carts[] = {"a", "b", "c", "d", "no"};
    int64_t lag_s = roll(dice, 4) == 0 ? 0 : (int64_t)roll(dice, 60) - 5;
    const char *type = types[roll(dice, 9)];
    (void)tell(world, world->rig.now_ms - lag_s * S, type, carts[roll(dice, 5)]);
    world->rig.now_ms += roll(dice, 15) * S;
}

static void rehearse(struct world *world)
{
    const struct rehearsal_settings settings = {world->set, world, note_told, load};
    OWN(rehearsal) rehearsal = rehearsal_make(&settings);
    struct error error;
    for (int64_t i = 1; i <= world->count; i++) {
        const struct rehearsed event = {trigger_of(&world->events[i]), i,
                                        world->events[i].seen_at_ms};
        assert_true(rehearsal_event(rehearsal, &event, &error));
    }
    rehearsal_stop(rehearsal);
}

static void a_rehearsal_tells_what_was_done(void **state)
{
    static struct world world;
    uint64_t dice = 17;
    unsigned seen[RUN_STATES] = {0};
    unsigned before = 0;
    unsigned moved = 0;
    open_world(&world, state);
    for (unsigned i = 0; i < EVENTS_MOST - 1; i++) {
        happen_at_random(&world, &dice);
    }
    rehearse(&world);
    for (int64_t i = 1; i <= world.count; i++) {
        struct became done = became(&world, i);
        const struct became *told = &world.rehearsed[i];
        assert_int_equal(told->state, done.state);
        assert_string_equal(told->reason, done.reason);
        if (done.state == RUN_WAITING) {
            assert_int_equal(told->since_s, done.since_s);
            moved += done.since_s > world.events[i].at_ms / S;
        }
        seen[done.state]++;
        before += str_ends(str_from(done.reason), STR_OF("which came before"));
    }
    assert_true(seen[RUN_WAITING] > 0 && seen[RUN_RESTARTER] > 0 && before > 2 &&
                moved > 0);
    assert_true(seen[RUN_ENDED] > before && seen[RUN_UNWANTED] > 0);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(what_ends_a_run_may_have_come_before_it),
        state_test(a_wait_counts_from_what_came_before_and_is_newer),
        state_test(an_older_event_never_shortens_a_wait),
        state_test(a_calendar_that_was_ahead_does_not_hold_a_wait),
        state_test(fields_of_today_come_first),
        state_test(what_happened_when_nobody_looked_is_learned_once),
        state_test(what_comes_while_it_is_looked_for_needs_no_learning),
        state_test(a_rehearsal_tells_what_was_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
