#include "base/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct spelled_case {
    const char *what, *words;
    size_t at, len; /* at the end: it is not there */
};

static void check(const struct spelled_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = 0;
        struct str what = str_from(cases[i].what);
        struct str words = str_from(cases[i].words);
        assert_int_equal(spelling_find(words, what, 0, &len), cases[i].at);
        assert_int_equal(len, cases[i].len);
    }
}

static void a_text_is_found_however_its_letters_are_written(void **state)
{
    static const struct spelled_case cases[] = {
        {"token", "a token", 2, 5},
        {"token", "a tokem", 7, 5},
        {"token", "", 0, 5},
        {"token", "\\u0074\\u006F\\u006b\\u0065\\u006e", 0, 30},
        {"token", "\\ntok\\u0065n tok", 2, 10},
        {"token", "tok\\u0065n token", 0, 10},
        {"token", "tok\\u0065", 9, 5},
        {"token", "tok\\u006", 8, 5},
        {"token", "\\token", 1, 5},
        {"a/b", "a\\/b", 0, 4},
        {"a\\b", "a\\b", 0, 3},
        {"a\\b", "\\u0061\\b", 0, 8},
        {"a\\b", "a\\\\b", 0, 4},
        {"a\"b", "xa\\\"b", 1, 4},
        {"a\nb", "a\\nb", 0, 4},
        {"\xC3\xA9t\xE2\x82\xAC", "\\u00e9t\\u20AC", 0, 13},
        {"\xF0\x9F\x98\x80", "<\\ud83d\\ude00", 1, 12},
        {"\xF0\x9F\x98\x80", "<\\ud83d", 7, 4},
        {"Cd/Ef+Gh==", "x=Cd/Ef%2BGh%3D%3d", 2, 16},
        {"Cd/Ef+Gh==", "Cd%2fEf+Gh==", 0, 12},
        {"/token", "%2Ftoken", 0, 8},
        {"a key", "a+key a%20key", 0, 5},
        {" key", "a+key", 1, 4},
        {"a%41", "a%41", 0, 4},
        {"a/b", "a%2gb a%2", 9, 3},
        {"\xC3\xA9t", "%c3%A9t", 0, 7},
        {"a\"b'c<d>&", "-a&quot;b&#39;c&lt;d&gt;&amp;", 1, 28},
        {"a\"b'c", "a&#x22;b&apos;c a&#034", 0, 15},
        {"a\"b", "a&#0034;b", 0, 9},
        {"a\"b", "a&quotb a&#34 b a&; &#x;", 24, 3},
        {"a/b", "a&#47b a&#1114159999;b", 22, 3},
        {"\xC3\xA9t", "&#233;t", 0, 7},
    };
    (void)state;
    check(cases, COUNT(cases));
}

static void a_text_is_found_in_other_symbols(void **state)
{
    static const struct spelled_case cases[] = {
        {"s3cr3t/+", "x czNjcjN0Lys= y", 2, 11},
        {"s3cr3t/+", "Basic dXNlcjpzM2NyM3QvKw==", 13, 11},
        {"s3cr3t/+", "Basic dXNlOnMzY3IzdC8r", 12, 10},
        {"s3cr3t/+", "Basic dXM6czNjcjN0Lys", 10, 11},
        {"s3cr3t/+", "dXNlcjpzM2NyM3QvKz09PQ==", 7, 11},
        {">>>~~~ii", "Pj4-fn5-aWk=", 0, 11},
        {">>>~~~ii", "Pj4+fn5+aWk=", 0, 11},
        {">>>~~~ii", "\"Pj4%2Bfn5\\u002baWk%3D", 1, 18},
        {"???????k", "Pz8\\/Pz8\\/P2s=", 0, 13},
        {"s3cr3t/+", "7333637233742F2b.", 0, 16},
        {"s3cr3t/+", "7333637233742F2", 15, 8},
        {"s3cr3t/+", "czNjcjN0Lyt=", 0, 11},
        {"s3cr3t/+", "czNjcjN1Lys=", 12, 8},
    };
    (void)state;
    check(cases, COUNT(cases));
}

static void it_is_looked_for_from_a_place_on(void **state)
{
    size_t len;
    struct str words = STR_OF("key1 \\u006bey1 key1");
    (void)state;
    assert_int_equal(spelling_find(words, STR_OF("key1"), 1, &len), 5);
    assert_int_equal(len, 9);
    assert_int_equal(spelling_find(words, STR_OF("key1"), 14, &len), 15);
    assert_int_equal(spelling_find(words, STR_OF("key1"), 16, &len), words.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_found_however_its_letters_are_written),
        cmocka_unit_test(a_text_is_found_in_other_symbols),
        cmocka_unit_test(it_is_looked_for_from_a_place_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
