#include "base/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "open_files.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Our channel, and the bare descriptor of a peer that does what it likes. */
struct ends {
    struct channel *channel;
    int peer; /* -1 when closed */
    size_t files;
};

static int setup(void **state)
{
    struct error error;
    int fds[2];
    struct ends *ends = calloc(1, sizeof *ends);
    if (!ends) {
        return -1;
    }
    ends->files = open_files();
    if (!channel_pair(fds, &error)) {
        free(ends);
        return -1;
    }
    ends->channel = channel_make(fds[0], false);
    ends->peer = fds[1];
    *state = ends;
    return ends->channel && fcntl(ends->peer, F_SETFL, O_NONBLOCK) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    struct ends *ends = *state;
    channel_free(ends->channel);
    if (ends->peer >= 0) {
        (void)close(ends->peer);
    }
    int leak = open_files() == ends->files ? 0 : -1;
    free(ends);
    return leak;
}

static void close_peer(struct ends *ends)
{
    assert_int_equal(close(ends->peer), 0);
    ends->peer = -1;
}

static void peer_writes(struct ends *ends, struct str bytes)
{
    assert_int_equal(write(ends->peer, bytes.ptr, bytes.len), bytes.len);
}

/* Adds a frame as it travels. */
static void add_frame(struct text *text, uint32_t kind, uint64_t id, struct str payload)
{
    char header[WIRE_HEADER_BYTES];
    const struct frame frame = {.kind = kind, .id = id, .payload = payload};
    wire_put_header(header, &frame);
    text_add_bytes(text, header, sizeof header);
    text_add(text, payload);
}

static void expect_frame(struct channel *channel, uint32_t kind, uint64_t id,
                         struct str payload)
{
    struct frame frame = {0};
    assert_int_equal(channel_receive(channel, &frame), CHANNEL_FRAME);
    assert_int_equal(frame.kind, kind);
    assert_true(frame.id == id);
    assert_true(str_eq(frame.payload, payload));
}

static void expect_state(struct channel *channel, enum channel_state state)
{
    for (int round = 0; round < 3; round++) {
        struct frame frame;
        assert_int_equal(channel_receive(channel, &frame), state);
    }
}

static bool send_text(struct channel *channel, uint32_t kind, uint64_t id,
                      struct str payload)
{
    struct text text;
    text_init(&text, payload.len + 300);
    text_add(&text, payload);
    bool sent = channel_send(channel, kind, id, &text, -1);
    text_done(&text);
    return sent;
}

/* Everything the peer can read now. */
static void peer_reads(struct ends *ends, struct text *text)
{
    char piece[65536];
    for (;;) {
        ssize_t got = read(ends->peer, piece, sizeof piece);
        if (got <= 0) {
            return;
        }
        text_add_bytes(text, piece, (size_t)got);
    }
}

static void what_is_sent_is_header_and_payload(void **state)
{
    struct ends *ends = *state;
    struct text wanted;
    struct text got;
    struct text empty;
    text_init(&wanted, 1000);
    text_init(&got, 1000);
    text_init(&empty, 1000);
    assert_true(channel_send(ends->channel, 7, UINT64_MAX, NULL, -1));
    assert_true(channel_send(ends->channel, UINT32_MAX, 0, &empty, -1));
    assert_true(send_text(ends->channel, 1, 2, STR_OF("pay\0load")));
    add_frame(&wanted, 7, UINT64_MAX, (struct str){NULL, 0});
    add_frame(&wanted, UINT32_MAX, 0, (struct str){NULL, 0});
    add_frame(&wanted, 1, 2, STR_OF("pay\0load"));
    peer_reads(ends, &got);
    assert_true(str_eq(text_str(&got), text_str(&wanted)));
    assert_false(channel_events(ends->channel) & POLLOUT);
    text_done(&got);
    text_done(&wanted);
}

