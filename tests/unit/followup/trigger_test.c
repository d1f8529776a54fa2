#include "followup/trigger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct str record_of(const char *key)
{
    const struct trigger trigger = {.key = str_from(key)};
    return trigger_record(&trigger);
}

static void a_record_is_the_first_two_parts_of_a_key(void **state)
{
    (void)state;
    assert_true(str_is(record_of("order/17/paid"), "order/17"));
    assert_true(str_is(record_of("order/17"), "order/17"));
    assert_true(str_is(record_of("order/17/status/shipped/2026"), "order/17"));
    assert_true(str_is(record_of("251"), "251"));
    assert_true(str_is(record_of("a/"), "a/"));
    assert_true(str_is(record_of(""), ""));
}

static void a_raised_event_is_about_what_its_cause_is_about(void **state)
{
    (void)state;
    struct trigger trigger = {
        .key = STR("q7-run-12-1"),
        .origin =
            STR("{\"causes\":[{\"record\":\"order/16\"},{\"record\":\"order/17\"}]}")};
    assert_true(str_is(trigger_record(&trigger), "order/17"));
    trigger.key = STR_OF("cart/5/again");
    assert_true(str_is(trigger_record(&trigger), "cart/5"));
    trigger.key = STR_OF("x");
    trigger.origin = STR_OF("{}");
    assert_true(str_is(trigger_record(&trigger), "x"));
}

static void fields_are_found_by_their_path(void **state)
{
    (void)state;
    static const struct {
        const char *field, *wanted; /* NULL: there is none */
    } cases[] = {
        {"id", "17"},      {"who.email", "a\"b"}, {"on", "true"},
        {"price", "1.50"}, {"empty", NULL},       {"nothing", NULL},
        {"who", NULL},     {"who.x", NULL},       {"a/b", "slash"},
        {"", NULL},        {"list.0", "x"},       {"cart_id", "5"},
    };
    const struct trigger trigger = {
        .subject = STR("{\"cart_id\":\"5\",\"id\":18}"),
        .data = STR("{\"id\":17,\"who\":{\"email\":\"a\\\"b\"},\"on\":true,\"price\":1.50,"
                    "\"empty\":\"\",\"nothing\":null,\"a/b\":\"slash\",\"list\":[\"x\"]}")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text;
        text_init(&text, 100);
        bool found = trigger_field(&trigger, str_from(cases[i].field), &text);
        assert_int_equal(found, cases[i].wanted != NULL);
        assert_string_equal(text_cstr(&text), cases[i].wanted ? cases[i].wanted : "");
        text_done(&text);
    }
}

/* ---- causes ---- */

/* What follows from an event with that origin. */
static bool follow(struct text *origin, const char *followup, const char *key,
                   struct error *why)
{
    struct text causes;
    const struct trigger trigger = {
        .id = 5, .key = str_from(key), .origin = text_str(origin)};
    text_init(&causes, 4000);
    bool good = trigger_causes(&trigger, str_from(followup), &causes, why);
    assert_false(causes.failed);
    text_clear(origin);
    text_print(origin, "{\"causes\":%s}", text_cstr(&causes));
    text_done(&causes);
    return good;
}

static void coming_back_to_the_same_record_is_a_loop(void **state)
{
    (void)state;
    struct text origin;
    struct error why;
    text_init(&origin, 4000);
    assert_true(follow(&origin, "a", "order/17/x", &why));
    assert_string_equal(
        text_cstr(&origin),
        "{\"causes\":[{\"event\":5,\"followup\":\"a\",\"record\":\"order/17\"}]}");
    assert_true(follow(&origin, "b", "order/17/y", &why));
    assert_true(follow(&origin, "a", "order/18/z", &why));
    assert_false(follow(&origin, "a", "order/17/z", &why));
    assert_string_equal(why.text, "a loop: 'a' caused this event itself, about 'order/17'");
    text_done(&origin);
}

static void a_long_chain_is_a_loop(void **state)
{
    (void)state;
    struct text origin;
    struct error why;
    text_init(&origin, 8000);
    for (unsigned i = 0; i < CAUSES_MOST; i++) {
        char key[200];
        (void)snprintf(key, sizeof key, "%02u%0150u/\"/x", i,
                       0U); /* long, with what is escaped */
        assert_true(follow(&origin, "a", key, &why));
    }
    assert_in_range(origin.len, 1, 4000);
    assert_false(follow(&origin, "a", "other/1", &why));
    assert_string_equal(why.text,
                        "a loop: 16 follow-ups led here, each from the one before");
    text_done(&origin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_the_first_two_parts_of_a_key),
        cmocka_unit_test(a_raised_event_is_about_what_its_cause_is_about),
        cmocka_unit_test(fields_are_found_by_their_path),
        cmocka_unit_test(coming_back_to_the_same_record_is_a_loop),
        cmocka_unit_test(a_long_chain_is_a_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
