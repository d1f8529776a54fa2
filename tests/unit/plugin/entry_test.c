#include "plugin/entry.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/elf.h>
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

#include "base/path.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { PATH_BYTES = 4096, FILE_BYTES = 16 << 20 };

/* A folder for files that a test writes. */
static char folder[] = "entry-test-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *path_of(const char *name, char *path)
{
    (void)snprintf(path, PATH_BYTES, "%s/%s.so", SMALL_PLUGINS, name);
    return path;
}

/* What loading says; "" when the plugin is loaded. */
static const char *refusal_of(const char *path, struct text *refusal)
{
    text_clear(refusal);
    OWN(entry) entry = entry_open(path, refusal);
    assert_int_equal(entry != NULL, refusal->len == 0);
    return text_cstr(refusal);
}

static void expect_refusal(const char *path, const char *wanted)
{
    struct text refusal;
    text_init(&refusal, REFUSAL_BYTES);
    assert_string_equal(refusal_of(path, &refusal), wanted);
    text_done(&refusal);
}

static void a_good_plugin_is_known_without_running_it(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    struct text refusal;
    text_init(&refusal, REFUSAL_BYTES);
    OWN(entry) entry = entry_open(path_of("good", path), &refusal);
    assert_string_equal(text_cstr(&refusal), "");
    assert_non_null(entry);
    const struct descriptor *descriptor = entry->descriptor;
    assert_string_equal(descriptor->name, "small");
    assert_string_equal(descriptor->version, "1.0.0");
    assert_string_equal(descriptor->vendor, "tests");
    assert_string_equal(descriptor->summary, "A small plugin");
    assert_int_equal(descriptor->abi_major, IMH_MAJOR);
    assert_int_equal(descriptor->abi_minor, IMH_MINOR);
    assert_int_equal(descriptor->flags, IMH_CONCURRENT);
    assert_int_equal(descriptor->parallel, 3);
    assert_int_equal(descriptor->rate_a_minute, 60);
    assert_false(descriptor->can_check);
    assert_false(descriptor->can_resolve);
    assert_int_equal(descriptor->option_count, 2);
    assert_string_equal(descriptor->options[0].name, "url");
    assert_string_equal(descriptor->options[0].help, "Where");
    assert_int_equal(descriptor->options[0].type, IMH_URL);
    assert_int_equal(descriptor->options[1].flags, IMH_SECRET);
    assert_int_equal(descriptor->source_count, 1);
    assert_ptr_equal(entry->plugin.options.items, descriptor->options);
    assert_non_null(entry->plugin.sources.items[0].poll);
    assert_int_equal(entry->plugin.sources.items[0].poll(NULL, NULL, NULL), IMH_OK);
    text_done(&refusal);
}

static void each_thing_that_is_wrong_has_its_own_refusal(void **state)
{
    (void)state;
    static const struct {
        const char *name, *refusal;
    } cases[] = {
        {"no_entry", "no_entry.so: not a plugin: no imh_plugin_entry\n"},
        {"wrong_magic",
         "wrong_magic.so: not a plugin: imh_plugin_entry does not begin with IMH_ABI\n"},
        {"wrong_major", "wrong_major.so: built for interface 2, this host offers 1\n"},
        {"newer_minor",
         "newer_minor.so: needs host interface 1.3, this is 1.0: upgrade the host\n"},
        {"too_small", "too_small.so: imh_plugin of 40 bytes makes no sense\n"},
        {"too_large", "too_large.so: imh_plugin of 4097 bytes makes no sense\n"},
        {"small_stride",
         "small_stride.so: table 'options': element size 12 makes no sense\n"},
        {"large_stride",
         "large_stride.so: table 'options': element size 4097 makes no sense\n"},
        {"too_many", "too_many.so: table 'options': 10001 elements are too many\n"},
        {"no_items", "no_items.so: table 'options': it says 2 elements and has none\n"},
        {"unresolved", "unresolved.so: undefined symbol: something_that_nobody_has\n"},
        {"no_function", "no_function.so: a source, route or action without its function\n"},
        {"bad_tables",
         "bad_tables.so: plugin 'Bad Name': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"
         "bad_tables.so: option 'Bad Name_token': a name is [a-z][a-z0-9_]*, at most 64 "
         "bytes\n"
         "bad_tables.so: option 'url': type is not one an option can have\n"
         "bad_tables.so: a source, route or action without its function\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[PATH_BYTES];
        expect_refusal(path_of(cases[i].name, path), cases[i].refusal);
    }
}

/* ---- files ---- */

/* A file of the test's folder, removed by the caller. */
static const char *write_file(const char *name, struct str content, mode_t mode, char *path)
{
    (void)snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.ptr, content.len), content.len);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
    return path;
}

