#include "app/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT(literal) (literal), sizeof(literal) - 1

/* A file of the test's own, and what was read from it. */
struct desk {
    char path[40];
    struct arena arena;
    struct ini ini;
    struct problems problems;
    struct text shown;
};

static int setup(void **state)
{
    static struct desk desk;
    (void)snprintf(desk.path, sizeof desk.path, "/tmp/imh-ini-XXXXXX");
    int fd = mkstemp(desk.path);
    if (fd < 0) {
        return -1;
    }
    (void)close(fd);
    arena_init(&desk.arena, 4096, 0);
    problems_init(&desk.problems);
    text_init(&desk.shown, 4 << 20);
    *state = &desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    (void)unlink(desk->path);
    arena_done(&desk->arena);
    problems_done(&desk->problems);
    text_done(&desk->shown);
    return 0;
}

static bool take(struct desk *desk, const char *content, size_t bytes)
{
    FILE *file = fopen(desk->path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
    problems_done(&desk->problems);
    problems_init(&desk->problems);
    return ini_read(desk->path, &desk->arena, &desk->ini, &desk->problems);
}

/* "[section@1 name@2=value ...] ...": newlines of values are shown as a bar. */
static const char *shown(struct desk *desk)
{
    text_clear(&desk->shown);
    for (const struct ini_section *at = desk->ini.sections; at; at = at->next) {
        text_print(&desk->shown, "[%.*s@%u", STR_ARGS(at->name), at->line);
        for (const struct ini_entry *one = at->entries; one; one = one->next) {
            text_print(&desk->shown, " %.*s@%u=%.*s", STR_ARGS(one->name), one->line,
                       STR_ARGS(one->value));
        }
        text_add_char(&desk->shown, ']');
    }
    for (size_t i = 0; i < desk->shown.len; i++) {
        desk->shown.ptr[i] = desk->shown.ptr[i] == '\n' ? '|' : desk->shown.ptr[i];
    }
    return text_cstr(&desk->shown);
}

/* "line what, ..." */
static const char *complaints(struct desk *desk)
{
    text_clear(&desk->shown);
    for (unsigned i = 0; i < desk->problems.count; i++) {
        const struct problem *problem = &desk->problems.items[i];
        assert_true(str_is(problem->file, desk->path));
        text_print(&desk->shown, "%s%u %.*s", i > 0 ? ", " : "", problem->line,
                   STR_ARGS(problem->text));
    }
    return text_cstr(&desk->shown);
}

static void reads(struct desk *desk, const char *content, const char *wanted)
{
    assert_true(take(desk, content, strlen(content)));
    assert_string_equal(shown(desk), wanted);
    assert_string_equal(complaints(desk), "");
}

/* What is right is there although something is wrong. */
static void finds(struct desk *desk, const char *content, size_t bytes, const char *wanted,
                  const char *wrong)
{
    assert_true(take(desk, content, bytes));
    assert_string_equal(shown(desk), wanted);
    assert_string_equal(complaints(desk), wrong);
}

static void sections_and_entries_know_their_lines(void **state)
{
    struct desk *desk = *state;
    reads(desk, "", "");
    reads(desk, "\n\n; only a comment", "");
    reads(desk, "[a]\nx = 1\n\n[b c]\ny=2\nz = \n", "[a@1 x@2=1][b c@4 y@5=2 z@6=]");
    reads(desk, "[ a ] ; why\nx = a = b\n[b]# so", "[a@1 x@2=a = b][b@3]");
}

static void a_comment_begins_behind_a_blank(void **state)
{
    struct desk *desk = *state;
    reads(desk, "[a]\n; x = 1\n# y = 2\nz = a;b ; c\nu = ;d\n", "[a@1 z@4=a;b u@5=]");
    reads(desk, "[a]\nx = 1\n  2 ; two\n  3;three\n ; four\n", "[a@1 x@2=1|2|3;three]");
}

static void indented_lines_go_on(void **state)
{
    struct desk *desk = *state;
    reads(desk, "[a]\nx = 1\n 2\n\t3 = 4\n\n 5\ny = 6\n", "[a@1 x@2=1|2|3 = 4|5 y@7=6]");
    reads(desk, "[a]\nx =\n 1\n 2\n", "[a@1 x@2=1|2]");
    reads(desk, "[a]\n x = 1\n", "[a@1 x@2=1]");
    reads(desk, "[a]\nx = 1\n [b]\n", "[a@1 x@2=1|[b]]");
    reads(desk, "[a]\nx = 1\n[b]\n y = 2\n", "[a@1 x@2=1][b@3 y@4=2]");
}

static void two_values_of_many_lines_do_not_meet(void **state)
{
    struct desk *desk = *state;
    reads(desk, "[a]\nx = 1\n 22\n 333\ny = 4\n 55\n", "[a@1 x@2=1|22|333 y@5=4|55]");
}

static void a_mark_in_front_and_carriage_returns_are_no_text(void **state)
{
    struct desk *desk = *state;
    reads(desk, "\xEF\xBB\xBF[a]\r\nx = 1\r\n 2\r\n", "[a@1 x@2=1|2]");
}

static void names_longer_than_inih_keeps_survive(void **state)
{
    struct desk *desk = *state;
    char content[300];
    char wanted[300];
    char name[INI_SECTION_BYTES + 1];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)snprintf(content, sizeof content, "[%s]\nx = 1\n", name);
    (void)snprintf(wanted, sizeof wanted, "[%s@1 x@2=1]", name);
    reads(desk, content, wanted);
    (void)snprintf(content, sizeof content, "[%sn]\nx = 1\n", name);
    finds(desk, content, strlen(content), "", "1 the name of this section is too long");
}

