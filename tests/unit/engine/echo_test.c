#include "engine/echo.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"

/* An echo whose log is a pipe, too. */
struct rig {
    struct echo echo;
    struct log log;
    int theirs, said;
    struct text heard;
};

static int setup(void **state)
{
    static struct rig rig;
    struct error error;
    int ends[2];
    rig = (struct rig){.echo = {.fd = -1, .window_ms = 1000}, .theirs = -1};
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        return -1;
    }
    rig.said = ends[0];
    rig.log = (struct log){.fd = ends[1], .for_people = true, .clock = &clock_real};
    text_init(&rig.heard, 1 << 20);
    *state = &rig;
    return echo_open(&rig.echo, &rig.theirs, &error) ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    echo_close(&rig->echo, &rig->log, "shop");
    text_done(&rig->heard);
    (void)close(rig->said);
    (void)close(rig->log.fd);
    return rig->theirs < 0 ? 0 : close(rig->theirs);
}

static void write_text(const struct rig *rig, const char *text)
{
    assert_int_equal(write(rig->theirs, text, strlen(text)), strlen(text));
}

/* What the log has said since the last time. */
static const char *said(struct rig *rig)
{
    char bytes[4096];
    ssize_t count;
    text_clear(&rig->heard);
    while ((count = read(rig->said, bytes, sizeof bytes)) > 0) {
        text_add(&rig->heard, (struct str){bytes, (size_t)count});
    }
    return text_cstr(&rig->heard);
}

static const char *read_at(struct rig *rig, int64_t now_ms)
{
    echo_read(&rig->echo, &rig->log, "shop", now_ms);
    return said(rig);
}

static void lines_are_said_whole(void **state)
{
    struct rig *rig = *state;
    write_text(rig, "one\n\ntw");
    assert_string_equal(read_at(rig, 1000),
                        "imh: warning: plugin writes plugin=\"shop\" text=\"one\"\n"
                        "imh: warning: plugin writes plugin=\"shop\" text=\"\"\n");
    write_text(rig, "o\n");
    assert_string_equal(read_at(rig, 1000),
                        "imh: warning: plugin writes plugin=\"shop\" text=\"two\"\n");
    assert_string_equal(read_at(rig, 1000), "");
}

static void what_has_no_end_is_said_at_the_end(void **state)
{
    struct rig *rig = *state;
    write_text(rig, "oh no");
    assert_string_equal(read_at(rig, 1000), "");
    echo_close(&rig->echo, &rig->log, "shop");
    assert_string_equal(said(rig),
                        "imh: warning: plugin writes plugin=\"shop\" text=\"oh no\"\n");
    assert_int_equal(echo_fd(&rig->echo, 1000), -1);
}

/* Else poll() would come back for it at once, again and again. */
static void who_closes_its_end_is_not_listened_to_any_more(void **state)
{
    struct rig *rig = *state;
    write_text(rig, "last words");
    assert_int_equal(close(rig->theirs), 0);
    rig->theirs = -1;
    assert_non_null(strstr(read_at(rig, 1000), "last words"));
    assert_int_equal(rig->echo.fd, -1);
}

static void a_long_line_is_cut(void **state)
{
    struct rig *rig = *state;
    char line[ECHO_LINE_BYTES + 500];
    (void)memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    write_text(rig, line);
    write_text(rig, "\nnext\n");
    const char *lines = read_at(rig, 1000);
    assert_in_range(strcspn(lines, "\n"), ECHO_LINE_BYTES, ECHO_LINE_BYTES + 100);
    assert_non_null(strstr(lines, "text=\"next\"\n"));
}

/* A log line has its end, and no byte means anything to a terminal. */
static void bytes_that_are_no_text_do_no_harm(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(write(rig->theirs, "a\0\x1b[31m\xff\n", 9), 9);
    const char *line = read_at(rig, 1000);
    assert_null(strchr(line, '\x1b'));
    assert_null(strstr(line, "\xff"));
    assert_int_equal(line[strlen(line) - 1], '\n');
}

static unsigned count_lines(const char *text)
{
    unsigned count = 0;
    while ((text = strchr(text, '\n')) != NULL) {
        count++;
        text++;
    }
    return count;
}

static void write_many(const struct rig *rig, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        write_text(rig, "x\n");
    }
}

static void of_a_flood_the_beginning_is_said_and_how_much_is_not(void **state)
{
    struct rig *rig = *state;
    write_many(rig, ECHO_LINES_MOST + 300);
    assert_int_equal(count_lines(read_at(rig, 2000)), ECHO_LINES_MOST);
    assert_int_equal(echo_fd(&rig->echo, 2000 + ECHO_PAUSE_MS - 1), -1);
    assert_true(echo_fd(&rig->echo, 2000 + ECHO_PAUSE_MS) >= 0);
    write_many(rig, 5);
    assert_string_equal(read_at(rig, 2001), ""); /* held up */
    assert_string_equal(read_at(rig, 3000), "");
    write_many(rig, 1);
    assert_string_equal(read_at(rig, 1000 + ECHO_WINDOW_MS),
                        "imh: warning: plugin writes too much plugin=\"shop\" "
                        "text=\"305 lines left out\"\n"
                        "imh: warning: plugin writes plugin=\"shop\" text=\"x\"\n");
}

static void what_was_left_out_is_told_at_the_end_too(void **state)
{
    struct rig *rig = *state;
    write_many(rig, ECHO_LINES_MOST + 1);
    (void)read_at(rig, 1000);
    write_many(rig, 1);
    echo_close(&rig->echo, &rig->log, "shop");
    assert_string_equal(said(rig), "imh: warning: plugin writes too much plugin=\"shop\" "
                                   "text=\"2 lines left out\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        TEST(lines_are_said_whole),
        TEST(what_has_no_end_is_said_at_the_end),
        TEST(who_closes_its_end_is_not_listened_to_any_more),
        TEST(a_long_line_is_cut),
        TEST(bytes_that_are_no_text_do_no_harm),
        TEST(of_a_flood_the_beginning_is_said_and_how_much_is_not),
        TEST(what_was_left_out_is_told_at_the_end_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
