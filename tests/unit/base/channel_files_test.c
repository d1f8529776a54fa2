#include "base/channel.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "open_files.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST = 64, PLAIN = 1, WITH_FILE = 2 };

/* Two channels; `to` takes files. The descriptors of both are reachable for a bare peer. */
struct two {
    struct channel *from, *to;
    size_t files;
};

static int setup_taking(void **state, bool takes_files)
{
    struct error error;
    int fds[2];
    struct two *two = calloc(1, sizeof *two);
    if (!two) {
        return -1;
    }
    two->files = open_files();
    if (!channel_pair(fds, &error)) {
        free(two);
        return -1;
    }
    two->from = channel_make(fds[0], false);
    two->to = channel_make(fds[1], takes_files);
    *state = two;
    return two->from && two->to ? 0 : -1;
}

static int setup(void **state)
{
    return setup_taking(state, true);
}

static int setup_refusing(void **state)
{
    return setup_taking(state, false);
}

static int teardown(void **state)
{
    struct two *two = *state;
    channel_free(two->from);
    channel_free(two->to);
    int leak = open_files() == two->files ? 0 : -1;
    free(two);
    return leak;
}

/* A file that can be told from others by its size. */
static int numbered_file(unsigned number)
{
    int fd = memfd_create("numbered", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)number + 1), 0);
    return fd;
}

/* Which one it is; closes it. */
static int number_of(int fd)
{
    assert_true(fd >= 0);
    int number = (int)lseek(fd, 0, SEEK_END) - 1;
    assert_int_equal(close(fd), 0);
    return number;
}

static bool send_numbered(struct channel *channel, unsigned number)
{
    int file = numbered_file(number);
    bool sent = channel_send(channel, WITH_FILE, number, NULL, file);
    assert_int_equal(close(file), 0);
    return sent;
}

/* A bare message: bytes and so many files, numbered from `first`. */
static void send_bare(int fd, struct str bytes, unsigned first, size_t count)
{
    alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * 40)] = {0};
    int files[40] = {0};
    char copy[64];
    struct iovec part = {copy, bytes.len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    assert_true(count <= COUNT(files) && bytes.len <= sizeof copy);
    memcpy(copy, bytes.ptr, bytes.len);
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        for (unsigned i = 0; i < count; i++) {
            files[i] = numbered_file(first + i);
        }
        memcpy(CMSG_DATA(header), files, sizeof(int) * count);
    }
    assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), bytes.len);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(close(files[i]), 0);
    }
}

/* The bytes of a frame without payload. */
static struct str bare_frame(uint32_t kind)
{
    static char header[WIRE_HEADER_BYTES];
    const struct frame frame = {.kind = kind};
    wire_put_header(header, &frame);
    return (struct str){header, sizeof header};
}

static uint32_t receive_kind(struct channel *channel)
{
    struct frame frame = {0};
    assert_int_equal(channel_receive(channel, &frame), CHANNEL_FRAME);
    return frame.kind;
}

static void expect_idle(struct channel *channel)
{
    struct frame frame;
    assert_int_equal(channel_receive(channel, &frame), CHANNEL_IDLE);
}

static void files_arrive_in_order_with_their_frames(void **state)
{
    struct two *two = *state;
    for (unsigned i = 0; i < 20; i++) {
        assert_true(channel_send(two->from, PLAIN, i, NULL, -1));
        assert_true(send_numbered(two->from, i));
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(receive_kind(two->to), PLAIN);
        assert_int_equal(receive_kind(two->to), WITH_FILE);
        assert_int_equal(number_of(channel_take_file(two->to)), i);
        assert_int_equal(channel_take_file(two->to), -1);
    }
    expect_idle(two->to);
}

static void files_may_be_taken_later(void **state)
{
    struct two *two = *state;
    for (unsigned i = 0; i < 5; i++) {
        assert_true(send_numbered(two->from, i));
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(receive_kind(two->to), WITH_FILE);
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(number_of(channel_take_file(two->to)), i);
    }
    assert_int_equal(channel_take_file(two->to), -1);
}

