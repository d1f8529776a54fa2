#include "plugin/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define ORDER                                                                             \
    "{\"type\":\"object\",\"required\":[\"number\",\"lines\"],"                           \
    "\"additionalProperties\":false,\"properties\":{"                                     \
    "\"number\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":4,\"title\":\"No.\"}," \
    "\"state\":{\"enum\":[\"open\",\"p\\u0061id\",7,null],\"description\":\"It is\"},"    \
    "\"a/b~c\":{\"type\":[\"boolean\",\"null\"]},"                                        \
    "\"fields\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}},"    \
    "\"lines\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"       \
    "\"price\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1e3},"                      \
    "\"count\":{\"type\":\"integer\",\"minimum\":-1}}}}}}"

/* "" when it is accepted. */
static const char *verdict(const char *schema, struct str value, struct error *error)
{
    *error = (struct error){.text = ""};
    if (!schema_accepts(str_from(schema), value, error)) {
        assert_int_equal(error->status, IMH_REJECTED);
    }
    return error->text;
}

static void values_are_judged_by_every_word(void **state)
{
    (void)state;
    static const struct {
        const char *value, *verdict;
    } cases[] = {
        {"{\"number\":\"12\",\"lines\":[]}", ""},
        {"{\"number\":\"1\\u00e92\xc3\xa9\",\"state\":\"paid\",\"a/b~c\":null,\"lines\":"
         "[{\"price\":0,\"count\":-1,\"more\":{}},{\"price\":1000.0}],\"fields\":{\"x\":"
         "\"y\"}}",
         ""},
        {"{\"number\":\"12\",\"lines\":[],\"state\":7.0,\"a/b~c\":true}", ""},
        {"[]", "must be an object"},
        {"{}", "/number is missing"},
        {"{\"number\":\"12\"}", "/lines is missing"},
        {"{\"number\":12,\"lines\":[]}", "/number must be text"},
        {"{\"number\":\"1\",\"lines\":[]}", "/number is too short; its least length is 2"},
        {"{\"number\":\"12345\",\"lines\":[]}",
         "/number is too long; its largest length is 4"},
        {"{\"number\":\"12\",\"lines\":{}}", "/lines must be a list"},
        {"{\"number\":\"12\",\"lines\":[{},3]}", "/lines/1 must be an object"},
        {"{\"number\":\"12\",\"lines\":[{\"price\":-0.01}]}",
         "/lines/0/price must be at least 0"},
        {"{\"number\":\"12\",\"lines\":[{\"price\":1000.5}]}",
         "/lines/0/price must be at most 1e3"},
        {"{\"number\":\"12\",\"lines\":[{\"price\":\"1\"}]}",
         "/lines/0/price must be a number"},
        {"{\"number\":\"12\",\"lines\":[{\"count\":1.5}]}",
         "/lines/0/count must be a whole number"},
        {"{\"number\":\"12\",\"lines\":[],\"state\":\"gone\"}",
         "/state must be one of \"open\",\"p\\u0061id\",7,null"},
        {"{\"number\":\"12\",\"lines\":[],\"state\":true}",
         "/state must be one of \"open\",\"p\\u0061id\",7,null"},
        {"{\"number\":\"12\",\"lines\":[],\"a/b~c\":\"\"}",
         "/a~1b~0c must be true or false or null"},
        {"{\"number\":\"12\",\"lines\":[],\"fields\":{\"x\":\"\",\"y\":1}}",
         "/fields/y must be text"},
        {"{\"number\":\"12\",\"lines\":[],\"nmber\":1}", "/nmber is not known"},
        {"{\"number\":\"12\",\"lines\":[],\"a\\nb\":1}", "/a?b is not known"},
    };
    struct error error;
    assert_true(schema_check(STR_OF(ORDER), &error));
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(verdict(ORDER, str_from(cases[i].value), &error),
                            cases[i].verdict);
    }
}

static void words_for_other_types_say_nothing(void **state)
{
    (void)state;
    static const char schema[] =
        "{\"minimum\":5,\"maximum\":6,\"minLength\":5,\"maxLength\":6,\"required\":[\"a\"],"
        "\"properties\":{\"a\":{\"type\":\"null\"}},\"additionalProperties\":false,"
        "\"items\":{\"type\":\"null\"}}";
    struct error error;
    assert_true(schema_check(STR_OF(schema), &error));
    assert_string_equal(verdict(schema, STR_OF("true"), &error), "");
    assert_string_equal(verdict(schema, STR_OF("null"), &error), "");
    assert_string_equal(verdict(schema, STR_OF("[null]"), &error), "");
    assert_string_equal(verdict(schema, STR_OF("{\"a\":null}"), &error), "");
    assert_string_equal(verdict(schema, STR_OF("5.5"), &error), "");
    assert_string_equal(verdict(schema, STR_OF("\"12345\""), &error), "");
    assert_string_equal(verdict("{\"additionalProperties\":{\"enum\":[1]}}",
                                STR_OF("{\"a\":1,\"b\":2}"), &error),
                        "/b must be one of 1");
    assert_string_equal(
        verdict("{\"additionalProperties\":true}", STR_OF("{\"a\":1}"), &error), "");
}

