#include "base/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Given by main() to itself, so that it lies where the system puts an environment. */
#define NAME "IMH_TEST_SECRET"
#define VALUE "from-the-outside-1234"

/* Is it in what /proc shows of this process? */
static bool is_shown(const char *word)
{
    char shown[1 << 16];
    FILE *file = fopen("/proc/self/environ", "re");
    assert_non_null(file);
    size_t count = fread(shown, 1, sizeof shown, file);
    assert_int_equal(fclose(file), 0);
    return memmem(shown, count, word, strlen(word)) != NULL;
}

static void a_variable_is_taken_once_and_kept(void **state)
{
    struct error error;
    (void)state;
    assert_true(is_shown(VALUE));
    OWN(environment) environment = environment_make();
    assert_non_null(environment);
    const struct secret *value = environment_take(environment, STR_OF(NAME), &error);
    assert_non_null(value);
    assert_true(str_is(secret_reveal(value), VALUE));
    assert_ptr_equal(environment_take(environment, STR_OF(NAME), &error), value);
    assert_false(is_shown(VALUE));
    assert_string_equal(getenv(NAME), "");
    assert_true(is_shown(NAME));
}

static void another_environment_does_not_find_it_any_more(void **state)
{
    struct error error;
    (void)state;
    OWN(environment) environment = environment_make();
    assert_null(environment_take(environment, STR_OF(NAME), &error));
    assert_int_equal(error.status, IMH_MISSING);
    assert_string_equal(error.text, "the environment variable " NAME " is empty");
    assert_null(environment_take(environment, STR_OF("IMH_TEST_ABSENT"), &error));
    assert_int_equal(error.status, IMH_MISSING);
    assert_string_equal(error.text, "the environment variable IMH_TEST_ABSENT is not set");
}

static void what_is_no_name_is_refused(void **state)
{
    static const char longest[ENVIRONMENT_NAME_BYTES + 1] = {0};
    const struct str names[] = {STR(""), STR(NAME "=x"), {longest, sizeof longest}};
    struct error error;
    (void)state;
    OWN(environment) environment = environment_make();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_null(environment_take(environment, names[i], &error));
        assert_int_equal(error.status, IMH_REJECTED);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_is_taken_once_and_kept),
        cmocka_unit_test(another_environment_does_not_find_it_any_more),
        cmocka_unit_test(what_is_no_name_is_refused),
    };
    (void)argc;
    if (!getenv(NAME)) {
        (void)setenv(NAME, VALUE, 1);
        (void)execv("/proc/self/exe", argv);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
