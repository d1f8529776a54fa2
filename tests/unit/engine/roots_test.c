#include "engine/roots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_crew.h"

/* An integration whose plugin cannot be loaded. */
struct rig {
    struct fake_crew *crew;
    struct variables *variables;
    struct error error;
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    if (!rig || fake_crew_setup(state) != 0) {
        free(rig);
        return -1;
    }
    rig->crew = *state;
    rig->crew->integration.plugin = "refused";
    rig->variables = variables_make(rig->crew->supervisor, &clock_real);
    *state = rig;
    return rig->variables ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    void *crew = rig->crew;
    variables_free(rig->variables);
    free(rig);
    return fake_crew_teardown(&crew);
}

static const struct lazy *root_of(struct rig *rig)
{
    struct value value;
    variables_begin(rig->variables, NULL);
    assert_true(
        variables_root(rig->variables, &rig->crew->integration, &value, &rig->error));
    assert_int_equal(value.type, VALUE_LAZY);
    return value.lazy;
}

/* {$shop.thing}: whether that is no error, and what it gives. */
static bool look(struct rig *rig, struct value *value)
{
    const struct key key = key_from_text(STR_OF("thing"));
    struct arena arena;
    arena_init(&arena, 4096, 0);
    const struct lazy *root = root_of(rig);
    bool good = root->type->member(root, &key, &arena, value, &rig->error);
    arena_done(&arena);
    return good;
}

static void fails_as_the_ini_says(struct rig *rig, const char *why)
{
    struct integration *integration = &rig->crew->integration;
    struct value value = value_null();
    assert_true(look(rig, &value));
    assert_int_equal(value.type, VALUE_PENDING);
    assert_int_equal(variables_end(rig->variables, false), VARIABLES_FAILED);
    assert_string_equal(variables_failure(rig->variables)->text, why);
    integration->on_failure = ON_FAILURE_EMPTY;
    assert_true(look(rig, &value));
    assert_int_equal(value.type, VALUE_NULL);
    assert_int_equal(variables_end(rig->variables, false), VARIABLES_COMPLETE);
    assert_false(variables_stopped(rig->variables));
    integration->on_failure = ON_FAILURE_STOP;
    assert_false(look(rig, &value));
    assert_string_equal(rig->error.text, why);
    assert_true(variables_stopped(rig->variables));
}

static void a_plugin_that_cannot_be_loaded_is_a_failure_of_its_integration(void **state)
{
    struct rig *rig = *state;
    fails_as_the_ini_says(rig, "integration 'shop': refused.so: too old");
    assert_int_equal(rig->error.status, IMH_BROKEN);
}

static void what_is_known_to_be_unusable_is_not_tried(void **state)
{
    struct rig *rig = *state;
    rig->crew->integration.plugin = "good";
    (void)error_set(&rig->crew->integration.unusable, IMH_RETRY, "it died");
    fails_as_the_ini_says(rig, "integration 'shop': it died");
    assert_int_equal(fake_crew_count(rig->crew, "log", "worker ready"), 0);
}

static void who_does_not_go_into_it_notices_nothing(void **state)
{
    struct rig *rig = *state;
    rig->crew->integration.on_failure = ON_FAILURE_STOP;
    (void)root_of(rig);
    assert_int_equal(variables_end(rig->variables, true), VARIABLES_COMPLETE);
    assert_false(variables_stopped(rig->variables));
}

int main(int argc, char **argv)
{
    int status = 0;
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        TEST(a_plugin_that_cannot_be_loaded_is_a_failure_of_its_integration),
        TEST(what_is_known_to_be_unusable_is_not_tried),
        TEST(who_does_not_go_into_it_notices_nothing),
    };
    return fake_crew_plays(argc, argv, &status) ? status
                                                : cmocka_run_group_tests(tests, NULL, NULL);
}
