#include "engine/integration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct name_value options[] = {{STR("url"), STR("https://shop.example/")},
                                      {STR("empty"), STR("")}};
static struct secret_value secrets[] = {{.name = STR("token")}, {.name = STR("url")}};
static struct integration shop = {.options = {options, 2}, .secrets = {secrets, 2}};

static int setup(void **state)
{
    struct error error;
    (void)state;
    secrets[0].value = secret_copy(STR_OF("s3cret"), &error);
    secrets[1].value = secret_copy(STR_OF("never this one"), &error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    secret_free(secrets[0].value);
    secret_free(secrets[1].value);
    return 0;
}

static void options_come_before_secrets(void **state)
{
    (void)state;
    assert_true(str_is(integration_value(&shop, STR_OF("url")), "https://shop.example/"));
    assert_true(str_is(integration_value(&shop, STR_OF("token")), "s3cret"));
}

static void a_secret_that_is_there_can_be_renewed(void **state)
{
    struct error error;
    (void)state;
    assert_true(
        integration_renew(&shop, STR_OF("token"), secret_copy(STR_OF("another"), &error)));
    assert_true(str_is(integration_value(&shop, STR_OF("token")), "another"));
    assert_false(
        integration_renew(&shop, STR_OF("tokn"), secret_copy(STR_OF("nowhere"), &error)));
    assert_true(str_is(integration_value(&shop, STR_OF("token")), "another"));
}

/* Each row differs from the first in one thing that a plugin's answers may depend on. */
static void whatever_answers_depend_on_tells_two_apart(void **state)
{
    struct name_value other_options[] = {{STR("url"), STR("https://shop.example/nl/")},
                                         {STR("empty"), STR("")}};
    struct secret_value other_secrets[] = {{.name = STR("token")}, {.name = STR("url")}};
    const struct integration first = {
        .plugin = "magento2", .options = {options, 2}, .secrets = {secrets, 2}};
    struct integration rows[6];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i] = first;
        rows[i].id = i + 7;
        rows[i].cache_s = (int64_t)i;
        assert_true(integration_answers_alike(&first, &rows[i]));
    }
    rows[0].plugin = "magento1";
    rows[1].allow_private = true;
    rows[2].ca = STR_OF("PEM");
    rows[3].options.items = other_options;
    rows[4].options.count = 1;
    rows[5].secrets.items = other_secrets;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(integration_answers_alike(&first, &rows[i]));
    }
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

static void one_that_is_off_says_how_to_have_it(void **state)
{
    struct error error;
    struct integration off = {.account = "acme", .identifier = "shop", .enabled = true};
    (void)state;
    assert_true(integration_is_on(&off));
    off.pause = (struct pause){1000, "uid 7"};
    assert_false(integration_is_on(&off));
    integration_refuse(&off, &error);
    assert_int_equal(error.status, IMH_RETRY);
    assert_string_equal(error.text, "it is disabled since 1970-01-01T00:00:01Z by uid 7: "
                                    "imh integration enable acme shop");
    off.enabled = false;
    integration_refuse(&off, &error);
    assert_string_equal(error.text, "it is disabled: say enabled = yes to use it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_come_before_secrets),
        cmocka_unit_test(a_secret_that_is_there_can_be_renewed),
        cmocka_unit_test(one_that_is_off_says_how_to_have_it),
        cmocka_unit_test(whatever_answers_depend_on_tells_two_apart),
        cmocka_unit_test(what_it_does_not_have_is_empty_text),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
