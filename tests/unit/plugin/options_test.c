#include "plugin/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define DURATION "! must be a duration such as 90s, 5m, 2h or 30d"
#define SIZE "! must be a size such as 512k or 8m"
#define ADDRESS "! must be an address such as https://host/path/"

/* The value, or "! what is wrong". */
static const char *value_of(const imh_option *option, struct str text, struct text *out)
{
    struct error error;
    text_clear(out);
    text_add_cstr(out, "=");
    if (!options_check(option, text, out, &error)) {
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(text_cstr(out), "="); /* untouched */
        text_clear(out);
        text_print(out, "! %s", error.text);
        return text_cstr(out);
    }
    assert_false(out->failed);
    return text_cstr(out) + 1;
}

static const struct {
    uint32_t type;
    struct str text;
    const char *value;
} readings[] = {
    {IMH_TEXT, STR("any text: \xC3\xA9 \"'\\"), "any text: \xC3\xA9 \"'\\"},
    {IMH_TEXT, STR(""), ""},
    {IMH_INTEGER, STR("42"), "42"},
    {IMH_INTEGER, STR("-42"), "-42"},
    {IMH_INTEGER, STR("007"), "7"},
    {IMH_INTEGER, STR("9223372036854775807"), "9223372036854775807"},
    {IMH_INTEGER, STR("9223372036854775808"), "! must be a whole number"},
    {IMH_INTEGER, STR("4.2"), "! must be a whole number"},
    {IMH_INTEGER, STR(""), "! must be a whole number"},
    {IMH_INTEGER, STR("four"), "! must be a whole number"},
    {IMH_NUMBER, STR("12.5"), "12.5"},
    {IMH_NUMBER, STR("-1e3"), "-1e3"},
    {IMH_NUMBER, STR("7"), "7"},
    {IMH_NUMBER, STR("12,5"), "! must be a number such as 12.5"},
    {IMH_NUMBER, STR("1 2"), "! must be a number such as 12.5"},
    {IMH_NUMBER, STR("\"1\""), "! must be a number such as 12.5"},
    {IMH_NUMBER, STR("[1]"), "! must be a number such as 12.5"},
    {IMH_NUMBER, STR("nan"), "! must be a number such as 12.5"},
    {IMH_NUMBER, STR(""), "! must be a number such as 12.5"},
    {IMH_BOOLEAN, STR("yes"), "1"},
    {IMH_BOOLEAN, STR("OFF"), "0"},
    {IMH_BOOLEAN, STR("true"), "1"},
    {IMH_BOOLEAN, STR("0"), "0"},
    {IMH_BOOLEAN, STR("ja"), "! must be yes or no"},
    {IMH_BOOLEAN, STR(""), "! must be yes or no"},
    {IMH_SECONDS, STR("90"), "90"},
    {IMH_SECONDS, STR("90s"), "90"},
    {IMH_SECONDS, STR("5m"), "300"},
    {IMH_SECONDS, STR("2h"), "7200"},
    {IMH_SECONDS, STR("30d"), "2592000"},
    {IMH_SECONDS, STR("5w"), DURATION},
    {IMH_SECONDS, STR("-5m"), DURATION},
    {IMH_SECONDS, STR("m"), DURATION},
    {IMH_SECONDS, STR("99999999999999999d"), DURATION},
    {IMH_BYTES, STR("512k"), "524288"},
    {IMH_BYTES, STR("8m"), "8388608"},
    {IMH_BYTES, STR("1g"), "1073741824"},
    {IMH_BYTES, STR("7"), "7"},
    {IMH_BYTES, STR("8 MB"), SIZE},
    {IMH_URL, STR("https://shop.example.com/"), "https://shop.example.com/"},
    {IMH_URL, STR("HTTP://shop.example.com:8080/a?b"), "HTTP://shop.example.com:8080/a?b"},
    {IMH_URL, STR("https://shop.example.com"), "https://shop.example.com"},
    {IMH_URL, STR("shop.example.com"), "! must start with http:// or https://"},
    {IMH_URL, STR("ftp://shop.example.com"), "! must start with http:// or https://"},
    {IMH_URL, STR(""), "! must start with http:// or https://"},
    {IMH_URL, STR("https://"), ADDRESS},
    {IMH_URL, STR("https:///path"), ADDRESS},
    {IMH_URL, STR("https://?query"), ADDRESS},
    {IMH_URL, STR("https://#part"), ADDRESS},
    {IMH_URL, STR("https://shop.example.com/a b"), ADDRESS},
    {IMH_URL, STR("https://shop.example.com/\ta"), ADDRESS},
    {IMH_URL, STR("https://shop.example.com/\nhttps://second.example.com/"), ADDRESS},
    {IMH_URL, STR("https://shop.example.com/\x7F"), ADDRESS},
    {IMH_URL, STR("https://me:secret@shop.example.com/"),
     "! must not have a user name in it: secrets have options of their own"},
    {IMH_URL, STR("https://shop.example.com/@me?a=@"), "https://shop.example.com/@me?a=@"},
    {IMH_URL, STR("https://shop.example.com?a=@"), "https://shop.example.com?a=@"},
};

