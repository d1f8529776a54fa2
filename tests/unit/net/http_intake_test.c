#include "net/http_intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Feeds a head line by line, as libcurl does; true when all of it was taken. */
static bool feed(struct http_intake *intake, struct str head)
{
    while (head.len > 0) {
        size_t end = str_find_char(head, '\n');
        struct str line = str_before(head, end + 1);
        if (!http_intake_line(intake, line)) {
            return false;
        }
        head = str_after(head, line.len);
    }
    return true;
}

static void a_head_is_kept_without_its_first_line(void **state)
{
    (void)state;
    struct http_intake intake;
    http_intake_init(&intake, false);
    assert_true(feed(&intake, STR_OF("HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\n")));
    assert_true(intake.begun);
    assert_false(intake.headers_whole);
    assert_true(feed(&intake, STR_OF("\r\n")));
    assert_true(intake.headers_whole);
    assert_true(http_intake_body(&intake, STR_OF("ok")));
    assert_string_equal(text_cstr(&intake.headers), "A: 1\r\nContent-Length: 2\r\n\r\n");
    assert_string_equal(text_cstr(&intake.body), "ok");
    assert_null(intake.problem);
    http_intake_done(&intake);
}

static void the_last_answer_counts(void **state)
{
    (void)state;
    struct http_intake intake;
    http_intake_init(&intake, false);
    assert_true(feed(&intake, STR_OF("HTTP/1.1 100 Continue\r\nContent-Length: 7\r\n\r\n"
                                     "HTTP/1.1 103 Hints\r\nA: early\r\n\r\n"
                                     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")));
    assert_string_equal(text_cstr(&intake.headers), "Content-Length: 9\r\n\r\n");
    http_intake_done(&intake);
}

/* What comes behind the body cannot change what was said before it. */
static void trailers_are_not_believed(void **state)
{
    (void)state;
    struct http_intake intake;
    http_intake_init(&intake, false);
    assert_true(feed(&intake, STR_OF("HTTP/1.1 503 Later\r\nTransfer-Encoding: chunked\r\n"
                                     "\r\n")));
    assert_true(http_intake_body(&intake, STR_OF("{}")));
    assert_true(feed(&intake, STR_OF("Retry-After: 9\r\nContent-Length: 5\r\n"
                                     "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n")));
    assert_string_equal(text_cstr(&intake.headers), "Transfer-Encoding: chunked\r\n\r\n");
    http_intake_done(&intake);
}

static const char two_ways[] = "the answer says in two ways how long it is";
static const char no_length[] = "the answer has a length that is none";
static const char sent[] = "the answer is sent in a way that was not asked for";
static const char packed[] = "the answer is compressed in a way that was not asked for";
static const char zero[] = "the answer has a zero in its headers";

static const struct {
    struct str head;
    const char *problem; /* NULL: it is good */
} heads[] = {
    {STR("Content-Length: 0\r\n"), NULL},
    {STR("Content-Length: 007\r\n"), NULL},
    {STR("content-LENGTH:7\r\n"), NULL},
    {STR("Content-Length: 7\r\nContent-Length: 7\r\n"), NULL},
    {STR("Transfer-Encoding: chunked\r\n"), NULL},
    {STR("Transfer-Encoding: CHUNKED\r\n"), NULL},
    {STR("Content-Encoding: gzip\r\n"), NULL},
    {STR("Content-Encoding: x-gzip\r\n"), NULL},
    {STR("Content-Encoding: Deflate\r\n"), NULL},
    {STR("Content-Encoding: identity\r\n"), NULL},
    {STR("Content-Encoding:\r\n"), NULL},
    {STR("Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"), NULL},
    {STR("X-Content-Length: many\r\n Content-Length: many\r\n"), NULL},
    {STR("Content-Length: 7\r\nContent-Length: 8\r\n"), two_ways},
    {STR("Content-Length: 7\r\nTransfer-Encoding: chunked\r\n"), two_ways},
    {STR("Transfer-Encoding: chunked\r\nContent-Length: 7\r\n"), two_ways},
    {STR("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), two_ways},
    {STR("Content-Length:\r\n"), no_length},
    {STR("Content-Length: -7\r\n"), no_length},
    {STR("Content-Length: +7\r\n"), no_length},
    {STR("Content-Length: 7x\r\n"), no_length},
    {STR("Content-Length: 0x7\r\n"), no_length},
    {STR("Content-Length: 7, 7\r\n"), no_length},
    {STR("Content-Length: 7.0\r\n"), no_length},
    {STR("Content-Length: 99999999999999999999\r\n"), no_length},
    {STR("Transfer-Encoding: gzip, chunked\r\n"), sent},
    {STR("Transfer-Encoding: gzip\r\n"), sent},
    {STR("Transfer-Encoding: identity\r\n"), sent},
    {STR("Transfer-Encoding:\r\n"), sent},
    {STR("Content-Encoding: br\r\n"), packed},
    {STR("Content-Encoding: zstd\r\n"), packed},
    {STR("Content-Encoding: gzip, gzip\r\n"), packed},
    {STR("Content-Encoding: gzip\r\nContent-Encoding: deflate\r\n"), packed},
    {STR("A: a\0b\r\n"), zero},
    {STR("A\0: b\r\n"), zero},
};

static void what_can_be_read_in_two_ways_is_not_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct http_intake intake;
        http_intake_init(&intake, false);
        assert_true(feed(&intake, STR_OF("HTTP/1.1 200 OK\r\n")));
        assert_int_equal(feed(&intake, heads[i].head), !heads[i].problem);
        assert_ptr_equal(!intake.problem, !heads[i].problem);
        if (intake.problem) {
            assert_string_equal(intake.problem, heads[i].problem);
            assert_int_equal(intake.status, IMH_RETRY);
        }
        http_intake_done(&intake);
    }
}

static void what_is_too_large_will_be_so_again(void **state)
{
    (void)state;
    static const struct {
        bool has_no_body;
        const char *head;
        bool good;
    } cases[] = {{false, "Content-Length: 8388608\r\n", true},
                 {false, "Content-Length: 8388609\r\n", false},
                 {false, "Content-Length: 9223372036854775807\r\n", false},
                 {true, "Content-Length: 9223372036854775807\r\n", true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_intake intake;
        http_intake_init(&intake, cases[i].has_no_body);
        assert_int_equal(feed(&intake, str_from(cases[i].head)), cases[i].good);
        if (!cases[i].good) {
            assert_string_equal(intake.problem, "the answer is larger than 8 MiB");
            assert_int_equal(intake.status, IMH_REJECTED);
        }
        http_intake_done(&intake);
    }
}

static void a_body_has_its_limit_whatever_was_said(void **state)
{
    (void)state;
    enum { PIECE = 1 << 20 };
    struct http_intake intake;
    char *piece = calloc(1, PIECE);
    assert_non_null(piece);
    http_intake_init(&intake, false);
    for (int i = 0; i < HTTP_BODY_BYTES / PIECE; i++) {
        assert_true(http_intake_body(&intake, (struct str){piece, PIECE}));
    }
    assert_false(http_intake_body(&intake, (struct str){piece, 1}));
    assert_string_equal(intake.problem, "the answer is larger than 8 MiB");
    assert_int_equal(intake.status, IMH_REJECTED);
    http_intake_done(&intake);
    free(piece);
}

/* Headers, interim answers and trailers share one limit. */
static void heads_have_one_limit_together(void **state)
{
    (void)state;
    static const char *const floods[] = {
        "A: 12345678901234567890123456789012345678901234567890\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nA: 1\r\n\r\n",
    };
    static const char *const starts[] = {
        "HTTP/1.1 200 OK\r\n", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"};
    for (size_t i = 0; i < COUNT(floods) * COUNT(starts); i++) {
        struct http_intake intake;
        struct str flood = str_from(floods[i % COUNT(floods)]);
        size_t fed = strlen(starts[i / COUNT(floods)]);
        http_intake_init(&intake, false);
        assert_true(feed(&intake, str_from(starts[i / COUNT(floods)])));
        while (feed(&intake, flood)) {
            fed += flood.len;
            assert_true(fed <= HTTP_HEADERS_BYTES);
        }
        assert_true(fed > HTTP_HEADERS_BYTES - 100);
        assert_string_equal(intake.problem, "the answer has more than 64 KiB of headers");
        assert_int_equal(intake.status, IMH_REJECTED);
        http_intake_done(&intake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_kept_without_its_first_line),
        cmocka_unit_test(the_last_answer_counts),
        cmocka_unit_test(trailers_are_not_believed),
        cmocka_unit_test(what_can_be_read_in_two_ways_is_not_read),
        cmocka_unit_test(what_is_too_large_will_be_so_again),
        cmocka_unit_test(a_body_has_its_limit_whatever_was_said),
        cmocka_unit_test(heads_have_one_limit_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
