#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct json_limits hundred = {.bytes = 100, .values = 100};

/* Every event as a letter, scalars and keys with their token. */
static const char *trace(struct str json, struct text *out)
{
    static const char letters[] = {
        [JSON_PROBLEM] = '!',   [JSON_END] = '.',        [JSON_NULL] = 'n',
        [JSON_FALSE] = 'f',     [JSON_TRUE] = 't',       [JSON_INTEGER] = 'i',
        [JSON_DECIMAL] = 'd',   [JSON_STRING] = 's',     [JSON_KEY] = 'k',
        [JSON_OBJECT] = '{',    [JSON_OBJECT_END] = '}', [JSON_ARRAY] = '[',
        [JSON_ARRAY_END] = ']',
    };
    struct json_reader reader;
    enum json_event event;
    json_open(&reader, json, &hundred);
    text_clear(out);
    do {
        event = json_next(&reader);
        text_add_char(out, letters[event]);
        if (event >= JSON_NULL && event <= JSON_KEY) {
            text_print(out, "(%.*s)", STR_ARGS(reader.token));
        }
        if ((event == JSON_STRING || event == JSON_KEY) && reader.escaped) {
            text_add_char(out, '\\');
        }
    } while (event != JSON_END && event != JSON_PROBLEM);
    return text_cstr(out);
}

static void events_come_in_the_order_of_the_text(void **state)
{
    (void)state;
    static const struct {
        struct str json;
        const char *events;
    } cases[] = {
        {STR("null"), "n(null)."},
        {STR(" \t\r\ntrue \t\r\n"), "t(true)."},
        {STR("\xEF\xBB\xBF false"), "f(false)."},
        {STR("0"), "i(0)."},
        {STR("-0"), "i(-0)."},
        {STR("18446744073709551616"), "i(18446744073709551616)."},
        {STR("19.99"), "d(19.99)."},
        {STR("-1.50E+07"), "d(-1.50E+07)."},
        {STR("1e5"), "d(1e5)."},
        {STR("\"\""), "s()."},
        {STR("\"a b\""), "s(a b)."},
        {STR("\"a\\\"b\""), "s(a\\\"b)\\."},
        {STR("[]"), "[]."},
        {STR("{}"), "{}."},
        {STR("[ ]"), "[]."},
        {STR("{ }"), "{}."},
        {STR("[1,\"\\n\",\"x\"]"), "[i(1)s(\\n)\\s(x)]."},
        {STR("{\"a\":1,\"b\":[true,null],\"a\":{}}"),
         "{k(a)i(1)k(b)[t(true)n(null)]k(a){}}."},
        {STR(" { \"a\" : [ 1 , 2.5 ] , \"\\u0062\" : { } } "),
         "{k(a)[i(1)d(2.5)]k(\\u0062)\\{}}."},
        {STR("[[],[[]],{\"\":[{}]}]"), "[[][[]]{k()[{}]}]."},
        {STR("[1"), "[i(1)!"},
        {STR("{\"a\""), "{!"},
        {STR("{\"a\":"), "{k(a)!"},
        {STR("1 1"), "i(1)!"},
    };
    struct text out;
    text_init(&out, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(trace(cases[i].json, &out), cases[i].events);
    }
    text_done(&out);
}

/* Checks a copy that ends where the bytes end: a sanitizer sees whoever reads on. */
static bool check(struct str json, const struct json_limits *limits)
{
    struct error error = {.status = IMH_OK, .text = "untouched"};
    char *copy = malloc(json.len ? json.len : 1);
    assert_non_null(copy);
    memcpy(copy, json.ptr, json.len);
    bool good = json_check((struct str){copy, json.len}, limits, &error);
    free(copy);
    assert_int_equal(error.status, good ? IMH_OK : IMH_REJECTED);
    return good;
}

