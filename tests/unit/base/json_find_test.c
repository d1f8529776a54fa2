#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct json_limits hundred = {.bytes = 100, .values = 100};

/* ---- json_whole ---- */

static void a_value_is_given_whole(void **state)
{
    (void)state;
    static const struct {
        enum json_event event;
        const char *bytes;
    } cases[] = {
        {JSON_NULL, "null"},
        {JSON_INTEGER, "-1"},
        {JSON_DECIMAL, "2.50"},
        {JSON_STRING, "\"a\\n\""},
        {JSON_STRING, "\"\""},
        {JSON_ARRAY, "[ ]"},
        {JSON_ARRAY, "[1, [2], {\"x\":[]}]"},
        {JSON_OBJECT, "{ \"k\" : {\"]\": \"}\"} }"},
        {JSON_FALSE, "false"},
    };
    struct text json;
    text_init(&json, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_print(&json, "%s %s ", i ? "," : "[", cases[i].bytes);
    }
    text_add_char(&json, ']');
    struct json_reader reader;
    json_open(&reader, text_str(&json), &json_limits_input);
    assert_int_equal(json_next(&reader), JSON_ARRAY);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str whole;
        enum json_event event = json_next(&reader);
        assert_int_equal(event, cases[i].event);
        assert_true(json_whole(&reader, event, &whole));
        assert_true(str_is(whole, cases[i].bytes));
    }
    assert_int_equal(json_next(&reader), JSON_ARRAY_END);
    assert_int_equal(json_next(&reader), JSON_END);
    text_done(&json);
}

static void the_whole_document_may_be_asked_for(void **state)
{
    (void)state;
    static const char *const cases[] = {"[1,[]]", "{\"a\":{}}", "\"x\"", "7", "true"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_reader reader;
        struct str whole;
        json_open(&reader, str_from(cases[i]), &hundred);
        assert_true(json_whole(&reader, json_next(&reader), &whole));
        assert_true(str_is(whole, cases[i]));
        assert_int_equal(json_next(&reader), JSON_END);
    }
}

static void what_begins_no_value_is_not_given(void **state)
{
    (void)state;
    static const enum json_event events[] = {JSON_PROBLEM, JSON_END, JSON_KEY,
                                             JSON_OBJECT_END, JSON_ARRAY_END};
    struct json_reader reader;
    struct str whole;
    json_open(&reader, STR_OF("{\"a\":1}"), &hundred);
    assert_int_equal(json_next(&reader), JSON_OBJECT);
    assert_int_equal(json_next(&reader), JSON_KEY);
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_false(json_whole(&reader, events[i], &whole));
    }
}

static void a_value_that_breaks_off_is_not_given(void **state)
{
    (void)state;
    static const char *const cases[] = {"[1,2", "[1,2}", "{\"a\":[1}", "[[[]]",
                                        "[\"\\x\"]"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_reader reader;
        struct str whole;
        json_open(&reader, str_from(cases[i]), &hundred);
        assert_false(json_whole(&reader, json_next(&reader), &whole));
    }
}

static void a_value_not_given_leaves_the_output_alone(void **state)
{
    (void)state;
    static const char *const cases[] = {"[1,2", "{\"a\":[1}", "", "]"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_reader reader;
        struct str whole = STR("untouched");
        json_open(&reader, str_from(cases[i]), &hundred);
        assert_false(json_whole(&reader, json_next(&reader), &whole));
        assert_true(str_is(whole, "untouched"));
    }
}

/* ---- json_find ---- */

static const struct str rfc6901 =
    STR("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
        "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");

/* The value as text, NULL when there is none. */
static const char *find(struct str json, const char *pointer)
{
    static char found[200];
    struct arena arena;
    struct str whole = STR("untouched");
    arena_init(&arena, 1024, 0);
    enum json_event event = json_find(json, str_from(pointer), &arena, &whole);
    arena_done(&arena);
    if (event == JSON_PROBLEM) {
        return NULL;
    }
    assert_true(whole.len < sizeof found);
    memcpy(found, whole.ptr, whole.len);
    found[whole.len] = '\0';
    return found;
}

static void pointers_find_what_rfc_6901_says(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/foo/1", "\"baz\""},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(find(rfc6901, cases[i][0]), cases[i][1]);
    }
}

