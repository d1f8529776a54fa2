#include "engine/supervisor.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_crew.h"

/* The plugin cannot be had, and that is the reason. */
static void refuses(struct fake_crew *crew, const char *plugin, const char *why)
{
    struct text refusal;
    text_init(&refusal, 16 << 10);
    assert_null(supervisor_plugin(crew->supervisor, plugin, &refusal));
    assert_non_null(strstr(text_cstr(&refusal), why));
    assert_int_equal(refusal.ptr[refusal.len - 1], '\n');
    text_done(&refusal);
}

static void a_plugin_is_what_its_worker_says(void **state)
{
    struct fake_crew *crew = *state;
    struct text refusal;
    text_init(&refusal, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(crew->supervisor, "good", &refusal);
    assert_non_null(descriptor);
    assert_string_equal(descriptor->name, "good");
    assert_int_equal(descriptor->variable_count, 4);
    assert_string_equal(descriptor->variables[2].subject, "email city");
    assert_ptr_equal(supervisor_plugin(crew->supervisor, "good", &refusal), descriptor);
    assert_int_equal(refusal.len, 0);
    text_done(&refusal);
}

static void a_plugin_that_cannot_be_had_says_why(void **state)
{
    static const struct {
        const char *plugin, *why;
    } rows[] = {
        {"absent", "there is no plugin 'absent' in "},
        {"refused", "refused.so: too old"},
        {"liar", "descriptor"},
        {"dies", "the plugin 'dies' died while it was loaded, tell its maker: exited with "
                 "status 3"},
        {"babbles", "the plugin 'babbles' died while it was loaded, tell its maker: it "
                    "said what a plugin must not say"},
    };
    struct fake_crew *crew = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        refuses(crew, rows[i].plugin, rows[i].why);
    }
}

