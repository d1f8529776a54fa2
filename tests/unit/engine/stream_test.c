#include "engine/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

/* The name of the value of /v; valid until the next. */
static struct str name_of(const char *json)
{
    static char kept[300];
    struct text stream;
    struct error error;
    text_init(&stream, sizeof kept);
    assert_true(stream_add_value(&stream, str_from(json), "/v", &error));
    struct str name = text_str(&stream);
    memcpy(kept, name.ptr, name.len);
    text_done(&stream);
    return (struct str){kept, name.len};
}

static bool is_same(const char *one, const char *other)
{
    char kept[300];
    struct str name = name_of(one);
    memcpy(kept, name.ptr, name.len);
    return str_eq((struct str){kept, name.len}, name_of(other));
}

static bool is_of_record(const char *json, struct str key)
{
    struct text stream;
    text_init(&stream, 300);
    stream_add_text(&stream, key);
    assert_false(stream.failed);
    bool same = str_eq(text_str(&stream), name_of(json));
    text_done(&stream);
    return same;
}

static void what_says_the_same_has_one_name(void **state)
{
    (void)state;
    assert_true(is_same("{\"v\":\"a\"}", "{\"v\": \"\\u0061\"}"));
    assert_true(is_same("{\"v\":\"/\"}", "{\"v\":\"\\/\"}"));
    assert_true(is_same("{\"v\":7}", "{\"v\":\"7\"}"));
    assert_true(is_same("{\"v\":{\"a\":1,\"b\":[2]}}", "{\"v\":{ \"b\":[ 2 ], \"a\":1 }}"));
    assert_true(is_same("{\"v\":null}", "{\"v\" : null}"));
}

static void what_says_something_else_has_another(void **state)
{
    (void)state;
    assert_false(is_same("{\"v\":\"a\"}", "{\"v\":\"b\"}"));
    assert_false(is_same("{\"v\":true}", "{\"v\":\"true\"}"));
    assert_false(is_same("{\"v\":1}", "{\"v\":1.0}"));
    assert_false(is_same("{\"v\":[1,2]}", "{\"v\":[2,1]}"));
    assert_false(is_same("{\"v\":{}}", "{\"v\":[]}"));
    assert_int_equal(name_of("{\"w\":1}").len, 0);
}

static void commands_share_the_stream_of_a_record(void **state)
{
    (void)state;
    assert_true(is_of_record("{\"v\":\"\\u00e9\\\"\\u0000\"}", STR_OF("\xc3\xa9\"\0")));
    assert_true(is_of_record("{\"v\":\"tab\\u0009\"}", STR_OF("tab\t")));
    assert_true(is_of_record("{\"v\":42}", STR_OF("42")));
}

/* A store may refuse half a character. */
static void a_long_value_is_cut_between_characters(void **state)
{
    char json[1000] = "{\"v\":\"";
    (void)state;
    for (int ahead = 0; ahead < 4; ahead++) {
        size_t at = 6;
        memset(json + at, 'a', (size_t)ahead);
        at += (size_t)ahead;
        for (int i = 0; i < 100; i++, at += 4) {
            memcpy(json + at, "\xf0\x9f\x98\x80", sizeof "\xf0\x9f\x98\x80");
        }
        memcpy(json + at, "\"}", 3);
        struct str name = name_of(json);
        assert_true(utf8_is_valid(name));
        assert_in_range(name.len, 190, 201);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_says_the_same_has_one_name),
        cmocka_unit_test(what_says_something_else_has_another),
        cmocka_unit_test(commands_share_the_stream_of_a_record),
        cmocka_unit_test(a_long_value_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
