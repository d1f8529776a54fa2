#include "base/stand_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define TAIL "73697874"

static const struct str ticket = STR("sixt");

static void a_stand_in_is_found_where_it_was_put(void **state)
{
    (void)state;
    static const struct str names[] = {STR("password"), STR("a"), STR("pass_word_2"),
                                       STR("")};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct stand_in found;
        struct text text;
        text_init(&text, 1000);
        text_add_cstr(&text, "{\"a\":\"");
        size_t at = text.len;
        stand_in_write(&text, names[i], ticket);
        size_t end = text.len;
        text_add_cstr(&text, "0f\"}");
        assert_true(stand_in_find(text_str(&text), 0, ticket, &found));
        assert_int_equal(found.at, at);
        assert_int_equal(found.len, end - at);
        assert_true(str_eq(found.name, names[i]));
        assert_false(stand_in_find(text_str(&text), end, ticket, &found));
        text_done(&text);
    }
}

static void several_are_found_one_after_the_other(void **state)
{
    (void)state;
    struct stand_in found;
    struct text text;
    size_t from = 0;
    text_init(&text, 1000);
    stand_in_write(&text, STR_OF("one"), ticket);
    stand_in_write(&text, STR_OF("two"), ticket);
    text_add_cstr(&text, "imh-secret-");
    stand_in_write(&text, STR_OF("three"), ticket);
    static const char *const names[] = {"one", "two", "three"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(stand_in_find(text_str(&text), from, ticket, &found));
        assert_true(str_is(found.name, names[i]));
        from = found.at + found.len;
    }
    assert_int_equal(from, text.len);
    text_done(&text);
}

static void what_is_no_stand_in_of_this_ticket_is_text(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR(""),
        STR("imh-secret-"),
        STR("imh-secret-password"),
        STR("imh-secret-password-"),
        STR("imh-secret-password-7369787"),
        STR("imh-secret-password-73697875"),
        STR("imh-secret-Password-" TAIL),
        STR("imh-secret-pass word-" TAIL),
        STR("imh-secret-pass%20word-" TAIL),
        STR("IMH-SECRET-password-" TAIL),
        STR("imh-secret--password-" TAIL),
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct stand_in found;
        assert_false(stand_in_find(texts[i], 0, ticket, &found));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stand_in_is_found_where_it_was_put),
        cmocka_unit_test(several_are_found_one_after_the_other),
        cmocka_unit_test(what_is_no_stand_in_of_this_ticket_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
