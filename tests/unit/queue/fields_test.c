#include "queue/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What two writes are as one, and what the second leaves of the first. */
static const struct {
    const char *older, *newer, *merged, *left;
} cases[] = {
    {"{}", "{}", "{}", ""},
    {"{\"a\":1}", "{}", "{\"a\":1}", "{\"a\":1}"},
    {"{}", "{\"a\":1}", "{\"a\":1}", ""},
    {"{\"a\":1}", "{\"a\":2}", "{\"a\":2}", ""},
    {"{\"a\":1,\"b\":2}", "{\"b\":3,\"c\":4}", "{\"a\":1,\"b\":3,\"c\":4}", "{\"a\":1}"},
    {"{\"a\":19.90,\"b\":\"x\"}", "{\"c\":null}", "{\"a\":19.90,\"b\":\"x\",\"c\":null}",
     "{\"a\":19.90,\"b\":\"x\"}"},
    {"{\"a\":{\"b\":1}}", "{\"a\":{\"c\":2}}", "{\"a\":{\"c\":2}}", ""},
    {"{ \"a\" : [1, 2] , \"b\":true}", "{\"b\":false}", "{\"a\" : [1, 2],\"b\":false}",
     "{\"a\" : [1, 2]}"},
    {"{\"a\":1}", "{\"\\u0061\":2}", "{\"\\u0061\":2}", ""},
    {"{\"b\":1,\"d\":1,\"a\":1}", "{\"c\":2,\"b\":2,\"a\":2}",
     "{\"d\":1,\"a\":2,\"b\":2,\"c\":2}", "{\"d\":1}"},
    {"{\"ab\":1}", "{\"a\":2}", "{\"ab\":1,\"a\":2}", "{\"ab\":1}"},
    {"{\"\":1}", "{\"a\":2}", "{\"\":1,\"a\":2}", "{\"\":1}"},
    {"1", "2", "2", ""},
    {"{\"a\":1}", "2", "2", ""},
    {"[1]", "{\"a\":1}", "{\"a\":1}", ""},
};

static void newer_values_win_and_older_fields_stay(void **state)
{
    (void)state;
    struct arena arena;
    struct error error;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str merged;
        struct str left;
        bool fits = false;
        assert_true(fields_merge(str_from(cases[i].older), str_from(cases[i].newer), &arena,
                                 &merged, &fits, &error));
        assert_true(fits);
        print_message("case %zu: %.*s\n", i, STR_ARGS(merged));
        assert_true(str_is(merged, cases[i].merged));
        assert_true(fields_without(str_from(cases[i].older), str_from(cases[i].newer),
                                   &arena, &left, &error));
        print_message("left: %.*s\n", STR_ARGS(left));
        assert_true(str_is(left, cases[i].left));
    }
    arena_done(&arena);
}

/* {"x0":"...","x1":"..."}: so many fields of so many bytes. */
static struct str make_fields(struct arena *arena, char letter, uint32_t count,
                              size_t bytes)
{
    char *text = arena_alloc(arena, count * (bytes + 24) + 3);
    size_t at = 0;
    assert_non_null(text);
    for (uint32_t i = 0; i < count; i++) {
        at +=
            (size_t)snprintf(text + at, 24, "%c\"%c%u\":\"", i > 0 ? ',' : '{', letter, i);
        memset(text + at, 'x', bytes);
        at += bytes;
        text[at++] = '"';
    }
    text[at++] = '}';
    return (struct str){text, at};
}

static void what_is_too_large_together_stays_apart(void **state)
{
    (void)state;
    struct arena arena;
    struct error error;
    struct str merged = STR("untouched");
    bool fits = true;
    arena_init(&arena, 4096, 0);
    struct str one = make_fields(&arena, 'a', 1, 600000);
    struct str other = make_fields(&arena, 'b', 1, 600000);
    assert_true(fields_merge(one, other, &arena, &merged, &fits, &error));
    assert_false(fits);
    assert_true(str_is(merged, "untouched"));
    assert_true(fields_merge(one, one, &arena, &merged, &fits, &error));
    assert_true(fits);
    arena_done(&arena);
}

static void many_fields_take_no_longer_than_they_must(void **state)
{
    (void)state;
    struct arena arena;
    struct error error;
    struct str merged;
    struct str left;
    bool fits = true;
    arena_init(&arena, 4096, 0);
    struct str one = make_fields(&arena, 'a', 24000, 1);
    struct str other = make_fields(&arena, 'b', 24000, 1);
    assert_true(fields_merge(one, other, &arena, &merged, &fits, &error));
    assert_true(fits);
    assert_int_equal(merged.len, one.len + other.len - 1);
    assert_true(fields_without(merged, other, &arena, &left, &error));
    assert_true(str_eq(left, one));
    arena_done(&arena);
}

static void without_memory_it_is_an_error(void **state)
{
    (void)state;
    struct str one = STR("{\"a\":1,\"b\":2}");
    struct str other = STR("{\"b\":3}");
    for (size_t bytes = 1; bytes < 400; bytes += 40) {
        struct arena arena;
        struct error error = {.status = IMH_OK};
        struct str merged = STR("untouched");
        bool fits = true;
        arena_init(&arena, 16, bytes);
        if (!fields_merge(one, other, &arena, &merged, &fits, &error)) {
            assert_int_equal(error.status, IMH_RETRY);
            assert_true(str_is(merged, "untouched"));
        }
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_values_win_and_older_fields_stay),
        cmocka_unit_test(what_is_too_large_together_stays_apart),
        cmocka_unit_test(many_fields_take_no_longer_than_they_must),
        cmocka_unit_test(without_memory_it_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
