#include "smarty/number.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty/round.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What is expected was printed by PHP 8.2. */

static const struct {
    double real;
    const char *printed, *exact;
} floats[] = {
    {0.0, "0", "0"},
    {-0.0, "-0", "-0"},
    {1.0, "1", "1"},
    {-1.5, "-1.5", "-1.5"},
    {0.1 + 0.2, "0.3", "0.30000000000000004"},
    {1e14, "1.0E+14", "100000000000000"},
    {1e15, "1.0E+15", "1000000000000000"},
    {123456789012345.0, "1.2345678901234E+14", "123456789012345"},
    {1234567890123456.0, "1.2345678901235E+15", "1234567890123456"},
    {0.0001, "0.0001", "0.0001"},
    {0.00001, "1.0E-5", "1.0e-5"},
    {1e-7, "1.0E-7", "1.0e-7"},
    {1.5e20, "1.5E+20", "1.5e+20"},
    {-1e100, "-1.0E+100", "-1.0e+100"},
    {1.0 / 3, "0.33333333333333", "0.3333333333333333"},
    {2.0 / 3, "0.66666666666667", "0.6666666666666666"},
    {100.0, "100", "100"},
    {19.99, "19.99", "19.99"},
    {5e-324, "4.9406564584125E-324", "5.0e-324"},
    {DBL_MAX, "1.7976931348623E+308", "1.7976931348623157e+308"},
    {99999999999999.9, "1.0E+14", "99999999999999.9"},
    {0.00012345678901234567, "0.00012345678901235", "0.00012345678901234567"},
    {123456.789, "123456.789", "123456.789"},
    {1e16, "1.0E+16", "10000000000000000"},
    {-1e16, "-1.0E+16", "-10000000000000000"},
    {1e17, "1.0E+17", "1.0e+17"},
    {99999999999999984.0, "1.0E+17", "99999999999999980"},
    {9007199254740992.0, "9.007199254741E+15", "9007199254740992"},
    {72057594037927936.0, "7.2057594037928E+16", "72057594037927940"},
    {0.00001234, "1.234E-5", "1.234e-5"},
};

static void floats_are_printed_with_fourteen_digits(void **state)
{
    (void)state;
    struct number_text room;
    for (size_t i = 0; i < COUNT(floats); i++) {
        assert_true(str_is(float_to_str(floats[i].real, &room), floats[i].printed));
    }
    assert_true(str_is(float_to_str(INFINITY, &room), "INF"));
    assert_true(str_is(float_to_str(-INFINITY, &room), "-INF"));
    assert_true(str_is(float_to_str(NAN, &room), "NAN"));
}

static void exact_digits_read_back(void **state)
{
    (void)state;
    struct number_text room;
    for (size_t i = 0; i < COUNT(floats); i++) {
        struct value number;
        struct str text = float_to_exact_str(floats[i].real, &room);
        if (!str_is(text, floats[i].exact)) {
            fail_msg("%.*s, not %s", STR_ARGS(text), floats[i].exact);
        }
        assert_int_equal(text_to_number(text, &number), NUMERIC_WHOLE);
        double back = number.type == VALUE_INT ? (double)number.integer : number.real;
        assert_true(back == floats[i].real);
    }
}

static void so_many_digits_are_wanted(void **state)
{
    (void)state;
    struct number_text room;
    assert_true(str_is(float_to_digits(2.0 / 3, 3, &room), "0.667"));
    assert_true(str_is(float_to_digits(123456, 3, &room), "1.23E+5"));
    assert_true(str_is(float_to_digits(0.1, 17, &room), "0.10000000000000001"));
    assert_true(str_is(float_to_digits(9.99, 1, &room), "1.0E+1"));
}

static void ints_are_printed(void **state)
{
    (void)state;
    struct number_text room;
    assert_true(str_is(int_to_str(0, &room), "0"));
    assert_true(str_is(int_to_str(-17, &room), "-17"));
    assert_true(str_is(int_to_str(INT64_MAX, &room), "9223372036854775807"));
    assert_true(str_is(int_to_str(INT64_MIN, &room), "-9223372036854775808"));
}

