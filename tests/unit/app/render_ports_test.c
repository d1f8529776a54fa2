#include "app/render_ports.h"

#include <errno.h>
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

/* A folder of the test's own. */
struct desk {
    char folder[40];
    struct render_ports ports;
    struct error error;
};

static int setup(void **state)
{
    static struct desk desk;
    desk = (struct desk){.folder = "/tmp/imh-ports-XXXXXX"};
    *state = &desk;
    desk.ports = (struct render_ports){.folder = desk.folder, .extension = ".html"};
    return mkdtemp(desk.folder) ? 0 : -1;
}

static const char *in_folder(const struct desk *desk, const char *name)
{
    static char path[100];
    (void)snprintf(path, sizeof path, "%s/%s", desk->folder, name);
    return path;
}

static int teardown(void **state)
{
    const struct desk *desk = *state;
    static const char *const names[] = {"000001.html", "000001.html.part", "000042.html",
                                        "1000000.html", "18446744073709551615.html"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)unlink(in_folder(desk, names[i]));
    }
    return rmdir(desk->folder);
}

static void expect(const struct desk *desk, const char *name, const char *content)
{
    struct error error;
    struct text text;
    text_init(&text, 1000);
    assert_true(path_read(in_folder(desk, name), 100, &text, &error));
    assert_string_equal(text_cstr(&text), content);
    text_done(&text);
}

static void messages_are_files_by_number(void **state)
{
    struct desk *desk = *state;
    assert_true(render_write(&desk->ports, 0, STR_OF("first"), &desk->error));
    assert_true(render_write(&desk->ports, 41, STR_OF(""), &desk->error));
    assert_true(render_write(&desk->ports, 999999, STR_OF("many"), &desk->error));
    assert_true(render_write(&desk->ports, UINT64_MAX - 1, STR_OF("most"), &desk->error));
    expect(desk, "000001.html", "first");
    expect(desk, "000042.html", "");
    expect(desk, "1000000.html", "many");
    expect(desk, "18446744073709551615.html", "most");
}

static void a_message_replaces_what_was_there_as_a_whole(void **state)
{
    struct desk *desk = *state;
    assert_true(render_write(&desk->ports, 0, STR_OF("a long old message"), &desk->error));
    assert_int_equal(symlink("nowhere", in_folder(desk, "000001.html.part")), 0);
    assert_true(render_write(&desk->ports, 0, STR_OF("new"), &desk->error));
    expect(desk, "000001.html", "new");
    assert_int_equal(access(in_folder(desk, "000001.html.part"), F_OK), -1);
}

static void who_waits_has_no_file(void **state)
{
    struct desk *desk = *state;
    assert_true(render_write(&desk->ports, 0, STR_OF("old"), &desk->error));
    render_wait(&desk->ports, 0);
    render_wait(&desk->ports, 41);
    assert_int_equal(access(in_folder(desk, "000001.html"), F_OK), -1);
}

static void what_cannot_be_written_names_the_file(void **state)
{
    struct desk *desk = *state;
    desk->ports.folder = "/nowhere/at/all";
    assert_false(render_write(&desk->ports, 0, STR_OF("x"), &desk->error));
    assert_true(desk->ports.cannot_write);
    assert_string_equal(desk->error.text,
                        "/nowhere/at/all/000001.html: No such file or directory");
    render_wait(&desk->ports, 0);
}

static void without_recipients_there_is_one(void **state)
{
    struct desk *desk = *state;
    struct arena arena;
    struct value recipient;
    arena_init(&arena, 4096, 0);
    struct value data = value_array(array_make(&arena, 0));
    desk->ports.common = &data;
    desk->error.status = IMH_OK;
    assert_true(render_next(&desk->ports, &arena, &recipient, &desk->error));
    assert_int_equal(recipient.type, VALUE_ARRAY);
    assert_int_equal(recipient.array->count, 0);
    assert_false(render_next(&desk->ports, &arena, &recipient, &desk->error));
    assert_int_equal(desk->error.status, IMH_OK);
    arena_done(&arena);
}

static void names_beyond_the_most_are_forgotten(void **state)
{
    struct desk *desk = *state;
    const struct integration one = {.identifier = "shop"};
    for (unsigned i = 0; i < RENDER_NAMED_MOST + 5; i++) {
        render_name(&desk->ports, &one);
    }
    assert_int_equal(desk->ports.named_count, RENDER_NAMED_MOST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_are_files_by_number),
        TEST(a_message_replaces_what_was_there_as_a_whole),
        TEST(who_waits_has_no_file),
        TEST(what_cannot_be_written_names_the_file),
        TEST(without_recipients_there_is_one),
        TEST(names_beyond_the_most_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