static void values_come_as_plugins_read_them(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 2 * OPTION_BYTES);
    for (size_t i = 0; i < COUNT(readings); i++) {
        const imh_option option = {.name = "a", .type = readings[i].type};
        assert_string_equal(value_of(&option, readings[i].text, &out), readings[i].value);
    }
    text_done(&out);
}

static void choices_are_taken_by_their_whole_name(void **state)
{
    (void)state;
    static const imh_option option = {
        .name = "a", .type = IMH_CHOICE, .choices = "live|test|dry run"};
    static const struct {
        struct str text;
        bool good;
    } cases[] = {{STR("live"), true},       {STR("test"), true},  {STR("dry run"), true},
                 {STR("liv"), false},       {STR("Live"), false}, {STR(""), false},
                 {STR("live|test"), false}, {STR("run"), false}};
    struct text out;
    text_init(&out, OPTION_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *value = value_of(&option, cases[i].text, &out);
        if (cases[i].good) {
            assert_string_equal(value, cases[i].text.ptr);
        } else {
            assert_string_equal(value, "! must be one of live|test|dry run");
        }
    }
    text_done(&out);
}

static void numbers_stay_in_their_range(void **state)
{
    (void)state;
    static const struct {
        imh_option option;
        struct str text;
        const char *value;
    } cases[] = {
        {{.type = IMH_INTEGER, .min = -1, .max = 5}, STR("-1"), "-1"},
        {{.type = IMH_INTEGER, .min = -1, .max = 5}, STR("5"), "5"},
        {{.type = IMH_INTEGER, .min = -1, .max = 5}, STR("6"), "! must be from -1 to 5"},
        {{.type = IMH_INTEGER, .min = -1, .max = 5}, STR("-2"), "! must be from -1 to 5"},
        {{.type = IMH_INTEGER}, STR("-9223372036854775808"), "-9223372036854775808"},
        {{.type = IMH_SECONDS, .min = 60, .max = 3600}, STR("1m"), "60"},
        {{.type = IMH_SECONDS, .min = 60, .max = 3600},
         STR("59s"),
         "! must be from 60 to 3600"},
        {{.type = IMH_SECONDS, .min = 60, .max = 3600},
         STR("2h"),
         "! must be from 60 to 3600"},
        {{.type = IMH_BYTES, .min = 0, .max = 1024}, STR("1k"), "1024"},
        {{.type = IMH_BYTES, .min = 0, .max = 1024}, STR("2k"), "! must be from 0 to 1024"},
        {{.type = IMH_NUMBER, .min = 0, .max = 1}, STR("0.5"), "0.5"},
        {{.type = IMH_NUMBER, .min = 0, .max = 1}, STR("1.0"), "1.0"},
        {{.type = IMH_NUMBER, .min = 0, .max = 1}, STR("1.01"), "! must be from 0 to 1"},
        {{.type = IMH_NUMBER, .min = 0, .max = 1}, STR("-0.01"), "! must be from 0 to 1"},
        {{.type = IMH_NUMBER, .min = 0, .max = 1}, STR("1e999"), "! must be from 0 to 1"},
        {{.type = IMH_TEXT, .min = 1, .max = 2}, STR("long enough"), "long enough"},
    };
    struct text out;
    text_init(&out, OPTION_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(value_of(&cases[i].option, cases[i].text, &out),
                            cases[i].value);
    }
    text_done(&out);
}

