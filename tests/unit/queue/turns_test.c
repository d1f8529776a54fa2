#include "queue/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct hand {
    struct clock clock; /* first */
    int64_t now_ms, mono_ms;
};

static int64_t now_of(const struct clock *clock)
{
    return ((const struct hand *)(const void *)clock)->now_ms;
}

static int64_t mono_of(const struct clock *clock)
{
    return ((const struct hand *)(const void *)clock)->mono_ms;
}

static struct hand hand;

static struct turns *make(uint32_t calls_most)
{
    hand = (struct hand){{now_of, mono_of}, 1000000, 5000};
    struct turns *turns = turns_make(&hand.clock, calls_most);
    assert_non_null(turns);
    return turns;
}

static void join(struct turns *turns, int64_t integration, int64_t account,
                 uint32_t parallel)
{
    struct error error;
    assert_true(turns_join(turns, integration, account, parallel, &error));
    turns_ready(turns, integration, hand.now_ms);
}

/* Takes a turn, of which so many calls start while more is due; whose it was, or 0. */
static int64_t take(struct turns *turns, uint32_t calls)
{
    struct turn turn;
    struct queue_take took = {.count = calls, .next_ms = hand.now_ms};
    if (!turns_next(turns, &turn)) {
        return 0;
    }
    assert_true(calls <= turn.calls);
    turns_taken(turns, &turn, &took);
    return turn.integration;
}

static void finish(struct turns *turns, int64_t integration, bool served, bool struck)
{
    const struct queue_effect effect = {
        .served = served, .struck = struck, .next_ms = hand.now_ms};
    turns_finished(turns, integration, 1, &effect, 0);
}

/* Account 1 has three busy integrations, account 2 has one: it gets every other turn. */
static void accounts_and_then_integrations_take_turns(void **state)
{
    (void)state;
    OWN(turns) turns = make(1);
    join(turns, 1, 1, 1);
    join(turns, 2, 1, 1);
    join(turns, 3, 1, 1);
    join(turns, 4, 2, 1);
    int64_t first = take(turns, 1);
    unsigned count[5] = {0};
    count[first]++;
    finish(turns, first, true, false);
    for (unsigned i = 1; i < 60; i++) {
        int64_t integration = take(turns, 1);
        assert_in_range(integration, 1, 4);
        count[integration]++;
        finish(turns, integration, true, false);
    }
    assert_int_equal(count[4], 30);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(count[i], 10);
    }
}

static void nobody_has_more_than_his_places_nor_all_together(void **state)
{
    (void)state;
    OWN(turns) turns = make(5);
    struct turn turn;
    join(turns, 1, 1, 3);
    join(turns, 2, 2, 100);
    int64_t first = take(turns, 3);
    assert_int_not_equal(first, 0);
    assert_true(turns_next(turns, &turn));
    assert_int_equal(turns_running(turns), 5);
    assert_false(turns_next(turns, &turn));
    assert_int_equal(turns_wake_ms(turns), INT64_MAX);
}

static void places_that_were_not_used_are_free_again(void **state)
{
    (void)state;
    OWN(turns) turns = make(8);
    struct turn turn;
    struct queue_take took = {.count = 1, .next_ms = JOB_NEVER};
    join(turns, 1, 1, 8);
    assert_true(turns_next(turns, &turn));
    assert_int_equal(turn.calls, 8);
    turns_taken(turns, &turn, &took);
    assert_int_equal(turns_running(turns), 1);
    assert_int_equal(turns_wake_ms(turns), INT64_MAX);
    assert_false(turns_next(turns, &turn));
}

/* Each leaves the others their part; what is left over is for the last of them. */
static void a_turn_leaves_places_for_those_who_wait(void **state)
{
    (void)state;
    OWN(turns) turns = make(64);
    struct turn turn;
    for (int64_t i = 1; i <= 4; i++) {
        join(turns, i, i % 2, 32);
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_true(turns_next(turns, &turn));
        assert_int_equal(turn.calls, 16);
    }
    assert_false(turns_next(turns, &turn));
}

