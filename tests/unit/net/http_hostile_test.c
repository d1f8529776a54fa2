#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SHORT_MS = 300, SENT_MS = 1000 /* within which it is sent */ };

/* ---- how much ---- */

/* `count` bytes behind the head. */
static void add_body(struct text *bytes, const char *head, size_t count)
{
    text_add_cstr(bytes, head);
    assert_true(text_reserve(bytes, count));
    memset(bytes->ptr + bytes->len, 'x', count);
    bytes->len += count;
}

static void an_answer_of_eight_mebibytes_fits(void **state)
{
    struct rig *rig = *state;
    struct text bytes;
    struct http_request request = rig_request(rig);
    text_init(&bytes, 16 << 20);
    add_body(&bytes, "HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n", HTTP_BODY_BYTES);
    rig->raw = text_str(&bytes);
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    assert_int_equal(rig->reply.body.len, HTTP_BODY_BYTES);
    text_done(&bytes);
}

static void an_answer_of_one_byte_more_does_not(void **state)
{
    struct rig *rig = *state;
    static const char *const heads[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n",
        "HTTP/1.1 500 Bad\r\nContent-Length: 8388609\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n800001\r\n",
        "HTTP/1.0 200 OK\r\n\r\n",
    };
    struct text bytes;
    text_init(&bytes, 16 << 20);
    rig->then = FAKE_HANG;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct http_request request = rig_request(rig);
        text_clear(&bytes);
        add_body(&bytes, heads[i], HTTP_BODY_BYTES + 1);
        rig->raw = text_str(&bytes);
        const struct rig_reply *reply = rig_ask(rig, &request);
        assert_int_equal(reply->status, IMH_REJECTED);
        assert_int_equal(reply->code, 0);
        assert_int_equal(reply->body.len, 0);
        assert_string_equal(text_cstr(&rig->reply.text), "the answer is larger than 8 MiB");
    }
    text_done(&bytes);
}

/* Many remotes together do not take more than there is for all. */
static void answers_share_the_room_there_is(void **state)
{
    struct rig *rig = *state;
    enum { MANY = HTTP_HELD_BYTES / HTTP_BODY_BYTES + 1 };
    struct rig_reply replies[MANY];
    struct rig_reply *list[MANY];
    struct text bytes;
    struct http_request request = rig_request(rig);
    unsigned crowded = 0;
    text_init(&bytes, 16 << 20);
    add_body(&bytes, "HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n",
             HTTP_BODY_BYTES - 1);
    rig->raw = text_str(&bytes);
    rig->then = FAKE_HANG;
    for (unsigned i = 0; i < MANY; i++) {
        rig_reply_init(&replies[i]);
        list[i] = &replies[i];
        request.timeout_ms = i == 0 ? RIG_PATIENCE_MS : 2 * RIG_PATIENCE_MS;
        (void)rig_start(rig, &request, &replies[i]);
    }
    while (crowded == 0) {
        http_wait(rig->http, NULL, 0, 100);
        assert_true(http_held(rig->http) <= HTTP_HELD_BYTES);
        for (unsigned i = 0; i < MANY; i++) {
            crowded += replies[i].count;
        }
    }
    assert_int_equal(crowded, 1);
    for (unsigned i = 0; i < MANY; i++) {
        if (replies[i].count > 0) {
            assert_string_equal(text_cstr(&list[i]->text),
                                "imh-net holds 64 MiB of answers already");
            assert_int_equal(replies[i].status, IMH_RETRY);
        }
        rig_reply_done(&replies[i]);
    }
    http_free(rig->http); /* ends the others */
    rig->http = http_make();
    assert_int_equal(http_held(rig->http), 0);
    text_done(&bytes);
}

static void a_flood_of_headers_is_refused(void **state)
{
    struct rig *rig = *state;
    struct text bytes;
    struct http_request request = rig_request(rig);
    text_init(&bytes, 1 << 20);
    text_add_cstr(&bytes, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 10000; i++) {
        text_print(&bytes, "X-%d: flood\r\n", i);
    }
    rig->raw = text_str(&bytes);
    rig->then = FAKE_HANG;
    const struct rig_reply *reply = rig_ask(rig, &request);
    assert_int_equal(reply->status, IMH_REJECTED);
    assert_int_equal(reply->code, 0);
    assert_string_equal(text_cstr(&rig->reply.text),
                        "the answer has more than 64 KiB of headers");
    text_done(&bytes);
}