static void expect_content_refused(struct str content, const char *wanted)
{
    char path[PATH_BYTES];
    expect_refusal(write_file("x.so", content, 0600, path), wanted);
    assert_int_equal(unlink(path), 0);
}

static void read_good(struct text *content)
{
    struct error error;
    char path[PATH_BYTES];
    text_init(content, FILE_BYTES);
    assert_true(path_read(path_of("good", path), FILE_BYTES, content, &error));
}

static void what_is_no_shared_object_is_told_so(void **state)
{
    (void)state;
    static const char none[] = "x.so: not a plugin: not a shared object (.so)\n";
    struct text good;
    expect_content_refused(STR_OF(""), none);
    expect_content_refused(STR_OF("#!/bin/sh\nexit 0\n"), none);
    expect_content_refused(STR_OF("\x7F"
                                  "ELF"),
                           none);
    read_good(&good);
    expect_content_refused(str_before(text_str(&good), sizeof(Elf64_Ehdr) - 1), none);
    good.ptr[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
    expect_content_refused(text_str(&good), none);
    good.ptr[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
    expect_content_refused(text_str(&good), none);
    text_done(&good);
}

static void what_is_for_another_machine_is_told_so(void **state)
{
    (void)state;
    static const char foreign[] =
        "x.so: built for another kind of machine: build it for this one\n";
    static const struct {
        size_t at;
        unsigned char byte;
    } cases[] = {{offsetof(Elf64_Ehdr, e_machine), EM_RISCV},
                 {EI_CLASS, ELFCLASS32},
                 {EI_DATA, ELFDATA2MSB}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text good;
        read_good(&good);
        good.ptr[cases[i].at] = (char)cases[i].byte;
        expect_content_refused(text_str(&good), foreign);
        text_done(&good);
    }
}

static void a_file_that_breaks_off_is_told_so(void **state)
{
    (void)state;
    static const char half[] = "x.so: the file breaks off: copy it again\n";
    struct text good;
    read_good(&good);
    Elf64_Ehdr head;
    memcpy(&head, good.ptr, sizeof head);
    size_t mapped = 0;
    for (size_t i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr part;
        memcpy(&part, good.ptr + head.e_phoff + i * sizeof part, sizeof part);
        size_t end = part.p_offset + part.p_filesz;
        mapped = end > mapped ? end : mapped;
    }
    expect_content_refused(str_before(text_str(&good), mapped - 1), half);
    expect_content_refused(str_before(text_str(&good), mapped / 2), half);
    expect_content_refused(str_before(text_str(&good), sizeof head + 10), half);
    expect_content_refused(str_before(text_str(&good), sizeof head), half);
    text_done(&good);
}

static void a_head_that_lies_is_told_so(void **state)
{
    (void)state;
    static const char half[] = "x.so: the file breaks off: copy it again\n";
    static const uint64_t large = UINT64_MAX - 3;
    static const struct {
        size_t at, bytes; /* in the head of the file, or behind it in the first part's */
    } cases[] = {{offsetof(Elf64_Ehdr, e_phoff), 8},
                 {offsetof(Elf64_Ehdr, e_phnum), 2},
                 {offsetof(Elf64_Ehdr, e_phentsize), 2},
                 {sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_offset), 8},
                 {sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz), 8}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text good;
        read_good(&good);
        memcpy(good.ptr + cases[i].at, &large, cases[i].bytes);
        expect_content_refused(text_str(&good), half);
        text_done(&good);
    }
}