static void nothing_there_is_idle(void **state)
{
    struct ends *ends = *state;
    expect_state(ends->channel, CHANNEL_IDLE);
    assert_int_equal(channel_events(ends->channel), POLLIN);
    assert_true(channel_flush(ends->channel));
}

static void a_frame_byte_by_byte_comes_with_the_last(void **state)
{
    struct ends *ends = *state;
    struct text text;
    text_init(&text, 1000);
    add_frame(&text, 3, 4, STR_OF("slow"));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < text.len; i++) {
            expect_state(ends->channel, CHANNEL_IDLE);
            peer_writes(ends, (struct str){text.ptr + i, 1});
        }
        expect_frame(ends->channel, 3, 4, STR_OF("slow"));
        expect_state(ends->channel, CHANNEL_IDLE);
    }
    text_done(&text);
}

static void frames_may_be_cut_anywhere(void **state)
{
    struct ends *ends = *state;
    struct text text;
    text_init(&text, 1000);
    add_frame(&text, 1, 10, STR_OF("first"));
    add_frame(&text, 2, 20, STR_OF(""));
    add_frame(&text, 3, 30, STR_OF("the third"));
    const size_t ends_at[] = {21, 37, 62};
    assert_int_equal(text.len, ends_at[2]);
    for (size_t cut = 0; cut <= text.len; cut++) {
        static const struct str payloads[] = {STR("first"), STR(""), STR("the third")};
        size_t at = 0;
        peer_writes(ends, str_before(text_str(&text), cut));
        for (; at < 3 && ends_at[at] <= cut; at++) {
            expect_frame(ends->channel, (uint32_t)at + 1, 10 * at + 10, payloads[at]);
        }
        expect_state(ends->channel, CHANNEL_IDLE);
        peer_writes(ends, str_after(text_str(&text), cut));
        for (; at < 3; at++) {
            expect_frame(ends->channel, (uint32_t)at + 1, 10 * at + 10, payloads[at]);
        }
        expect_state(ends->channel, CHANNEL_IDLE);
    }
    text_done(&text);
}

static void many_frames_at_once_come_in_order(void **state)
{
    struct ends *ends = *state;
    struct text text;
    text_init(&text, 200000);
    for (uint32_t i = 0; i < 3000; i++) {
        add_frame(&text, i, i + 1, str_before(STR_OF("0123456789"), i % 11));
    }
    peer_writes(ends, text_str(&text));
    for (uint32_t i = 0; i < 3000; i++) {
        expect_frame(ends->channel, i, i + 1, str_before(STR_OF("0123456789"), i % 11));
    }
    expect_state(ends->channel, CHANNEL_IDLE);
    text_done(&text);
}

static void a_header_that_promises_too_much_closes_at_once(void **state)
{
    (void)state;
    static const uint32_t promises[] = {WIRE_FRAME_BYTES + 1, 10u << 20, 0x80000000,
                                        UINT32_MAX};
    for (size_t i = 0; i < COUNT(promises); i++) {
        void *own = NULL;
        assert_int_equal(setup(&own), 0);
        struct ends *ends = own;
        char header[WIRE_HEADER_BYTES];
        const struct frame frame = {.payload = {NULL, promises[i]}};
        struct text text;
        text_init(&text, 300);
        add_frame(&text, 1, 2, STR_OF("good"));
        wire_put_header(header, &frame);
        text_add_bytes(&text, header, sizeof header);
        add_frame(&text, 3, 4, STR_OF("too late"));
        peer_writes(ends, text_str(&text));
        expect_frame(ends->channel, 1, 2, STR_OF("good"));
        assert_false(channel_is_foul(ends->channel));
        expect_state(ends->channel, CHANNEL_CLOSED);
        assert_true(channel_is_foul(ends->channel));
        assert_false(send_text(ends->channel, 1, 2, STR_OF("no")));
        assert_false(channel_flush(ends->channel));
        text_done(&text);
        assert_int_equal(teardown(&own), 0);
    }
}

