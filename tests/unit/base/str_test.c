#include "base/str.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct str nothing = {NULL, 0};

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void from_null_is_empty_text(void **state)
{
    (void)state;
    assert_int_equal(str_from(NULL).len, 0);
    assert_non_null(str_from(NULL).ptr);
    assert_int_equal(str_from("a\xC3\xA9").len, 3);
}

static void a_literal_knows_its_length(void **state)
{
    (void)state;
    static const struct str table[] = {STR("a\0b")};
    assert_int_equal(table[0].len, 3);
    assert_int_equal(STR_OF("").len, 0);
}

static void equal_means_every_byte_and_the_length(void **state)
{
    (void)state;
    static const struct {
        struct str a, b;
        bool equal, nocase;
    } cases[] = {
        {STR(""), {NULL, 0}, true, true},
        {{NULL, 0}, {NULL, 0}, true, true},
        {STR("abc"), STR("abc"), true, true},
        {STR("abc"), STR("abd"), false, false},
        {STR("abc"), STR("ab"), false, false},
        {STR("a\0b"), STR("a\0c"), false, false},
        {STR("Abc"), STR("aBC"), false, true},
        {STR("az"), STR("AZ"), false, true},
        {STR("@"), STR("`"), false, false},
        {STR("["), STR("{"), false, false},
        {STR("\xC3\xA9"), STR("\xC3\x89"), false, false},
        {STR("\xE1"), STR("\xC1"), false, false},
        {STR("x"), STR(""), false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(str_eq(cases[i].a, cases[i].b), cases[i].equal);
        assert_int_equal(str_eq(cases[i].b, cases[i].a), cases[i].equal);
        assert_int_equal(str_eq_nocase(cases[i].a, cases[i].b), cases[i].nocase);
        assert_int_equal(str_eq_nocase(cases[i].b, cases[i].a), cases[i].nocase);
    }
    assert_true(str_is(STR_OF("abc"), "abc"));
    assert_false(str_is(STR_OF("abc"), "abcd"));
    assert_true(str_is(nothing, ""));
    assert_true(str_is(nothing, NULL));
}

static void order_is_by_bytes_and_a_prefix_comes_first(void **state)
{
    (void)state;
    static const struct str sorted[] = {STR(""),    STR("\0"), STR("\0a"),  STR("A"),
                                        STR("a"),   STR("aa"), STR("aaa"),  STR("ab"),
                                        STR("b"),   STR("z"),  STR("\x7F"), STR("\xC3\xA9"),
                                        STR("\xFF")};
    for (size_t i = 0; i < COUNT(sorted); i++) {
        for (size_t j = 0; j < COUNT(sorted); j++) {
            assert_int_equal(sign(str_compare(sorted[i], sorted[j])), (i > j) - (i < j));
        }
    }
    assert_int_equal(str_compare(nothing, STR_OF("")), 0);
    assert_true(str_compare(nothing, STR_OF("a")) < 0);
}

static void before_and_after_stop_at_the_end(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        const char *before, *after;
    } cases[] = {{0, "", "abc"},
                 {1, "a", "bc"},
                 {3, "abc", ""},
                 {4, "abc", ""},
                 {SIZE_MAX, "abc", ""}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(str_is(str_before(STR_OF("abc"), cases[i].count), cases[i].before));
        assert_true(str_is(str_after(STR_OF("abc"), cases[i].count), cases[i].after));
    }
}

