#include "base/json_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What the room notices, and what json_check() and json_rewrite() make of it. */
static bool all_names_differ(struct str json)
{
    struct json_reader reader;
    struct json_names names;
    enum json_event event = JSON_NULL;
    bool good = true;
    json_open(&reader, json, &json_limits_reply);
    json_names_init(&names);
    while (good && event != JSON_END) {
        event = json_next(&reader);
        assert_int_not_equal(event, JSON_PROBLEM);
        good = json_names_note(&names, &reader, event);
    }
    json_names_done(&names);
    return good;
}

static void a_name_may_stand_once_in_an_object(void **state)
{
    (void)state;
    static const struct {
        struct str json;
        bool good;
    } cases[] = {
        {STR("{}"), true},
        {STR("[1,1,\"a\",\"a\"]"), true},
        {STR("{\"a\":1,\"b\":1}"), true},
        {STR("{\"a\":1,\"A\":1,\"a \":1,\"\":1}"), true},
        {STR("{\"a\":{\"a\":{\"a\":1}}}"), true},
        {STR("[{\"a\":1},{\"a\":1}]"), true},
        {STR("{\"x\":{\"a\":1},\"y\":{\"a\":1},\"a\":1}"), true},
        {STR("{\"x\":[{\"a\":1},{\"a\":1}],\"a\":1}"), true},
        {STR("{\"1\":1,\"01\":1,\"1.0\":1}"), true},
        {STR("{\"a\":1,\"a\":1}"), false},
        {STR("{\"a\":1,\"b\":{\"a\":2},\"a\":3}"), false},
        {STR("{\"\":1,\"\":1}"), false},
        {STR("{\"a\":[{\"k\":1,\"k\":2}]}"), false},
        {STR("{\"k\":1,\"\\u006b\":2}"), false},
        {STR("{\"\\u006B\":1,\"\\u006b\":2}"), false},
        {STR("{\"\\/\":1,\"/\":2}"), false},
        {STR("{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}"), false},
        {STR("{\"a\\u0000b\":1,\"a\\u0000b\":2}"), false},
        {STR("{\"a\\u0000b\":1,\"a\\u0000c\":2}"), true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {.text = ""};
        struct text out;
        text_init(&out, 1000);
        bool good = cases[i].good;
        assert_int_equal(all_names_differ(cases[i].json), good);
        assert_int_equal(json_check(cases[i].json, &json_limits_input, &error), good);
        assert_true(good || str_ends(str_from(error.text),
                                     STR_OF(": a second member of this name")));
        assert_int_equal(json_rewrite(cases[i].json, &json_limits_input, &out, &error),
                         good);
        assert_int_equal(out.len > 0, good);
        text_done(&out);
    }
}

/* One repeated name among very many, wherever it stands. */
static void many_names_are_told_apart(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    static const unsigned again[] = {MANY, 0, 1, MANY / 2, MANY - 1};
    struct text json;
    text_init(&json, 8 << 20);
    for (size_t i = 0; i < COUNT(again); i++) {
        text_clear(&json);
        text_add_char(&json, '{');
        for (unsigned name = 0; name < MANY; name++) {
            text_print(&json, "\"%u\":0,", name);
        }
        text_print(&json, "\"%u\":0}", again[i]);
        assert_int_equal(all_names_differ(text_str(&json)), again[i] == MANY);
    }
    text_done(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_may_stand_once_in_an_object),
        cmocka_unit_test(many_names_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
