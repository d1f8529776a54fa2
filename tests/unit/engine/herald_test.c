#include "engine/herald.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000, TIME_MS = 30000, AGAIN_MS = 60000, LOG_BYTES = 64 << 10 };

static int64_t passed_ms;

static int64_t moment(const struct clock *clock)
{
    (void)clock;
    return passed_ms;
}

static const struct clock set_clock = {.now_ms = moment, .mono_ms = moment};

/* A herald, and what it logs. */
struct bench {
    struct log log;
    int pair[2];
    struct herald *herald;
    char logged[LOG_BYTES];
};

static struct bench *open_bench(void)
{
    static struct bench bench;
    struct error error;
    bench = (struct bench){.pair = {-1, -1}};
    assert_int_equal(pipe(bench.pair), 0);
    bench.log = (struct log){.least = IMH_DEBUG, .fd = bench.pair[1], .clock = &set_clock};
    const struct herald_settings settings = {
        .clock = &set_clock, .log = &bench.log, .time_ms = TIME_MS, .again_ms = AGAIN_MS};
    bench.herald = herald_make(&settings, &error);
    assert_non_null(bench.herald);
    return &bench;
}

static void close_bench(struct bench *bench)
{
    herald_free(bench->herald);
    (void)close(bench->pair[1]);
    ssize_t got = read(bench->pair[0], bench->logged, LOG_BYTES - 1);
    bench->logged[got > 0 ? got : 0] = '\0';
    (void)close(bench->pair[0]);
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

static void tell(struct bench *bench, const char *command)
{
    struct error error;
    assert_true(
        herald_tell(bench->herald, str_from(command), STR_OF("{\"alert\":1}\n"), &error));
}

/* Until nothing runs; is something to be told later? */
static bool settle(struct bench *bench)
{
    struct pollfd fds[HERALD_FDS_MOST];
    int64_t wait_ms;
    unsigned count;
    herald_turn(bench->herald);
    for (;;) {
        wait_ms = INT64_MAX;
        count = herald_fds(bench->herald, fds, &wait_ms);
        if (count == 0) {
            return wait_ms != INT64_MAX;
        }
        assert_true(poll(fds, count, PATIENCE_MS) > 0);
        herald_turn(bench->herald);
    }
}

static void what_is_told_is_read_and_then_forgotten(void **state)
{
    (void)state;
    struct bench *bench = open_bench();
    tell(bench, "/bin/sh -c test${IFS}$(cat)${IFS}=${IFS}'{\"alert\":1}'");
    tell(bench, "/usr/bin/env");
    assert_false(settle(bench));
    close_bench(bench);
    assert_string_equal(bench->logged, "");
}

static void one_that_fails_is_run_again_but_not_for_ever(void **state)
{
    (void)state;
    struct bench *bench = open_bench();
    tell(bench, "/bin/sh -c echo${IFS}why;exit${IFS}3");
    for (int i = 0; i < 2 * HERALD_TRIES_MOST; i++, passed_ms += AGAIN_MS) {
        (void)settle(bench);
    }
    close_bench(bench);
    assert_int_equal(count_of(bench->logged, "alert command failed"), HERALD_TRIES_MOST);
    assert_int_equal(count_of(bench->logged, "exited with status 3"), HERALD_TRIES_MOST);
    assert_int_equal(count_of(bench->logged, "\"output\":\"why\""), HERALD_TRIES_MOST);
    assert_int_equal(count_of(bench->logged, "\"next\":\"never\""), 1);
}

static void what_is_not_there_fails_and_the_next_is_told(void **state)
{
    (void)state;
    struct bench *bench = open_bench();
    tell(bench, "/nowhere/page");
    tell(bench, "/bin/sh -c exit${IFS}4");
    (void)settle(bench);
    close_bench(bench);
    assert_int_equal(count_of(bench->logged, "exited with status 127"), 1);
    assert_int_equal(count_of(bench->logged, "exited with status 4"), 1);
}

/* Also what it started: else the pipe stayed open. */
static void one_that_takes_too_long_is_ended(void **state)
{
    (void)state;
    struct bench *bench = open_bench();
    tell(bench, "/bin/sh -c sleep${IFS}600|sleep${IFS}600");
    herald_turn(bench->herald);
    passed_ms += TIME_MS;
    (void)settle(bench);
    close_bench(bench);
    assert_int_equal(count_of(bench->logged, "it took too long"), 1);
}

static void of_much_output_the_first_is_kept(void **state)
{
    (void)state;
    struct bench *bench = open_bench();
    tell(bench,
         "/bin/sh -c head${IFS}-c${IFS}300000</dev/zero|tr${IFS}'\\0'${IFS}Q;exit${IFS}1");
    (void)settle(bench);
    close_bench(bench);
    assert_int_equal(count_of(bench->logged, "Q"), 1024 + 1); /* the command has one, too */
}

static void too_many_that_wait_are_refused(void **state)
{
    (void)state;
    struct bench *bench = open_bench();
    struct error error;
    for (int i = 0; i < HERALD_WAITING_MOST; i++) {
        tell(bench, "/bin/true");
    }
    assert_false(herald_tell(bench->herald, STR_OF("/bin/true"), STR_OF("{}"), &error));
    assert_int_equal(error.status, IMH_WAIT);
    herald_turn(bench->herald); /* one runs when it is freed */
    close_bench(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_read_and_then_forgotten),
        cmocka_unit_test(one_that_fails_is_run_again_but_not_for_ever),
        cmocka_unit_test(what_is_not_there_fails_and_the_next_is_told),
        cmocka_unit_test(one_that_takes_too_long_is_ended),
        cmocka_unit_test(of_much_output_the_first_is_kept),
        cmocka_unit_test(too_many_that_wait_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
