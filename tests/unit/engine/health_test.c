#include "engine/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_crew.h"

/* Asks for the plugin so often, with no rest between. */
static struct health after(struct fake_crew *crew, const char *plugin, unsigned times)
{
    struct text refusal;
    text_init(&refusal, 16 << 10);
    for (unsigned i = 0; i < times; i++) {
        fake_crew_rested(crew);
        (void)supervisor_plugin(crew->supervisor, plugin, &refusal);
    }
    text_done(&refusal);
    return health_of(crew->supervisor, plugin);
}

static bool release(struct fake_crew *crew, const char *plugin)
{
    const struct integration integration = {
        .account = "acme", .identifier = "shop", .plugin = plugin};
    return health_release(crew->supervisor, &integration);
}

static void a_plugin_is_as_it_was_found(void **state)
{
    static const struct {
        const char *plugin;
        enum health_state state;
        const char *name;
        imh_status status;
    } rows[] = {
        {"good", HEALTH_WELL, "well", IMH_RETRY},
        {"absent", HEALTH_ABSENT, "absent", IMH_REJECTED},
        {"refused", HEALTH_REFUSED, "refused", IMH_REJECTED},
        {"dies", HEALTH_DIED, "died", IMH_RETRY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct health health = after(*state, rows[i].plugin, 1);
        assert_int_equal(health.state, rows[i].state);
        assert_string_equal(health_state_name(health.state), rows[i].name);
        assert_int_equal(health_status(&health), rows[i].status);
    }
}

static void nothing_bad_is_known_of_one_that_nobody_asked_for(void **state)
{
    struct health health = after(*state, "dies", 0);
    assert_int_equal(health.state, HEALTH_WELL);
    assert_int_equal(health.left_s, 0);
    assert_string_equal(health.last_death, "");
}

static void one_that_died_rests(void **state)
{
    struct health health = after(*state, "dies", 3);
    assert_int_equal(health.state, HEALTH_DIED);
    assert_int_equal(health.deaths, 3);
    assert_in_range(health.left_s, 1, 5);
    assert_string_equal(health.last_death, "exited with status 3");
}

static void one_that_keeps_dying_is_in_quarantine(void **state)
{
    struct health health = after(*state, "dies", QUARANTINE_DEATHS);
    assert_int_equal(health.state, HEALTH_QUARANTINED);
    assert_string_equal(health_state_name(health.state), "quarantined");
    assert_int_equal(health_status(&health), IMH_WAIT);
    assert_in_range(health.left_s, 3500, 3600);
    assert_string_equal(health.last_death, "exited with status 3");
}

static void one_that_is_released_is_started_at_once(void **state)
{
    struct fake_crew *crew = *state;
    (void)after(crew, "dies", QUARANTINE_DEATHS);
    assert_true(release(crew, "dies"));
    assert_int_equal(health_of(crew->supervisor, "dies").state, HEALTH_WELL);
    assert_int_equal(fake_crew_count(crew, "log",
                                     "plugin released plugin=\"dies\" was=\"quarantined\" "
                                     "account=\"acme\" integration=\"shop\""),
                     1);
    struct text refusal;
    text_init(&refusal, 16 << 10);
    assert_null(supervisor_plugin(crew->supervisor, "dies", &refusal));
    assert_non_null(strstr(text_cstr(&refusal), "died while it was loaded"));
    text_done(&refusal);
    struct health health = health_of(crew->supervisor, "dies");
    assert_int_equal(health.state, HEALTH_DIED);
    assert_int_equal(health.deaths, 1);
}

/* Accounts with processes of their own. */
static void only_the_process_that_serves_it_is_released(void **state)
{
    struct fake_crew *crew = *state;
    struct integration one = {
        .account = "acme", .identifier = "shop", .plugin = "dies", .own_worker = true};
    struct integration other = one;
    other.account = "beta";
    struct worker_process *workers[] = {crew_worker_of(crew->supervisor, &one),
                                        crew_worker_of(crew->supervisor, &other)};
    for (unsigned i = 0; i < 2; i++) {
        workers[i]->state = WORKER_RESTING;
        workers[i]->deaths = 2 - i;
    }
    assert_string_equal(health_of(crew->supervisor, "dies").owner, "acme");
    assert_true(health_release(crew->supervisor, &one));
    assert_int_equal(workers[0]->deaths, 0);
    assert_true(workers[1]->deaths > 0);
    assert_string_equal(health_of(crew->supervisor, "dies").owner, "beta");
    assert_false(health_release(crew->supervisor, &one));
}

static void who_is_served_by_whom(void **state)
{
    static const struct integration shared = {.account = "acme", .identifier = "shop"};
    static const struct integration own = {
        .account = "acme", .identifier = "shop", .own_worker = true};
    (void)state;
    assert_true(health_serves(&shared, NULL));
    assert_false(health_serves(&own, NULL));
    assert_true(health_serves(&own, "acme"));
    assert_false(health_serves(&shared, "acme"));
    assert_true(health_serves(&shared, "acme/shop"));
    assert_false(health_serves(&shared, "acme/shop2"));
    assert_false(health_serves(&shared, "acme2/shop"));
    assert_false(health_serves(&own, "acm"));
}

static void one_that_was_refused_is_looked_at_anew(void **state)
{
    struct fake_crew *crew = *state;
    struct error error;
    (void)after(crew, "refused", 1);
    struct worker_process *worker = crew_worker(crew->supervisor, "refused");
    assert_false(crew_start_worker(crew->supervisor, worker, &error));
    assert_true(release(crew, "refused"));
    assert_true(crew_start_worker(crew->supervisor, worker, &error));
}

static void one_that_is_well_needs_no_release(void **state)
{
    struct fake_crew *crew = *state;
    (void)after(crew, "good", 1);
    assert_false(release(crew, "good"));
    assert_false(release(crew, "absent"));
    assert_false(release(crew, "dies"));
    assert_int_equal(health_of(crew->supervisor, "good").state, HEALTH_WELL);
}

int main(int argc, char **argv)
{
    int status = 0;
    const struct CMUnitTest tests[] = {
#define TEST(test) \
    cmocka_unit_test_setup_teardown(test, fake_crew_setup, fake_crew_teardown)
        TEST(a_plugin_is_as_it_was_found),
        TEST(nothing_bad_is_known_of_one_that_nobody_asked_for),
        TEST(one_that_died_rests),
        TEST(only_the_process_that_serves_it_is_released),
        TEST(who_is_served_by_whom),
        TEST(one_that_keeps_dying_is_in_quarantine),
        TEST(one_that_is_released_is_started_at_once),
        TEST(one_that_was_refused_is_looked_at_anew),
        TEST(one_that_is_well_needs_no_release),
    };
    return fake_crew_plays(argc, argv, &status) ? status
                                                : cmocka_run_group_tests(tests, NULL, NULL);
}
