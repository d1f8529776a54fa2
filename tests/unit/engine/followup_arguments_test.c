#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/followup_look.h"

static const char schema[] =
    "{\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"string\"},\"i\":{\"type\":"
    "\"integer\"},"
    "\"n\":{\"type\":\"number\"},\"b\":{\"type\":\"boolean\"},\"o\":{\"type\":\"object\"},"
    "\"a\":{\"type\":\"array\"},\"x\":{}}}";

/* What is given as text, or as JSON; NULL in `wanted`: it is left out. */
static const struct {
    const char *name, *value;
    bool is_json;
    const char *wanted;
} good[] = {
    {"s", "1234", false, "\"s\":\"1234\""},
    {"s", "", false, "\"s\":\"\""},
    {"s", "a\"b", false, "\"s\":\"a\\\"b\""},
    {"s", "\"Ann\"", true, "\"s\":\"Ann\""},
    {"s", "19.90", true, "\"s\":\"19.90\""},
    {"s", "true", true, "\"s\":\"true\""},
    {"s", "null", true, NULL},
    {"i", " 1234 ", false, "\"i\":1234"},
    {"i", "", false, NULL},
    {"i", "\"17\"", true, "\"i\":17"},
    {"i", "17", true, "\"i\":17"},
    {"n", "19.95", false, "\"n\":19.95"},
    {"n", "\"19.95\"", true, "\"n\":19.95"},
    {"b", "yes", false, "\"b\":true"},
    {"b", "0", false, "\"b\":false"},
    {"b", "\"no\"", true, "\"b\":false"},
    {"b", "true", true, "\"b\":true"},
    {"o", "{\"a\":1}", false, "\"o\":{\"a\":1}"},
    {"a", "[1,2]", false, "\"a\":[1,2]"},
    {"a", "[1,\"x\"]", true, "\"a\":[1,\"x\"]"},
    {"x", "17", true, "\"x\":17"},
    {"x", "17", false, "\"x\":\"17\""},
    {"unknown", "{\"a\":[]}", true, "\"unknown\":{\"a\":[]}"},
};

static void arguments_become_what_the_schema_wants(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct argument_given given = {schema, str_from(good[i].name),
                                             str_from(good[i].value), good[i].is_json};
        struct error error = {.text = ""};
        struct text out;
        bool absent = false;
        text_init(&out, 1000);
        bool done = argument_add(&given, &out, &absent, &error);
        assert_string_equal(error.text, "");
        assert_true(done);
        assert_int_equal(absent, good[i].wanted == NULL);
        assert_string_equal(text_cstr(&out), good[i].wanted ? good[i].wanted : "");
        text_done(&out);
    }
}

static void without_a_schema_text_is_text(void **state)
{
    (void)state;
    const struct argument_given given = {NULL, STR_OF("i"), STR_OF("17"), false};
    struct error error;
    struct text out;
    bool absent;
    text_init(&out, 1000);
    assert_true(argument_add(&given, &out, &absent, &error));
    assert_string_equal(text_cstr(&out), "\"i\":\"17\"");
    text_done(&out);
}

static void what_cannot_be_converted_names_the_argument(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *wanted;
        bool is_json;
    } bad[] = {
        {"i", "12x", "argument 'i': '12x' is no integer", false},
        {"i", "1.5", "argument 'i': '1.5' is no integer", false},
        {"i", "\"many\"", "argument 'i': 'many' is no integer", true},
        {"b", "perhaps", "argument 'b': 'perhaps' is no boolean", false},
        {"o", "[1]", "argument 'o': '[1]' is no object", false},
        {"n", "1,5", "argument 'n': '1,5' is no number", false},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct argument_given given = {schema, str_from(bad[i].name),
                                             str_from(bad[i].value), bad[i].is_json};
        struct error error;
        struct text out;
        bool absent;
        text_init(&out, 1000);
        assert_false(argument_add(&given, &out, &absent, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(error.text, bad[i].wanted);
        assert_int_equal(out.len, 0);
        text_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_become_what_the_schema_wants),
        cmocka_unit_test(without_a_schema_text_is_text),
        cmocka_unit_test(what_cannot_be_converted_names_the_argument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