static void a_received_file_is_not_inherited(void **state)
{
    struct two *two = *state;
    assert_true(send_numbered(two->from, 7));
    assert_int_equal(receive_kind(two->to), WITH_FILE);
    int file = channel_take_file(two->to);
    assert_true(fcntl(file, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(number_of(file), 7);
}

static void the_senders_file_stays_open(void **state)
{
    struct two *two = *state;
    int file = numbered_file(3);
    assert_true(channel_send(two->from, WITH_FILE, 1, NULL, file));
    assert_int_equal(number_of(file), 3);
    assert_int_equal(receive_kind(two->to), WITH_FILE);
    assert_int_equal(number_of(channel_take_file(two->to)), 3);
}

static void a_file_travels_with_the_first_byte_of_its_frame(void **state)
{
    struct two *two = *state;
    static const bool carries[] = {false, true, true, false, false, true};
    for (unsigned i = 0; i < COUNT(carries); i++) {
        assert_true(carries[i] ? send_numbered(two->from, i)
                               : channel_send(two->from, PLAIN, i, NULL, -1));
    }
    for (size_t i = 0; i < 2 * COUNT(carries); i++) {
        char bytes[WIRE_HEADER_BYTES / 2];
        alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * 4)];
        struct iovec part = {bytes, sizeof bytes};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        assert_int_equal(recvmsg(channel_fd(two->to), &message, MSG_CMSG_CLOEXEC),
                         sizeof bytes);
        const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        assert_int_equal(header != NULL, i % 2 == 0 && carries[i / 2]);
        if (header) {
            int file;
            assert_int_equal(header->cmsg_len, CMSG_LEN(sizeof file));
            memcpy(&file, CMSG_DATA(header), sizeof file);
            assert_int_equal(number_of(file), i / 2);
        }
    }
}

/* The next frame, if there is one now: number `*count`, every second one with its file. */
static void receive_one(struct two *two, unsigned *count)
{
    struct frame frame;
    assert_true(channel_flush(two->from));
    if (channel_receive(two->to, &frame) != CHANNEL_FRAME) {
        return;
    }
    assert_int_equal(frame.id, *count / 2);
    assert_int_equal(frame.kind, *count % 2 ? PLAIN : WITH_FILE);
    if (frame.kind == WITH_FILE) {
        assert_int_equal(number_of(channel_take_file(two->to)), *count / 2);
    }
    ++*count;
}

static void files_keep_their_frames_when_the_socket_is_full(void **state)
{
    struct two *two = *state;
    enum { ROUNDS = 60 };
    static char bytes[100000];
    struct text large;
    unsigned count = 0;
    text_init(&large, sizeof bytes);
    for (unsigned i = 0; i < ROUNDS; i++) {
        text_clear(&large);
        text_add_bytes(&large, bytes, i % 3 ? sizeof bytes : 0);
        int file = numbered_file(i);
        assert_true(channel_send(two->from, WITH_FILE, i, &large, file));
        assert_int_equal(close(file), 0);
        assert_true(channel_send(two->from, PLAIN, i, &large, -1));
        /* First the queue grows, then it shrinks while sending goes on. */
        for (unsigned k = 0; k < i / 8; k++) {
            receive_one(two, &count);
        }
    }
    while (count < 2 * ROUNDS) {
        receive_one(two, &count);
    }
    assert_int_equal(channel_take_file(two->to), -1);
    text_done(&large);
}

static void files_that_are_not_wanted_are_closed(void **state)
{
    struct two *two = *state;
    for (unsigned i = 0; i < 10; i++) {
        assert_true(send_numbered(two->from, i));
    }
    size_t before = open_files();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(receive_kind(two->to), WITH_FILE);
        assert_int_equal(channel_take_file(two->to), -1);
    }
    assert_int_equal(open_files(), before);
    send_bare(channel_fd(two->from), bare_frame(PLAIN), 0, 4);
    assert_int_equal(receive_kind(two->to), PLAIN);
    assert_int_equal(open_files(), before);
}

static void several_files_of_one_message_are_kept_in_order(void **state)
{
    struct two *two = *state;
    send_bare(channel_fd(two->from), bare_frame(PLAIN), 0, 2);
    send_bare(channel_fd(two->from), bare_frame(PLAIN), 2, 4);
    assert_int_equal(receive_kind(two->to), PLAIN);
    assert_int_equal(receive_kind(two->to), PLAIN);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(number_of(channel_take_file(two->to)), i);
    }
    assert_int_equal(channel_take_file(two->to), -1);
}

static void a_flood_of_files_does_not_leak(void **state)
{
    struct two *two = *state;
    size_t before = open_files();
    for (unsigned i = 0; i < 10; i++) {
        send_bare(channel_fd(two->from), bare_frame(PLAIN), 40 * i, 40);
        assert_int_equal(receive_kind(two->to), PLAIN);
    }
    size_t kept = open_files() - before;
    assert_in_range(kept, 10, MOST);
    for (size_t i = 0; i < kept; i++) {
        int file = channel_take_file(two->to);
        assert_true(file >= 0);
        assert_int_equal(close(file), 0);
    }
    assert_int_equal(channel_take_file(two->to), -1);
    assert_int_equal(open_files(), before);
}

