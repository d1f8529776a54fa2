#include "engine/crew.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_crew.h"

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

/* The worker of a plugin, started, and turns until it is no longer starting. */
static struct worker_process *start(struct fake_crew *crew, const char *plugin)
{
    struct error error;
    struct worker_process *worker = crew_worker(crew->supervisor, plugin);
    assert_non_null(worker);
    assert_true(crew_start_worker(crew->supervisor, worker, &error));
    while (worker->state == WORKER_STARTING) {
        supervisor_turn(crew->supervisor, 1000);
    }
    return worker;
}

static void a_worker_is_known_by_its_plugin(void **state)
{
    struct fake_crew *crew = *state;
    struct worker_process *good = crew_worker(crew->supervisor, "good");
    assert_ptr_equal(crew_worker(crew->supervisor, "good"), good);
    assert_ptr_not_equal(crew_worker(crew->supervisor, "dies"), good);
    assert_int_equal(good->state, WORKER_RESTING);
    assert_int_equal(good->process.pid, 0);
    assert_int_equal(crew_rests_until(crew->supervisor, good), 0);
}

static void a_worker_introduces_itself_and_is_ready(void **state)
{
    struct fake_crew *crew = *state;
    const struct worker_process *good = start(crew, "good");
    assert_int_equal(good->state, WORKER_READY);
    assert_string_equal(good->descriptor->version, "1.2.3");
    assert_true(good->process.pid > 0);
    assert_int_equal(good->deaths, 0);
}

static void a_path_is_taken_as_it_is_and_folders_in_their_order(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    char path[128];
    char folders[200];
    (void)snprintf(path, sizeof path, "%s/good.so", crew->folder);
    assert_int_equal(start(crew, path)->state, WORKER_READY);
    (void)snprintf(folders, sizeof folders, "/nowhere::%s", crew->folder);
    crew->supervisor->settings.plugins = folders;
    assert_int_equal(start(crew, "good")->state, WORKER_READY);
    assert_false(crew_start_worker(crew->supervisor,
                                   crew_worker(crew->supervisor, "absent"), &error));
    assert_int_equal(error.status, IMH_BROKEN);
    assert_int_equal(strncmp(error.text, "there is no plugin 'absent' in /nowhere::", 41),
                     0);
}

static void a_plugin_that_was_refused_stays_so(void **state)
{
    static const struct {
        const char *plugin, *why;
    } rows[] = {{"refused", "refused.so: too old"}, {"liar", "descriptor"}};
    struct fake_crew *crew = *state;
    struct error error;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct worker_process *worker = start(crew, rows[i].plugin);
        assert_int_equal(worker->state, WORKER_REFUSED);
        assert_false(crew_start_worker(crew->supervisor, worker, &error));
        assert_int_equal(error.status, IMH_BROKEN);
        assert_non_null(strstr(error.text, rows[i].why));
        supervisor_turn(crew->supervisor, 0);
        assert_int_equal(worker->state, WORKER_REFUSED);
        assert_int_equal(worker->deaths, 0);
    }
}

/* Dies again and again; gives how long it rests after the last time. */
static int64_t rest_after(struct fake_crew *crew, unsigned deaths)
{
    struct worker_process *worker = NULL;
    for (unsigned i = 0; i < deaths; i++) {
        fake_crew_rested(crew);
        worker = start(crew, "dies");
    }
    assert_non_null(worker);
    assert_int_equal(worker->state, WORKER_RESTING);
    assert_int_equal(worker->deaths, deaths);
    assert_string_equal(worker->last_death, "exited with status 3");
    return crew_rests_until(crew->supervisor, worker) - now_ms();
}

static void it_rests_longer_after_each_death(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    int64_t rest_ms = rest_after(crew, 4);
    assert_in_range(rest_ms, 4001, 10000); /* 8 s and up to a quarter, now under way */
    struct worker_process *worker = crew_worker(crew->supervisor, "dies");
    assert_false(crew_start_worker(crew->supervisor, worker, &error));
    assert_int_equal(error.status, IMH_RETRY);
    assert_non_null(strstr(error.text, "the plugin 'dies' has died (exited with status 3); "
                                       "it is started again in "));
    assert_int_equal(worker->process.pid, 0);
}

