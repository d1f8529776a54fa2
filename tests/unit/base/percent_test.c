#include "base/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void all_but_plain_bytes_is_escaped(void **state)
{
    (void)state;
    static const struct {
        struct str plain;
        const char *escaped;
    } cases[] = {
        {STR(""), ""},
        {STR("AZaz09-._~"), "AZaz09-._~"},
        {STR("a b+c%d"), "a%20b%2Bc%25d"},
        {STR("[0]/&=:@!*'()"), "%5B0%5D%2F%26%3D%3A%40%21%2A%27%28%29"},
        {STR("\xC3\xA9\xFF\0\n"), "%C3%A9%FF%00%0A"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text out;
        text_init(&out, 1000);
        percent_encode(&out, cases[i].plain);
        assert_string_equal(text_cstr(&out), cases[i].escaped);
        struct text back;
        text_init(&back, 1000);
        percent_decode(&back, text_str(&out), true);
        assert_true(str_eq(text_str(&back), cases[i].plain));
        text_done(&back);
        text_done(&out);
    }
}

static void what_is_no_escape_stays(void **state)
{
    (void)state;
    static const struct {
        struct str escaped;
        bool plus_is_blank;
        const char *plain;
    } cases[] = {
        {STR("a+b"), false, "a+b"},      {STR("a+b"), true, "a b"},
        {STR("%2b%2B"), true, "++"},     {STR("100%"), true, "100%"},
        {STR("%2"), true, "%2"},         {STR("%"), true, "%"},
        {STR("%zz%4g"), true, "%zz%4g"}, {STR("%%41"), true, "%A"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text out;
        text_init(&out, 1000);
        percent_decode(&out, cases[i].escaped, cases[i].plus_is_blank);
        assert_string_equal(text_cstr(&out), cases[i].plain);
        text_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_plain_bytes_is_escaped),
        cmocka_unit_test(what_is_no_escape_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