static void one_endless_header_is_refused(void **state)
{
    struct rig *rig = *state;
    struct text bytes;
    struct http_request request = rig_request(rig);
    text_init(&bytes, 16 << 20);
    add_body(&bytes, "HTTP/1.1 200 OK\r\nX-Endless: ", 1 << 20);
    rig->raw = text_str(&bytes);
    rig->then = FAKE_HANG;
    const struct rig_reply *reply = rig_ask(rig, &request);
    assert_true(reply->status == IMH_REJECTED || reply->status == IMH_RETRY);
    assert_int_equal(reply->code, 0);
    text_done(&bytes);
}

/* ---- compressed ---- */

/* Writes bits as deflate packs them, lowest first. */
struct bits {
    struct text *out;
    unsigned char byte;
    unsigned used;
};

static void put_bit(struct bits *bits, unsigned bit)
{
    bits->byte |= (unsigned char)(bit << bits->used);
    if (++bits->used == 8) {
        text_add_char(bits->out, (char)bits->byte);
        bits->byte = 0;
        bits->used = 0;
    }
}

/* Huffman codes come highest bit first. */
static void put_code(struct bits *bits, unsigned code, unsigned count)
{
    while (count-- > 0) {
        put_bit(bits, code >> count & 1);
    }
}

/* The check sum that ends a gzip file, of `count` zeros. */
static uint32_t crc_of_zeros(size_t count)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < count * 8; i++) {
        crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static void put_number(struct text *out, uint32_t number)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        text_add_char(out, (char)(number >> shift & 0xFF));
    }
}

/* A gzip file of 1 + 258 * `repeats` zeros: one zero, and "the last byte 258 times". */
static void add_zeros(struct text *out, size_t repeats)
{
    enum { LITERAL_0 = 0x30, REPEAT_258 = 0xC5, DISTANCE_1 = 0, END = 0 };
    struct bits bits = {.out = out};
    text_add_bytes(out, "\x1F\x8B\x08\0\0\0\0\0\0\x03", 10);
    put_bit(&bits, 1); /* the last block, of fixed codes */
    put_bit(&bits, 1);
    put_bit(&bits, 0);
    put_code(&bits, LITERAL_0, 8);
    for (size_t i = 0; i < repeats; i++) {
        put_code(&bits, REPEAT_258, 8);
        put_code(&bits, DISTANCE_1, 5);
    }
    put_code(&bits, END, 7);
    while (bits.used > 0) {
        put_bit(&bits, 0);
    }
    size_t count = 1 + 258 * repeats;
    put_number(out,
               repeats < 1000 ? crc_of_zeros(count) : 0); /* a bomb is not read so far */
    put_number(out, (uint32_t)count);
}

static void say_compressed(struct rig *rig, struct text *bytes, size_t repeats)
{
    struct text zip;
    text_init(&zip, 16 << 20);
    text_init(bytes, 16 << 20);
    add_zeros(&zip, repeats);
    text_print(bytes,
               "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
               zip.len);
    text_add(bytes, text_str(&zip));
    rig->raw = text_str(bytes);
    text_done(&zip);
}

static void a_compressed_answer_comes_decoded(void **state)
{
    struct rig *rig = *state;
    struct text bytes;
    struct http_request request = rig_request(rig);
    say_compressed(rig, &bytes, 10);
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    assert_int_equal(rig->reply.body.len, 1 + 258 * 10);
    for (size_t i = 0; i < rig->reply.body.len; i++) {
        assert_int_equal(rig->reply.body.ptr[i], 0);
    }
    text_done(&bytes);
}

static void a_compressed_bomb_is_refused(void **state)
{
    struct rig *rig = *state;
    struct text bytes;
    struct http_request request = rig_request(rig);
    say_compressed(rig, &bytes, (64 << 20) / 258);
    assert_true(bytes.len < 1 << 20);
    const struct rig_reply *reply = rig_ask(rig, &request);
    assert_int_equal(reply->status, IMH_REJECTED);
    assert_int_equal(reply->body.len, 0);
    assert_string_equal(text_cstr(&rig->reply.text), "the answer is larger than 8 MiB");
    text_done(&bytes);
}

/* ---- broken off, or no HTTP at all ---- */

