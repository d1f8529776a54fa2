#include "engine/distant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/channel.h"
#include "engine/variables.h"
#include "smarty/data.h"

enum { PLUGIN_ID = 1, FIRST_ERRAND = 2 }; /* a command counts what it asks */

static int64_t mono_ms;

static int64_t set_mono_ms(const struct clock *clock)
{
    (void)clock;
    return mono_ms;
}

static const struct clock set_clock = {.now_ms = set_mono_ms, .mono_ms = set_mono_ms};
static const struct integration shop = {.id = 1,
                                        .account = "acme",
                                        .identifier = "shop",
                                        .plugin = "good",
                                        .enabled = true,
                                        .cache_s = -1,
                                        .stale_s = 300,
                                        .timeout_ms = 10000};

/* A command that looks things up, and the daemon's end of its connection. */
struct bench {
    struct supervisor_settings settings;
    struct supervisor *supervisor;
    struct variables *variables;
    struct channel *daemon;
    struct arena arena;
    uint64_t errand; /* the next one */
};

static void say(struct bench *bench, uint32_t kind, uint64_t id, struct text *payload)
{
    assert_true(channel_send(bench->daemon, kind, id, payload, -1));
    text_done(payload);
}

static void describe(struct bench *bench)
{
    static imh_variable variables[] = {
        {.name = "thing", .type = IMH_OBJECT, .flags = IMH_KEYED, .ttl_s = 60}};
    const struct descriptor good = {
        .name = "good", .version = "1", .variables = variables, .variable_count = 1};
    struct text payload;
    text_init(&payload, 64 << 10);
    assert_true(descriptor_to_json(&good, &payload));
    say(bench, MESSAGE_DESCRIPTOR, PLUGIN_ID, &payload);
}

static int setup(void **state)
{
    int fds[2];
    struct error error;
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench || !channel_pair(fds, &error)) {
        free(bench);
        return -1;
    }
    mono_ms = 1000000;
    bench->daemon = channel_make(fds[1], false);
    bench->supervisor = supervisor_join(&bench->settings, fds[0], &error);
    bench->variables = variables_make(bench->supervisor, &set_clock);
    bench->errand = FIRST_ERRAND;
    arena_init(&bench->arena, 4096, 0);
    describe(bench);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    variables_free(bench->variables);
    supervisor_free(bench->supervisor);
    channel_free(bench->daemon);
    arena_done(&bench->arena);
    free(bench);
    return 0;
}

/* ---- what the daemon says of the next errand, in which one thing is asked for ---- */

static void say_answer(struct bench *bench, const char *json, int64_t age_ms, bool is_old)
{
    struct text payload;
    const struct answer answer = {
        .json = str_from(json), .tag = STR(""), .age_ms = age_ms, .is_old = is_old};
    text_init(&payload, 4096);
    answer_put(&payload, &answer);
    say(bench, MESSAGE_ANSWER, bench->errand, &payload);
}

static void say_unanswered(struct bench *bench, imh_status status, int64_t age_ms)
{
    struct text payload;
    const struct unanswered unanswered = {.outcome = {status, 0, STR("why")},
                                          .age_ms = age_ms};
    text_init(&payload, 4096);
    unanswered_put(&payload, &unanswered);
    say(bench, MESSAGE_UNANSWERED, bench->errand, &payload);
}

static void say_end(struct bench *bench, uint32_t kept)
{
    struct text payload;
    const struct errand_end end = {.outcome = {.text = STR("")},
                                   .spent = {.requests = 1 - kept, .kept = kept}};
    text_init(&payload, 4096);
    errand_end_put(&payload, &end);
    say(bench, MESSAGE_RETURN, bench->errand++, &payload);
}

/* ---- what the command makes of it ---- */

static struct value look(struct bench *bench)
{
    struct value value;
    struct error error;
    const struct key steps[] = {key_named(STR_OF("thing")), key_named(STR_OF("a"))};
    variables_begin(bench->variables, NULL);
    assert_true(variables_root(bench->variables, &shop, &value, &error));
    for (size_t i = 0; i < 2 && value.type == VALUE_LAZY; i++) {
        assert_true(
            value.lazy->type->member(value.lazy, &steps[i], &bench->arena, &value, &error));
    }
    return value;
}

