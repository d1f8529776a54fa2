#include "base/json_digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool same(struct str one, struct str other)
{
    uint64_t first = 0;
    uint64_t second = 0;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    assert_true(json_digest(one, &arena, &first));
    assert_true(json_digest(other, &arena, &second));
    arena_done(&arena);
    return first == second;
}

static void what_says_the_same_has_one_digest(void **state)
{
    (void)state;
    static const struct str pairs[][2] = {
        {STR("{}"), STR(" { } ")},
        {STR("{\"a\":1,\"b\":[2,{\"c\":null}]}"),
         STR("{\"b\": [2, {\"c\":null}], \"a\": 1}")},
        {STR("\"\\u00e9\\/\""), STR("\"\xC3\xA9/\"")},
        {STR("{\"\\u0061\":true}"), STR("{\"a\":true}")},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        assert_true(same(pairs[i][0], pairs[i][1]));
    }
}

static void what_says_something_else_has_another(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR("{}"),
        STR("[]"),
        STR("null"),
        STR("\"\""),
        STR("0"),
        STR("\"0\""),
        STR("0.0"),
        STR("true"),
        STR("false"),
        STR("\"true\""),
        STR("[[]]"),
        STR("[{}]"),
        STR("[1,2]"),
        STR("[2,1]"),
        STR("[[1],2]"),
        STR("[[1,2]]"),
        STR("[1,[2]]"),
        STR("[1,1]"),
        STR("[1,1,1]"),
        STR("{\"a\":1}"),
        STR("{\"a\":\"1\"}"),
        STR("{\"b\":1}"),
        STR("{\"a\":{}}"),
        STR("{\"a\":[]}"),
        STR("{\"a\":\"b\"}"),
        STR("{\"b\":\"a\"}"),
        STR("[\"a\",\"b\"]"),
        STR("{\"a\":1,\"b\":2}"),
        STR("{\"a\":2,\"b\":1}"),
        STR("{\"a\":{\"b\":2}}"),
        STR("[{\"a\":1},{\"b\":2}]"),
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(same(texts[i], texts[j]));
        }
    }
}

static void what_is_no_json_has_none(void **state)
{
    (void)state;
    uint64_t digest;
    struct arena arena;
    struct text deep;
    text_init(&deep, 1024);
    for (unsigned i = 0; i <= JSON_DEPTH_MOST; i++) {
        text_add_char(&deep, '[');
    }
    const struct str bad[] = {STR(""), STR("{"), STR("[1,]"), STR("{} 1"), text_str(&deep)};
    arena_init(&arena, 1024, 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(json_digest(bad[i], &arena, &digest));
    }
    arena_done(&arena);
    text_done(&deep);
}

static void the_deepest_there_may_be_has_one(void **state)
{
    (void)state;
    struct text deep;
    text_init(&deep, 1024);
    for (unsigned i = 0; i < JSON_DEPTH_MOST; i++) {
        text_add_char(&deep, '[');
    }
    for (unsigned i = 0; i < JSON_DEPTH_MOST; i++) {
        text_add_char(&deep, ']');
    }
    assert_true(same(text_str(&deep), text_str(&deep)));
    text_done(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_says_the_same_has_one_digest),
        cmocka_unit_test(what_says_something_else_has_another),
        cmocka_unit_test(what_is_no_json_has_none),
        cmocka_unit_test(the_deepest_there_may_be_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
