#include "engine/flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_crew.h"

static void call_ends(struct fake_crew *crew, const char *keys, imh_status status,
                      const char *why)
{
    struct seen seen;
    fake_crew_call(crew, keys, &seen);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.outcome.status, status);
    assert_string_equal(seen.why, why);
    seen_done(&seen);
}

/* Its worker is ended for it, and the log says so in one line. */
static void is_ended(struct fake_crew *crew, const char *key, const char *how)
{
    char why[ERROR_TEXT_BYTES];
    char line[ERROR_TEXT_BYTES];
    (void)snprintf(why, sizeof why, "the plugin 'good' ended, tell its maker: %s", how);
    (void)snprintf(line, sizeof line, "worker ended plugin=\"good\" how=\"%s\"", how);
    call_ends(crew, key, IMH_RETRY, why);
    assert_int_equal(fake_crew_count(crew, "log", line), 1);
    assert_int_equal(crew_worker_of(crew->supervisor, &crew->integration)->deaths, 1);
}

static void more_frames_than_a_call_may_have_are_the_end(void **state)
{
    is_ended(*state, "flood", "it said more than a plugin may");
}

static void more_bytes_than_a_call_may_have_are_the_end(void **state)
{
    is_ended(*state, "gush", "it said more than a plugin may");
}

static void an_answer_given_again_and_again_is_the_end(void **state)
{
    is_ended(*state, "repeat", "it said what a plugin must not say");
}

static void an_answer_with_an_age_is_the_end(void **state)
{
    is_ended(*state, "age", "it said what a plugin must not say");
}

static void an_old_answer_is_the_end(void **state)
{
    is_ended(*state, "old", "it said what a plugin must not say");
}

static void no_answer_with_an_age_is_the_end(void **state)
{
    is_ended(*state, "missed", "it said what a plugin must not say");
}

static void the_end_of_a_record_there_is_not_is_the_end(void **state)
{
    is_ended(*state, "record", "it said what a plugin must not say");
}

static void what_is_no_frame_is_the_end(void **state)
{
    is_ended(*state, "nonsense", "it sent what is no message");
}

static void a_swarm_of_threads_is_the_end(void **state)
{
    is_ended(*state, "swarm", "it has more than 300 threads");
}

static void who_says_too_much_is_heard_so_far(void **state)
{
    struct fake_crew *crew = *state;
    call_ends(crew, "chatter", IMH_OK, "");
    assert_int_equal(fake_crew_count(crew, "log", "plugin says plugin="),
                     FLIGHT_LINES_MOST);
    assert_int_equal(fake_crew_count(crew, "log", "plugin says too much"), 1);
    call_ends(crew, "log", IMH_OK, "");
    assert_int_equal(fake_crew_count(crew, "log", "plugin says plugin="),
                     FLIGHT_LINES_MOST + 1); /* each call is counted by itself */
}

/* Another plugin: the same file by its path. */
static void who_is_flooded_still_hears_the_others(void **state)
{
    struct fake_crew *crew = *state;
    struct integration other = crew->integration;
    char path[128];
    struct seen flood;
    struct seen seen;
    (void)snprintf(path, sizeof path, "%s/good.so", crew->folder);
    other.id = 8;
    other.plugin = path;
    seen_init(&flood);
    seen_init(&seen);
    fake_crew_ask(crew, &other, "a", &seen); /* so that it is up */
    fake_crew_wait(crew);
    fake_crew_ask(crew, &crew->integration, "flood", &flood);
    while (crew->supervisor->flights->frames < 1000) {
        supervisor_turn(crew->supervisor, 1000);
    }
    for (unsigned i = 2; i < 12; i++) {
        fake_crew_ask(crew, &other, "a", &seen);
        while (seen.ended < i) {
            assert_int_equal(flood.ended, 0);
            supervisor_turn(crew->supervisor, 1000);
        }
        assert_int_equal(seen.outcome.status, IMH_OK);
    }
    fake_crew_wait(crew);
    assert_int_equal(flood.ended, 1);
    seen_done(&flood);
    seen_done(&seen);
}

static void who_loses_its_way_out_is_ended(void **state)
{
    struct fake_crew *crew = *state;
    fake_crew_net(crew, "loses");
    crew_end_net(crew->supervisor, "a test");
    fake_crew_rested(crew);
    is_ended(crew, "slow", "it was a test");
    assert_non_null(crew->supervisor->net.channel);
}

#define WITH_CREW(test) \
    cmocka_unit_test_setup_teardown(test, fake_crew_setup, fake_crew_teardown)

int main(int argc, char **argv)
{
    int status;
    if (fake_crew_plays(argc, argv, &status)) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        WITH_CREW(more_frames_than_a_call_may_have_are_the_end),
        WITH_CREW(more_bytes_than_a_call_may_have_are_the_end),
        WITH_CREW(an_answer_given_again_and_again_is_the_end),
        WITH_CREW(an_answer_with_an_age_is_the_end),
        WITH_CREW(an_old_answer_is_the_end),
        WITH_CREW(no_answer_with_an_age_is_the_end),
        WITH_CREW(the_end_of_a_record_there_is_not_is_the_end),
        WITH_CREW(what_is_no_frame_is_the_end),
        WITH_CREW(a_swarm_of_threads_is_the_end),
        WITH_CREW(who_says_too_much_is_heard_so_far),
        WITH_CREW(who_is_flooded_still_hears_the_others),
        WITH_CREW(who_loses_its_way_out_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