static void many_who_wait_get_a_few_places_each(void **state)
{
    (void)state;
    OWN(turns) turns = make(64);
    struct turn turn;
    for (int64_t i = 1; i <= 50; i++) {
        join(turns, i, i, 32);
    }
    for (unsigned i = 0; i < 64 / TURNS_AT_ONCE; i++) {
        assert_true(turns_next(turns, &turn));
        assert_int_equal(turn.calls, TURNS_AT_ONCE);
    }
    assert_false(turns_next(turns, &turn));
}

/* The store is asked again by the commit that notes what went well. */
static void a_call_that_went_well_frees_its_place_at_once(void **state)
{
    (void)state;
    OWN(turns) turns = make(1);
    const struct queue_effect effect = {.served = true, .next_ms = JOB_NEVER};
    struct turn turn;
    struct queue_take took = {.count = 1, .next_ms = JOB_NEVER};
    join(turns, 1, 1, 1);
    assert_true(turns_next(turns, &turn));
    turns_taken(turns, &turn, &took);
    assert_false(turns_next(turns, &turn));
    turns_freed(turns, 1, 1);
    assert_int_equal(turns_running(turns), 0);
    assert_true(turns_next(turns, &turn));
    turns_finished(turns, 1, 0, &effect, 0);
    assert_int_equal(turns_running(turns), 1);
}

static void it_says_when_to_ask_again(void **state)
{
    (void)state;
    OWN(turns) turns = make(8);
    struct error error;
    assert_true(turns_join(turns, 1, 1, 1, &error));
    assert_int_equal(turns_wake_ms(turns), INT64_MAX);
    turns_ready(turns, 1, JOB_NEVER);
    turns_ready(turns, 1, JOB_IS_RUNNING);
    turns_ready(turns, 1, JOB_NOT_READY);
    assert_int_equal(turns_wake_ms(turns), INT64_MAX);
    turns_ready(turns, 1, hand.now_ms + 700);
    turns_ready(turns, 1, hand.now_ms + 900);
    turns_ready(turns, 99, hand.now_ms); /* nobody knows it */
    assert_int_equal(turns_wake_ms(turns), hand.mono_ms + 700);
    assert_int_equal(take(turns, 1), 0);
    hand.now_ms += 700;
    hand.mono_ms += 700;
    assert_int_equal(take(turns, 1), 1);
}

static void a_remote_that_is_down_is_asked_by_one_call(void **state)
{
    (void)state;
    OWN(turns) turns = make(100);
    struct turn turn;
    join(turns, 1, 1, 20);
    for (unsigned i = 0; i < TURNS_TRIP; i++) {
        assert_false(turns_is_down(turns, 1));
        assert_int_equal(take(turns, 1), 1);
        finish(turns, 1, false, true);
    }
    assert_true(turns_is_down(turns, 1));
    int64_t rest_ms = 0;
    for (unsigned i = 0; i < 12; i++) {
        int64_t wake_ms = turns_wake_ms(turns);
        assert_true(wake_ms - hand.mono_ms >= rest_ms);
        assert_false(turns_next(turns, &turn));
        rest_ms = wake_ms - hand.mono_ms;
        hand.mono_ms = wake_ms;
        assert_true(turns_next(turns, &turn));
        assert_int_equal(turn.calls, 1);
        turns_taken(turns, &turn, &(struct queue_take){.count = 1, .next_ms = 0});
        assert_false(turns_next(turns, &turn));
        finish(turns, 1, false, true);
    }
    assert_int_equal(rest_ms, 1000 * TURNS_REST_MOST_S);
    hand.mono_ms = turns_wake_ms(turns);
    assert_int_equal(take(turns, 1), 1);
    finish(turns, 1, true, false);
    assert_false(turns_is_down(turns, 1));
    assert_true(turns_next(turns, &turn));
    assert_int_equal(turn.calls, 20);
}

