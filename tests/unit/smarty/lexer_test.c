#include "smarty/lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct arena arena;
static struct error error;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1000, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct lexer lexer_of(struct str source)
{
    struct lexer lexer;
    assert_true(lexer_init(&lexer, "t", source, &arena, &error));
    return lexer;
}

static void newlines_are_one_byte_and_a_mark_is_dropped(void **state)
{
    (void)state;
    static const struct {
        struct str source, expected;
    } cases[] = {
        {STR(""), STR("")},
        {STR("a\r\nb\rc\nd"), STR("a\nb\nc\nd")},
        {STR("\r\r\n\n\r"), STR("\n\n\n\n")},
        {STR("\xEF\xBB\xBF\r\nx"), STR("\nx")},
        {STR("\xEF\xBB"), STR("\xEF\xBB")},
        {STR("x\xEF\xBB\xBF"), STR("x\xEF\xBB\xBF")},
        {STR("a\0b"), STR("a\0b")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lexer lexer = lexer_of(cases[i].source);
        assert_true(str_eq(lexer.source, cases[i].expected));
    }
}

static void no_memory_is_an_error_with_a_line(void **state)
{
    (void)state;
    struct arena small;
    struct lexer lexer;
    arena_init(&small, 16, 16);
    assert_false(
        lexer_init(&lexer, "t", STR_OF("more than sixteen bytes"), &small, &error));
    assert_string_equal(error.text, "t:1: the template is too large");
    arena_done(&small);
}

static void lines_are_counted_on_the_way(void **state)
{
    (void)state;
    struct lexer lexer = lexer_of(STR_OF("a\nb\n\nc"));
    assert_int_equal(lexer_line(&lexer), 1);
    lexer.at = 2;
    assert_int_equal(lexer_line(&lexer), 2);
    lexer.at = 5;
    assert_int_equal(lexer_line(&lexer), 4);
    assert_int_equal(lexer_line(&lexer), 4);
    assert_false(lexer_fail(&lexer, lexer_line(&lexer), "what %d", 7));
    assert_string_equal(error.text, "t:4: what 7");
    assert_int_equal(error.status, IMH_REJECTED);
}

static void looking_ahead_ends_at_the_end(void **state)
{
    (void)state;
    struct lexer lexer = lexer_of(STR_OF("ab"));
    assert_int_equal(lexer_peek(&lexer, 0), 'a');
    assert_int_equal(lexer_peek(&lexer, 1), 'b');
    assert_int_equal(lexer_peek(&lexer, 2), '\0');
    assert_int_equal(lexer_peek(&lexer, 1000), '\0');
    assert_false(lexer_is_end(&lexer));
    lexer.at = 2;
    assert_true(lexer_is_end(&lexer));
    assert_int_equal(lexer_peek(&lexer, 0), '\0');
}

static void steps_take_what_stands_here(void **state)
{
    (void)state;
    struct lexer lexer = lexer_of(STR_OF(" \t\n=>x"));
    assert_false(lexer_take(&lexer, "=>"));
    assert_true(lexer_skip(&lexer));
    assert_false(lexer_skip(&lexer));
    assert_false(lexer_take(&lexer, "=>y"));
    assert_true(lexer_take(&lexer, "=>"));
    assert_false(lexer_take(&lexer, "xy"));
    assert_true(lexer_take(&lexer, "x"));
    assert_false(lexer_take(&lexer, "x"));
    assert_true(lexer_take(&lexer, ""));
    assert_false(lexer_skip(&lexer));
}

static void names_begin_with_a_letter_or_with_digits_before_one(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        size_t len; /* 0: no name */
    } cases[] = {
        {"abc", 3}, {"a_b1.c", 4}, {"_x-", 2},  {"1a", 2}, {"12_ ", 3},
        {"12", 0},  {"1", 0},      {"", 0},     {"-a", 0}, {"\xC3\xA9", 0},
        {"1 a", 0}, {"A9z", 3},    {"9.5a", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lexer lexer = lexer_of(str_from(cases[i].source));
        struct str name;
        struct str peeked;
        assert_int_equal(lexer_peek_name(&lexer, &peeked), cases[i].len > 0);
        assert_int_equal(lexer.at, 0);
        assert_int_equal(lexer_name(&lexer, &name), cases[i].len > 0);
        assert_int_equal(lexer.at, cases[i].len);
        if (cases[i].len > 0) {
            assert_int_equal(name.len, cases[i].len);
            assert_true(str_eq(name, peeked));
        }
    }
}

static void a_brace_begins_a_tag_unless_space_follows(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        bool is_tag;
    } cases[] = {
        {"{$x}", true}, {"{a", true},  {"{{", true},   {"{/", true},
        {"{*", true},   {"{ ", false}, {"{\t", false}, {"{\n", false},
        {"{", false},   {"{}", false}, {"x", false},   {"", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lexer lexer = lexer_of(str_from(cases[i].source));
        assert_int_equal(lexer_is_tag(&lexer), cases[i].is_tag);
    }
}

static void text_goes_to_the_next_tag(void **state)
{
    (void)state;
    struct lexer lexer = lexer_of(STR_OF("a { b } {} {$x} { "));
    assert_true(str_is(lexer_text(&lexer), "a { b } {} "));
    assert_true(lexer_is_tag(&lexer));
    assert_int_equal(lexer_text(&lexer).len, 0);
    lexer.at += 4;
    assert_true(str_is(lexer_text(&lexer), " { "));
    assert_true(lexer_is_end(&lexer));
    assert_int_equal(lexer_text(&lexer).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newlines_are_one_byte_and_a_mark_is_dropped),
        cmocka_unit_test(no_memory_is_an_error_with_a_line),
        cmocka_unit_test(lines_are_counted_on_the_way),
        cmocka_unit_test(looking_ahead_ends_at_the_end),
        cmocka_unit_test(steps_take_what_stands_here),
        cmocka_unit_test(names_begin_with_a_letter_or_with_digits_before_one),
        cmocka_unit_test(a_brace_begins_a_tag_unless_space_follows),
        cmocka_unit_test(text_goes_to_the_next_tag),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