static void starts_and_ends_look_at_whole_affixes(void **state)
{
    (void)state;
    static const struct {
        struct str str, affix;
        bool starts, ends;
    } cases[] = {
        {STR("abcab"), STR("ab"), true, true},   {STR("abc"), STR("abc"), true, true},
        {STR("abc"), STR("abcd"), false, false}, {STR("abc"), STR(""), true, true},
        {STR(""), STR(""), true, true},          {{NULL, 0}, {NULL, 0}, true, true},
        {{NULL, 0}, STR("a"), false, false},     {STR("abc"), STR("bc"), false, true},
        {STR("abc"), STR("ac"), false, false},   {STR("a\0b"), STR("a\0"), true, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(str_starts(cases[i].str, cases[i].affix), cases[i].starts);
        assert_int_equal(str_ends(cases[i].str, cases[i].affix), cases[i].ends);
    }
}

static void find_gives_the_offset_or_the_length(void **state)
{
    (void)state;
    static const struct {
        struct str str, what;
        size_t from, offset;
    } cases[] = {
        {STR("abcabc"), STR("abc"), 0, 0},  {STR("abcabc"), STR("abc"), 1, 3},
        {STR("abcabc"), STR("abc"), 3, 3},  {STR("abcabc"), STR("abc"), 4, 6},
        {STR("abcabc"), STR("x"), 0, 6},    {STR("abc"), STR("abcd"), 0, 3},
        {STR("abc"), STR("c"), 2, 2},       {STR("abc"), STR("c"), 3, 3},
        {STR("abc"), STR("c"), 4, 3},       {STR("abc"), STR("a"), SIZE_MAX, 3},
        {STR("abc"), STR(""), 0, 0},        {STR("abc"), STR(""), 2, 2},
        {STR("abc"), STR(""), 3, 3},        {STR("abc"), STR(""), 4, 3},
        {STR("a\0b\0c"), STR("\0c"), 0, 3}, {STR(""), STR("a"), 0, 0},
        {STR(""), STR(""), 0, 0},           {{NULL, 0}, {NULL, 0}, 0, 0},
        {STR("aaab"), STR("aab"), 0, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(str_find(cases[i].str, cases[i].what, cases[i].from),
                         cases[i].offset);
    }
}

static void find_in_nothing_is_fine(void **state)
{
    (void)state;
    assert_int_equal(str_find(nothing, STR_OF("a"), 0), 0);
    assert_int_equal(str_find_char(nothing, 'a'), 0);
}

static void find_char_gives_the_offset_or_the_length(void **state)
{
    (void)state;
    assert_int_equal(str_find_char(STR_OF("abca"), 'a'), 0);
    assert_int_equal(str_find_char(STR_OF("abca"), 'c'), 2);
    assert_int_equal(str_find_char(STR_OF("abca"), 'x'), 4);
    assert_int_equal(str_find_char(STR_OF("ab\0c"), '\0'), 2);
    assert_int_equal(str_find_char(STR_OF("ab\xFF"), '\xFF'), 2);
    assert_int_equal(str_find_char(str_before(STR_OF("abc"), 2), 'c'), 2);
}

static void trim_takes_blanks_off_both_ends_only(void **state)
{
    (void)state;
    static const struct {
        struct str str;
        const char *trimmed;
    } cases[] = {
        {STR(" \t\r\na b\n\r\t "), "a b"},
        {STR("ab"), "ab"},
        {STR(""), ""},
        {STR("   "), ""},
        {STR(" a"), "a"},
        {STR("a "), "a"},
        {{NULL, 0}, ""},
        {STR("\va\v"), "\va\v"},
        {STR("\xC2\xA0"
             "a"),
         "\xC2\xA0"
         "a"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(str_is(str_trim(cases[i].str), cases[i].trimmed));
    }
}

/* All pieces joined by '|', to compare at once. */
static const char *split_all(struct str rest, char separator)
{
    static char joined[64];
    struct str piece;
    size_t at = 0;
    joined[0] = '\0';
    while (str_split(&rest, separator, &piece)) {
        at += (size_t)snprintf(joined + at, sizeof joined - at, "%.*s|", STR_ARGS(piece));
    }
    assert_null(rest.ptr);
    assert_int_equal(rest.len, 0);
    assert_false(str_split(&rest, separator, &piece));
    return joined;
}

static void split_gives_every_piece_empty_ones_too(void **state)
{
    (void)state;
    static const struct {
        struct str str;
        const char *pieces;
    } cases[] = {
        {STR("a,b,c"), "a|b|c|"}, {STR("a"), "a|"},       {STR(""), "|"},
        {STR(","), "||"},         {STR(",a,"), "|a||"},   {STR("a,,b"), "a||b|"},
        {{NULL, 0}, ""},          {STR("a, b"), "a| b|"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(split_all(cases[i].str, ','), cases[i].pieces);
    }
    assert_string_equal(split_all(STR_OF("a/b"), ','), "a/b|");
}

static void words_are_what_stands_between_blanks(void **state)
{
    (void)state;
    static const struct {
        struct str str;
        const char *words;
    } cases[] = {
        {STR("a bc  d"), "a|bc|d|"},
        {STR(" \t\r\n a\n"), "a|"},
        {STR(""), ""},
        {STR("   "), ""},
        {{NULL, 0}, ""},
        {STR("one"), "one|"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char joined[64] = "";
        size_t at = 0;
        struct str rest = cases[i].str;
        struct str word;
        while (str_word(&rest, &word)) {
            at +=
                (size_t)snprintf(joined + at, sizeof joined - at, "%.*s|", STR_ARGS(word));
        }
        assert_string_equal(joined, cases[i].words);
        assert_int_equal(word.len, 0);
        assert_int_equal(rest.len, 0);
    }
}

static void whole_decimal_numbers_in_range_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t least, most, number;
    } cases[] = {
        {"0", 0, 0, 0},
        {"-0", 0, 0, 0},
        {"007", 0, 7, 7},
        {"-1", -1, 1, -1},
        {"1", -1, 1, 1},
        {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN},
        {"-9223372036854775807", INT64_MIN, INT64_MAX, -INT64_MAX},
        {"0000000000000000001", 1, 1, 1},
        {"1234567890", 0, INT64_MAX, 1234567890},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t number = 77;
        assert_true(
            str_to_int64(str_from(cases[i].text), cases[i].least, cases[i].most, &number));
        assert_int_equal(number, cases[i].number);
    }
}

static void what_is_no_number_in_range_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int64_t least, most;
    } cases[] = {
        {STR(""), INT64_MIN, INT64_MAX},
        {{NULL, 0}, INT64_MIN, INT64_MAX},
        {STR("-"), INT64_MIN, INT64_MAX},
        {STR("--1"), INT64_MIN, INT64_MAX},
        {STR("+1"), INT64_MIN, INT64_MAX},
        {STR(" 1"), INT64_MIN, INT64_MAX},
        {STR("1 "), INT64_MIN, INT64_MAX},
        {STR("1\0"), INT64_MIN, INT64_MAX},
        {STR("1.0"), INT64_MIN, INT64_MAX},
        {STR("0x1"), INT64_MIN, INT64_MAX},
        {STR("1e3"), INT64_MIN, INT64_MAX},
        {STR("/"), INT64_MIN, INT64_MAX},
        {STR(":"), INT64_MIN, INT64_MAX},
        {STR("\xD9\xA1"), INT64_MIN, INT64_MAX}, /* an Arabic one */
        {STR("9223372036854775808"), INT64_MIN, INT64_MAX},
        {STR("-9223372036854775809"), INT64_MIN, INT64_MAX},
        {STR("9999999999999999999"), INT64_MIN, INT64_MAX},
        {STR("18446744073709551616"), INT64_MIN, INT64_MAX},
        {STR("18446744073709551617"), INT64_MIN, INT64_MAX},
        {STR("99999999999999999999999999999999999999999"), INT64_MIN, INT64_MAX},
        {STR("4"), 5, 7},
        {STR("8"), 5, 7},
        {STR("-5"), 5, 7},
        {STR("5"), 7, 5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t number = 77;
        assert_false(str_to_int64(cases[i].text, cases[i].least, cases[i].most, &number));
        assert_int_equal(number, 77);
    }
}

static void hexadecimal_digits_have_a_value(void **state)
{
    (void)state;
    static const struct str digits[] = {STR("0123456789abcdef"), STR("0123456789ABCDEF")};
    for (int c = CHAR_MIN; c <= CHAR_MAX; c++) {
        size_t small = str_find_char(digits[0], (char)c);
        size_t large = str_find_char(digits[1], (char)c);
        size_t value = small < large ? small : large;
        assert_int_equal(str_hex_digit((char)c), value < 16 ? (int)value : -1);
    }
}

typedef bool to_number(struct str str, int64_t *number);

struct unit_case {
    const char *text;
    int64_t number; /* -1: refused */
};

static void check_units(to_number *convert, const struct unit_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t number = -1;
        assert_int_equal(convert(str_from(cases[i].text), &number), cases[i].number >= 0);
        assert_int_equal(number, cases[i].number);
    }
}

static void seconds_have_units(void **state)
{
    (void)state;
    static const struct unit_case cases[] = {
        {"0", 0},
        {"90", 90},
        {"90s", 90},
        {"5m", 300},
        {"5M", 300},
        {"2h", 7200},
        {"30d", 2592000},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775807s", INT64_MAX},
        {"153722867280912930m", 9223372036854775800},
        {"153722867280912931m", -1},
        {"106751991167300d", 9223372036854720000},
        {"106751991167301d", -1},
        {"9223372036854775807d", -1},
        {"", -1},
        {"s", -1},
        {"m", -1},
        {"-5m", -1},
        {"5mm", -1},
        {"5ms", -1},
        {"5 m", -1},
        {"5m ", -1},
        {"1.5h", -1},
        {"5k", -1},
        {"5w", -1},
        {"+5", -1},
    };
    check_units(str_to_seconds, cases, COUNT(cases));
}

static void bytes_have_units(void **state)
{
    (void)state;
    static const struct unit_case cases[] = {
        {"0", 0},
        {"1", 1},
        {"512k", 524288},
        {"8m", 8388608},
        {"8M", 8388608},
        {"1g", 1073741824},
        {"1G", 1073741824},
        {"8589934591g", 9223372035781033984},
        {"8589934592g", -1},
        {"9007199254740991k", 9223372036854774784},
        {"9007199254740992k", -1},
        {"", -1},
        {"k", -1},
        {"-1k", -1},
        {"1kk", -1},
        {"1kb", -1},
        {"1t", -1},
        {"1s", -1},
    };
    check_units(str_to_bytes, cases, COUNT(cases));
}

static void eight_words_are_truth_values(void **state)
{
    (void)state;
    static const char *const words[2][5] = {{"no", "off", "false", "0", "No"},
                                            {"yes", "on", "true", "1", "TRUE"}};
    static const char *const others[] = {"",     "y",  "n",   "2",    "00",   "01",
                                         "yess", "ye", "tru", " yes", "yes ", "-1"};
    for (int truth = 0; truth < 2; truth++) {
        for (size_t i = 0; i < COUNT(words[0]); i++) {
            bool value = !truth;
            assert_true(str_to_bool(str_from(words[truth][i]), &value));
            assert_int_equal(value, truth);
        }
        for (size_t i = 0; i < COUNT(others); i++) {
            bool value = truth;
            assert_false(str_to_bool(str_from(others[i]), &value));
            assert_int_equal(value, truth);
        }
    }
}

static void distance_counts_edits(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned edits;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"url", "url", 0},
        {"ulr", "url", 2},
        {"urll", "url", 1},
        {"rl", "url", 1},
        {"uri", "url", 1},
        {"kitten", "sitting", 3},
        {"abcdef", "ghijkl", 6},
        {"saturday", "sunday", 3},
        {"ab", "ba", 2},
        {"a", "ab", 1},
        {"flaw", "lawn", 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str a = str_from(cases[i].a);
        struct str b = str_from(cases[i].b);
        assert_int_equal(str_distance(a, b), cases[i].edits);
        assert_int_equal(str_distance(b, a), cases[i].edits);
    }
}

