#include "smarty/juggle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty/data.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What compares and computes is PHP's business; expected came from PHP 8.2. */

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1000, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* JSON as a value. */
static struct value value_of(const char *json)
{
    struct value value;
    struct error error;
    if (!data_read(str_from(json), &json_limits_input, DATA_PLAIN, &arena, &value,
                   &error)) {
        fail_msg("%s: %s", json, error.text);
    }
    return value;
}

static const struct {
    const char *a, *b;
    int order; /* of a <=> b; 2: no order: neither smaller nor equal */
} pairs[] = {
    {"1", "1", 0},
    {"1", "2", -1},
    {"2", "1.5", 1},
    {"1", "1.0", 0},
    {"\"10\"", "\"1e1\"", 0},
    {"\"10\"", "\"9a\"", -1},
    {"\"abc\"", "\"abd\"", -1},
    {"\"a\"", "\"A\"", 1},
    {"0", "\"abc\"", -1},
    {"0", "\"\"", 1},
    {"1", "\" 1\"", 0},
    {"1", "\"1 \"", 0},
    {"100", "\"1e2\"", 0},
    {"null", "\"\"", 0},
    {"null", "\"0\"", -1},
    {"null", "0", 0},
    {"null", "false", 0},
    {"null", "[]", 0},
    {"null", "[1]", -1},
    {"true", "\"abc\"", 0},
    {"true", "0", 1},
    {"false", "\"0\"", 0},
    {"[]", "\"a\"", 1},
    {"[1]", "5", 1},
    {"[1,2]", "[1,3]", -1},
    {"[1,2]", "[9]", 1},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", 0},
    {"[1]", "[\"1\"]", 0},
    {"{\"a\":1}", "{\"b\":1}", 2},
    {"[[1]]", "[[2]]", -1},
    {"9223372036854775807", "9223372036854775808", 0},
    {"\"9223372036854775807\"", "\"9223372036854775808\"", -1},
    {"\"1.0\"", "\"1 \"", 0},
    {"\"abc\"", "0", 1},
    {"\"\"", "null", 0},
    {"\"99999999999999999999\"", "\"99999999999999999998\"", 1},
    {"\"-9223372036854775808\"", "\"-9223372036854775809\"", 1},
    {"\"9223372036854775807\"", "\"9.3e18\"", -1},
    {"\"9223372036854775807\"", "\"9223372036854775807.0\"", 0},
    {"\" +9223372036854775808 \"", "\"9223372036854775809\"", -1},
    {"\"1e1000\"", "\"1e1001\"", -1},
};

static void values_compare_as_in_php(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct effort effort = effort_full();
        struct value a = value_of(pairs[i].a);
        struct value b = value_of(pairs[i].b);
        bool ordered = pairs[i].order < 2;
        int order = value_compare(&a, &b, &effort);
        if ((order > 0) - (order < 0) != (ordered ? pairs[i].order : 1)) {
            fail_msg("%s <=> %s is %d", pairs[i].a, pairs[i].b, order);
        }
        assert_int_equal(value_equal(&a, &b, &effort), pairs[i].order == 0);
        assert_int_equal(value_equal(&b, &a, &effort), pairs[i].order == 0);
        if (ordered) {
            assert_int_equal(value_holds(COMPARISON_LESS, &a, &b, &effort),
                             pairs[i].order < 0);
            assert_int_equal(value_holds(COMPARISON_GREATER_OR_EQUAL, &a, &b, &effort),
                             pairs[i].order >= 0);
        }
    }
}

static void nan_is_nothing_of_all(void **state)
{
    (void)state;
    struct effort effort = effort_full();
    struct value nan = value_float(NAN);
    struct value one = value_int(1);
    for (enum comparison comparison = 0; comparison < COMPARISON_COUNT; comparison++) {
        bool unequal =
            comparison == COMPARISON_NOT_EQUAL || comparison == COMPARISON_NOT_IDENTICAL;
        assert_int_equal(value_holds(comparison, &nan, &nan, &effort), unequal);
        assert_int_equal(value_holds(comparison, &nan, &one, &effort), unequal);
        assert_int_equal(value_holds(comparison, &one, &nan, &effort), unequal);
    }
}

static void identical_is_of_one_kind_and_order(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"1", "1", true},
        {"1", "1.0", false},
        {"\"1\"", "1", false},
        {"null", "null", true},
        {"null", "false", false},
        {"[1,2]", "[1,2]", true},
        {"[1,2]", "[\"1\",2]", false},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", false},
        {"{\"0\":1}", "[1]", true},
        {"\"a\"", "\"a\"", true},
        {"true", "true", true},
        {"[[{\"a\":[]}]]", "[[{\"a\":[]}]]", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct effort effort = effort_full();
        struct value a = value_of(cases[i].a);
        struct value b = value_of(cases[i].b);
        if (value_identical(&a, &b, &effort) != cases[i].same) {
            fail_msg("%s === %s", cases[i].a, cases[i].b);
        }
    }
}