static void the_largest_promise_is_waited_for(void **state)
{
    struct ends *ends = *state;
    char header[WIRE_HEADER_BYTES];
    const struct frame frame = {.payload = {NULL, WIRE_FRAME_BYTES}};
    wire_put_header(header, &frame);
    peer_writes(ends, (struct str){header, sizeof header});
    expect_state(ends->channel, CHANNEL_IDLE);
    peer_writes(ends, STR_OF("not all"));
    expect_state(ends->channel, CHANNEL_IDLE);
}

static void the_largest_frame_may_come_in_drops_at_its_end(void **state)
{
    struct ends *ends = *state;
    enum { DROPS = 40 };
    char *payload = calloc(1, WIRE_FRAME_BYTES);
    assert_non_null(payload);
    struct text text;
    text_init(&text, WIRE_FRAME_BYTES + WIRE_HEADER_BYTES);
    add_frame(&text, 1, 2, (struct str){payload, WIRE_FRAME_BYTES});
    for (size_t at = 0; at < text.len;) {
        size_t left = text.len - at;
        ssize_t count = write(ends->peer, text.ptr + at, left > DROPS ? left - DROPS : 1);
        at += count > 0 ? (size_t)count : 0;
        if (at < text.len) {
            expect_state(ends->channel, CHANNEL_IDLE);
        }
    }
    expect_frame(ends->channel, 1, 2, (struct str){payload, WIRE_FRAME_BYTES});
    text_done(&text);
    free(payload);
}

static void a_peer_that_closes_in_the_middle_is_closed(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 1000);
    add_frame(&text, 3, 4, STR_OF("whole"));
    size_t whole = text.len;
    add_frame(&text, 5, 6, STR_OF("broken off"));
    for (size_t len = 0; len < text.len; len++) {
        void *own = NULL;
        assert_int_equal(setup(&own), 0);
        struct ends *ends = own;
        peer_writes(ends, str_before(text_str(&text), len));
        close_peer(ends);
        if (len >= whole) {
            expect_frame(ends->channel, 3, 4, STR_OF("whole"));
        }
        expect_state(ends->channel, CHANNEL_CLOSED);
        assert_int_equal(teardown(&own), 0);
    }
    text_done(&text);
}

static void what_was_sent_before_closing_is_received(void **state)
{
    struct ends *ends = *state;
    struct text text;
    text_init(&text, 100000);
    for (uint32_t i = 0; i < 1000; i++) {
        add_frame(&text, i, 0, STR_OF("before the end"));
    }
    peer_writes(ends, text_str(&text));
    close_peer(ends);
    for (uint32_t i = 0; i < 1000; i++) {
        expect_frame(ends->channel, i, 0, STR_OF("before the end"));
    }
    expect_state(ends->channel, CHANNEL_CLOSED);
    text_done(&text);
}

static void a_peer_that_closes_without_reading_is_closed(void **state)
{
    struct ends *ends = *state;
    assert_true(send_text(ends->channel, 1, 2, STR_OF("never read")));
    close_peer(ends);
    expect_state(ends->channel, CHANNEL_CLOSED);
    assert_false(channel_is_foul(ends->channel));
}

static void sending_to_a_closed_peer_fails_without_a_signal(void **state)
{
    struct ends *ends = *state;
    close_peer(ends);
    for (int round = 0; round < 3; round++) {
        assert_false(send_text(ends->channel, 1, 2, STR_OF("nobody")));
        assert_false(channel_flush(ends->channel));
    }
    expect_state(ends->channel, CHANNEL_CLOSED);
}

static void the_last_words_are_heard_although_sending_fails(void **state)
{
    struct ends *ends = *state;
    struct text text;
    text_init(&text, 300);
    add_frame(&text, 3, 4, STR_OF("the answer"));
    peer_writes(ends, text_str(&text));
    close_peer(ends);
    assert_false(send_text(ends->channel, 1, 2, STR_OF("another question")));
    expect_frame(ends->channel, 3, 4, STR_OF("the answer"));
    expect_state(ends->channel, CHANNEL_CLOSED);
    text_done(&text);
}