static void one_that_is_forgiven_is_asked_at_once(void **state)
{
    (void)state;
    OWN(turns) turns = make(100);
    struct turn turn;
    join(turns, 1, 1, 20);
    for (unsigned i = 0; i < TURNS_TRIP; i++) {
        assert_int_equal(take(turns, 1), 1);
        finish(turns, 1, false, true);
    }
    assert_false(turns_next(turns, &turn));
    turns_forgive(turns, 1);
    assert_false(turns_is_down(turns, 1));
    assert_true(turns_next(turns, &turn));
    assert_int_equal(turn.calls, 20);
}

static void one_that_asks_for_rest_gets_it_and_others_do_not(void **state)
{
    (void)state;
    OWN(turns) turns = make(100);
    const struct queue_effect effect = {.rest_s = 120, .next_ms = 0};
    join(turns, 1, 1, 5);
    join(turns, 2, 1, 5);
    while (take(turns, 1) != 1) {
    }
    turns_finished(turns, 1, 1, &effect, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_not_equal(take(turns, 1), 1);
    }
    hand.mono_ms += 120000;
    bool again = false;
    for (unsigned i = 0; i < 4 && !again; i++) {
        again = take(turns, 1) == 1;
    }
    assert_true(again);
}

static void what_is_held_has_no_turn(void **state)
{
    (void)state;
    OWN(turns) turns = make(100);
    struct turn turn;
    join(turns, 1, 1, 5);
    turns_hold(turns, 1, true);
    assert_false(turns_next(turns, &turn));
    assert_int_equal(turns_wake_ms(turns), INT64_MAX);
    turns_hold(turns, 1, false);
    assert_true(turns_next(turns, &turn));
    /* The store knows of a hold that was not told. */
    turns_taken(turns, &turn, &(struct queue_take){.held = true, .next_ms = JOB_NEVER});
    assert_false(turns_next(turns, &turn));
    turns_hold(turns, 1, false);
    assert_true(turns_next(turns, &turn));
}

static void a_store_that_failed_is_asked_again_after_a_nap(void **state)
{
    (void)state;
    OWN(turns) turns = make(100);
    struct turn turn;
    join(turns, 1, 1, 5);
    assert_true(turns_next(turns, &turn));
    turns_taken(turns, &turn, NULL);
    assert_int_equal(turns_running(turns), 0);
    assert_false(turns_next(turns, &turn));
    assert_int_equal(turns_wake_ms(turns), hand.mono_ms + TURNS_NAP_MS);
    hand.mono_ms += TURNS_NAP_MS;
    assert_true(turns_next(turns, &turn));
}

static void an_integration_may_move_and_rest(void **state)
{
    struct error error;
    (void)state;
    OWN(turns) turns = make(100);
    join(turns, 1, 1, 1);
    join(turns, 2, 1, 1);
    join(turns, 1, 2, 1);
    join(turns, 2, 2, 1);
    assert_int_not_equal(take(turns, 1), 0);
    assert_int_not_equal(take(turns, 1), 0);
    assert_int_equal(take(turns, 1), 0);
    finish(turns, 1, true, false);
    assert_true(turns_join(turns, 1, 2, 0, &error));
    assert_int_equal(take(turns, 1), 0);
    turns_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_and_then_integrations_take_turns),
        cmocka_unit_test(nobody_has_more_than_his_places_nor_all_together),
        cmocka_unit_test(places_that_were_not_used_are_free_again),
        cmocka_unit_test(a_turn_leaves_places_for_those_who_wait),
        cmocka_unit_test(many_who_wait_get_a_few_places_each),
        cmocka_unit_test(a_call_that_went_well_frees_its_place_at_once),
        cmocka_unit_test(it_says_when_to_ask_again),
        cmocka_unit_test(a_remote_that_is_down_is_asked_by_one_call),
        cmocka_unit_test(one_that_is_forgiven_is_asked_at_once),
        cmocka_unit_test(one_that_asks_for_rest_gets_it_and_others_do_not),
        cmocka_unit_test(what_is_held_has_no_turn),
        cmocka_unit_test(a_store_that_failed_is_asked_again_after_a_nap),
        cmocka_unit_test(an_integration_may_move_and_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