static const struct {
    struct str text;
    enum numeric numeric;
    bool is_int;
    int64_t integer;
    double real;
} texts[] = {
    {STR("5"), NUMERIC_WHOLE, true, 5, 0},
    {STR("-5"), NUMERIC_WHOLE, true, -5, 0},
    {STR("+5"), NUMERIC_WHOLE, true, 5, 0},
    {STR(" 5"), NUMERIC_WHOLE, true, 5, 0},
    {STR("5 "), NUMERIC_WHOLE, true, 5, 0},
    {STR("\t\n5\v\f\r "), NUMERIC_WHOLE, true, 5, 0},
    {STR("5 apples"), NUMERIC_LEADING, true, 5, 0},
    {STR("1.5"), NUMERIC_WHOLE, false, 0, 1.5},
    {STR("1."), NUMERIC_WHOLE, false, 0, 1},
    {STR(".5"), NUMERIC_WHOLE, false, 0, 0.5},
    {STR("+.5"), NUMERIC_WHOLE, false, 0, 0.5},
    {STR("-.5e3"), NUMERIC_WHOLE, false, 0, -500},
    {STR("1e3"), NUMERIC_WHOLE, false, 0, 1000},
    {STR("0.1e1 "), NUMERIC_WHOLE, false, 0, 1},
    {STR("1e"), NUMERIC_LEADING, true, 1, 0},
    {STR("1e+"), NUMERIC_LEADING, true, 1, 0},
    {STR("0x1A"), NUMERIC_LEADING, true, 0, 0},
    {STR("1_000"), NUMERIC_LEADING, true, 1, 0},
    {STR("1 2"), NUMERIC_LEADING, true, 1, 0},
    {STR("5\0"), NUMERIC_LEADING, true, 5, 0},
    {STR("1e5x"), NUMERIC_LEADING, false, 0, 100000},
    {STR(" 1.5 x"), NUMERIC_LEADING, false, 0, 1.5},
    {STR("1.5.5"), NUMERIC_LEADING, false, 0, 1.5},
    {STR("00"), NUMERIC_WHOLE, true, 0, 0},
    {STR("007"), NUMERIC_WHOLE, true, 7, 0},
    {STR("9223372036854775807"), NUMERIC_WHOLE, true, INT64_MAX, 0},
    {STR("-9223372036854775808"), NUMERIC_WHOLE, true, INT64_MIN, 0},
    {STR("9223372036854775808"), NUMERIC_WHOLE, false, 0, 9223372036854775808.0},
    {STR("-9223372036854775809"), NUMERIC_WHOLE, false, 0, -9223372036854775808.0},
    {STR("1e1000"), NUMERIC_WHOLE, false, 0, INFINITY},
    {STR("1e-1000"), NUMERIC_WHOLE, false, 0, 0},
    {STR("123456789012345678901234567890"), NUMERIC_WHOLE, false, 0,
     123456789012345678901234567890.0},
    {STR("0.1000000000000000055511151231257827"), NUMERIC_WHOLE, false, 0, 0.1},
    {STR("179769313486231570000e288"), NUMERIC_WHOLE, false, 0, DBL_MAX},
};

static void texts_are_numbers_as_far_as_they_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct value number;
        if (text_to_number(texts[i].text, &number) != texts[i].numeric ||
            (number.type == VALUE_INT) != texts[i].is_int ||
            (texts[i].is_int ? number.integer != texts[i].integer
                             : number.real != texts[i].real)) {
            fail_msg("%.*s", STR_ARGS(texts[i].text));
        }
    }
}

static void other_texts_are_none(void **state)
{
    (void)state;
    static const struct str none[] = {STR("."),   STR(""),   STR("abc"), STR(" "),
                                      STR("--1"), STR("\0"), STR("INF"), STR("nan"),
                                      STR("e5"),  STR("+"),  STR("-."),  STR("\x80")};
    for (size_t i = 0; i < COUNT(none); i++) {
        struct value number;
        assert_int_equal(text_to_number(none[i], &number), NUMERIC_NOT);
    }
}

static void rounding_is_that_of_php(void **state)
{
    (void)state;
    static const struct {
        double real;
        int places;
        double expected;
    } cases[] = {
        {2.5, 0, 3},      {-2.5, 0, -3},    {1.955, 2, 1.96}, {5.055, 2, 5.06},
        {1.005, 2, 1.01}, {0.285, 2, 0.29}, {1.45, 1, 1.5},   {1234567.891, -3, 1235000},
        {0.5, 0, 1},      {-0.4, 0, 0},     {3.0, 2, 3},      {1e300, 2, 1e300},
        {1.5, 400, 1.5},  {1.5, -400, 0},   {0, 5, 0},        {9.995, 2, 10},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double rounded = round_to(cases[i].real, cases[i].places);
        if (rounded != cases[i].expected) {
            fail_msg("%.17g to %d is %.17g", cases[i].real, cases[i].places, rounded);
        }
    }
}

static void numbers_are_grouped(void **state)
{
    (void)state;
    static const struct {
        double real;
        int places;
        const char *point, *group, *expected;
    } cases[] = {
        {1234567.891, 2, ",", ".", "1.234.567,89"},
        {1234567.891, 0, ".", ",", "1,234,568"},
        {-1234.5, 1, ".", "", "-1234.5"},
        {-0.4, 0, ".", ",", "0"},
        {0, 2, ".", ",", "0.00"},
        {999, 0, ".", ",", "999"},
        {1000, 0, ".", " ", "1 000"},
        {0.5, -2, ".", ",", "1"},
        {1.005, 2, "", "", "101"},
        {INFINITY, 2, ".", ",", "inf"},
        {NAN, 2, ".", ",", "nan"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text out;
        text_init(&out, 1000);
        format_number(&out, cases[i].real, cases[i].places, str_from(cases[i].point),
                      str_from(cases[i].group));
        assert_string_equal(text_cstr(&out), cases[i].expected);
        text_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_printed_with_fourteen_digits),
        cmocka_unit_test(exact_digits_read_back),
        cmocka_unit_test(so_many_digits_are_wanted),
        cmocka_unit_test(ints_are_printed),
        cmocka_unit_test(texts_are_numbers_as_far_as_they_go),
        cmocka_unit_test(other_texts_are_none),
        cmocka_unit_test(rounding_is_that_of_php),
        cmocka_unit_test(numbers_are_grouped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
