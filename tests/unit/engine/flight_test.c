#include "engine/flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_crew.h"

/* A call of one key, and how it must end. */
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

static void answers_come_one_by_one_then_the_end_with_its_cost(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    fake_crew_call(crew, "a missing b denied", &seen);
    assert_string_equal(text_cstr(&seen.answers),
                        "0={\"key\":\"a\",\"call\":1,\"subject\":null};1!missing;"
                        "2={\"key\":\"b\",\"call\":1,\"subject\":null};3!denied;");
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.outcome.status, IMH_OK);
    assert_int_equal(seen.spent.requests, 2);
    assert_int_equal(seen.spent.unsafe, 0);
    seen_done(&seen);
}

static void a_call_ends_as_its_plugin_says(void **state)
{
    struct fake_crew *crew = *state;
    call_ends(crew, "silent", IMH_OK, "");
    call_ends(crew, "closed", IMH_RETRY, "the shop is closed");
    call_ends(crew, "vague", IMH_BROKEN, "");
    assert_int_equal(crew_worker_of(crew->supervisor, &crew->integration)->deaths, 0);
}

/* A remote may show what it was sent, and the plugin pass it on. */
static void what_a_plugin_says_is_without_secrets(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    struct seen seen;
    struct secret_value secrets[] = {
        {STR("token"), secret_copy(STR_OF("s3cret-key"), &error)},
        {STR("word"), secret_copy(STR_OF("shop is cl"), &error)},
        {STR("pin"), secret_copy(STR_OF("call"), &error)},
        {.name = STR("none")}};
    crew->integration.secrets = (struct secret_values){secrets, 4};
    fake_crew_call(crew, "s3cret-key denied", &seen);
    assert_string_equal(text_cstr(&seen.answers),
                        "0={\"key\":\"**********\",\"call\":1,\"subject\":null};1!denied;");
    seen_done(&seen);
    call_ends(crew, "closed", IMH_RETRY, "the **********osed");
    crew->integration.secrets = (struct secret_values){0};
    for (unsigned i = 0; i < 3; i++) {
        secret_free(secrets[i].value);
    }
}

static void a_death_ends_the_call_and_says_whose_fault_it_is(void **state)
{
    struct fake_crew *crew = *state;
    call_ends(crew, "crash", IMH_RETRY,
              "the plugin 'good' ended, tell its maker: killed by signal 6 (it gave up by "
              "itself)");
    fake_crew_rested(crew);
    call_ends(crew, "a leave", IMH_RETRY,
              "the plugin 'good' ended, tell its maker: exited with status 3");
    fake_crew_rested(crew);
    call_ends(crew, "a", IMH_OK, "");
}

static void what_was_said_before_a_death_is_true(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    fake_crew_call(crew, "a missing crash", &seen);
    assert_string_equal(text_cstr(&seen.answers),
                        "0={\"key\":\"a\",\"call\":1,\"subject\":null};1!missing;");
    assert_int_equal(seen.outcome.status, IMH_RETRY);
    seen_done(&seen);
}

static void who_says_what_no_plugin_may_is_ended(void **state)
{
    static const char *const keys[] = {"lie", "event", "spent", "foreign"};
    struct fake_crew *crew = *state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        call_ends(crew, keys[i], IMH_RETRY,
                  "the plugin 'good' ended, tell its maker: it said what a plugin must not "
                  "say");
        fake_crew_rested(crew);
    }
    assert_int_equal(crew_worker_of(crew->supervisor, &crew->integration)->deaths, 4);
}

static void a_failed_call_with_something_under_way_is_unknown(void **state)
{
    struct fake_crew *crew = *state;
    fake_crew_net(crew, "unsafe");
    crew_end_net(crew->supervisor, "a test");
    fake_crew_rested(crew);
    call_ends(crew, "closed", IMH_UNKNOWN, "the shop is closed");
    call_ends(crew, "a", IMH_OK, "");
}

/* Done once, and the plugin may not know: doing it again is for people to decide. What the
 * plugin says itself, it says knowing that. */
