#include "base/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* One that gathers, and the other side. */
struct ends {
    struct channel *from, *to;
};

static int setup(void **state)
{
    struct error error;
    int fds[2];
    struct ends *ends = calloc(1, sizeof *ends);
    if (!ends || !channel_pair(fds, &error)) {
        free(ends);
        return -1;
    }
    ends->from = channel_make(fds[0], false);
    ends->to = channel_make(fds[1], true);
    *state = ends;
    if (!ends->from || !ends->to) {
        return -1;
    }
    channel_gather(ends->from);
    return 0;
}

static int teardown(void **state)
{
    struct ends *ends = *state;
    channel_free(ends->from);
    channel_free(ends->to);
    free(ends);
    return 0;
}

static void expect_idle(const struct ends *ends)
{
    struct frame frame;
    assert_int_equal(channel_receive(ends->to, &frame), CHANNEL_IDLE);
}

static void expect_frame(const struct ends *ends, uint32_t kind)
{
    struct frame frame = {0};
    assert_int_equal(channel_receive(ends->to, &frame), CHANNEL_FRAME);
    assert_int_equal(frame.kind, kind);
}

static void what_is_gathered_waits_for_a_flush(void **state)
{
    struct ends *ends = *state;
    assert_false(channel_events(ends->from) & POLLOUT);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(channel_send(ends->from, i, 1, NULL, -1));
        assert_int_equal(channel_waiting(ends->from), (i + 1) * WIRE_HEADER_BYTES);
    }
    assert_true(channel_events(ends->from) & POLLOUT); /* who polls is told */
    expect_idle(ends);
    assert_true(channel_flush(ends->from));
    assert_int_equal(channel_waiting(ends->from), 0);
    for (uint32_t i = 0; i < 3; i++) {
        expect_frame(ends, i);
    }
    expect_idle(ends);
    assert_true(channel_send(ends->from, 3, 1, NULL, -1));
    expect_idle(ends);
    assert_true(channel_is_heard(ends->from));
    expect_frame(ends, 3);
}

/* Before, each frame was sent at once; what the other side did not take is not forgotten.
 */
static void what_was_sent_before_comes_first(void **state)
{
    struct ends *ends = *state;
    assert_true(channel_send(ends->to, 1, 1, NULL, -1));
    channel_gather(ends->to);
    assert_true(channel_send(ends->to, 2, 1, NULL, -1));
    struct frame frame;
    assert_int_equal(channel_receive(ends->from, &frame), CHANNEL_FRAME);
    assert_int_equal(frame.kind, 1);
    assert_int_equal(channel_receive(ends->from, &frame), CHANNEL_IDLE);
    assert_true(channel_flush(ends->to));
    assert_int_equal(channel_receive(ends->from, &frame), CHANNEL_FRAME);
    assert_int_equal(frame.kind, 2);
}

static ino_t number_of(int fd)
{
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    return status.st_ino;
}

static void each_descriptor_goes_with_its_own_frame(void **state)
{
    struct ends *ends = *state;
    int pipe_ends[2];
    ino_t numbers[2];
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    int other = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(other >= 0);
    numbers[0] = number_of(pipe_ends[0]);
    numbers[1] = number_of(other);
    assert_true(channel_send(ends->from, 1, 1, NULL, pipe_ends[0]));
    assert_true(channel_send(ends->from, 2, 1, NULL, -1));
    assert_true(channel_send(ends->from, 3, 1, NULL, other));
    assert_int_equal(close(pipe_ends[0]) + close(pipe_ends[1]) + close(other), 0);
    expect_idle(ends);
    assert_true(channel_flush(ends->from)); /* it kept its own */
    for (uint32_t kind = 1; kind <= 3; kind += 2) {
        expect_frame(ends, kind);
        int file = channel_take_file(ends->to);
        assert_true(file >= 0);
        assert_int_equal(number_of(file), numbers[kind / 2]);
        assert_int_equal(close(file), 0);
        if (kind == 1) {
            expect_frame(ends, 2);
        }
    }
    assert_int_equal(channel_take_file(ends->to), -1);
}

static void a_queue_that_is_full_is_closed_also_without_a_flush(void **state)
{
    struct ends *ends = *state;
    enum { PIECE = 1 << 20, QUEUE = 64 };
    struct text text;
    unsigned count = 0;
    text_init(&text, PIECE);
    assert_true(text_reserve(&text, PIECE));
    memset(text.ptr, 'a', PIECE);
    text.len = PIECE;
    while (count < 2 * QUEUE && channel_send(ends->from, 1, count, &text, -1)) {
        count++;
    }
    assert_int_equal(count, QUEUE - 1);
    assert_false(channel_send(ends->from, 1, 2, NULL, -1));
    assert_false(channel_flush(ends->from));
    text_done(&text);
}

static void one_whose_other_side_is_gone_learns_it_by_the_flush(void **state)
{
    struct ends *ends = *state;
    channel_free(ends->to);
    ends->to = NULL;
    assert_true(channel_send(ends->from, 1, 1, NULL, -1));
    assert_false(channel_flush(ends->from));
    assert_false(channel_send(ends->from, 1, 1, NULL, -1));
    assert_false(channel_is_heard(ends->from));
    assert_false(channel_events(ends->from) & POLLOUT); /* else who polls would spin */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_gathered_waits_for_a_flush),
        TEST(what_was_sent_before_comes_first),
        TEST(each_descriptor_goes_with_its_own_frame),
        TEST(a_queue_that_is_full_is_closed_also_without_a_flush),
        TEST(one_whose_other_side_is_gone_learns_it_by_the_flush),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
