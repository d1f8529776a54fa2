#include "app/record_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void lines_are_read_as_they_stand(void **state)
{
    (void)state;
    struct arena arena;
    struct error error;
    struct record_lines lines;
    struct str text = STR("{\"key\":\"4\\u0032\",\"fields\":{\"price\": 19.90}}\n"
                          "  \r\n"
                          "{\"remove\":true, \"key\":\"43\"}\r\n"
                          "{\"key\":\"44\",\"remove\":false,\"fields\":{}}");
    arena_init(&arena, 4096, 0);
    assert_true(record_lines_read(text, 10, &arena, &lines, &error));
    assert_int_equal(lines.count, 3);
    assert_true(str_is(lines.items[0].key, "42"));
    assert_true(str_is(lines.items[0].fields, "{\"price\": 19.90}"));
    assert_false(lines.items[0].removes);
    assert_true(lines.items[1].removes);
    assert_true(str_is(lines.items[2].fields, "{}"));
    assert_int_equal(lines.lines[1], 12);
    assert_int_equal(lines.lines[2], 13);
    arena_done(&arena);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *line, *problem;
    } cases[] = {
        {"[]", "line 2: must be an object"},
        {"{", "line 2: not JSON at byte 1: no end"},
        {"{\"key\":\"1\"}", "line 2: has to have either fields or \"remove\": true"},
        {"{\"key\":\"1\",\"remove\":false}",
         "line 2: has to have either fields or \"remove\": true"},
        {"{\"key\":\"1\",\"fields\":{},\"remove\":true}",
         "line 2: has to have either fields or \"remove\": true"},
        {"{\"fields\":{}}", "line 2: has no key"},
        {"{\"key\":\"\",\"fields\":{}}", "line 2: has no key"},
        {"{\"key\":1,\"fields\":{}}", "line 2: 'key' must be a text"},
        {"{\"key\":\"1\",\"fields\":[]}", "line 2: 'fields' must be an object"},
        {"{\"key\":\"1\",\"fields\":null}", "line 2: 'fields' must be an object"},
        {"{\"key\":\"1\",\"remove\":1}", "line 2: 'remove' must be true or false"},
        {"{\"key\":\"1\",\"field\":{}}",
         "line 2: 'field' means nothing: key, fields, remove"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct error error = {.text = ""};
        struct record_lines lines;
        char text[200];
        arena_init(&arena, 4096, 0);
        (void)snprintf(text, sizeof text, "{\"key\":\"1\",\"fields\":{}}\n%s\n",
                       cases[i].line);
        assert_false(record_lines_read(str_from(text), 1, &arena, &lines, &error));
        assert_string_equal(error.text, cases[i].problem);
        assert_int_equal(error.status, IMH_REJECTED);
        arena_done(&arena);
    }
}

static void a_part_has_its_most_lines(void **state)
{
    (void)state;
    struct arena arena;
    struct error error;
    struct record_lines lines;
    struct text text;
    arena_init(&arena, 4096, 0);
    text_init(&text, 1 << 20);
    for (unsigned i = 0; i < RECORD_LINES_MOST; i++) {
        text_add_cstr(&text, "{\"key\":\"1\",\"fields\":{}}\n");
    }
    assert_true(record_lines_read(text_str(&text), 1, &arena, &lines, &error));
    assert_int_equal(lines.count, RECORD_LINES_MOST);
    text_add_cstr(&text, "{\"key\":\"1\",\"fields\":{}}\n");
    assert_false(record_lines_read(text_str(&text), 1, &arena, &lines, &error));
    assert_string_equal(error.text, "more than 1000 records at once");
    text_done(&text);
    arena_done(&arena);
}

static void a_line_that_is_written_can_be_read(void **state)
{
    (void)state;
    struct arena arena;
    struct error error;
    struct record_lines lines;
    struct text line;
    arena_init(&arena, 4096, 0);
    text_init(&line, 1000);
    assert_true(record_line_write(STR_OF("a\"\n\xC3\xA9"), &STR_OF("{ \"n\" : 1.50 }"),
                                  &line, &error));
    assert_true(record_lines_read(text_str(&line), 0, &arena, &lines, &error));
    assert_true(str_is(lines.items[0].key, "a\"\n\xC3\xA9"));
    assert_true(str_is(lines.items[0].fields, "{\"n\":1.50}"));
    text_clear(&line);
    assert_true(record_line_write(STR_OF("b"), NULL, &line, &error));
    assert_true(record_lines_read(text_str(&line), 0, &arena, &lines, &error));
    assert_true(lines.items[0].removes);
    text_clear(&line);
    assert_false(record_line_write(STR_OF("b"), &STR_OF("{} , \"x\":1"), &line, &error));
    text_clear(&line);
    assert_false(record_line_write(STR_OF("b"), &STR_OF(""), &line, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    text_done(&line);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_as_they_stand),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(a_part_has_its_most_lines),
        cmocka_unit_test(a_line_that_is_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