static void one_file_more_than_may_wait_ends_the_channel(void **state)
{
    struct two *two = *state;
    size_t before = open_files();
    for (unsigned i = 0; i < MOST; i++) {
        send_bare(channel_fd(two->from), bare_frame(WITH_FILE), i, 1);
        assert_int_equal(receive_kind(two->to), WITH_FILE);
    }
    send_bare(channel_fd(two->from), bare_frame(WITH_FILE), MOST, 1);
    struct frame frame;
    assert_int_equal(channel_receive(two->to, &frame), CHANNEL_FRAME);
    assert_int_equal(channel_receive(two->to, &frame), CHANNEL_CLOSED);
    assert_int_equal(open_files(), before + MOST);
    for (int i = 0; i < MOST; i++) {
        assert_int_equal(number_of(channel_take_file(two->to)), i);
    }
    assert_int_equal(channel_take_file(two->to), -1);
}

static void a_file_in_the_middle_of_a_frame_is_kept_too(void **state)
{
    struct two *two = *state;
    struct str frame = bare_frame(PLAIN);
    send_bare(channel_fd(two->from), str_before(frame, 5), 0, 0);
    expect_idle(two->to);
    send_bare(channel_fd(two->from), str_after(frame, 5), 8, 1);
    assert_int_equal(receive_kind(two->to), PLAIN);
    assert_int_equal(number_of(channel_take_file(two->to)), 8);
}

static void files_not_taken_are_closed_with_the_channel(void **state)
{
    struct two *two = *state;
    for (unsigned i = 0; i < 5; i++) {
        assert_true(send_numbered(two->from, i));
        assert_int_equal(receive_kind(two->to), WITH_FILE);
    }
    assert_int_equal(number_of(channel_take_file(two->to)), 0);
}

/* Fills the socket and the beginning of the queue, so that what follows waits. */
static void fill_the_socket(struct channel *channel)
{
    static char bytes[4 << 20];
    struct text text;
    text_init(&text, sizeof bytes);
    text_add_bytes(&text, bytes, sizeof bytes);
    assert_true(channel_send(channel, PLAIN, 0, &text, -1));
    assert_true(channel_events(channel) & POLLOUT);
    text_done(&text);
}

static void files_not_sent_are_closed_with_the_channel(void **state)
{
    struct two *two = *state;
    fill_the_socket(two->from);
    size_t before = open_files();
    for (unsigned i = 0; i < 5; i++) {
        assert_true(send_numbered(two->from, i));
    }
    assert_int_equal(open_files(), before + 5);
}

static void sixty_four_files_wait_to_be_sent_and_no_more(void **state)
{
    struct two *two = *state;
    fill_the_socket(two->from);
    for (unsigned i = 0; i < MOST; i++) {
        assert_true(send_numbered(two->from, i));
    }
    size_t before = open_files();
    assert_false(send_numbered(two->from, MOST));
    assert_int_equal(open_files(), before);
    assert_true(channel_send(two->from, PLAIN, 1, NULL, -1));
    struct frame frame = {0};
    for (unsigned i = 0; i < MOST + 2;) {
        assert_true(channel_flush(two->from));
        if (channel_receive(two->to, &frame) == CHANNEL_FRAME) {
            i++;
        }
    }
    assert_int_equal(frame.kind, PLAIN);
    for (int i = 0; i < MOST; i++) {
        assert_int_equal(number_of(channel_take_file(two->to)), i);
    }
    assert_true(send_numbered(two->from, 77));
    assert_int_equal(receive_kind(two->to), WITH_FILE);
    assert_int_equal(number_of(channel_take_file(two->to)), 77);
}

static void a_file_that_is_none_is_refused_alone(void **state)
{
    struct two *two = *state;
    assert_false(channel_send(two->from, WITH_FILE, 1, NULL, 1000000));
    expect_idle(two->to);
    assert_true(send_numbered(two->from, 5));
    assert_int_equal(receive_kind(two->to), WITH_FILE);
    assert_int_equal(number_of(channel_take_file(two->to)), 5);
}

static void a_refused_payload_keeps_no_file(void **state)
{
    struct two *two = *state;
    struct text text;
    text_init(&text, 300);
    text.failed = true;
    size_t before = open_files();
    int file = numbered_file(1);
    assert_false(channel_send(two->from, WITH_FILE, 1, &text, file));
    assert_int_equal(close(file), 0);
    assert_int_equal(open_files(), before);
    text_done(&text);
}

static void a_pair_is_connected_and_not_inherited(void **state)
{
    (void)state;
    struct error error;
    int fds[2];
    char byte = 0;
    assert_true(channel_pair(fds, &error));
    for (int i = 0; i < 2; i++) {
        assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
        assert_int_equal(write(fds[i], "x", 1), 1);
        assert_int_equal(read(fds[1 - i], &byte, 1), 1);
    }
    assert_int_equal(close(fds[0]) + close(fds[1]), 0);
}