static void who_could_write_the_file_is_looked_at(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        const char *refusal;
    } cases[] = {
        {0600, ""},
        {0755, ""},
        {0620, "x.so: writable by group, not loaded: chmod go-w x.so\n"},
        {0602, "x.so: writable by others, not loaded: chmod go-w x.so\n"},
        {0777, "x.so: writable by others, not loaded: chmod go-w x.so\n"},
    };
    struct text good;
    read_good(&good);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[PATH_BYTES];
        expect_refusal(write_file("x.so", text_str(&good), cases[i].mode, path),
                       cases[i].refusal);
        assert_int_equal(unlink(path), 0);
    }
    text_done(&good);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/none.so", folder);
    expect_refusal(path, "none.so: No such file or directory\n");
    assert_int_equal(mkdir(path, 0700), 0);
    expect_refusal(path, "none.so: not a regular file\n");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody ever writes to it */
    expect_refusal(path, "none.so: not a regular file\n");
    assert_int_equal(unlink(path), 0);
    expect_refusal("/dev/null", "null: not a regular file\n");
}

static void a_link_is_as_good_as_its_file(void **state)
{
    (void)state;
    char target[PATH_BYTES];
    char absolute[PATH_BYTES];
    char path[PATH_BYTES];
    assert_non_null(realpath(path_of("good", target), absolute));
    (void)snprintf(path, sizeof path, "%s/link.so", folder);
    assert_int_equal(symlink(absolute, path), 0);
    expect_refusal(path, "");
    assert_int_equal(unlink(path), 0);
}

/* The host must not become what a plugin finds by luck, nor the other way round. */
static void a_plugins_symbols_are_its_own(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    expect_refusal(path_of("good", path), "");
    assert_null(dlsym(RTLD_DEFAULT, "imh_plugin_entry"));
}

/* What was loaded stays loaded, and keeps its descriptor: see open_library(). */
static void files_that_are_not_loaded_leave_nothing_open(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    int before = dup(0);
    assert_int_equal(close(before), 0);
    expect_refusal("/dev/null", "null: not a regular file\n");
    expect_content_refused(STR_OF("text"),
                           "x.so: not a plugin: not a shared object (.so)\n");
    expect_refusal(path_of("unresolved", path),
                   "unresolved.so: undefined symbol: something_that_nobody_has\n");
    int after = dup(0);
    assert_int_equal(close(after), 0);
    assert_int_equal(after, before);
}

/* The loader knows a library by the name it was opened with, here a number. */
static void one_plugin_is_not_taken_for_another(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    struct text refusal;
    text_init(&refusal, REFUSAL_BYTES);
    for (int i = 0; i < 3; i++) {
        expect_refusal(path_of("wrong_major", path),
                       "wrong_major.so: built for interface 2, this host offers 1\n");
        OWN(entry) entry = entry_open(path_of("good", path), &refusal);
        assert_non_null(entry);
        assert_string_equal(entry->descriptor->name, "small");
        expect_refusal(path_of("no_entry", path),
                       "no_entry.so: not a plugin: no imh_plugin_entry\n");
    }
    text_done(&refusal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_plugin_is_known_without_running_it),
        cmocka_unit_test(each_thing_that_is_wrong_has_its_own_refusal),
        cmocka_unit_test(what_is_no_shared_object_is_told_so),
        cmocka_unit_test(what_is_for_another_machine_is_told_so),
        cmocka_unit_test(a_file_that_breaks_off_is_told_so),
        cmocka_unit_test(a_head_that_lies_is_told_so),
        cmocka_unit_test(who_could_write_the_file_is_looked_at),
        cmocka_unit_test(what_is_no_file_is_refused_at_once),
        cmocka_unit_test(a_link_is_as_good_as_its_file),
        cmocka_unit_test(a_plugins_symbols_are_its_own),
        cmocka_unit_test(files_that_are_not_loaded_leave_nothing_open),
        cmocka_unit_test(one_plugin_is_not_taken_for_another),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
