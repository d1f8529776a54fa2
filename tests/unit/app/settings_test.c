#include "app/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Takes one setting; gives what was wrong with it, "" when nothing was. */
static const char *take(struct integration *integration, const char *name,
                        const char *value)
{
    static char said[1200];
    struct problems problems;
    struct ini_entry entry = {.name = str_from(name), .value = str_from(value), .line = 7};
    struct ini_section section = {.entries = &entry};
    integration->identifier = "shop";
    problems_init(&problems);
    settings_take(&section, "acme.ini", integration, &problems);
    said[0] = '\0';
    if (problems.count > 0) {
        assert_int_equal(problems.items[0].line, 7);
        (void)snprintf(said, sizeof said, "%.*s", STR_ARGS(problems.items[0].text));
    }
    assert_true(entry.used == settings_has(str_from(name)) || strcmp(name, "plugin") == 0);
    problems_done(&problems);
    return said;
}

static void values_are_taken(void **state)
{
    struct integration one = {.enabled = true};
    (void)state;
    assert_string_equal(take(&one, "enabled", "no"), "");
    assert_false(one.enabled);
    assert_string_equal(take(&one, "allow_private", "yes"), "");
    assert_true(one.allow_private);
    assert_string_equal(take(&one, "on_failure", "stop"), "");
    assert_int_equal(one.on_failure, ON_FAILURE_STOP);
    assert_string_equal(take(&one, "on_failure", "empty"), "");
    assert_int_equal(one.on_failure, ON_FAILURE_EMPTY);
    assert_string_equal(take(&one, "on_failure", "wait"), "");
    assert_int_equal(one.on_failure, ON_FAILURE_WAIT);
    assert_string_equal(take(&one, "cache", "2m"), "");
    assert_int_equal(one.cache_s, 120);
    assert_string_equal(take(&one, "timeout", "5m"), "");
    assert_int_equal(one.timeout_ms, 300000);
    assert_string_equal(take(&one, "parallel", "32"), "");
    assert_int_equal(one.parallel, 32);
    assert_string_equal(take(&one, "rate", "20/s"), "");
    assert_int_equal(one.rate_a_minute, 1200);
    assert_string_equal(take(&one, "rate", "20/m"), "");
    assert_int_equal(one.rate_a_minute, 20);
}

static void what_later_parts_obey_is_checked_too(void **state)
{
    struct integration one = {0};
    (void)state;
    static const char *const good[][2] = {
        {"isolation", "account"}, {"order", "strict"},      {"on_exhausted", "hold"},
        {"poll", "1m"},           {"poll.orders", "30s"},   {"margin", "0s"},
        {"margin.a.b", "10m"},    {"ladder", "1m 5m\n10m"}, {"stale", "1h"}};
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_string_equal(take(&one, good[i][0], good[i][1]), "");
    }
}

static void what_is_wrong_names_setting_and_remedy(void **state)
{
    struct integration one = {.parallel = 3};
    (void)state;
    static const char *const wrong[][3] = {
        {"enabled", "", "integration 'shop': 'enabled' must be yes or no"},
        {"on_failure", "Wait",
         "integration 'shop': 'on_failure' must be wait, empty or stop"},
        {"parallel", "33", "integration 'shop': 'parallel' must be a number from 1 to 32"},
        {"timeout", "301s", "integration 'shop': 'timeout' must be from 1s to 300s"},
        {"poll.x", "1", ""},
        {"margin.x", "1y",
         "integration 'shop': 'margin.x' must be a duration such as 90s, 5m, 2h or 30d"},
        {"rate", "1000001/s",
         "integration 'shop': 'rate' must be a rate such as 20/s or 100/m"},
        {"rate", "/s", "integration 'shop': 'rate' must be a rate such as 20/s or 100/m"},
        {"isolation", "plug", "integration 'shop': 'isolation' must be plugin or account"}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_string_equal(take(&one, wrong[i][0], wrong[i][1]), wrong[i][2]);
    }
    assert_int_equal(one.parallel, 3);
}