static void one_that_keeps_dying_is_not_started_any_more(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    (void)rest_after(crew, QUARANTINE_DEATHS);
    struct worker_process *worker = crew_worker(crew->supervisor, "dies");
    assert_int_equal(fake_crew_count(crew, "log", "plugin in quarantine plugin=\"dies\""),
                     1);
    fake_crew_rested(crew);
    assert_false(crew_start_worker(crew->supervisor, worker, &error));
    assert_int_equal(error.status, IMH_WAIT);
    assert_in_range(error.after_s, 3500, 3601);
    assert_string_equal(error.text,
                        "the plugin 'dies' is in quarantine, as it died 5 times within 10 "
                        "minutes (exited with status 3): mend or replace it; it is tried "
                        "again in 60 min");
    assert_int_equal(worker->process.pid, 0);
}

static void calls_of_one_in_quarantine_wait_and_are_told_how_long(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    (void)rest_after(crew, QUARANTINE_DEATHS);
    crew->integration.plugin = "dies";
    fake_crew_call(crew, "a", &seen);
    assert_int_equal(seen.outcome.status, IMH_WAIT);
    assert_in_range(seen.outcome.after_s, 3500, 3601);
    assert_non_null(strstr(seen.why, "the plugin 'dies' is in quarantine, "));
    seen_done(&seen);
}

static void another_file_ends_the_quarantine(void **state)
{
    struct fake_crew *crew = *state;
    (void)rest_after(crew, QUARANTINE_DEATHS);
    struct worker_process *worker = crew_worker(crew->supervisor, "dies");
    worker->quarantine.file.changed_ns--; /* as if it had been another then */
    assert_ptr_equal(start(crew, "dies"), worker);
    assert_int_equal(worker->deaths, 1);
    assert_int_equal(fake_crew_count(crew, "log", "plugin out of quarantine"), 1);
}

static void so_does_time(void **state)
{
    struct fake_crew *crew = *state;
    (void)rest_after(crew, QUARANTINE_DEATHS);
    crew_worker(crew->supervisor, "dies")->quarantine.until_ms = now_ms();
    assert_int_equal(start(crew, "dies")->deaths, 1);
}

static void nobody_is_to_blame_for_the_end_of_imh_net(void **state)
{
    struct fake_crew *crew = *state;
    for (unsigned i = 0; i < 2 * QUARANTINE_DEATHS; i++) {
        fake_crew_rested(crew);
        struct worker_process *worker = start(crew, "good");
        crew_end_worker(crew->supervisor, worker, "imh-net ended", false);
    }
    assert_int_equal(crew_worker(crew->supervisor, "good")->quarantine.until_ms, 0);
    fake_crew_rested(crew);
    assert_int_equal(start(crew, "good")->state, WORKER_READY);
}

static void a_long_healthy_life_makes_earlier_deaths_forgotten(void **state)
{
    struct fake_crew *crew = *state;
    struct worker_process *worker = start(crew, "good");
    worker->deaths = 5;
    worker->since_ms = now_ms() - HEALTHY_MS - 1;
    crew_end_worker(crew->supervisor, worker, "a test", true);
    assert_int_equal(worker->deaths, 1);
    fake_crew_rested(crew);
    assert_ptr_equal(start(crew, "good"), worker);
    worker->since_ms = now_ms();
    crew_end_worker(crew->supervisor, worker, "a test", true);
    assert_int_equal(worker->deaths, 2);
    assert_string_equal(worker->last_death, "a test");
}

static void the_first_descriptor_serves_as_long_as_the_supervisor(void **state)
{
    struct fake_crew *crew = *state;
    struct worker_process *worker = start(crew, "good");
    const struct descriptor *first = worker->descriptor;
    uint64_t id = worker->id;
    crew_end_worker(crew->supervisor, worker, "a test", true);
    fake_crew_rested(crew);
    (void)start(crew, "good");
    assert_ptr_equal(worker->descriptor, first);
    assert_true(worker->id != id); /* imh-net tells the old one from the new */
}

static void who_was_told_once_is_not_told_again(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    for (unsigned i = 0; i < 3; i++) {
        fake_crew_call(crew, "a", &seen);
        assert_int_equal(seen.outcome.status, IMH_OK);
        seen_done(&seen);
    }
    assert_int_equal(fake_crew_count(crew, "net", "remote acme/shop"), 1);
    assert_int_equal(fake_crew_count(crew, "worker", "instance acme/shop"), 1);
}

static void a_new_worker_is_told_again_and_imh_net_is_not(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    for (unsigned i = 0; i < 2; i++) {
        fake_crew_call(crew, "crash", &seen);
        assert_int_equal(seen.outcome.status, IMH_RETRY);
        seen_done(&seen);
        fake_crew_rested(crew);
    }
    assert_int_equal(fake_crew_count(crew, "net", "remote acme/shop"), 1);
    assert_int_equal(fake_crew_count(crew, "worker", "instance acme/shop"), 2);
}