static void what_rfc_8259_allows_is_json(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR("\"\x7F\""),
        STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uabCD\""),
        STR("\"\\u0000\""),
        STR("\"\\uD83D\\uDE00\""),
        STR("\"\\udbff\\udfff\""),
        STR("\"\\uD7FF\\uE000\\uFFFF\""),
        STR("\"\u00E9\u20AC\U0001F600\""),
        STR("\"\xEF\xBF\xBF\xF4\x8F\xBF\xBF\""),
        STR("\"\xEF\xBB\xBF\""),
        STR("[-0,-0.0,0e0,0E-1,1.0e+10,123456789012345678901234567890]"),
        STR("[null,true,false]"),
        STR("{\"a\":1,\"A\":2}"),
        STR("{\"\":{\"\\\"\":{}}}"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(check(cases[i], &hundred));
    }
}

static const struct str not_json[] = {
    STR(""),
    STR(" "),
    STR("\xEF\xBB\xBF"),
    STR("\xEF\xBB\xBF\xEF\xBB\xBF"
        "1"),
    STR(" \xEF\xBB\xBF"
        "1"),
    STR("\0"),
    STR("1\0"),
    STR("nul"),
    STR("nulll"),
    STR("Null"),
    STR("NaN"),
    STR("Infinity"),
    STR("-Infinity"),
    STR("undefined"),
    STR("'a'"),
    STR("a"),
    STR("// x\n1"),
    STR("1 /* x */"),
    STR("\v1"),
    STR("\f1"),
    STR("\xC2\xA0"
        "1"),
    /* numbers */
    STR("-"),
    STR("+1"),
    STR("01"),
    STR("-01"),
    STR("00"),
    STR("1."),
    STR(".5"),
    STR("-.5"),
    STR("1.e5"),
    STR("1e"),
    STR("1e+"),
    STR("1E-"),
    STR("1.5."),
    STR("0x10"),
    STR("1_000"),
    STR("1-"),
    STR("--1"),
    STR("1e1.5"),
    STR("\xD9\xA1"),
    /* strings */
    STR("\""),
    STR("\"a"),
    STR("\"\\\""),
    STR("\"\\"),
    STR("\"\\x41\""),
    STR("\"\\'\""),
    STR("\"\\0\""),
    STR("\"\\a\""),
    STR("\"\\N\""),
    STR("\"\\\n\""),
    STR("\"\n\""),
    STR("\"\t\""),
    STR("\"\x1F\""),
    STR("\"\0\""),
    STR("\"\\U0041\""),
    STR("\"\\u\""),
    STR("\"\\u004\""),
    STR("\"\\u004g\""),
    STR("\"\\u 041\""),
    STR("\"\\u-041\""),
    STR("\"\\u00"),
    STR("\"\\u0041"),
    STR("\"\\u004`\""),
    STR("\"\\u004@\""),
    STR("\"\\u004/\""),
    STR("\"\\u004:\""),
    STR("\"\\u004G\""),
    /* surrogates that stand alone */
    STR("\"\\uD800\""),
    STR("\"\\uDBFF\""),
    STR("\"\\uDC00\""),
    STR("\"\\uDFFF\""),
    STR("\"\\uD83Dx\""),
    STR("\"\\uD83D\\n\""),
    STR("\"\\uD83D\\uD83D\""),
    STR("\"\\uDE00\\uD83D\""),
    STR("\"\\uD83D\\u0041\""),
    STR("\"\\uD83D\\uE000\""),
    STR("\"\\uD83D\\uDBFF\""),
    STR("\"\\uD83D\\\""),
    STR("\"\\uD83D\\u\""),
    STR("\"\\uD83D\\uDE0\""),
    STR("\"\\uD83D\\uDE0"),
    STR("\"\\uD83D.uDE00\""),
    STR("\"\\uD83D\\xDE00\""),
    STR("\"\\uD83D\\uDE00"),
    /* bytes that are no UTF-8, also in a key */
    STR("\"\xFF\""),
    STR("\"\x80\""),
    STR("\"\xC3\""),
    STR("\"\xC0\xAF\""),
    STR("\"\xED\xA0\x80\""),
    STR("\"\xE2\x82\""),
    STR("\"\xF4\x90\x80\x80\""),
    STR("\"\xF0\x9F\x98"),
    STR("{\"\xFF\":1}"),
    STR("{\"\\uD800\":1}"),
    /* arrays and objects */
    STR("["),
    STR("]"),
    STR("[1"),
    STR("[1,"),
    STR("[1,]"),
    STR("[,1]"),
    STR("[,]"),
    STR("[1,,2]"),
    STR("[1 2]"),
    STR("[1}"),
    STR("[1:2]"),
    STR("[]]"),
    STR("[] []"),
    STR("{"),
    STR("}"),
    STR("{]"),
    STR("{,}"),
    STR("{\"a\"}"),
    STR("{\"a\":}"),
    STR("{\"a\":1,}"),
    STR("{\"a\" 1}"),
    STR("{\"a\",1}"),
    STR("{\"a\"::1}"),
    STR("{a:1}"),
    STR("{1:1}"),
    STR("{\"a\":1 \"b\":2}"),
    STR("{\"a\":1]"),
    STR("{\"a\":1,,\"b\":2}"),
    STR("{\"a\":1}}"),
    STR("{\"a\":1},"),
    STR("{null:1}"),
    STR("[1]1"),
    STR("{}{}"),
    STR("{\"a\":1,\"b\"}"),
    STR("{\"a\":1,2}"),
    STR("1,2"),
    STR("\"a\":1"),
    STR(":"),
};

