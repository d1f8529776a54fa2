#include "followup/about.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_event_is_known_by_its_key_its_person_and_what_is_compared(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        bool about, by_fields;
    } cases[] = {
        {"order/17/paid", true, true}, {"order/17", true, true}, {"order", true, true},
        {"order/1", false, false},     {"17", false, false},     {"a@b.nl", true, true},
        {"b.nl", false, false},        {"5", true, true},        {"red", false, true},
        {"1.50", false, true},         {"x", false, false},      {"", false, false},
    };
    static struct followup_event items[] = {{.field = STR("colour")},
                                            {.field = STR("p.q")}};
    const struct followup followup = {.until = {items, 1}, .restart = {items + 1, 1}};
    const struct trigger trigger = {
        .key = STR("order/17/paid"),
        .subject = STR("{\"email\":\"a@b.nl\",\"cart_id\":5}"),
        .data = STR("{\"colour\":\"red\",\"p\":{\"q\":1.50},\"text\":\"x b.nl\"}")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str key = str_from(cases[i].key);
        assert_int_equal(about_key(&trigger, NULL, key), cases[i].about);
        assert_int_equal(about_key(&trigger, &followup, key), cases[i].by_fields);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_known_by_its_key_its_person_and_what_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