/* Where it may go, what it may cost, its secrets: to imh-net only. */
static void imh_net_gets_the_secrets_and_the_worker_the_options(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    struct text heard;
    text_init(&heard, 1 << 20);
    fake_crew_call(crew, "a", &seen);
    seen_done(&seen);
    fake_crew_heard(crew, "net", &heard);
    assert_string_equal(text_cstr(&heard),
                        "remote acme/shop parallel=3 rate=120 timeout=20000 private=0 "
                        "to=https://shop.example/ auth=login:1:red:s3cret:: "
                        "auth=crm:5:red:s3cret:token:https://shop.example/red/token "
                        "auth=token:0::s3cret::\n");
    fake_crew_heard(crew, "worker", &heard);
    assert_string_equal(
        text_cstr(&heard),
        "instance acme/shop parallel=3 url=https://shop.example/ color=red\n");
    text_done(&heard);
}

static void the_configuration_goes_before_what_the_plugin_declares(void **state)
{
    struct fake_crew *crew = *state;
    struct seen seen;
    crew->integration.parallel = 9;
    crew->integration.rate_a_minute = 0;
    crew->integration.allow_private = true;
    fake_crew_call(crew, "a", &seen);
    seen_done(&seen);
    assert_int_equal(
        fake_crew_count(crew, "net", "parallel=9 rate=0 timeout=20000 private=1"), 1);
    assert_int_equal(fake_crew_count(crew, "worker", "parallel=9"), 1);
}

static void without_imh_net_no_worker_starts_until_it_has_rested(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    struct worker_process *worker = crew_worker(crew->supervisor, "good");
    crew_end_net(crew->supervisor, "a test");
    assert_false(crew_start_worker(crew->supervisor, worker, &error));
    assert_int_equal(error.status, IMH_RETRY);
    assert_string_equal(error.text, "imh-net has died; it is started again in 1 s");
    assert_true(crew_rests_until(crew->supervisor, worker) > now_ms());
    fake_crew_rested(crew);
    assert_int_equal(start(crew, "good")->state, WORKER_READY);
    assert_true(crew->supervisor->net.process.pid > 0);
}

static void programs_that_are_not_there_are_an_error(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    crew->supervisor->settings.programs = "/nowhere";
    struct worker_process *worker = crew_worker(crew->supervisor, "good");
    assert_false(crew_start_worker(crew->supervisor, worker, &error));
    assert_string_equal(error.text,
                        "cannot start /nowhere/imh-worker: No such file or directory");
    assert_null(worker->channel);
    crew->settings.programs = "/nowhere";
    assert_null(supervisor_make(&crew->settings, &error));
    assert_string_equal(error.text,
                        "cannot start /nowhere/imh-net: No such file or directory");
}

static void all_processes_are_gone_at_the_end(void **state)
{
    struct fake_crew *crew = *state;
    pid_t worker = start(crew, "good")->process.pid;
    pid_t mute = crew_worker(crew->supervisor, "mute")->process.pid;
    pid_t net = crew->supervisor->net.process.pid;
    supervisor_free(crew->supervisor);
    crew->supervisor = NULL;
    assert_int_equal(kill(worker, 0), -1);
    assert_int_equal(kill(net, 0), -1);
    assert_int_equal(mute, 0);
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
        WITH_CREW(a_worker_is_known_by_its_plugin),
        WITH_CREW(a_worker_introduces_itself_and_is_ready),
        WITH_CREW(a_path_is_taken_as_it_is_and_folders_in_their_order),
        WITH_CREW(a_plugin_that_was_refused_stays_so),
        WITH_CREW(it_rests_longer_after_each_death),
        WITH_CREW(one_that_keeps_dying_is_not_started_any_more),
        WITH_CREW(calls_of_one_in_quarantine_wait_and_are_told_how_long),
        WITH_CREW(another_file_ends_the_quarantine),
        WITH_CREW(so_does_time),
        WITH_CREW(nobody_is_to_blame_for_the_end_of_imh_net),
        WITH_CREW(a_long_healthy_life_makes_earlier_deaths_forgotten),
        WITH_CREW(the_first_descriptor_serves_as_long_as_the_supervisor),
        WITH_CREW(who_was_told_once_is_not_told_again),
        WITH_CREW(a_new_worker_is_told_again_and_imh_net_is_not),
        WITH_CREW(imh_net_gets_the_secrets_and_the_worker_the_options),
        WITH_CREW(the_configuration_goes_before_what_the_plugin_declares),
        WITH_CREW(without_imh_net_no_worker_starts_until_it_has_rested),
        WITH_CREW(programs_that_are_not_there_are_an_error),
        WITH_CREW(all_processes_are_gone_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