static void truth_is_that_of_php(void **state)
{
    (void)state;
    static const char *const no[] = {"null", "false", "0",  "0.0", "-0.0",
                                     "\"\"", "\"0\"", "[]", "{}"};
    static const char *const yes[] = {"true",    "1",           "-1",    "0.1",
                                      "\"0.0\"", "\"00\"",      "\" \"", "\"false\"",
                                      "[0]",     "{\"a\":null}"};
    for (size_t i = 0; i < COUNT(no); i++) {
        struct value value = value_of(no[i]);
        assert_false(value_truth(&value));
    }
    for (size_t i = 0; i < COUNT(yes); i++) {
        struct value value = value_of(yes[i]);
        assert_true(value_truth(&value));
    }
    struct value undefined = {.type = VALUE_UNDEFINED};
    assert_false(value_truth(&undefined));
}

static void values_become_text_and_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
        int64_t integer;
        double real;
        bool is_number;
    } cases[] = {
        {"null", "", 0, 0, true},
        {"true", "1", 1, 1, true},
        {"false", "", 0, 0, true},
        {"-7", "-7", -7, -7, true},
        {"1.50", "1.5", 1, 1.5, true},
        {"\"5 apples\"", "5 apples", 5, 5, true},
        {"\"abc\"", "abc", 0, 0, false},
        {"\"\"", "", 0, 0, false},
        {"[1]", "Array", 1, 1, false},
        {"[]", "Array", 0, 0, false},
        {"1e30", "1.0E+30", 5076964154930102272, 1e30, true},
        {"\"1e30\"", "1e30", INT64_MAX, 1e30, true},
        {"\"-9e99\"", "-9e99", INT64_MIN, -9e99, true},
        {"-1.9", "-1.9", -1, -1.9, true},
        {"9223372036854775808", "9.2233720368548E+18", INT64_MIN, 9223372036854775808.0,
         true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct number_text room;
        struct value number;
        struct value value = value_of(cases[i].json);
        assert_true(str_is(value_to_str(&value, &room), cases[i].text));
        if (value_to_int(&value) != cases[i].integer) {
            fail_msg("(int)%s is %lld", cases[i].json, (long long)value_to_int(&value));
        }
        assert_true(value_to_float(&value) == cases[i].real);
        assert_int_equal(value_to_number(&value, &number), cases[i].is_number);
    }
}

