#include "base/match.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { WORK = 1000000 };

static void check(const char *pattern, const char *text, const char *by, int64_t limit,
                  const char *expected)
{
    const char *problem;
    uint64_t work = WORK;
    struct text out;
    text_init(&out, 1000);
    OWN(match) match = match_make(str_from(pattern), &problem);
    assert_non_null(match);
    assert_int_equal(match_replace(match, str_from(text), str_from(by), limit, &work, &out),
                     MATCH_FOUND);
    assert_string_equal(text_cstr(&out), expected);
    assert_true(work <= WORK);
    text_done(&out);
}

static void replaces_as_php_does(void **state)
{
    (void)state;
    check("/b+/", "abbcb", "-", -1, "a-c-");
    check("/b+/", "abbcb", "-", 1, "a-cb");
    check("/b+/", "abbcb", "-", 0, "abbcb");
    check("~(a)(b)~", "xab", "$2\\1${1}0$3\\\\", -1, "xbaa0\\");
    check("/x*/", "ab", "-", -1, "-a-b-");
    check("/x*/", "axb", "-", -1, "-a--b-");
    check("(A)i", "aA", "b", -1, "bb");
    check("/x*/u", "\xC3\xA9", "-", -1, "-\xC3\xA9-");
    check("{b}", "abc", "", -1, "ac");
}

static void says_what_is_broken(void **state)
{
    static const char *const broken[] = {"",      "a+",   "/a",  "/(/",   "/a/e",
                                         "\\a\\", "/a/q", "1a1", "/a\\/", "{a"};
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const char *problem = NULL;
        assert_null(match_make(str_from(broken[i]), &problem));
        assert_non_null(problem);
    }
}

static void groups_are_what_they_matched(void **state)
{
    const char *problem;
    uint64_t work = WORK;
    (void)state;
    OWN(match) match = match_make(STR_OF("/(a)|(b)/"), &problem);
    assert_int_equal(match_find(match, STR_OF("xb"), 0, &work), MATCH_FOUND);
    assert_true(str_is(match_group(match, 0), "b"));
    assert_true(str_is(match_group(match, 1), ""));
    assert_true(str_is(match_group(match, 2), "b"));
    assert_true(str_is(match_group(match, 9), ""));
    assert_int_equal(match_find(match, STR_OF("xyz"), 0, &work), MATCH_NONE);
}

static void what_takes_too_much_ends(void **state)
{
    static const char *const bombs[] = {"/(a+)+$/", "/(a|aa)+$/", "/^(a+a?)*$/"};
    (void)state;
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        const char *problem;
        uint64_t work = WORK;
        OWN(match) match = match_make(str_from(bombs[i]), &problem);
        assert_non_null(match);
        assert_int_equal(match_find(match,
                                    STR_OF("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), 0,
                                    &work),
                         MATCH_TOO_MUCH);
        assert_true(work < WORK);
    }
}

static void text_must_be_utf8_when_asked(void **state)
{
    const char *problem;
    uint64_t work = WORK;
    (void)state;
    OWN(match) match = match_make(STR_OF("/a/u"), &problem);
    assert_int_equal(match_find(match, STR_OF("\xFF"), 0, &work), MATCH_NOT_UTF8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_as_php_does),
        cmocka_unit_test(says_what_is_broken),
        cmocka_unit_test(groups_are_what_they_matched),
        cmocka_unit_test(what_takes_too_much_ends),
        cmocka_unit_test(text_must_be_utf8_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