static void a_payload_is_copied(void **state)
{
    struct ends *ends = *state;
    struct text text;
    struct text got;
    text_init(&text, 9 << 20);
    text_init(&got, 20 << 20);
    assert_true(text_reserve(&text, 4 << 20));
    memset(text.ptr, 'a', 4 << 20);
    text.len = 4 << 20;
    assert_true(channel_send(ends->channel, 1, 2, &text, -1));
    assert_true(channel_events(ends->channel) & POLLOUT);
    memset(text.ptr, 'b', 4 << 20);
    text_done(&text);
    while (channel_events(ends->channel) & POLLOUT) {
        peer_reads(ends, &got);
        assert_true(channel_flush(ends->channel));
    }
    peer_reads(ends, &got);
    assert_int_equal(got.len, (4 << 20) + WIRE_HEADER_BYTES);
    assert_int_equal(str_find_char(text_str(&got), 'b'), got.len);
    text_done(&got);
}

static void a_payload_too_large_or_failed_is_refused_alone(void **state)
{
    struct ends *ends = *state;
    struct text text;
    struct text got;
    text_init(&text, (size_t)WIRE_FRAME_BYTES + 1);
    text_init(&got, 1000);
    assert_true(text_reserve(&text, (size_t)WIRE_FRAME_BYTES + 1));
    memset(text.ptr, 'a', (size_t)WIRE_FRAME_BYTES + 1);
    text.len = (size_t)WIRE_FRAME_BYTES + 1;
    assert_false(channel_send(ends->channel, 1, 2, &text, -1));
    text_clear(&text);
    text.failed = true;
    assert_false(channel_send(ends->channel, 1, 2, &text, -1));
    text_done(&text);
    peer_reads(ends, &got);
    assert_int_equal(got.len, 0);
    assert_true(send_text(ends->channel, 1, 2, STR_OF("good")));
    peer_reads(ends, &got);
    assert_int_equal(got.len, WIRE_HEADER_BYTES + 4);
    text_done(&got);
}

static void a_peer_that_never_reads_fills_the_queue_and_is_closed(void **state)
{
    struct ends *ends = *state;
    enum { PIECE = 1 << 20, QUEUE = 64 };
    struct text text;
    text_init(&text, PIECE);
    assert_true(text_reserve(&text, PIECE));
    memset(text.ptr, 'a', PIECE);
    text.len = PIECE;
    unsigned count = 0;
    while (count < 2 * QUEUE && channel_send(ends->channel, 1, count, &text, -1)) {
        assert_true(channel_flush(ends->channel));
        count++;
    }
    assert_in_range(count, QUEUE - 1, QUEUE + 1);
    assert_false(channel_send(ends->channel, 1, 2, NULL, -1));
    assert_false(channel_flush(ends->channel));
    expect_state(ends->channel, CHANNEL_CLOSED);
    text_done(&text);
}

static void a_peer_that_reads_slowly_but_reads_is_not_closed(void **state)
{
    struct ends *ends = *state;
    enum { PIECE = 1 << 20, WAITING = 40, PIECES = 40 };
    struct text text;
    text_init(&text, PIECE);
    assert_true(text_reserve(&text, PIECE));
    memset(text.ptr, 'a', PIECE);
    text.len = PIECE;
    char *got = malloc(PIECE);
    assert_non_null(got);
    for (unsigned i = 0; i < WAITING; i++) {
        assert_true(channel_send(ends->channel, 1, i, &text, -1));
    }
    for (unsigned i = 0; i < PIECES; i++) {
        assert_true(channel_send(ends->channel, 1, i, &text, -1));
        /* As much as was just added: never more than 41 pieces wait. */
        for (size_t left = PIECE + WIRE_HEADER_BYTES; left > 0;) {
            ssize_t count = read(ends->peer, got, left < PIECE ? left : PIECE);
            assert_true(count > 0 || errno == EAGAIN);
            left -= count > 0 ? (size_t)count : 0;
            assert_true(channel_flush(ends->channel));
        }
        assert_true(channel_events(ends->channel) & POLLOUT);
    }
    free(got);
    text_done(&text);
}