static void computing_keeps_ints_where_they_fit(void **state)
{
    (void)state;
    static const struct {
        enum operation operation;
        const char *a, *b, *result; /* printed; or the problem */
        bool fails;
    } cases[] = {
        {OPERATION_ADD, "1", "2", "3", false},
        {OPERATION_ADD, "9223372036854775807", "1", "9.2233720368548E+18", false},
        {OPERATION_SUBTRACT, "-9223372036854775808", "1", "-9.2233720368548E+18", false},
        {OPERATION_MULTIPLY, "3037000500", "3037000500", "9.2233720370002E+18", false},
        {OPERATION_DIVIDE, "6", "3", "2", false},
        {OPERATION_DIVIDE, "7", "2", "3.5", false},
        {OPERATION_DIVIDE, "-9223372036854775808", "-1", "9.2233720368548E+18", false},
        {OPERATION_DIVIDE, "1", "0", "division by zero", true},
        {OPERATION_DIVIDE, "1", "0.0", "division by zero", true},
        {OPERATION_MODULO, "-7", "3", "-1", false},
        {OPERATION_MODULO, "7.9", "3", "1", false},
        {OPERATION_MODULO, "-9223372036854775808", "-1", "0", false},
        {OPERATION_MODULO, "1", "0.5", "modulo by zero", true},
        {OPERATION_POWER, "2", "62", "4611686018427387904", false},
        {OPERATION_POWER, "2", "63", "9.2233720368548E+18", false},
        {OPERATION_POWER, "2", "-1", "0.5", false},
        {OPERATION_POWER, "-8", "0.5", "NAN", false},
        {OPERATION_SHIFT_LEFT, "1", "3", "8", false},
        {OPERATION_SHIFT_LEFT, "1", "64", "0", false},
        {OPERATION_SHIFT_RIGHT, "-1", "99", "-1", false},
        {OPERATION_BIT_AND, "6", "3", "2", false},
        {OPERATION_BIT_XOR, "6", "3", "5", false},
        {OPERATION_ADD, "true", "null", "1", false},
        {OPERATION_ADD, "\"5 apples\"", "\"1.5\"", "6.5", false},
        {OPERATION_ADD, "\"abc\"", "1", "a text that is no number", true},
        {OPERATION_ADD, "[1]", "1", "an array is no number", true},
        {OPERATION_MULTIPLY, "1e300", "1e300", "INF", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct number_text room;
        struct value result;
        const char *problem = "";
        struct value a = value_of(cases[i].a);
        struct value b = value_of(cases[i].b);
        bool good = value_compute(cases[i].operation, &a, &b, &result, &problem);
        struct str text = good ? value_to_str(&result, &room) : str_from(problem);
        if (good == cases[i].fails || !str_is(text, cases[i].result)) {
            fail_msg("%s and %s: %.*s", cases[i].a, cases[i].b, STR_ARGS(text));
        }
    }
}

static void a_negative_shift_is_no_number(void **state)
{
    (void)state;
    struct value one = value_int(1);
    struct value minus = value_int(-1);
    struct value result;
    const char *problem = NULL;
    assert_false(value_compute(OPERATION_SHIFT_LEFT, &one, &minus, &result, &problem));
    assert_non_null(problem);
}

static void an_object_counts_as_its_plain_form(void **state)
{
    (void)state;
    struct effort effort = effort_full();
    struct number_text room;
    struct error error;
    struct value price;
    struct value number = value_float(19.95);
    struct value result;
    const char *problem;
    assert_true(data_read(STR_OF("{\"$value\":19.95,\"currency\":\"EUR\"}"),
                          &json_limits_input, DATA_ANSWER, &arena, &price, &error));
    assert_true(str_is(value_to_str(&price, &room), "19.95"));
    assert_true(value_equal(&price, &number, &effort));
    assert_true(value_truth(&price));
    assert_true(value_compute(OPERATION_ADD, &price, &price, &result, &problem));
    assert_true(str_is(value_to_str(&result, &room), "39.9"));
}

/* ---- effort ---- */

/* Arrays inside each other; each holds the inner one `times`. */
static struct value nested(unsigned levels, unsigned times)
{
    struct value inner = value_int(1);
    for (unsigned i = 0; i < levels; i++) {
        struct array *array = array_make(&arena, 0);
        for (unsigned k = 0; k < times; k++) {
            assert_true(array_append(&arena, array, &inner));
        }
        inner = value_array(array);
    }
    return inner;
}

static void comparing_spends_effort(void **state)
{
    (void)state;
    struct value a = value_text(STR_OF("0123456789012345678901234567890123456789"));
    struct value one = value_int(1);
    struct effort effort = {.left = 100};
    assert_true(value_equal(&one, &one, &effort));
    assert_int_equal(effort.left, 99);
    assert_true(value_equal(&a, &a, &effort));
    assert_int_equal(effort.left, 99 - 1 - 80 / EFFORT_TEXT_BYTES);
    assert_false(effort_is_spent(&effort));
}

static void what_is_too_wide_or_too_deep_ends(void **state)
{
    (void)state;
    static const struct {
        unsigned levels, times;
        bool spent;
    } cases[] = {{400, 1, false}, {100000, 1, true}, {10, 2, false}, {100, 2, true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value a = nested(cases[i].levels, cases[i].times);
        struct value b = nested(cases[i].levels, cases[i].times);
        struct effort effort = {.left = 100000};
        struct effort other = {.left = 100000};
        assert_int_equal(value_equal(&a, &b, &effort), !cases[i].spent);
        assert_int_equal(effort_is_spent(&effort), cases[i].spent);
        assert_int_equal(value_identical(&a, &b, &other), !cases[i].spent);
        assert_int_equal(effort_is_spent(&other), cases[i].spent);
        assert_int_equal(effort.depth + other.depth, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_compare_as_in_php),
        cmocka_unit_test(nan_is_nothing_of_all),
        cmocka_unit_test(identical_is_of_one_kind_and_order),
        cmocka_unit_test(truth_is_that_of_php),
        cmocka_unit_test(values_become_text_and_numbers),
        cmocka_unit_test(computing_keeps_ints_where_they_fit),
        cmocka_unit_test(a_negative_shift_is_no_number),
        cmocka_unit_test(an_object_counts_as_its_plain_form),
        cmocka_unit_test(comparing_spends_effort),
        cmocka_unit_test(what_is_too_wide_or_too_deep_ends),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
