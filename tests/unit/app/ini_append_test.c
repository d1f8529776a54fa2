#include "app/ini_append.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/imh-append-XXXXXX";
static char file[64];

static void write_file(const char *text)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void expect_file(const char *wanted)
{
    struct error error;
    struct text text;
    text_init(&text, INI_FILE_BYTES);
    assert_true(path_read(file, INI_FILE_BYTES, &text, &error));
    assert_string_equal(text_cstr(&text), wanted);
    text_done(&text);
}

static struct ini_entry entries[] = {{.next = &entries[1], STR("plugin"), STR("magento2")},
                                     {.name = STR("url"), .value = STR("https://a.b/")}};
static const struct ini_section section = {.name = STR("integration shop"),
                                           .entries = entries};
#define ADDED "[integration shop]\nplugin = magento2\nurl = https://a.b/\n"

static bool append(unsigned *line, struct error *error)
{
    struct path_mark mark = path_mark(file);
    return ini_append(file, &mark, &section, line, error);
}

static void what_is_there_stays_byte_for_byte(void **state)
{
    static const struct {
        const char *before, *after;
        unsigned line;
    } cases[] = {
        {"", ADDED, 1},
        {"[account]\n", "[account]\n\n" ADDED, 3},
        {"[account]", "[account]\n\n" ADDED, 3},
        {"\xEF\xBB\xBF; odd \r\n[account]\r\ntitle=x ;y\r\n  \t",
         "\xEF\xBB\xBF; odd \r\n[account]\r\ntitle=x ;y\r\n  \t\n\n" ADDED, 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        unsigned line = 0;
        write_file(cases[i].before);
        assert_true(append(&line, &error));
        assert_int_equal(line, cases[i].line);
        expect_file(cases[i].after);
    }
    (void)state;
}

static void the_files_rights_stay_and_a_link_stays_one(void **state)
{
    struct stat status;
    struct error error;
    unsigned line;
    char target[80];
    (void)snprintf(target, sizeof target, "%s/target", folder);
    write_file("[account]\n");
    assert_int_equal(rename(file, target), 0);
    assert_int_equal(chmod(target, 0640), 0);
    assert_int_equal(symlink(target, file), 0);
    assert_true(append(&line, &error));
    assert_int_equal(lstat(file, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(unlink(target), 0);
    (void)state;
}

static void a_file_that_changed_is_left_alone(void **state)
{
    struct error error;
    unsigned line = 77;
    write_file("[account]\n");
    struct path_mark mark = path_mark(file);
    assert_int_equal(unlink(file), 0);
    write_file("[account]\ntitle = new\n");
    mark.changed_ns--; /* in case the inode is used again at once */
    assert_false(ini_append(file, &mark, &section, &line, &error));
    assert_int_equal(error.status, IMH_RETRY);
    assert_int_equal(line, 77);
    expect_file("[account]\ntitle = new\n");
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing is left beside it */
    assert_int_equal(mkdir(folder, 0700), 0);
    (void)state;
}

static void a_file_that_would_be_too_large_is_left_alone(void **state)
{
    struct error error;
    unsigned line;
    char *large = calloc(1, INI_FILE_BYTES + 1);
    memset(large, ';', INI_FILE_BYTES - 1);
    write_file(large);
    free(large);
    assert_false(append(&line, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_int_equal(unlink(file), 0);
    assert_false(append(&line, &error)); /* nor made when there is none */
    assert_int_equal(access(file, F_OK), -1);
    (void)state;
}

static void a_value_that_would_be_read_as_another_is_found(void **state)
{
    static const struct {
        struct str value;
        const char *why;
    } cases[] = {
        {STR("https://shop.example.com/"), NULL},
        {STR(""), NULL},
        {STR("a;b # c [d] = e: \"f\" \\"), NULL},
        {STR("a ;b"), "has a ';' that would begin a comment"},
        {STR("; b"), "has a ';' that would begin a comment"},
        {STR(" a"), "begins or ends with a blank"},
        {STR("a\t"), "begins or ends with a blank"},
        {STR("a\n[host]"), "has a line end or control character in it"},
        {STR("a\r"), "has a line end or control character in it"},
        {STR("a\0b"), "has a line end or control character in it"},
        {STR("\xff"), "is no text in UTF-8"},
    };
    char wide[INI_LINE_BYTES];
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool fits = ini_value_fits(STR_OF("url"), cases[i].value, &error);
        assert_int_equal(fits, cases[i].why == NULL);
        if (cases[i].why) {
            assert_string_equal(error.text, cases[i].why);
        }
    }
    memset(wide, 'w', sizeof wide);
    assert_true(ini_value_fits(STR_OF("url"), (struct str){wide, sizeof wide - 6}, &error));
    assert_false(
        ini_value_fits(STR_OF("url"), (struct str){wide, sizeof wide - 5}, &error));
    (void)state;
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    (void)snprintf(file, sizeof file, "%s/acme.ini", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_stays_byte_for_byte),
        cmocka_unit_test(the_files_rights_stay_and_a_link_stays_one),
        cmocka_unit_test(a_file_that_changed_is_left_alone),
        cmocka_unit_test(a_file_that_would_be_too_large_is_left_alone),
        cmocka_unit_test(a_value_that_would_be_read_as_another_is_found),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