static bool has_to_ask(struct bench *bench)
{
    variables_window(bench->variables);
    return look(bench).type == VALUE_PENDING;
}

static struct value ask(struct bench *bench)
{
    assert_true(has_to_ask(bench));
    (void)variables_fetch(bench->variables);
    return look(bench);
}

static void an_answer_is_as_old_as_the_daemon_says(void **state)
{
    struct bench *bench = *state;
    (void)has_to_ask(bench); /* the plugin is known from now on */
    say_answer(bench, "17", 50000, false);
    say_end(bench, 1);
    assert_int_equal(ask(bench).integer, 17);
    mono_ms += 9999;
    assert_false(has_to_ask(bench));
    variables_window(bench->variables);
    mono_ms += 1;
    assert_true(has_to_ask(bench));
}

static void that_there_is_no_such_thing_is_as_old_too(void **state)
{
    struct bench *bench = *state;
    (void)has_to_ask(bench);
    say_unanswered(bench, IMH_MISSING, 8000);
    say_end(bench, 1);
    assert_int_equal(ask(bench).type, VALUE_NULL);
    mono_ms += 1999;
    assert_false(has_to_ask(bench));
    mono_ms += 1;
    assert_true(has_to_ask(bench));
}

static void what_the_daemon_had_is_no_question(void **state)
{
    struct bench *bench = *state;
    (void)has_to_ask(bench);
    say_answer(bench, "17", 60000, false);
    say_end(bench, 1);
    (void)ask(bench);
    assert_int_equal(variables_counts(bench->variables).questions, 0);
    say_answer(bench, "18", 0, false);
    say_end(bench, 0);
    assert_int_equal(ask(bench).integer, 18);
    assert_int_equal(variables_counts(bench->variables).questions, 1);
    assert_int_equal(variables_counts(bench->variables).remote_calls, 1);
}

static void an_old_answer_stands_in_for_the_failure_it_comes_with(void **state)
{
    struct bench *bench = *state;
    (void)has_to_ask(bench);
    say_answer(bench, "17", 299999, true);
    say_unanswered(bench, IMH_RETRY, 0);
    say_end(bench, 0);
    assert_int_equal(ask(bench).integer, 17);
    assert_int_equal(variables_end(bench->variables, true), VARIABLES_COMPLETE);
}

static void one_that_is_too_old_or_meets_another_failure_does_not(void **state)
{
    static const struct {
        int64_t age_ms;
        imh_status status;
    } rows[] = {{300000, IMH_RETRY}, {1000, IMH_DENIED}};
    struct bench *bench = *state;
    (void)has_to_ask(bench);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        say_answer(bench, "17", rows[i].age_ms, true);
        say_unanswered(bench, rows[i].status, 0);
        say_end(bench, 0);
        assert_int_equal(ask(bench).type, VALUE_PENDING);
        assert_int_equal(variables_end(bench->variables, false), VARIABLES_FAILED);
        assert_int_equal(variables_failure(bench->variables)->status, rows[i].status);
        mono_ms += VARIABLES_FAILURE_TTL_S * 1000;
    }
}

static void an_old_answer_gives_way_to_a_new_one(void **state)
{
    struct bench *bench = *state;
    (void)has_to_ask(bench);
    say_answer(bench, "17", 1000, true);
    say_answer(bench, "18", 0, false);
    say_end(bench, 0);
    assert_int_equal(ask(bench).integer, 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_is_as_old_as_the_daemon_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(that_there_is_no_such_thing_is_as_old_too, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_the_daemon_had_is_no_question, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            an_old_answer_stands_in_for_the_failure_it_comes_with, setup, teardown),
        cmocka_unit_test_setup_teardown(
            one_that_is_too_old_or_meets_another_failure_does_not, setup, teardown),
        cmocka_unit_test_setup_teardown(an_old_answer_gives_way_to_a_new_one, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