static void what_may_be_given_more_than_once_is_a_list(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        struct str text;
        const char *value;
    } cases[] = {
        {IMH_TEXT, STR("a"), "[\"a\"]"},
        {IMH_TEXT, STR(" a  b\nc\"d "), "[\"a\",\"b\",\"c\\\"d\"]"},
        {IMH_TEXT, STR(""), "[]"},
        {IMH_INTEGER, STR("1 02 3"), "[\"1\",\"2\",\"3\"]"},
        {IMH_INTEGER, STR("1 two 3"), "! must be a whole number"},
        {IMH_URL, STR("https://a.example.com https://b.example.com"),
         "[\"https://a.example.com\",\"https://b.example.com\"]"},
        {IMH_URL, STR("https://a.example.com b"), "! must start with http:// or https://"},
    };
    struct text out;
    text_init(&out, OPTION_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const imh_option option = {.name = "a", .type = cases[i].type, .flags = IMH_MANY};
        assert_string_equal(value_of(&option, cases[i].text, &out), cases[i].value);
    }
    text_done(&out);
}

static void values_are_utf8_of_a_limited_length(void **state)
{
    (void)state;
    static const imh_option option = {.name = "a"};
    char *longest = malloc(OPTION_BYTES + 1);
    assert_non_null(longest);
    memset(longest, 'a', OPTION_BYTES + 1);
    struct text out;
    text_init(&out, 2 * OPTION_BYTES);
    assert_int_equal(strlen(value_of(&option, (struct str){longest, OPTION_BYTES}, &out)),
                     OPTION_BYTES);
    assert_string_equal(value_of(&option, (struct str){longest, OPTION_BYTES + 1}, &out),
                        "! is longer than 65536 bytes");
    assert_string_equal(value_of(&option, STR_OF("\xFF"), &out), "! is not UTF-8");
    assert_string_equal(value_of(&option, STR_OF("\xC3"), &out), "! is not UTF-8");
    text_done(&out);
    free(longest);
}

static void a_type_that_is_not_known_is_broken(void **state)
{
    (void)state;
    static const uint32_t types[] = {IMH_CHOICE + 1, IMH_OBJECT, IMH_ARRAY, UINT32_MAX};
    for (size_t i = 0; i < COUNT(types); i++) {
        for (uint32_t flags = 0; flags <= IMH_MANY; flags += IMH_MANY) {
            const imh_option option = {.name = "a", .type = types[i], .flags = flags};
            struct error error;
            struct text out;
            text_init(&out, OPTION_BYTES);
            assert_false(options_check(&option, STR_OF("x"), &out, &error));
            assert_int_equal(error.status, IMH_BROKEN);
            assert_string_equal(error.text, "is of a type this host does not know");
            text_done(&out);
        }
    }
}

static void places_are_taken_off_one_by_one(void **state)
{
    (void)state;
    struct str rest = STR_OF("https://{host}/{a}{b}-{c");
    struct str before;
    struct str name;
    static const char *const wanted[][2] = {{"https://", "host"}, {"/", "a"}, {"", "b"}};
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(options_place(&rest, &before, &name));
        assert_true(str_is(before, wanted[i][0]));
        assert_true(str_is(name, wanted[i][1]));
    }
    assert_false(options_place(&rest, &before, &name));
    assert_true(str_is(rest, "-{c"));
    rest = STR_OF("}{}");
    assert_true(options_place(&rest, NULL, &name));
    assert_int_equal(name.len, 0);
    assert_false(options_place(&rest, NULL, &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_as_plugins_read_them),
        cmocka_unit_test(choices_are_taken_by_their_whole_name),
        cmocka_unit_test(numbers_stay_in_their_range),
        cmocka_unit_test(what_may_be_given_more_than_once_is_a_list),
        cmocka_unit_test(values_are_utf8_of_a_limited_length),
        cmocka_unit_test(a_type_that_is_not_known_is_broken),
        cmocka_unit_test(places_are_taken_off_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