static void the_descriptor_outlives_the_worker(void **state)
{
    struct fake_crew *crew = *state;
    struct text refusal;
    struct seen seen;
    text_init(&refusal, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(crew->supervisor, "good", &refusal);
    fake_crew_call(crew, "crash", &seen);
    assert_int_equal(seen.outcome.status, IMH_RETRY);
    assert_ptr_equal(supervisor_plugin(crew->supervisor, "good", &refusal), descriptor);
    assert_int_equal(crew_worker(crew->supervisor, "good")->process.pid, 0);
    seen_done(&seen);
    text_done(&refusal);
}

static void it_is_busy_while_a_call_is_under_way(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    seen_init(&seen);
    assert_false(supervisor_is_busy(crew->supervisor));
    fake_crew_ask(crew, &crew->integration, "a", &seen);
    assert_true(supervisor_is_busy(crew->supervisor));
    assert_int_equal(seen.ended, 0);
    fake_crew_wait(crew);
    assert_false(supervisor_is_busy(crew->supervisor));
    seen_done(&seen);
}

/* Asks again from inside the end of its first call. */
struct again {
    struct fake_crew *crew;
    struct seen seen;
    unsigned ended;
};

static void ask_again(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct again *again = self;
    (void)spent;
    assert_int_equal(outcome->status, IMH_OK);
    if (++again->ended == 1) {
        fake_crew_ask(again->crew, &again->crew->integration, "b", &again->seen);
    }
}

static void a_watcher_may_start_calls(void **state)
{
    struct fake_crew *crew = *state;
    struct again again = {.crew = crew};
    struct call_lookup lookup = {
        .has_key = true, .key = STR("a"), .subject = STR(""), .query = STR("")};
    struct call_order order = {.kind = CALL_RESOLVE, .lookups = &lookup, .lookup_count = 1};
    const struct call_watcher watcher = {.self = &again, .end = ask_again};
    seen_init(&again.seen);
    supervisor_call(crew->supervisor, &crew->integration, &order, 5000, &watcher);
    fake_crew_wait(crew);
    assert_int_equal(again.ended, 1);
    assert_int_equal(again.seen.ended, 1);
    assert_string_equal(text_cstr(&again.seen.answers),
                        "0={\"key\":\"b\",\"call\":2,\"subject\":null};");
    seen_done(&again.seen);
}

static void a_worker_killed_from_outside_is_started_again(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    fake_crew_call(crew, "a", &seen);
    seen_done(&seen);
    pid_t first = crew_worker(crew->supervisor, "good")->process.pid;
    assert_int_equal(kill(first, SIGKILL), 0);
    while (crew_worker(crew->supervisor, "good")->state == WORKER_READY) {
        supervisor_turn(crew->supervisor, 1000);
    }
    assert_int_equal(fake_crew_count(crew, "log", "killed by signal 9"), 1);
    fake_crew_rested(crew);
    fake_crew_call(crew, "b", &seen);
    assert_int_equal(seen.outcome.status, IMH_OK);
    assert_true(crew_worker(crew->supervisor, "good")->process.pid != first);
    seen_done(&seen);
}

/* The next call's requests are made with it; no process is started again. */
static void a_changed_secret_is_told_to_imh_net_at_once(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    struct seen seen;
    supervisor_changed(crew->supervisor, &crew->integration); /* nobody knows it yet */
    fake_crew_call(crew, "a", &seen);
    seen_done(&seen);
    assert_int_equal(fake_crew_count(crew, "net", "auth=token:0::s3cret"), 1);
    pid_t net = crew->supervisor->net.process.pid;
    assert_true(integration_renew(&crew->integration, STR_OF("token"),
                                  secret_copy(STR_OF("renewed"), &error)));
    supervisor_changed(crew->supervisor, &crew->integration);
    fake_crew_call(crew, "b", &seen);
    assert_int_equal(seen.outcome.status, IMH_OK);
    seen_done(&seen);
    assert_int_equal(fake_crew_count(crew, "net", "remote acme/shop"), 2);
    assert_int_equal(fake_crew_count(crew, "net", "auth=token:0::renewed"), 1);
    assert_int_equal(fake_crew_count(crew, "worker", "instance acme/shop"), 1);
    assert_int_equal(crew->supervisor->net.process.pid, net);
}

static void a_change_that_cannot_be_told_is_not_forgotten(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    struct seen seen;
    fake_crew_call(crew, "a", &seen);
    seen_done(&seen);
    struct secret *large = secret_make(WIRE_FRAME_BYTES, &error);
    (void)secret_extend(large, WIRE_FRAME_BYTES);
    assert_true(integration_renew(&crew->integration, STR_OF("token"), large));
    supervisor_changed(crew->supervisor, &crew->integration);
    fake_crew_call(crew, "b", &seen); /* better no answer than one by the old secret */
    assert_int_equal(seen.outcome.status, IMH_RETRY);
    seen_done(&seen);
    assert_true(integration_renew(&crew->integration, STR_OF("token"),
                                  secret_copy(STR_OF("renewed"), &error)));
    supervisor_changed(crew->supervisor, &crew->integration);
    fake_crew_call(crew, "c", &seen);
    assert_int_equal(seen.outcome.status, IMH_OK);
    seen_done(&seen);
    assert_int_equal(fake_crew_count(crew, "net", "auth=token:0::renewed"), 1);
}

static void an_imh_net_that_died_is_told_the_change_by_the_next_call(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    struct seen seen;
    fake_crew_call(crew, "a", &seen);
    seen_done(&seen);
    assert_int_equal(kill(crew->supervisor->net.process.pid, SIGKILL), 0);
    while (crew->supervisor->net.channel) {
        supervisor_turn(crew->supervisor, 1000);
    }
    assert_true(integration_renew(&crew->integration, STR_OF("token"),
                                  secret_copy(STR_OF("renewed"), &error)));
    supervisor_changed(crew->supervisor, &crew->integration);
    fake_crew_rested(crew);
    fake_crew_call(crew, "b", &seen);
    seen_done(&seen);
    assert_int_equal(fake_crew_count(crew, "net", "auth=token:0::renewed"), 1);
}

static void calls_under_way_are_dropped_without_a_word_at_the_end(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    seen_init(&seen);
    fake_crew_ask(crew, &crew->integration, "stubborn", &seen);
    supervisor_free(crew->supervisor);
    crew->supervisor = NULL;
    assert_int_equal(seen.ended, 0);
    supervisor_free(NULL);
    seen_done(&seen);
}

/* ---- new secrets ---- */

struct kept {
    const struct integration *integration;
    char option[20], value[20];
    unsigned count;
    bool refuses;
};

static bool keep(void *self, const struct integration *integration, struct str option,
                 struct str value, struct error *error)
{
    struct kept *kept = self;
    kept->integration = integration;
    (void)snprintf(kept->option, sizeof kept->option, "%.*s", STR_ARGS(option));
    (void)snprintf(kept->value, sizeof kept->value, "%.*s", STR_ARGS(value));
    kept->count++;
    return !kept->refuses || error_set(error, IMH_REJECTED, "the safe is full");
}

/* A call to an imh-net that says so at its end. */
static void call_with_net(struct fake_crew *crew, const char *word)
{
    struct seen seen;
    fake_crew_net(crew, word);
    crew_end_net(crew->supervisor, "a test");
    fake_crew_rested(crew);
    fake_crew_call(crew, "a", &seen);
    seen_done(&seen);
}

static void a_new_secret_is_handed_on_to_be_kept(void **state)
{
    struct fake_crew *crew = *state;
    struct kept kept = {.count = 0};
    crew->supervisor->settings.self = &kept;
    crew->supervisor->settings.secret = keep;
    call_with_net(crew, "renews");
    assert_int_equal(kept.count, 1);
    assert_ptr_equal(kept.integration, &crew->integration);
    assert_string_equal(kept.option, "token");
    assert_string_equal(kept.value, "n3w-s3cret");
    assert_int_equal(fake_crew_count(crew, "log", "secret renewed"), 1);
    assert_int_equal(fake_crew_count(crew, "log", "n3w-s3cret"), 0);
}

static void a_new_secret_that_is_not_kept_is_warned_about(void **state)
{
    struct fake_crew *crew = *state;
    struct kept kept = {.refuses = true};
    crew->supervisor->settings.self = &kept;
    crew->supervisor->settings.secret = keep;
    call_with_net(crew, "renews");
    assert_int_equal(kept.count, 1);
    assert_int_equal(fake_crew_count(crew, "log", "secret renewed, not kept"), 1);
    assert_int_equal(fake_crew_count(crew, "log", "the safe is full"), 1);
}

static void without_a_keeper_a_new_secret_is_warned_about(void **state)
{
    struct fake_crew *crew = *state;
    call_with_net(crew, "renews");
    assert_int_equal(fake_crew_count(crew, "log", "secret renewed, not kept"), 1);
    assert_int_equal(fake_crew_count(crew, "log", "n3w-s3cret"), 0);
}

static void a_secret_of_nobody_is_the_end_of_imh_net(void **state)
{
    struct fake_crew *crew = *state;
    struct kept kept = {.count = 0};
    crew->supervisor->settings.self = &kept;
    crew->supervisor->settings.secret = keep;
    call_with_net(crew, "renews nobody");
    assert_int_equal(kept.count, 0);
    assert_null(crew->supervisor->net.channel);
}

static void a_turn_with_nothing_to_do_comes_back(void **state)
{
    struct fake_crew *crew = *state;
    pid_t net = crew->supervisor->net.process.pid;
    for (unsigned i = 0; i < 10; i++) {
        supervisor_turn(crew->supervisor, 1);
    }
    assert_int_equal(crew->supervisor->net.process.pid, net);
    assert_false(supervisor_is_busy(crew->supervisor));
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
        WITH_CREW(a_plugin_is_what_its_worker_says),
        WITH_CREW(a_plugin_that_cannot_be_had_says_why),
        WITH_CREW(the_descriptor_outlives_the_worker),
        WITH_CREW(it_is_busy_while_a_call_is_under_way),
        WITH_CREW(a_watcher_may_start_calls),
        WITH_CREW(a_worker_killed_from_outside_is_started_again),
        WITH_CREW(a_changed_secret_is_told_to_imh_net_at_once),
        WITH_CREW(a_change_that_cannot_be_told_is_not_forgotten),
        WITH_CREW(an_imh_net_that_died_is_told_the_change_by_the_next_call),
        WITH_CREW(calls_under_way_are_dropped_without_a_word_at_the_end),
        WITH_CREW(a_new_secret_is_handed_on_to_be_kept),
        WITH_CREW(a_new_secret_that_is_not_kept_is_warned_about),
        WITH_CREW(without_a_keeper_a_new_secret_is_warned_about),
        WITH_CREW(a_secret_of_nobody_is_the_end_of_imh_net),
        WITH_CREW(a_turn_with_nothing_to_do_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
