#include "app/output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- tables ---- */

static const char *const names[] = {"name", "count", "why"};

static void expect(const struct table *table, bool json, const char *wanted)
{
    struct text out;
    text_init(&out, 1 << 20);
    table_write(table, names, json, &out);
    assert_string_equal(text_cstr(&out), wanted);
    text_done(&out);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, 3);
    table_add(&table, (const char *const[]){"a", "1", "short"});
    table_add(&table, (const char *const[]){"B\xC3\xA8ta & zoon", "20000000", ""});
    table_add(&table, (const char *const[]){"", NULL, "last"});
    expect(&table, false,
           "name         count     why\n"
           "a            1         short\n"
           "B\xC3\xA8ta & zoon  20000000  \n"
           "                       last\n");
    table_done(&table);
}

static void an_empty_table_has_its_names(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, 3);
    expect(&table, false, "name  count  why\n");
    expect(&table, true, "{\"items\":[],\"next\":null}\n");
    table_done(&table);
}

static void json_has_numbers_where_they_are(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, 3);
    table.numbers = 1U << 1;
    table_add(&table, (const char *const[]){"a \"b\"", "12", "\xFF"});
    table_add(&table, (const char *const[]){"", "0", NULL});
    expect(&table, true,
           "{\"items\":[{\"name\":\"a \\\"b\\\"\",\"count\":12,\"why\":\"\xEF\xBF\xBD\"},"
           "{\"name\":\"\",\"count\":0,\"why\":\"\"}],\"next\":null}\n");
    table_done(&table);
}

static void people_see_what_would_steer_their_terminal(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, 3);
    char steering[] = "two\r\nlines ???\xC2\x9B\x9B";
    memcpy(strchr(steering, '?'), (const char[]){'\xE2', '\x80', '\xAE'}, 3);
    table_add(&table, (const char *const[]){"a\x1B[2J", "1", steering});
    expect(&table, false,
           "name        count  why\n"
           "a\\u001B[2J  1      two\\u000D\\u000Alines \\u202E\\u009B\\x9B\n");
    table_done(&table);
}

/* ---- writing ---- */

enum { MUCH = 1 << 20 };

static void *read_all(void *self)
{
    static char piece[4096];
    size_t total = 0;
    ssize_t got;
    while ((got = read(*(int *)self, piece, sizeof piece)) > 0) {
        total += (size_t)got;
    }
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): pthread_join() hands it back */
    return (void *)total;
}

static void a_pipe_that_does_not_wait_gets_everything(void **state)
{
    int pipe_fds[2];
    pthread_t reader;
    void *total;
    (void)state;
    char *much = test_calloc(1, MUCH);
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    assert_int_equal(fcntl(pipe_fds[1], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &pipe_fds[0]), 0);
    assert_true(output_write(pipe_fds[1], (struct str){much, MUCH}));
    assert_int_equal(close(pipe_fds[1]), 0);
    assert_int_equal(pthread_join(reader, &total), 0);
    assert_int_equal((size_t)total, MUCH);
    assert_int_equal(close(pipe_fds[0]), 0);
    test_free(much);
}

static void what_cannot_be_written_says_why(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_false(output_write(full, STR_OF("x")));
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(close(full), 0);
    assert_false(output_write(full, STR_OF("x")));
    assert_int_equal(errno, EBADF);
    assert_true(output_write(full, STR_OF(""))); /* nothing always fits */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(an_empty_table_has_its_names),
        cmocka_unit_test(people_see_what_would_steer_their_terminal),
        cmocka_unit_test(json_has_numbers_where_they_are),
        cmocka_unit_test(a_pipe_that_does_not_wait_gets_everything),
        cmocka_unit_test(what_cannot_be_written_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