static void an_empty_pointer_finds_the_whole_document(void **state)
{
    (void)state;
    static const char *const cases[] = {"{\"a\":1}", "[]", "\"x\"", "1", "null"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(find(str_from(cases[i]), ""), cases[i]);
    }
    assert_string_equal(find(STR_OF("\xEF\xBB\xBF {\"a\":1}\n"), ""), "{\"a\":1}");
}

static void pointers_go_deep(void **state)
{
    (void)state;
    static const struct {
        const char *json, *pointer, *found;
    } cases[] = {
        {"{\"a\":{\"b\":[0,{\"c\":\"d\"}]}}", "/a/b/1/c", "\"d\""},
        {"{\"x\":{\"a\":1},\"a\":2}", "/a", "2"},
        {"{\"x\":[{\"a\":1}],\"a\":{\"a\":3}}", "/a/a", "3"},
        {"{\"a\":[[1,2],[3,[4]]]}", "/a/1/1/0", "4"},
        {"{\"\":{\"\":{\"\":9}}}", "///", "9"},
        {"[0,1,2,3,4,5,6,7,8,9,10]", "/10", "10"},
        {"{\"0\":\"key\"}", "/0", "\"key\""},
        {"{\"01\":\"key\"}", "/01", "\"key\""},
        {"{\"-\":\"key\"}", "/-", "\"key\""},
        {"{\"~\":1,\"/\":2,\"~1\":3}", "/~0", "1"},
        {"{\"~\":1,\"/\":2,\"~1\":3}", "/~1", "2"},
        {"{\"~\":1,\"/\":2,\"~1\":3}", "/~01", "3"},
        {"{\"~/~\":1}", "/~0~1~0", "1"},
        {"{\"\\u0061\\/b\":1}", "/a~1b", "1"},
        {"{\"\u20AC\":1}", "/\u20AC", "1"},
        {"{\"\\u20ac\":1}", "/\u20AC", "1"},
        {"{\"\\uD83D\\uDE00\":1}", "/\U0001F600", "1"},
        {"{\"a\" : [ 1 , 2 ] }", "/a", "[ 1 , 2 ]"},
        {"{\"a\":1,\"a\":2}", "/a", "1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(find(str_from(cases[i].json), cases[i].pointer),
                            cases[i].found);
    }
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"a\":1}", "/b"},
        {"{\"a\":1}", "/"},
        {"{\"a\":1}", "/a/"},
        {"{\"a\":1}", "/a/b"},
        {"{\"a\":1}", "a"},
        {"{\"a\":1}", "//a"},
        {"{\"a\":1}", "/A"},
        {"{\"a\":1}", "/aa"},
        {"{\"ab\":1}", "/a"},
        {"{\"a\":1}", "#/a"},
        {"{\"\":1}", "a"},
        {"{\"bc\":1}", "abc"},
        {"{\"a\":1}", " "},
        {"{}", "/a"},
        {"{}", "/"},
        {"[]", "/0"},
        {"[1,2]", "/2"},
        {"[1,2]", "/-"},
        {"[1,2]", "/-1"},
        {"[1,2]", "/"},
        {"[1,2]", "/a"},
        {"[1,2]", "/+1"},
        {"[1,2]", "/1 "},
        {"[1,2]", "/0/0"},
        {"[1,2]", "/4294967296"},
        {"[1,2]", "/4294967297"},
        {"[1,2]", "/2147483648"},
        {"[1,2]", "/18446744073709551616"},
        {"[[1],2]", "/0/1"},
        {"\"abc\"", "/0"},
        {"1", "/"},
        {"null", "/a"},
        {"{\"x\":{\"a\":1}}", "/a"},
        {"[{\"0\":1}]", "/1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found = find(str_from(cases[i][0]), cases[i][1]);
        if (found) {
            fail_msg("%s in %s: %s", cases[i][1], cases[i][0], found);
        }
    }
}

static void an_index_has_no_leading_zero(void **state)
{
    (void)state;
    static const char *const pointers[] = {"/00", "/01", "/000", "/-0", "/0001"};
    for (size_t i = 0; i < COUNT(pointers); i++) {
        assert_null(find(STR_OF("[1,2]"), pointers[i]));
    }
}

static void a_tilde_stands_before_0_or_1_only(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"a~\":1}", "/a~"}, {"{\"a~\":1}", "/a~b"},       {"{\"a~b\":1}", "/a~b"},
        {"{\"~\":1}", "/~2"},  {"{\"~\":1}", "/~"},          {"{\"~~\":1}", "/~~"},
        {"{\"~\":1}", "/~~"},  {"{\"\":{\"a\":1}}", "/~/a"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(find(str_from(cases[i][0]), cases[i][1]));
    }
}