static void a_call_that_did_something_and_was_cut_off_is_unknown(void **state)
{
    struct fake_crew *crew = *state;
    fake_crew_net(crew, "done");
    crew_end_net(crew->supervisor, "a test");
    fake_crew_rested(crew);
    call_ends(crew, "closed", IMH_RETRY, "the shop is closed");
    call_ends(crew, "crash", IMH_UNKNOWN,
              "the plugin 'good' ended, tell its maker: killed by signal 6 (it gave up by "
              "itself)");
    fake_crew_rested(crew);
    struct seen seen;
    seen_init(&seen);
    fake_crew_ask(crew, &crew->integration, "slow", &seen);
    while (crew->supervisor->flights->state == FLIGHT_WAITING) {
        supervisor_turn(crew->supervisor, 1000);
    }
    crew->supervisor->flights->deadline_ms = clock_mono_ms(&clock_real);
    fake_crew_wait(crew);
    assert_int_equal(seen.outcome.status, IMH_UNKNOWN); /* canceled, else */
    seen_done(&seen);
}

static void a_call_past_its_time_is_asked_to_end(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    seen_init(&seen);
    fake_crew_ask(crew, &crew->integration, "slow", &seen);
    struct flight *flight = crew->supervisor->flights;
    while (flight->state == FLIGHT_WAITING) {
        supervisor_turn(crew->supervisor, 1000);
    }
    assert_false(flight->canceled);
    flight->deadline_ms = clock_mono_ms(&clock_real);
    fake_crew_wait(crew);
    assert_int_equal(seen.outcome.status, IMH_CANCELED);
    assert_int_equal(crew_worker_of(crew->supervisor, &crew->integration)->deaths, 0);
    seen_done(&seen);
}

/* Asked for the key, it runs now; the crew's only call. */
static struct flight *run(struct fake_crew *crew, const char *key, struct seen *seen)
{
    seen_init(seen);
    fake_crew_ask(crew, &crew->integration, key, seen);
    struct flight *flight = crew->supervisor->flights;
    while (flight->state == FLIGHT_WAITING) {
        supervisor_turn(crew->supervisor, 1000);
    }
    return flight;
}

static void a_create_that_does_not_end_loses_the_worker(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    struct flight *flight = run(crew, "unmade", &seen);
    supervisor_turn(crew->supervisor, 0);
    assert_int_equal(flight->state, FLIGHT_RUNNING);
    struct told *told = crew_told(flight->worker, &crew->integration);
    assert_false(told->created);
    assert_true(told->creating_since_ms > 0);
    told->creating_since_ms -= CREATE_MS + OVERSTAY_MS;
    fake_crew_wait(crew);
    assert_string_equal(seen.why, "the plugin 'good' ended, tell its maker: its create() "
                                  "did not end within 1 s");
    assert_int_equal(seen.outcome.status, IMH_RETRY);
    seen_done(&seen);
}

static void one_that_was_created_has_the_time_of_its_calls(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    call_ends(crew, "a", IMH_OK, "");
    struct flight *flight = run(crew, "unmade", &seen); /* by then it is */
    struct told *told = crew_told(flight->worker, &crew->integration);
    assert_true(told->created);
    told->creating_since_ms = 1;
    supervisor_turn(crew->supervisor, 0);
    assert_int_equal(flight->state, FLIGHT_RUNNING);
    flight->deadline_ms = clock_mono_ms(&clock_real) - OVERSTAY_MS;
    fake_crew_wait(crew);
    seen_done(&seen);
}

static void one_that_does_not_end_then_loses_its_worker(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    seen_init(&seen);
    fake_crew_ask(crew, &crew->integration, "stubborn", &seen);
    struct flight *flight = crew->supervisor->flights;
    while (flight->state == FLIGHT_WAITING) {
        supervisor_turn(crew->supervisor, 1000);
    }
    flight->deadline_ms = clock_mono_ms(&clock_real) - OVERSTAY_MS;
    fake_crew_wait(crew);
    assert_int_equal(seen.outcome.status, IMH_RETRY);
    assert_string_equal(seen.why, "the plugin 'good' ended, tell its maker: a call did not "
                                  "end in its time");
    assert_int_equal(crew_worker_of(crew->supervisor, &crew->integration)->deaths, 1);
    seen_done(&seen);
}

