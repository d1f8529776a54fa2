#include "engine/integration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct name_value options[] = {{STR("url"), STR("https://shop.example/")},
                                      {STR("empty"), STR("")}};
static struct name_value secrets[] = {{STR("token"), STR("s3cret")},
                                      {STR("url"), STR("never this one")}};
static const struct integration shop = {.options = {options, 2}, .secrets = {secrets, 2}};

static void options_come_before_secrets(void **state)
{
    (void)state;
    assert_true(str_is(integration_value(&shop, STR_OF("url")), "https://shop.example/"));
    assert_true(str_is(integration_value(&shop, STR_OF("token")), "s3cret"));
}

static void what_it_does_not_have_is_empty_text(void **state)
{
    static const struct str names[] = {STR("empty"), STR("Url"), STR("ur"), STR("")};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str value = integration_value(&shop, names[i]);
        assert_non_null(value.ptr);
        assert_int_equal(value.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_come_before_secrets),
        cmocka_unit_test(what_it_does_not_have_is_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
