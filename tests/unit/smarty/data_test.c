#include "smarty/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smarty/juggle.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool read(const char *json, enum data_kind kind, struct arena *arena,
                 struct value *value, struct error *error)
{
    error->text[0] = '\0';
    return data_read(str_from(json), &json_limits_reply, kind, arena, value, error);
}

/* A price that is printed must be the price that came. */
static void numbers_of_an_answer_stay_as_they_came(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0",
        "-0",
        "1",
        "-17",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "19.99",
        "-19.99",
        "1.10",
        "0.0",
        "0.00",
        "-0.0",
        "0.1",
        "0.10",
        "100.0",
        "0.30000000000000004",
        "0.0001",
        "0.00001",
        "-0.00001",
        "123456.789",
        "999999.99",
        "1234567890.1234",
        "12345678901234.5",
        "1e5",
        "1E5",
        "1e400",
        "-1e400",
        "1e-400",
        "1.7976931348623157e308",
        "5e-324",
    };
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct arena arena;
        struct error error;
        struct value value;
        struct number_text room;
        struct text json;
        arena_init(&arena, 1024, 0);
        text_init(&json, 1000);
        assert_true(read(numbers[i], DATA_ANSWER, &arena, &value, &error));
        assert_true(str_is(value_to_str(&value, &room), numbers[i]));
        data_write(&json, &value);
        assert_string_equal(text_cstr(&json), numbers[i]);
        text_done(&json);
        arena_done(&arena);
    }
}

static void a_number_of_any_length_stays(void **state)
{
    (void)state;
    enum { DIGITS = 100000 };
    struct arena arena;
    struct error error;
    struct value value;
    struct text json;
    struct text out;
    text_init(&json, DIGITS);
    text_init(&out, DIGITS);
    assert_true(text_reserve(&json, DIGITS));
    memset(json.ptr, '7', DIGITS);
    json.len = DIGITS;
    for (enum data_kind kind = DATA_PLAIN; kind <= DATA_ANSWER; kind++) {
        arena_init(&arena, 1024, 0);
        assert_true(read(text_cstr(&json), kind, &arena, &value, &error));
        text_clear(&out);
        data_write(&out, &value);
        assert_string_equal(text_cstr(&out), text_cstr(&json));
        arena_done(&arena);
    }
    text_done(&out);
    text_done(&json);
}

/* Kept as text or not, a number is one: as a condition, and in a comparison. */
static void numbers_that_are_kept_as_text_are_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        bool truth;
    } cases[] = {{"0", false},       {"-0", false},   {"0.0", false},
                 {"0.00", false},    {"-0.0", false}, {"0e5", false},
                 {"0.00000", false}, {"1.10", true},  {"0.10", true},
                 {"1e400", true},    {"-1.0", true},  {"9223372036854775808", true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct error error;
        struct value value;
        struct value zero = value_int(0);
        struct effort effort = effort_full();
        arena_init(&arena, 1024, 0);
        assert_true(read(cases[i].number, DATA_ANSWER, &arena, &value, &error));
        assert_int_equal(value_truth(&value), cases[i].truth);
        assert_int_equal(value_equal(&value, &zero, &effort), !cases[i].truth);
        arena_done(&arena);
    }
}