static void a_worker_that_does_not_come_up_is_ended(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    seen_init(&seen);
    crew->integration.plugin = "mute";
    fake_crew_ask(crew, &crew->integration, "a", &seen);
    assert_int_equal(crew->supervisor->flights->state, FLIGHT_WAITING);
    crew->supervisor->flights->deadline_ms = clock_mono_ms(&clock_real);
    fake_crew_wait(crew);
    assert_int_equal(seen.outcome.status, IMH_RETRY);
    assert_string_equal(seen.why, "the plugin 'mute' ended, tell its maker: it did not "
                                  "start within 10 s");
    seen_done(&seen);
}

static void a_plugin_that_cannot_be_used_fails_the_call_at_once(void **state)
{
    struct fake_crew *crew = *state;
    crew->integration.plugin = "refused";
    call_ends(crew, "a", IMH_BROKEN, "refused.so: too old");
    call_ends(crew, "a", IMH_BROKEN, "refused.so: too old");
    crew->integration.plugin = "dies";
    call_ends(crew, "a", IMH_RETRY,
              "the plugin 'dies' ended, tell its maker: exited with status 3");
}

static void a_call_waits_for_a_worker_that_rests_a_moment(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    fake_crew_call(crew, "crash", &seen);
    seen_done(&seen);
    seen_init(&seen);
    fake_crew_ask(crew, &crew->integration, "a", &seen);
    supervisor_turn(crew->supervisor, 0);
    const struct flight *flight = crew->supervisor->flights;
    assert_non_null(flight);
    assert_int_equal(flight->state, FLIGHT_WAITING);
    assert_int_equal(flight_due_ms(crew->supervisor, flight),
                     crew_rests_until(crew->supervisor, flight->worker));
    fake_crew_rested(crew);
    supervisor_turn(crew->supervisor, 0);
    fake_crew_wait(crew);
    assert_int_equal(seen.outcome.status, IMH_OK);
    assert_string_equal(text_cstr(&seen.answers),
                        "0={\"key\":\"a\",\"call\":1,\"subject\":null};");
    seen_done(&seen);
}

static void a_call_does_not_wait_for_one_that_rests_long(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    fake_crew_call(crew, "crash", &seen);
    seen_done(&seen);
    crew_worker_of(crew->supervisor, &crew->integration)->rest_until_ms =
        clock_mono_ms(&clock_real) + PATIENCE_MS + 5000;
    call_ends(crew, "a", IMH_RETRY,
              "the plugin 'good' has died (killed by signal 6 (it gave up by itself)); it "
              "is started again in 15 s");
}

static void when_imh_net_ends_all_calls_end(void **state)
{
    struct fake_crew *crew = *state;
    fake_crew_net(crew, "leaves");
    crew_end_net(crew->supervisor, "a test");
    fake_crew_rested(crew);
    call_ends(crew, "slow", IMH_RETRY, "imh-net ended: it closed its connection");
    fake_crew_net(crew, "");
    fake_crew_rested(crew);
    call_ends(crew, "a", IMH_OK, "");
}

/* Its connections are closed one by one: the worker may see the end, and be gone, first. */
static void who_ends_a_moment_before_imh_net_is_not_blamed(void **state)
{
    struct fake_crew *crew = *state;
    fake_crew_net(crew, "fades");
    crew_end_net(crew->supervisor, "a test");
    fake_crew_rested(crew);
    call_ends(crew, "well", IMH_RETRY, "imh-net ended: it closed its connection");
    fake_crew_net(crew, "");
    fake_crew_rested(crew);
    call_ends(crew, "well", IMH_RETRY,
              "the plugin 'good' ended, tell its maker: exited with status 0");
}

/* Nobody can say any more what became of it over there: a person has to look. */
static void when_imh_net_ends_what_may_be_done_is_unknown(void **state)
{
    struct fake_crew *crew = *state;
    fake_crew_net(crew, "dares");
    crew_end_net(crew->supervisor, "a test");
    fake_crew_rested(crew);
    call_ends(crew, "slow", IMH_UNKNOWN, "imh-net ended: it closed its connection");
}