/* What is not checked must not look as if it were. */
static void a_schema_of_other_words_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *problem;
    } cases[] = {
        {"{}", ""},
        {"[]", "a schema must be an object"},
        {"true", "a schema must be an object"},
        {"{\"pattern\":\"a\"}", "/pattern: this host does not know the word"},
        {"{\"properties\":{\"a\":{\"$ref\":\"#\"}}}",
         "/properties/a/$ref: this host does not know the word"},
        {"{\"type\":\"money\"}", "/type: there is no such type"},
        {"{\"type\":[\"string\",1]}", "/type: there is no such type"},
        {"{\"type\":[]}", "/type: names no type"},
        {"{\"type\":{}}", "/type: there is no such type"},
        {"{\"enum\":1}", "/enum: must be a list"},
        {"{\"enum\":[]}", "/enum: must be a list of at least one"},
        {"{\"enum\":[[1]]}", "/enum: may have texts, numbers, true, false and null"},
        {"{\"required\":\"a\"}", "/required: must be a list of names"},
        {"{\"required\":[1]}", "/required: must be a list of names"},
        {"{\"properties\":[]}", "/properties: must be an object"},
        {"{\"properties\":{\"a\":1}}", "/properties/a: a schema must be an object"},
        {"{\"additionalProperties\":\"no\"}",
         "/additionalProperties: a schema must be an object"},
        {"{\"items\":[{}]}", "/items: a schema must be an object"},
        {"{\"minimum\":\"1\"}", "/minimum: must be a number"},
        {"{\"maximum\":null}", "/maximum: must be a number"},
        {"{\"minLength\":1.5}", "/minLength: must be a whole number"},
        {"{\"maxLength\":-1}", "/maxLength: must be a whole number"},
        {"{\"title\":1}", "/title: must be text"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {.text = ""};
        bool good = schema_check(str_from(cases[i].schema), &error);
        assert_string_equal(error.text, cases[i].problem);
        assert_int_equal(good, *cases[i].problem == '\0');
    }
}

static void what_is_no_json_is_no_value(void **state)
{
    (void)state;
    static const struct str texts[] = {STR(""),         STR("{"),
                                       STR("{}x"),      STR("{\"a\":1,\"a\":2}"),
                                       STR("\"\xff\""), STR("1\0")};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct error error;
        assert_string_not_equal(verdict("{}", texts[i], &error), "");
        assert_false(schema_check(texts[i], &error));
    }
}

/* ---- strangers ---- */

static void add_many(struct text *out, const char *piece, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        text_add_cstr(out, piece);
    }
}

/* Both as deep as JSON may be, and the value one level more. */
static void depth_has_an_end(void **state)
{
    (void)state;
    struct text schema;
    struct text value;
    struct error error;
    text_init(&schema, SCHEMA_BYTES);
    text_init(&value, SCHEMA_BYTES);
    add_many(&schema, "{\"items\":", JSON_DEPTH_MOST - 1);
    add_many(&schema, "{}", 1);
    add_many(&schema, "}", JSON_DEPTH_MOST - 1);
    add_many(&value, "[", JSON_DEPTH_MOST);
    add_many(&value, "]", JSON_DEPTH_MOST);
    assert_true(schema_check(text_str(&schema), &error));
    assert_string_equal(verdict(text_cstr(&schema), text_str(&value), &error), "");
    text_clear(&value);
    add_many(&value, "[", JSON_DEPTH_MOST + 1);
    add_many(&value, "]", JSON_DEPTH_MOST + 1);
    assert_string_not_equal(verdict(text_cstr(&schema), text_str(&value), &error), "");
    text_done(&schema);
    text_done(&value);
}

/* Escaped names must be decoded, which takes memory; the last of them is the bad one. */
static void many_members_are_all_looked_at(void **state)
{
    enum { MEMBERS = 40000, BYTES = 1 << 20 };
    static const char schema[] =
        "{\"required\":[\"a\\u0031\",\"zz\"],\"properties\":{\"a\":{}},"
        "\"additionalProperties\":{\"type\":\"integer\"}}";
    (void)state;
    struct text value;
    struct error error;
    text_init(&value, BYTES);
    text_add_cstr(&value, "{");
    for (unsigned i = 0; i < MEMBERS; i++) {
        text_print(&value, "\"\\u0061%u\":%u,", i, i);
    }
    text_add_cstr(&value, "\"zz\":[\"");
    add_many(&value, "x", 1000);
    text_add_cstr(&value, "\"]}");
    assert_string_equal(verdict(schema, text_str(&value), &error),
                        "/zz must be a whole number");
    text_done(&value);
}

static void a_long_name_is_cut_between_characters(void **state)
{
    (void)state;
    struct text value;
    struct error error;
    text_init(&value, 4096);
    text_add_cstr(&value, "{\"");
    add_many(&value, "\xe2\x82\xac", 1000);
    text_add_cstr(&value, "\":1}");
    struct str text =
        str_from(verdict("{\"additionalProperties\":false}", text_str(&value), &error));
    assert_int_equal(text.len, 1 + 33 * 3 + sizeof " is not known" - 1);
    assert_true(str_ends(text, STR_OF("\xe2\x82\xac is not known")));
    text_done(&value);
}

static void numbers_of_any_length_are_compared(void **state)
{
    (void)state;
    struct text value;
    struct error error;
    text_init(&value, 4096);
    add_many(&value, "9", 300);
    assert_string_equal(verdict("{\"maximum\":1e300}", text_str(&value), &error), "");
    add_many(&value, "9", 3);
    assert_string_equal(verdict("{\"maximum\":1e300}", text_str(&value), &error),
                        "must be at most 1e300");
    text_done(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_judged_by_every_word),
        cmocka_unit_test(words_for_other_types_say_nothing),
        cmocka_unit_test(a_schema_of_other_words_is_refused),
        cmocka_unit_test(what_is_no_json_is_no_value),
        cmocka_unit_test(depth_has_an_end),
        cmocka_unit_test(many_members_are_all_looked_at),
        cmocka_unit_test(a_long_name_is_cut_between_characters),
        cmocka_unit_test(numbers_of_any_length_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