static void what_is_not_theirs_is_left_alone(void **state)
{
    struct integration one = {0};
    (void)state;
    static const char *const names[] = {"url",  "enabledx", "enable", "poll.", "cache.x",
                                        "Poll", "pollx",    "",       "."};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_false(settings_has(str_from(names[i])));
        assert_string_equal(take(&one, names[i], "nonsense"), "");
    }
}

/* Else a plugin could declare an option that never reaches it. */
static void no_plugin_may_have_an_option_of_that_name(void **state)
{
    struct str rest = settings_names();
    struct str name;
    unsigned count = 0;
    (void)state;
    for (; str_word(&rest, &name); count++) {
        assert_true(settings_has(name));
        assert_true(check_is_host_option(name));
    }
    assert_true(count >= 15);
}

static void what_is_said_of_one_action_is_not_said_of_all(void **state)
{
    struct integration one = {.retry.usual.ladder = {1, {60}}};
    struct policy policy = one.retry.usual;
    struct ini_entry entry = {.name = STR("ladder.post"), .value = STR("5s 6s")};
    struct str action;
    (void)state;
    assert_string_equal(take(&one, "ladder.post", "5s"), "");
    assert_string_equal(take(&one, "on_exhausted.post", "hold"), "");
    assert_string_equal(take(&one, "on_unknown.post", "retry"), "");
    assert_int_equal(one.retry.usual.ladder.rest_s[0], 60);
    assert_false(one.retry.usual.holds);
    assert_false(one.retry.usual.repeats);
    assert_string_equal(take(&one, "ladder.post", "5"), "");
    assert_string_equal(take(&one, "ladder.post", "soon"),
                        "integration 'shop': 'ladder.post' must be durations from 1s to "
                        "24h as in '1m 5m 10m 1h', not 'soon'");
    assert_string_equal(take(&one, "on_unknown.post", "yes"),
                        "integration 'shop': 'on_unknown.post' must be ask or retry");
    assert_true(settings_of_action(&entry, &action));
    assert_true(str_is(action, "post"));
    assert_true(settings_take_action(&entry, &policy));
    assert_int_equal(policy.ladder.count, 2);
    entry.name = STR_OF("poll.post");
    assert_false(settings_of_action(&entry, &action));
    entry.name = STR_OF("ladder.");
    assert_false(settings_of_action(&entry, &action));
    entry.name = STR_OF("ladder");
    assert_false(settings_of_action(&entry, &action));
}

static void a_ladder_is_a_list_of_pauses(void **state)
{
    struct error error;
    (void)state;
    assert_true(settings_check_ladder(STR_OF("1m"), &error));
    assert_true(settings_check_ladder(STR_OF(" 1m  5m\t1h "), &error));
    assert_false(settings_check_ladder(STR_OF(""), &error));
    assert_false(settings_check_ladder(STR_OF("  "), &error));
    assert_false(settings_check_ladder(STR_OF("1m, 5m"), &error));
    assert_false(settings_check_ladder(STR_OF("1m x 5m"), &error));
    assert_string_equal(error.text, "must be durations from 1s to 24h as in '1m 5m 10m "
                                    "1h', not 'x'");
    assert_false(settings_check_ladder(STR_OF(" "), &error));
    assert_string_equal(error.text, "must be pauses such as 1m 5m 10m 1h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_taken),
        cmocka_unit_test(what_later_parts_obey_is_checked_too),
        cmocka_unit_test(what_is_wrong_names_setting_and_remedy),
        cmocka_unit_test(what_is_not_theirs_is_left_alone),
        cmocka_unit_test(no_plugin_may_have_an_option_of_that_name),
        cmocka_unit_test(what_is_said_of_one_action_is_not_said_of_all),
        cmocka_unit_test(a_ladder_is_a_list_of_pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
