#include "app/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* All fields of the record, each behind a bar; or what is wrong behind a "!". */
static const char *cut(const char *record, char separator)
{
    static char out[1000];
    struct arena arena;
    struct str rest = str_from(record);
    struct str field;
    int length = 0;
    arena_init(&arena, 4096, 0);
    while (rest.ptr) {
        const char *problem = csv_field(&rest, separator, &arena, &field);
        length += problem
                      ? snprintf(out + length, sizeof out - (size_t)length, "!%s", problem)
                      : snprintf(out + length, sizeof out - (size_t)length, "|%.*s",
                                 STR_ARGS(field));
        if (problem) {
            break;
        }
    }
    arena_done(&arena);
    return out;
}

static void a_record_is_cut_into_its_fields(void **state)
{
    (void)state;
    static const struct {
        const char *record, *fields;
    } cases[] = {
        {"a,b", "|a|b"},
        {"a", "|a"},
        {"", "|"},
        {",", "||"},
        {"a,,b,", "|a||b|"},
        {" a , b ", "| a | b "},
        {"\"a\",\"b\"", "|a|b"},
        {"\"a,b\",c", "|a,b|c"},
        {"\"a\nb\"", "|a\nb"},
        {"\"a\r\nb\",c", "|a\r\nb|c"},
        {"\"say \"\"no\"\"\",b", "|say \"no\"|b"},
        {"\"\"\"\"", "|\""},
        {"\"\"\"\"\"\"", "|\"\""},
        {"\"\",\"\"", "||"},
        {"a;b", "|a;b"},
        {"a\tb", "|a\tb"},
        {"d\xC3\xA9j\xC3\xA0", "|d\xC3\xA9j\xC3\xA0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(cut(cases[i].record, ','), cases[i].fields);
    }
    assert_string_equal(cut("a;\"b;c\";d,e", ';'), "|a|b;c|d,e");
    assert_string_equal(cut("a\t\"b\tc\"\td", '\t'), "|a|b\tc|d");
}

static void a_field_that_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    static const char open[] = "a quoted field without an end";
    static const char behind[] =
        "something behind a closing quote: quotes inside a field are doubled";
    static const char inside[] =
        "a quote in a field without quotes around it: quote it, and double the quote";
    static const char returned[] =
        "a carriage return in a field: lines end in a line feed, or in both";
    static const struct {
        const char *record, *problem;
    } cases[] = {
        {"\"", open},         {"\"a", open},       {"\"a\"\"", open}, {"\"a\"b", behind},
        {"\"a\" ,b", behind}, {"\"a\"\r", behind}, {"a\"b", inside},  {" \"a\"", inside},
        {"5\",b", inside},    {"a\rb", returned},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found = cut(cases[i].record, ',');
        assert_int_equal(found[0], '!');
        assert_string_equal(found + 1, cases[i].problem);
    }
}

/* Where a record ends: at the first newline that is not inside quotes. */
static size_t record_end(const char *text, char separator)
{
    enum csv_state state = CSV_START;
    size_t at = 0;
    for (; text[at] && (text[at] != '\n' || state == CSV_QUOTED); at++) {
        state = csv_step(state, text[at], separator);
    }
    return at;
}

static void a_record_ends_at_a_newline_outside_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t end;
    } cases[] = {
        {"a,b\nc", 3},          {"\n", 0}, {"\"a\nb\"\nc", 5}, {"x,\"a\n\"\"\n\"\nc", 9},
        {"a\"b\nc\"\n", 3},     /* a quote inside a plain field opens nothing */
        {"\"a\"b\"\nc", 7},     /* nor does one behind a closing quote and more */
        {"\"a\"\"\nb\"\nc", 7}, /* a doubled one does not close */
        {",\"\n\",\n", 5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(record_end(cases[i].text, ','), cases[i].end);
    }
    assert_int_equal(record_end("a;\"b\n\";\n", ';'), 7);
    assert_int_equal(record_end("a;\"b\n\";\n", ','), 4);
    assert_int_equal(record_end("a;\"b\n\"\t\"\n\"\n", 0), 10);
}

static void the_header_tells_what_separates(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        char separator;
    } cases[] = {
        {"a,b", ','},     {"a", ','},         {"", ','},      {"a;b", ';'},
        {"a;b,c", ','},   {"a;\"b,c\"", ';'}, {"a\tb", '\t'}, {"a\tb;c", ';'},
        {"\"a;b\"", ','}, {"\"a;b\",c", ','}, {"a|b", ','},   {"\"a\"\";\";\"b\"", ';'},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(csv_separator(str_from(cases[i].header)), cases[i].separator);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_cut_into_its_fields),
        cmocka_unit_test(a_field_that_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_record_ends_at_a_newline_outside_quotes),
        cmocka_unit_test(the_header_tells_what_separates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