static void what_it_does_not_allow_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(not_json); i++) {
        if (check(not_json[i], &hundred)) {
            fail_msg("case %zu: %.*s", i, STR_ARGS(not_json[i]));
        }
    }
}

static const struct str sample =
    STR("{\"a\":[1,-2.5e+3,\"\\uD83D\\uDE00\u20AC\\n\",{\"\":null}],\"b\":{\"c\":true}}");

/* Wherever it stands: most of a string is looked at in larger pieces. */
static void any_byte_in_a_string_is_judged_by_itself(void **state)
{
    char json[] = "\"12345678901234567890\"";
    struct text out;
    (void)state;
    text_init(&out, 200);
    for (size_t at = 1; at < sizeof json - 2; at++) {
        const char plain = json[at];
        for (int byte = 0; byte < 256; byte++) {
            json[at] = (char)byte;
            bool good = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
            const char *events = trace((struct str){json, sizeof json - 1}, &out);
            assert_int_equal(strlen(events) == sizeof json + 1 && events[0] == 's', good);
        }
        json[at] = plain;
    }
    text_done(&out);
}

static void a_document_cut_short_is_refused(void **state)
{
    (void)state;
    assert_true(check(sample, &hundred));
    for (size_t len = 0; len < sample.len; len++) {
        assert_false(check(str_before(sample, len), &hundred));
    }
}

static void changed_bytes_never_read_beyond_the_end(void **state)
{
    (void)state;
    static const char bytes[] = "\"\\{}[]:,u0-.e \x01\x80\xC3\xE2\xF0\xFF";
    for (size_t at = 0; at < sample.len; at++) {
        for (size_t i = 0; i < COUNT(bytes); i++) {
            char changed[100];
            memcpy(changed, sample.ptr, sample.len);
            changed[at] = bytes[i];
            (void)check((struct str){changed, sample.len}, &hundred);
            (void)check((struct str){changed, at + 1}, &hundred);
        }
    }
}