static void broken_text_before_the_value_finds_nothing(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"[1,2", ""},
        {"{\"b\":01,\"a\":1}", "/a"},
        {"{\"b\":[},\"a\":1}", "/a"},
        {"{\"a\":[1,}", "/a"},
        {"[1,,2]", "/1"},
        {"{\"\\x\":1,\"a\":1}", "/a"},
        {"{\"a\":tru}", "/a"},
        {"[\"\xFF\",1]", "/1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(find(str_from(cases[i][0]), cases[i][1]));
    }
}

static void nothing_found_leaves_the_output_alone(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"a\":1}", "/b"}, {"{\"a\":1}", "a"}, {"[1,2", ""}, {"{\"a\":[1,}", "/a"}};
    struct arena arena;
    arena_init(&arena, 1024, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str whole = STR("untouched");
        assert_int_equal(
            json_find(str_from(cases[i][0]), str_from(cases[i][1]), &arena, &whole),
            JSON_PROBLEM);
        assert_true(str_is(whole, "untouched"));
    }
    arena_done(&arena);
}

/* A remote can fill the arena with keys that have escapes: it must not choose what is
 * found.
 */
static void without_memory_nothing_else_is_found(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        /* The step "b" has no memory: the member "" is not meant. */
        {"{\"\\u0041xxxxxxxxxxxxxxxx\":0,\"a\":{\"\":\"evil\",\"b\":\"good\"}}", "/a/b"},
        /* The escaped key has no memory: it is not the member "". */
        {"{\"\\u0041xxxxxxxxxxxxxxxx\":0,\"\\u0042xxxxxxxxxxxxxxxx\":\"evil\"}", "/"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t room = 0; room < 12; room++) {
            struct arena arena;
            struct str whole = STR("");
            arena_init(&arena, 16 * room, 16 * (room + 1));
            (void)json_find(str_from(cases[i][0]), str_from(cases[i][1]), &arena, &whole);
            assert_false(str_is(whole, "\"evil\""));
            arena_done(&arena);
        }
    }
}

/* ---- json_rewrite ---- */

static void rewriting_takes_the_blanks_out(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1", "1"},
        {" \t\r\n null \n", "null"},
        {"\xEF\xBB\xBF [ ]", "[]"},
        {" { } ", "{}"},
        {"[ 1 , -2.50e+7 , \" a  b \" , true ]", "[1,-2.50e+7,\" a  b \",true]"},
        {"{ \" k \" : \" v \" , \"\" : { \"x\" : [ ] } }",
         "{\" k \":\" v \",\"\":{\"x\":[]}}"},
        {"\n\"\\u0041\\/ \\\" \u20AC\"\n", "\"\\u0041\\/ \\\" \u20AC\""},
        {"{\"a\":1,\"b\":1}", "{\"a\":1,\"b\":1}"},
        {"[\r\n\t[\r\n\t\t1\r\n\t],\r\n\t{}\r\n]", "[[1],{}]"},
    };
    struct error error;
    struct text out;
    text_init(&out, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&out);
        text_add_cstr(&out, "before ");
        assert_true(json_rewrite(str_from(cases[i][0]), &hundred, &out, &error));
        assert_true(str_is(str_after(text_str(&out), 7), cases[i][1]));
    }
    text_done(&out);
}

static void what_cannot_be_rewritten_is_rejected(void **state)
{
    (void)state;
    static const struct json_limits few = {.bytes = 100, .values = 3};
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"[1,]", "not JSON at byte 3: something that is no JSON value"},
        {"", "not JSON at byte 0: no end"},
        {"[1] 2", "not JSON at byte 4: something behind the end"},
        {"[1,2,3]", "not JSON at byte 5: too many values"},
    };
    struct error error;
    struct text out;
    text_init(&out, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(json_rewrite(str_from(cases[i].json), &few, &out, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(error.text, cases[i].text);
    }
    text_done(&out);
}

static void what_cannot_be_rewritten_leaves_the_text_alone(void **state)
{
    (void)state;
    static const char *const cases[] = {"[1,]", "{\"a\":1", "[1] 2"};
    struct error error;
    struct text out;
    text_init(&out, 1000);
    text_add_cstr(&out, "before");
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(json_rewrite(str_from(cases[i]), &hundred, &out, &error));
        assert_string_equal(text_cstr(&out), "before");
    }
    text_done(&out);
}