static void an_imh_net_that_does_not_answer_is_ended(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    fake_crew_net(crew, "deaf");
    crew_end_net(crew->supervisor, "a test");
    fake_crew_rested(crew);
    seen_init(&seen);
    fake_crew_ask(crew, &crew->integration, "a", &seen);
    struct flight *flight = crew->supervisor->flights;
    while (flight->state != FLIGHT_ENDING) {
        supervisor_turn(crew->supervisor, 1000);
    }
    assert_in_range(flight->deadline_ms - clock_mono_ms(&clock_real), 1, SPENT_MS);
    flight->deadline_ms = clock_mono_ms(&clock_real);
    fake_crew_wait(crew);
    assert_int_equal(seen.outcome.status, IMH_OK); /* the plugin had ended it well */
    assert_int_equal(seen.spent.requests, 0);
    assert_null(crew->supervisor->net.channel);
    assert_int_equal(fake_crew_count(crew, "log", "how=\"it does not answer any more\""),
                     1);
    seen_done(&seen);
}

static void what_a_plugin_says_is_one_line_of_the_log(void **state)
{
    struct fake_crew *crew = *state;
    call_ends(crew, "log", IMH_OK, "");
    assert_int_equal(fake_crew_count(crew, "log", "plugin says"), 1);
    assert_int_equal(fake_crew_count(crew, "log", "integration=\"shop\""), 1);
    assert_int_equal(fake_crew_count(crew, "log", "seen \\u001b[31m it"), 1);
    assert_int_equal(fake_crew_count(crew, "log", "\x1b"), 0);
}

static void calls_run_side_by_side(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen[3];
    for (size_t i = 0; i < 3; i++) {
        static const char *const keys[] = {"a", "closed", "missing"};
        seen_init(&seen[i]);
        fake_crew_ask(crew, &crew->integration, keys[i], &seen[i]);
    }
    assert_true(supervisor_is_busy(crew->supervisor));
    fake_crew_wait(crew);
    assert_int_equal(seen[0].outcome.status, IMH_OK);
    assert_int_equal(seen[1].outcome.status, IMH_RETRY);
    assert_string_equal(text_cstr(&seen[2].answers), "0!missing;");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(seen[i].ended, 1);
        seen_done(&seen[i]);
    }
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
        WITH_CREW(answers_come_one_by_one_then_the_end_with_its_cost),
        WITH_CREW(a_call_ends_as_its_plugin_says),
        WITH_CREW(what_a_plugin_says_is_without_secrets),
        WITH_CREW(a_death_ends_the_call_and_says_whose_fault_it_is),
        WITH_CREW(what_was_said_before_a_death_is_true),
        WITH_CREW(who_says_what_no_plugin_may_is_ended),
        WITH_CREW(a_failed_call_with_something_under_way_is_unknown),
        WITH_CREW(a_call_that_did_something_and_was_cut_off_is_unknown),
        WITH_CREW(a_call_past_its_time_is_asked_to_end),
        WITH_CREW(one_that_does_not_end_then_loses_its_worker),
        WITH_CREW(a_create_that_does_not_end_loses_the_worker),
        WITH_CREW(one_that_was_created_has_the_time_of_its_calls),
        WITH_CREW(a_worker_that_does_not_come_up_is_ended),
        WITH_CREW(a_plugin_that_cannot_be_used_fails_the_call_at_once),
        WITH_CREW(a_call_waits_for_a_worker_that_rests_a_moment),
        WITH_CREW(a_call_does_not_wait_for_one_that_rests_long),
        WITH_CREW(when_imh_net_ends_all_calls_end),
        WITH_CREW(who_ends_a_moment_before_imh_net_is_not_blamed),
        WITH_CREW(when_imh_net_ends_what_may_be_done_is_unknown),
        WITH_CREW(an_imh_net_that_does_not_answer_is_ended),
        WITH_CREW(what_a_plugin_says_is_one_line_of_the_log),
        WITH_CREW(calls_run_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