static void the_error_names_the_byte_and_the_reason(void **state)
{
    (void)state;
    static const struct {
        struct str json;
        const char *text;
    } cases[] = {
        {STR(""), "not JSON at byte 0: no end"},
        {STR("[1,]"), "not JSON at byte 3: something that is no JSON value"},
        {STR("[1,"), "not JSON at byte 3: nothing behind a comma"},
        {STR("[1 2]"), "not JSON at byte 3: an array without an end"},
        {STR("{\"a\":1]"), "not JSON at byte 6: an object without an end"},
        {STR("{\"a\" 1}"), "not JSON at byte 5: a member without a colon"},
        {STR("{1}"), "not JSON at byte 1: a member without a name"},
        {STR("[01]"), "not JSON at byte 1: a number that is none"},
        {STR("[\"a\xFF\"]"), "not JSON at byte 3: bytes that are no UTF-8"},
        {STR("[\"\\x\"]"), "not JSON at byte 1: an escape that means nothing in a string"},
        {STR("[\"\n\"]"), "not JSON at byte 1: a control character in a string"},
        {STR("[\"a"), "not JSON at byte 1: a string without an end"},
        {STR("\xEF\xBB\xBF[] x"), "not JSON at byte 6: something behind the end"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {0};
        assert_false(json_check(cases[i].json, &hundred, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(error.text, cases[i].text);
    }
}

static void the_first_problem_stays(void **state)
{
    (void)state;
    static const struct str cases[] = {STR("[1,]"), STR("[\"\xFF\"]"), STR(""),
                                       STR("[}"),   STR("{\"a\":01}"), STR("[] []")};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_reader reader;
        json_open(&reader, cases[i], &hundred);
        while (json_next(&reader) != JSON_PROBLEM) {
        }
        const char *problem = reader.problem;
        assert_non_null(problem);
        for (int round = 0; round < 5; round++) {
            assert_int_equal(json_next(&reader), JSON_PROBLEM);
            assert_ptr_equal(reader.problem, problem);
        }
    }
}

static void the_end_stays_the_end(void **state)
{
    (void)state;
    struct json_reader reader;
    json_open(&reader, STR_OF("1 "), &hundred);
    assert_int_equal(json_next(&reader), JSON_INTEGER);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(json_next(&reader), JSON_END);
    }
}

/* `front` so many times, a middle, then `back` so many times. */
static struct str nest(const char *front, const char *middle, const char *back, int count)
{
    static char json[2000];
    struct text text;
    text_init(&text, sizeof json);
    for (int i = 0; i < count; i++) {
        text_add_cstr(&text, front);
    }
    text_add_cstr(&text, middle);
    for (int i = 0; i < count; i++) {
        text_add_cstr(&text, back);
    }
    assert_false(text.failed);
    memcpy(json, text.ptr, text.len);
    struct str nested = {json, text.len};
    text_done(&text);
    return nested;
}

static void sixty_four_levels_are_the_most(void **state)
{
    (void)state;
    static const struct {
        const char *front, *middle, *back;
        int per; /* levels of a front */
    } cases[] = {{"[", "", "]", 1},
                 {"{\"a\":", "1", "}", 1},
                 {"[{\"a\":", "1", "}]", 2},
                 {"{\"a\":[", "", "]}", 2},
                 {"[0,[],[", "", "]]", 2}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int most = JSON_DEPTH_MOST / cases[i].per;
        assert_true(check(nest(cases[i].front, cases[i].middle, cases[i].back, most),
                          &json_limits_input));
        assert_false(check(nest(cases[i].front, cases[i].middle, cases[i].back, most + 1),
                           &json_limits_input));
    }
    assert_false(check(nest("[", "", "]", 65), &json_limits_input));
    assert_false(check(nest("[", "", "", 1000), &json_limits_input));
    /* Each level remembers whether it is an object. */
    assert_true(check(nest("{\"a\":[", "{}", "]}", 31), &json_limits_input));
    assert_false(check(nest("{\"a\":[", "{]", "]}", 31), &json_limits_input));
    assert_false(check(nest("[{\"a\":", "1", "]}", 32), &json_limits_input));
}

static void every_value_counts_and_keys_do_not(void **state)
{
    (void)state;
    static const struct {
        struct str json;
        uint32_t values;
    } cases[] = {
        {STR("1"), 1},
        {STR("[]"), 1},
        {STR("[1,2]"), 3},
        {STR("{\"a\":{}}"), 2},
        {STR("[[],[\"x\"],null]"), 5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_limits limits = {.bytes = 100, .values = cases[i].values};
        assert_true(check(cases[i].json, &limits));
        limits.values--;
        assert_false(check(cases[i].json, &limits));
    }
}

/* An array of so many zeros, `count` of 1 or more. */
static struct str zeros(char *json, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json[2 * i] = i ? ',' : '[';
        json[2 * i + 1] = '0';
    }
    json[2 * count] = ']';
    return (struct str){json, 2 * count + 1};
}

static void limits_hold_exactly(void **state)
{
    (void)state;
    static const struct {
        const struct json_limits *limits;
        size_t bytes, values;
    } cases[] = {
        {&json_limits_input, 1 << 20, 50000},
        {&json_limits_reply, 8 << 20, 500000},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t bytes = cases[i].bytes;
        char *json = malloc(bytes + 1);
        assert_non_null(json);
        memset(json, 'x', bytes + 1);
        json[0] = '"';
        json[bytes - 1] = '"';
        json[bytes] = ' ';
        struct error error;
        assert_true(json_check((struct str){json, bytes}, cases[i].limits, &error));
        assert_false(json_check((struct str){json, bytes + 1}, cases[i].limits, &error));
        assert_string_equal(error.text, "not JSON at byte 0: too many bytes");
        /* The array itself is a value too. */
        size_t most = cases[i].values - 1;
        assert_true(json_check(zeros(json, most), cases[i].limits, &error));
        assert_false(json_check(zeros(json, most + 1), cases[i].limits, &error));
        assert_non_null(strstr(error.text, "too many values"));
        free(json);
    }
}

static void strings_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *token;
        struct str decoded;
    } cases[] = {
        {"", STR("")},
        {"plain \u20AC", STR("plain \u20AC")},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", STR("\"\\/\b\f\n\r\t")},
        {"\\u0041\\u00e9\\u20AC\\uFFFF", STR("A\u00E9\u20AC\xEF\xBF\xBF")},
        {"\\uD83D\\uDE00\\uDBFF\\uDFFF\\ud800\\udc00",
         STR("\U0001F600\U0010FFFF\U00010000")},
        {"a\\u0000b", STR("a\0b")},
        {"\\\\u0041", STR("\\u0041")},
        {"x\\ny\u20ACz", STR("x\ny\u20ACz")},
        {"0123456789abcde\\n", STR("0123456789abcde\n")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char json[100];
        struct text text = {.ptr = json, .capacity = sizeof json - 1, .most = sizeof json};
        text_print(&text, "\"%s\"", cases[i].token);
        struct json_reader reader;
        json_open(&reader, text_str(&text), &hundred);
        assert_int_equal(json_next(&reader), JSON_STRING);
        struct arena arena;
        arena_init(&arena, 1024, 0);
        struct str decoded = json_decode(reader.token, reader.escaped, &arena);
        assert_true(str_eq(decoded, cases[i].decoded));
        if (reader.escaped) {
            assert_int_equal(decoded.ptr[decoded.len], '\0');
            assert_true((char *)arena_alloc(&arena, 1) > decoded.ptr + decoded.len);
        } else {
            assert_ptr_equal(decoded.ptr, reader.token.ptr);
            assert_int_equal(arena.used, 0);
        }
        arena_done(&arena);
    }
}

static void a_string_without_memory_is_null(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 16);
    assert_null(json_decode(STR_OF("a\\nb"), true, &arena).ptr);
    assert_int_equal(json_decode(STR_OF("a\\nb"), true, &arena).len, 0);
    assert_true(str_is(json_decode(STR_OF("ab"), false, &arena), "ab"));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_in_the_order_of_the_text),
        cmocka_unit_test(what_rfc_8259_allows_is_json),
        cmocka_unit_test(what_it_does_not_allow_is_not),
        cmocka_unit_test(any_byte_in_a_string_is_judged_by_itself),
        cmocka_unit_test(a_document_cut_short_is_refused),
        cmocka_unit_test(changed_bytes_never_read_beyond_the_end),
        cmocka_unit_test(the_error_names_the_byte_and_the_reason),
        cmocka_unit_test(the_first_problem_stays),
        cmocka_unit_test(the_end_stays_the_end),
        cmocka_unit_test(sixty_four_levels_are_the_most),
        cmocka_unit_test(every_value_counts_and_keys_do_not),
        cmocka_unit_test(limits_hold_exactly),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(a_string_without_memory_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