/* As PHP reads what people give: real Smarty is the model there. */
static void numbers_of_template_data_are_those_of_php(void **state)
{
    (void)state;
    static const struct {
        const char *json, *printed;
    } cases[] = {{"1.10", "1.1"},
                 {"9223372036854775808", "9.2233720368548E+18"},
                 {"1e5", "100000"},
                 {"1e400", "INF"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct error error;
        struct value value;
        struct number_text room;
        arena_init(&arena, 1024, 0);
        assert_true(read(cases[i].json, DATA_PLAIN, &arena, &value, &error));
        assert_true(str_is(value_to_str(&value, &room), cases[i].printed));
        arena_done(&arena);
    }
}

static void two_members_of_one_name_are_refused_in_an_answer(void **state)
{
    (void)state;
    static const struct {
        const char *json, *plain, *error;
    } cases[] = {
        {"{\"a\":1,\"a\":2}", "{\"a\":2}", "JSON with two members 'a'"},
        {"{\"a\":1,\"\\u0061\":2}", "{\"a\":2}", "JSON with two members 'a'"},
        {"{\"x\":[{\"1\":1,\"1\":2}]}", "{\"x\":[{\"1\":2}]}", "JSON with two members '1'"},
        {"{\"attributes\":{\"k\":1,\"k\":2}}", "{\"attributes\":{\"k\":2}}",
         "JSON with two members 'k'"},
        {"{\"a\":1,\"b\":{\"a\":2}}", "{\"a\":1,\"b\":{\"a\":2}}", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct error error;
        struct value value;
        struct text out;
        arena_init(&arena, 1024, 0);
        text_init(&out, 1000);
        assert_int_equal(read(cases[i].json, DATA_ANSWER, &arena, &value, &error),
                         !*cases[i].error);
        assert_string_equal(error.text, cases[i].error);
        assert_true(read(cases[i].json, DATA_PLAIN, &arena, &value, &error));
        data_write(&out, &value);
        assert_string_equal(text_cstr(&out), cases[i].plain);
        text_done(&out);
        arena_done(&arena);
    }
}

/* What a remote says below `attributes` or in `$raw` is its own, whatever it looks like. */
/* What is known of a time whose clock is not that of UTC; null: nothing. */
static void a_time_of_another_clock_is_the_moment_it_says(void **state)
{
    static const struct {
        const char *json;
        bool known;
        int64_t seconds;
    } cases[] = {
        {"{\"$time\":\"2024-02-29 00:00:00\"}", true, 1709164800},
        {"{\"$time\":\"2024-02-29 00:00:00\",\"$utc\":1709161200}", true, 1709161200},
        {"{\"$utc\":1709161200,\"$time\":\"2024-02-29 00:00:00\"}", true, 1709161200},
        {"{\"$time\":\"2024-02-29 00:00:00\",\"$utc\":9223372036854775807}", true,
         INT64_MAX},
        {"{\"$time\":\"2024-02-29 00:00:00\",\"$utc\":null}", false, 0},
        {"{\"$time\":\"2024-02-29 00:00:00\",\"$utc\":[1]}", false, 0},
    };
    const struct key name = key_named(STR_OF("timestamp"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        struct value value;
        struct arena arena;
        arena_init(&arena, 4096, 0);
        assert_true(data_read(str_from(cases[i].json), &json_limits_input, DATA_ANSWER,
                              &arena, &value, &error));
        const struct value *found = array_get(value.array, &name);
        assert_int_equal(found->type, cases[i].known ? VALUE_INT : VALUE_NULL);
        assert_true(!cases[i].known || found->integer == cases[i].seconds);
        arena_done(&arena);
    }
    (void)state;
}

static void nothing_is_interpreted_in_the_remotes_own_data(void **state)
{
    (void)state;
    static const struct {
        const char *json, *read;
    } cases[] = {
        {"{\"$value\":1,\"a\":2}", "{\"$value\":1,\"a\":2}"},
        {"{\"$other\":1,\"a\":2}", "{\"a\":2}"},
        {"{\"attributes\":{\"$value\":1,\"$ref\":[\"a\",\"b\"]}}",
         "{\"attributes\":{\"$value\":1,\"$ref\":[\"a\",\"b\"]}}"},
        {"{\"$raw\":{\"$value\":1,\"$raw\":{\"$ref\":[]}}}",
         "{\"$value\":1,\"$raw\":{\"$ref\":[]}}"},
        {"{\"a\":{\"attributes\":[{\"$raw\":1}]},\"b\":{\"$raw\":2}}",
         "{\"a\":{\"attributes\":[{\"$raw\":1}]},\"b\":2}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct error error;
        struct value value;
        struct text out;
        arena_init(&arena, 1024, 0);
        text_init(&out, 1000);
        assert_true(read(cases[i].json, DATA_ANSWER, &arena, &value, &error));
        data_write(&out, &value);
        assert_string_equal(text_cstr(&out), cases[i].read);
        text_done(&out);
        arena_done(&arena);
    }
}

static void others_are_told_no_members_of_ours(void **state)
{
    static const char json[] =
        "{\"total\":{\"$value\":19.95,\"currency\":\"EUR\"},\"lines\":[{\"price\":{\"$"
        "value\":"
        "\"1.50\"}}],\"$value\":\"all\",\"attributes\":{\"$value\":1}}";
    struct arena arena;
    struct error error;
    struct value value;
    struct text out;
    (void)state;
    arena_init(&arena, 1024, 0);
    text_init(&out, 1000);
    assert_true(read(json, DATA_ANSWER, &arena, &value, &error));
    data_write_plain(&out, &value);
    assert_string_equal(text_cstr(&out), "\"all\"");
    value.array->plain = NULL;
    text_clear(&out);
    data_write_plain(&out, &value);
    assert_string_equal(text_cstr(&out),
                        "{\"total\":19.95,\"lines\":[{\"price\":\"1.50\"}],"
                        "\"attributes\":{\"$value\":1}}");
    text_done(&out);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_an_answer_stay_as_they_came),
        cmocka_unit_test(a_number_of_any_length_stays),
        cmocka_unit_test(numbers_that_are_kept_as_text_are_numbers),
        cmocka_unit_test(numbers_of_template_data_are_those_of_php),
        cmocka_unit_test(two_members_of_one_name_are_refused_in_an_answer),
        cmocka_unit_test(a_time_of_another_clock_is_the_moment_it_says),
        cmocka_unit_test(nothing_is_interpreted_in_the_remotes_own_data),
        cmocka_unit_test(others_are_told_no_members_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
