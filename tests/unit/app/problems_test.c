#include "app/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct problems problems;
    problems_init(&problems);
    *state = &problems;
    return 0;
}

static int teardown(void **state)
{
    problems_done(*state);
    return 0;
}

static void expect(struct problems *problems, const char *wanted)
{
    struct text out;
    text_init(&out, PROBLEMS_BYTES);
    problems_write(problems, &out);
    assert_string_equal(text_cstr(&out), wanted);
    text_done(&out);
}

static void expect_json(struct problems *problems, const char *wanted)
{
    struct text out;
    text_init(&out, PROBLEMS_BYTES);
    problems_write_json(problems, &out);
    assert_string_equal(text_cstr(&out), wanted);
    text_done(&out);
}

static void none_are_nothing(void **state)
{
    expect(*state, "");
    expect_json(*state, "[]");
}

static void they_are_told_in_the_order_of_files_and_lines(void **state)
{
    struct problems *problems = *state;
    problems_add(problems, "b.ini", 2, "second %s", "of b");
    problems_add(problems, "b.ini", 1, "z");
    problems_add(problems, "b.ini", 1, "a");
    problems_add(problems, "a.ini", 10, "ten");
    problems_add(problems, "a.ini", 9, "nine");
    problems_add(problems, "a.ini", 0, "the whole file");
    problems_add(problems, "", 0, "about no file");
    assert_int_equal(problems->count, 7);
    expect(problems, "imh: about no file\na.ini: the whole file\na.ini:9: nine\n"
                     "a.ini:10: ten\nb.ini:1: a\nb.ini:1: z\nb.ini:2: second of b\n");
}

static void json_says_what_is_not_known(void **state)
{
    struct problems *problems = *state;
    problems_add(problems, "a.ini", 3, "a \"quote\"");
    problems_add(problems, "a.ini", 0, "whole");
    problems_add(problems, "", 0, "none");
    expect_json(problems, "[{\"file\":null,\"line\":null,\"text\":\"none\"},"
                          "{\"file\":\"a.ini\",\"line\":null,\"text\":\"whole\"},"
                          "{\"file\":\"a.ini\",\"line\":3,\"text\":\"a \\\"quote\\\"\"}]");
}

static void each_is_one_line_whatever_is_in_it(void **state)
{
    struct problems *problems = *state;
    problems_add(problems, "a\nb.ini", 1, "x\ry\tz\x1b[31m\x7f");
    expect(problems, "a?b.ini:1: x?y?z?[31m?\n");
}

static void more_than_are_kept_are_counted(void **state)
{
    struct problems *problems = *state;
    struct text out;
    for (unsigned i = 0; i < PROBLEMS_MOST + 7; i++) {
        problems_add(problems, "a.ini", i + 1, "x");
    }
    assert_int_equal(problems->count, PROBLEMS_MOST + 7);
    text_init(&out, PROBLEMS_BYTES);
    problems_write(problems, &out);
    assert_true(str_ends(text_str(&out), STR_OF("a.ini:1000: x\n... and 7 more\n")));
    text_done(&out);
}

static void the_longest_of_all_still_fit(void **state)
{
    struct problems *problems = *state;
    char name[4000];
    char long_text[2000];
    struct text out;
    memset(name, 'n', sizeof name - 1);
    memset(long_text, 't', sizeof long_text - 1);
    name[sizeof name - 1] = long_text[sizeof long_text - 1] = '\0';
    for (unsigned i = 0; i < PROBLEMS_MOST; i++) {
        problems_add(problems, name, UINT32_MAX, "%s", long_text);
    }
    text_init(&out, PROBLEMS_BYTES);
    problems_write(problems, &out);
    assert_false(out.failed);
    text_clear(&out);
    problems_write_json(problems, &out);
    assert_false(out.failed);
    text_done(&out);
}

static void the_nearest_name_is_suggested(void **state)
{
    (void)state;
    static const struct {
        const char *name, *names, *nearest;
    } cases[] = {
        {"tokn", "url token cache", "token"},
        {"tokens", "url token cache", "token"},
        {"cahce", "url token cache", "cache"},
        {"rul", "url token cache", "url"},
        {"color", "url token cache", ""},
        {"x", "url token cache", ""},
        {"", "url token cache", ""},
        {"token", "", ""},
        {"ab", "ac ad", "ac"}, /* the first of equals */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str found =
            problems_nearest(str_from(cases[i].name), str_from(cases[i].names));
        assert_true(str_is(found, cases[i].nearest));
    }
    struct text out;
    text_init(&out, 100);
    problems_suggest(&out, STR_OF("tokn"), STR_OF("url token"));
    problems_suggest(&out, STR_OF("elephant"), STR_OF("url token"));
    assert_string_equal(text_cstr(&out), "; did you mean 'token'?");
    text_done(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(none_are_nothing),
        TEST(they_are_told_in_the_order_of_files_and_lines),
        TEST(json_says_what_is_not_known),
        TEST(each_is_one_line_whatever_is_in_it),
        TEST(more_than_are_kept_are_counted),
        TEST(the_longest_of_all_still_fit),
        cmocka_unit_test(the_nearest_name_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