/* Two channels, `to` receiving what `from` has: flushes while that helps. */
static enum channel_state pump(struct channel *from, struct channel *to,
                               struct frame *frame)
{
    enum channel_state state = channel_receive(to, frame);
    while (state == CHANNEL_IDLE && channel_events(from) & POLLOUT) {
        assert_true(channel_flush(from));
        state = channel_receive(to, frame);
    }
    return state;
}

static void frames_of_every_size_arrive(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,
                                   1,
                                   240,
                                   65519,
                                   65520,
                                   65521,
                                   1 << 20,
                                   WIRE_FRAME_BYTES - 1,
                                   WIRE_FRAME_BYTES,
                                   WIRE_FRAME_BYTES,
                                   3};
    struct error error;
    int fds[2];
    assert_true(channel_pair(fds, &error));
    OWN(channel) from = channel_make(fds[0], false);
    OWN(channel) to = channel_make(fds[1], false);
    char *bytes = malloc(WIRE_FRAME_BYTES);
    assert_non_null(bytes);
    for (size_t i = 0; i < WIRE_FRAME_BYTES; i++) {
        bytes[i] = (char)(i * 31 + i / 251);
    }
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_true(send_text(from, (uint32_t)i, i, (struct str){bytes, sizes[i]}));
    }
    struct frame frame;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(pump(from, to, &frame), CHANNEL_FRAME);
        assert_int_equal(frame.kind, i);
        assert_true(str_eq(frame.payload, (struct str){bytes, sizes[i]}));
    }
    assert_int_equal(pump(from, to, &frame), CHANNEL_IDLE);
    free(bytes);
}

static void both_sides_may_send_at_once(void **state)
{
    (void)state;
    struct error error;
    int fds[2];
    assert_true(channel_pair(fds, &error));
    OWN(channel) one = channel_make(fds[0], false);
    OWN(channel) two = channel_make(fds[1], false);
    static char payload[300000];
    struct str str = {payload, sizeof payload};
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(send_text(one, i, 1, str));
        assert_true(send_text(two, i, 2, str));
    }
    for (uint32_t i = 0; i < 10; i++) {
        struct frame frame;
        assert_int_equal(pump(one, two, &frame), CHANNEL_FRAME);
        assert_true(frame.kind == i && frame.id == 1 && str_eq(frame.payload, str));
        assert_int_equal(pump(two, one, &frame), CHANNEL_FRAME);
        assert_true(frame.kind == i && frame.id == 2 && str_eq(frame.payload, str));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_sent_is_header_and_payload),
        TEST(nothing_there_is_idle),
        TEST(a_frame_byte_by_byte_comes_with_the_last),
        TEST(frames_may_be_cut_anywhere),
        TEST(many_frames_at_once_come_in_order),
        TEST(a_header_that_promises_too_much_closes_at_once),
        TEST(the_largest_promise_is_waited_for),
        TEST(the_largest_frame_may_come_in_drops_at_its_end),
        TEST(a_peer_that_closes_in_the_middle_is_closed),
        TEST(what_was_sent_before_closing_is_received),
        TEST(a_peer_that_closes_without_reading_is_closed),
        TEST(sending_to_a_closed_peer_fails_without_a_signal),
        TEST(the_last_words_are_heard_although_sending_fails),
        TEST(a_payload_is_copied),
        TEST(a_payload_too_large_or_failed_is_refused_alone),
        TEST(a_peer_that_never_reads_fills_the_queue_and_is_closed),
        TEST(a_peer_that_reads_slowly_but_reads_is_not_closed),
        TEST(frames_of_every_size_arrive),
        TEST(both_sides_may_send_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