static void what_grows_over_the_text_is_rejected(void **state)
{
    (void)state;
    char json[402];
    struct error error;
    struct text out;
    memset(json, 'x', sizeof json);
    json[0] = '"';
    json[sizeof json - 1] = '"';
    text_init(&out, sizeof json);
    assert_true(
        json_rewrite((struct str){json, sizeof json}, &json_limits_input, &out, &error));
    text_done(&out);
    text_init(&out, sizeof json - 1);
    assert_false(
        json_rewrite((struct str){json, sizeof json}, &json_limits_input, &out, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(error.text, "JSON is larger than 401 bytes");
    text_done(&out);
}

/* ---- json_add_string ---- */

static void strings_are_quoted(void **state)
{
    (void)state;
    static const struct {
        struct str str;
        const char *json;
    } cases[] = {
        {STR(""), "\"\""},
        {{NULL, 0}, "\"\""},
        {STR("plain /\x7F"), "\"plain /\x7F\""},
        {STR("\"\\"), "\"\\\"\\\\\""},
        {STR("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {STR("\0\x01\v\x1F"), "\"\\u0000\\u0001\\u000b\\u001f\""},
        {STR("a\nb"), "\"a\\nb\""},
        {STR("\u00E9\u20AC\U0001F600\u2028"), "\"\u00E9\u20AC\U0001F600\u2028\""},
        {STR("\xFF"), "\"\uFFFD\""},
        {STR("a\xE2\x82z"), "\"a\uFFFD\uFFFDz\""},
        {STR("\xC3\n"), "\"\uFFFD\\n\""},
        {STR("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\""},
        {STR("\u20AC\xC0\x80\u20AC"), "\"\u20AC\uFFFD\uFFFD\u20AC\""},
    };
    struct text text;
    text_init(&text, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&text);
        json_add_string(&text, cases[i].str);
        assert_string_equal(text_cstr(&text), cases[i].json);
    }
    text_clear(&text);
    json_add_string(&text, str_before(STR_OF("\u20AC\u20AC"), 4));
    assert_string_equal(text_cstr(&text), "\"\u20AC\uFFFD\"");
    text_done(&text);
}

/* Quotes it and reads it back. */
static bool comes_back(struct str str, struct text *text, struct arena *arena)
{
    struct json_reader reader;
    text_clear(text);
    json_add_string(text, str);
    json_open(&reader, text_str(text), &hundred);
    assert_int_equal(json_next(&reader), JSON_STRING);
    struct str decoded = json_decode(reader.token, reader.escaped, arena);
    assert_int_equal(json_next(&reader), JSON_END);
    return str_eq(decoded, str);
}

static void any_bytes_become_json_and_text_comes_back(void **state)
{
    (void)state;
    struct arena arena;
    struct text text;
    arena_init(&arena, 4096, 0);
    text_init(&text, 300);
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            char bytes[2] = {(char)first, (char)second};
            struct str str = {bytes, sizeof bytes};
            assert_int_equal(comes_back(str, &text, &arena), utf8_is_valid(str));
            arena_clear(&arena);
        }
    }
    text_done(&text);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_given_whole),
        cmocka_unit_test(the_whole_document_may_be_asked_for),
        cmocka_unit_test(what_begins_no_value_is_not_given),
        cmocka_unit_test(a_value_that_breaks_off_is_not_given),
        cmocka_unit_test(a_value_not_given_leaves_the_output_alone),
        cmocka_unit_test(pointers_find_what_rfc_6901_says),
        cmocka_unit_test(an_empty_pointer_finds_the_whole_document),
        cmocka_unit_test(pointers_go_deep),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(an_index_has_no_leading_zero),
        cmocka_unit_test(a_tilde_stands_before_0_or_1_only),
        cmocka_unit_test(broken_text_before_the_value_finds_nothing),
        cmocka_unit_test(nothing_found_leaves_the_output_alone),
        cmocka_unit_test(without_memory_nothing_else_is_found),
        cmocka_unit_test(rewriting_takes_the_blanks_out),
        cmocka_unit_test(what_cannot_be_rewritten_is_rejected),
        cmocka_unit_test(what_cannot_be_rewritten_leaves_the_text_alone),
        cmocka_unit_test(what_grows_over_the_text_is_rejected),
        cmocka_unit_test(strings_are_quoted),
        cmocka_unit_test(any_bytes_become_json_and_text_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