static void a_channel_takes_its_descriptor_over(void **state)
{
    (void)state;
    struct error error;
    int fds[2];
    size_t before = open_files();
    assert_true(channel_pair(fds, &error));
    struct channel *channel = channel_make(fds[0], false);
    assert_int_equal(channel_fd(channel), fds[0]);
    assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
    assert_int_equal(channel_take_file(channel), -1);
    channel_free(channel);
    assert_int_equal(fcntl(fds[0], F_GETFD), -1);
    assert_int_equal(close(fds[1]), 0);
    assert_int_equal(open_files(), before);
    channel_free(NULL);
}

static void a_channel_that_cannot_be_made_closes_its_descriptor(void **state)
{
    (void)state;
    size_t before = open_files();
    int fd = open("/", O_PATH | O_CLOEXEC); /* has no flags to set */
    assert_true(fd >= 0);
    assert_null(channel_make(fd, false));
    assert_int_equal(open_files(), before);
    assert_null(channel_make(-1, false));
}

static void without_descriptors_there_is_no_pair(void **state)
{
    (void)state;
    struct error error = {0};
    struct rlimit before;
    int fds[2] = {-1, -1};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool made = channel_pair(fds, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    if (made && fds[0] >= 0) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        skip(); /* valgrind has limits of its own */
    }
    assert_false(made);
    assert_int_equal(error.status, IMH_RETRY);
    assert_int_equal(strncmp(error.text, "no socket pair: ", 16), 0);
}

static void descriptor_zero_is_a_file_like_any(void **state)
{
    struct two *two = *state;
    if (channel_fd(two->from) == STDIN_FILENO) {
        skip(); /* nothing was on stdin */
    }
    int kept = dup(STDIN_FILENO);
    assert_true(kept >= 0);
    (void)close(STDIN_FILENO);
    int zero = numbered_file(5);
    int other = numbered_file(6);
    assert_int_equal(zero, 0);
    assert_true(channel_send(two->from, WITH_FILE, 1, NULL, zero));
    /* The duplicate that is made for sending, and the one received, are zero too. */
    assert_int_equal(close(zero), 0);
    assert_true(channel_send(two->from, WITH_FILE, 2, NULL, other));
    assert_int_equal(close(other), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(receive_kind(two->to), WITH_FILE);
        assert_int_equal(number_of(channel_take_file(two->to)), 5 + i);
    }
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(kept), 0);
}

/* Bytes that malloc() has given out; 0 under a sanitizer, which counts otherwise. */
static size_t memory_in_use(void)
{
    struct mallinfo2 memory = mallinfo2();
    return memory.uordblks + memory.hblkhd;
}

static void large_frames_do_not_keep_their_memory(void **state)
{
    struct two *two = *state;
    size_t before = memory_in_use();
    fill_the_socket(two->from);
    for (struct frame frame; channel_receive(two->to, &frame) != CHANNEL_FRAME;) {
        assert_true(channel_flush(two->from));
    }
    expect_idle(two->to);
    assert_true(channel_flush(two->from));
    assert_true(memory_in_use() <= before + ((size_t)1 << 20));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_arrive_in_order_with_their_frames),
        TEST(files_may_be_taken_later),
        TEST(a_received_file_is_not_inherited),
        TEST(the_senders_file_stays_open),
        TEST(a_file_travels_with_the_first_byte_of_its_frame),
        TEST(files_keep_their_frames_when_the_socket_is_full),
        cmocka_unit_test_setup_teardown(files_that_are_not_wanted_are_closed,
                                        setup_refusing, teardown),
        TEST(several_files_of_one_message_are_kept_in_order),
        TEST(a_flood_of_files_does_not_leak),
        TEST(one_file_more_than_may_wait_ends_the_channel),
        TEST(a_file_in_the_middle_of_a_frame_is_kept_too),
        TEST(files_not_taken_are_closed_with_the_channel),
        TEST(files_not_sent_are_closed_with_the_channel),
        TEST(sixty_four_files_wait_to_be_sent_and_no_more),
        TEST(a_file_that_is_none_is_refused_alone),
        TEST(a_refused_payload_keeps_no_file),
        cmocka_unit_test(a_pair_is_connected_and_not_inherited),
        cmocka_unit_test(a_channel_takes_its_descriptor_over),
        cmocka_unit_test(a_channel_that_cannot_be_made_closes_its_descriptor),
        cmocka_unit_test(without_descriptors_there_is_no_pair),
        TEST(descriptor_zero_is_a_file_like_any),
        TEST(large_frames_do_not_keep_their_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