static void half_an_answer_is_none(void **state)
{
    struct rig *rig = *state;
    static const char *const answers[] = {
        "",
        "H",
        "HTTP/1.1",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\":1}",
        "HTTP/1.1 500 Bad\r\nContent-Length: 10\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"a\":1}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nContent-Encoding: own\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nContent-Length: seven\r\n\r\n{\"a\":1}",
        "garbage",
        "{\"a\":1}\n",
        "\x16\x03\x01\x02",
        "SSH-2.0-OpenSSH_9\r\n",
        "HTTP/9.9 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
    };
    rig->then = FAKE_CLOSE;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct http_request request = rig_request(rig);
        rig->bytes = answers[i];
        const struct rig_reply *reply = rig_ask(rig, &request);
        if (reply->status != IMH_RETRY || reply->code != 0 || reply->body.len != 0 ||
            reply->text.len == 0) {
            fail_msg("answer %zu: status %d, code %u, %zu bytes, '%s'", i, reply->status,
                     reply->code, reply->body.len, text_cstr(&rig->reply.text));
        }
        request.method = STR_OF("POST");
        request.repeatable = false;
        assert_int_equal(rig_ask(rig, &request)->status, IMH_UNKNOWN);
        assert_int_equal(rig->reply.code, 0);
    }
}

static void what_comes_behind_the_length_is_not_part_of_it(void **state)
{
    struct rig *rig = *state;
    rig->then = FAKE_CLOSE;
    rig->bytes = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
                 "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"b\":2}";
    for (int i = 0; i < 3; i++) {
        struct http_request request = rig_request(rig);
        assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
        assert_string_equal(text_cstr(&rig->reply.body), "{\"a\":1}");
    }
}

/* ---- how long ---- */

static void who_never_answers_is_left_at_the_deadline(void **state)
{
    struct rig *rig = *state;
    static const struct {
        struct str method;
        bool repeatable;
        imh_status status;
    } cases[] = {{STR("GET"), true, IMH_RETRY},
                 {STR("POST"), true, IMH_RETRY},
                 {STR("POST"), false, IMH_UNKNOWN},
                 {STR("PATCH"), false, IMH_UNKNOWN}};
    rig->bytes = "";
    rig->then = FAKE_HANG;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request request = rig_request(rig);
        request.method = cases[i].method;
        request.repeatable = cases[i].repeatable;
        request.timeout_ms = cases[i].repeatable ? SHORT_MS : SENT_MS;
        int64_t start = clock_mono_ms(&clock_real);
        const struct rig_reply *reply = rig_ask(rig, &request);
        assert_true(clock_mono_ms(&clock_real) - start >= request.timeout_ms - 50);
        assert_int_equal(reply->status, cases[i].status);
        assert_int_equal(reply->code, 0);
        assert_true(str_starts(text_str(&rig->reply.text), STR_OF("Operation timed out")));
    }
}

/* One byte now and then keeps a connection alive, but not for ever. */
static void who_drips_is_left_at_the_deadline(void **state)
{
    struct rig *rig = *state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "HTTP/1.1 200 OK\r\n\r\n0123456789012345678901234567890123456789012345678901234567",
    };
    rig->pace_ms = 10;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct http_request request = rig_request(rig);
        rig->bytes = answers[i];
        request.timeout_ms = SHORT_MS;
        assert_int_equal(rig_ask(rig, &request)->status, IMH_RETRY);
        assert_int_equal(rig->reply.code, 0);
        assert_int_equal(rig->reply.body.len, 0);
    }
}

static void what_was_not_sent_may_be_repeated(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    struct text url;
    text_init(&url, 100);
    text_print(&url, "http://127.0.0.1:%u/", fake_port(rig->fake));
    fake_free(rig->fake);
    rig->fake = NULL;
    request.url = text_str(&url);
    request.method = STR_OF("POST");
    request.repeatable = false;
    const struct rig_reply *reply = rig_ask(rig, &request);
    assert_int_equal(reply->status, IMH_RETRY);
    assert_true(str_starts(text_str(&rig->reply.text), STR_OF("Failed to connect to ")));
    text_done(&url);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_of_eight_mebibytes_fits),
        TEST(an_answer_of_one_byte_more_does_not),
        TEST(answers_share_the_room_there_is),
        TEST(a_flood_of_headers_is_refused),
        TEST(one_endless_header_is_refused),
        TEST(a_compressed_answer_comes_decoded),
        TEST(a_compressed_bomb_is_refused),
        TEST(half_an_answer_is_none),
        TEST(what_comes_behind_the_length_is_not_part_of_it),
        TEST(who_never_answers_is_left_at_the_deadline),
        TEST(who_drips_is_left_at_the_deadline),
        TEST(what_was_not_sent_may_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