static void what_stands_twice_is_told_with_the_first_line(void **state)
{
    struct desk *desk = *state;
    finds(desk, TEXT("[a]\nx = 1\ny = 2\nx = 3\n z\n"), "[a@1 x@2=1 y@3=2]",
          "4 'x' stands in line 2 already");
    finds(desk, TEXT("[a]\n[b]\n[a]\nx = 1\n"), "[a@1][b@2][a@3 x@4=1]",
          "3 [a] stands in line 1 already");
}

/* As many as a file has room for: each is compared with few of the others. */
static void a_file_full_of_names_is_read(void **state)
{
    enum { NAMES = 60000 };
    struct desk *desk = *state;
    struct text content;
    text_init(&content, INI_FILE_BYTES);
    text_add_cstr(&content, "[first]\n");
    for (unsigned i = 0; i < NAMES; i++) {
        text_print(&content, "%x=\n", i);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        text_print(&content, "[%x]\n", i);
    }
    text_add_cstr(&content, "[ea5f]\n" /* the last one */);
    assert_false(content.failed);
    assert_true(take(desk, content.ptr, content.len));
    assert_string_equal(complaints(desk), "120002 [ea5f] stands in line 120001 already");
    text_done(&content);
}

static void a_refused_line_takes_along_what_belongs_to_it(void **state)
{
    struct desk *desk = *state;
    finds(desk, TEXT("[a]\nx = 1\nnonsense\n more\n and = more\ny = 2\n"),
          "[a@1 x@2=1 y@6=2]", "3 neither a [section] nor name = value");
    finds(desk, TEXT("[a\nx = 1\n[b\nx = 1\n"), "",
          "1 a section without an end: ']' is missing, "
          "3 a section without an end: ']' is missing");
    finds(desk, TEXT("[a]\nx = 1\n[broken\ny = 2\n 3\nnonsense\n[b]\nz = 4\n"),
          "[a@1 x@2=1][b@7 z@8=4]",
          "3 a section without an end: ']' is missing, "
          "6 neither a [section] nor name = value");
    finds(desk, TEXT("x = 1\n y\n[a]\nz = 2\n"), "[a@3 z@4=2]",
          "1 a setting before the first [section]");
    finds(desk, TEXT("[a]\nx = \0\n y\nz = 1\n"), "[a@1 z@4=1]", "2 not text in UTF-8");
}

static void lines_have_a_longest_one(void **state)
{
    struct desk *desk = *state;
    char line[INI_LINE_BYTES + 2];
    char content[3 * sizeof line];
    memset(line, 'v', sizeof line);
    line[INI_LINE_BYTES] = '\0';
    line[1] = '=';
    (void)snprintf(content, sizeof content, "[a]\n%s\n", line);
    assert_true(take(desk, content, strlen(content)));
    assert_int_equal(desk->problems.count, 0);
    assert_int_equal(desk->ini.sections->entries->value.len, INI_LINE_BYTES - 2);
    (void)snprintf(content, sizeof content, "[a]\n%sx\n w\n", line);
    finds(desk, content, strlen(content), "[a@1]",
          "2 a line has at most 198 bytes: go on in the next line, indented");
}

static void what_is_no_file_of_ours_cannot_be_read(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(chmod(desk->path, 0646), 0);
    assert_false(take(desk, TEXT("[a]\n")));
    assert_int_equal(desk->problems.count, 1);
    assert_true(str_starts(desk->problems.items[0].text,
                           STR_OF("can be written by everybody: chmod o-w /tmp/imh-ini-")));
    assert_null(desk->ini.sections);
    assert_false(
        ini_read("/nowhere/at/all.ini", &desk->arena, &desk->ini, &desk->problems));
    assert_true(str_is(desk->problems.items[1].text, "No such file or directory"));
    assert_true(str_is(desk->problems.items[1].file, "/nowhere/at/all.ini"));
}

static void taking_an_entry_marks_it_as_used(void **state)
{
    struct desk *desk = *state;
    assert_true(take(desk, TEXT("[a]\nx = 1\ny = 2\n")));
    const struct ini_entry *entry = ini_take(desk->ini.sections, "y");
    assert_non_null(entry);
    assert_true(str_is(entry->value, "2") && entry->used);
    assert_false(desk->ini.sections->entries->used);
    assert_null(ini_take(desk->ini.sections, "z"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sections_and_entries_know_their_lines),
        TEST(a_comment_begins_behind_a_blank),
        TEST(indented_lines_go_on),
        TEST(two_values_of_many_lines_do_not_meet),
        TEST(a_mark_in_front_and_carriage_returns_are_no_text),
        TEST(names_longer_than_inih_keeps_survive),
        TEST(what_stands_twice_is_told_with_the_first_line),
        TEST(a_file_full_of_names_is_read),
        TEST(a_refused_line_takes_along_what_belongs_to_it),
        TEST(lines_have_a_longest_one),
        TEST(what_is_no_file_of_ours_cannot_be_read),
        TEST(taking_an_entry_marks_it_as_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