static void words_over_64_bytes_are_never_near(void **state)
{
    (void)state;
    char word[66];
    memset(word, 'a', sizeof word);
    struct str most = {word, 64};
    struct str longer = {word, 65};
    assert_int_equal(str_distance(most, most), 0);
    assert_int_equal(str_distance(most, STR_OF("")), 64);
    assert_int_equal(str_distance(most, str_before(most, 63)), 1);
    assert_int_equal(str_distance(longer, longer), 64);
    assert_int_equal(str_distance(longer, most), 64);
    assert_int_equal(str_distance(most, longer), 64);
    assert_int_equal(str_distance((struct str){word, SIZE_MAX}, STR_OF("a")), 64);
}

static void printf_arguments_are_cut_to_an_int(void **state)
{
    (void)state;
    char printed[8];
    struct str part = str_before(STR_OF("abcdef"), 3);
    assert_int_equal(snprintf(printed, sizeof printed, "%.*s", STR_ARGS(part)), 3);
    assert_string_equal(printed, "abc");
    struct str whole = {"abc", SIZE_MAX};
    assert_int_equal(snprintf(printed, sizeof printed, "%.*s", STR_ARGS(whole)), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_null_is_empty_text),
        cmocka_unit_test(a_literal_knows_its_length),
        cmocka_unit_test(equal_means_every_byte_and_the_length),
        cmocka_unit_test(order_is_by_bytes_and_a_prefix_comes_first),
        cmocka_unit_test(before_and_after_stop_at_the_end),
        cmocka_unit_test(starts_and_ends_look_at_whole_affixes),
        cmocka_unit_test(find_gives_the_offset_or_the_length),
        cmocka_unit_test(find_in_nothing_is_fine),
        cmocka_unit_test(find_char_gives_the_offset_or_the_length),
        cmocka_unit_test(trim_takes_blanks_off_both_ends_only),
        cmocka_unit_test(split_gives_every_piece_empty_ones_too),
        cmocka_unit_test(words_are_what_stands_between_blanks),
        cmocka_unit_test(whole_decimal_numbers_in_range_are_read),
        cmocka_unit_test(what_is_no_number_in_range_changes_nothing),
        cmocka_unit_test(hexadecimal_digits_have_a_value),
        cmocka_unit_test(seconds_have_units),
        cmocka_unit_test(bytes_have_units),
        cmocka_unit_test(eight_words_are_truth_values),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(words_over_64_bytes_are_never_near),
        cmocka_unit_test(printf_arguments_are_cut_to_an_int),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
