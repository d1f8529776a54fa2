#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- what is sent ---- */

/* What the server got since it started, as one text. */
static const char *seen(const struct rig *rig, struct text *all)
{
    text_clear(all);
    fake_seen(rig->fake, all);
    return text_cstr(all);
}

static void a_request_is_sent_as_it_was_given(void **state)
{
    struct rig *rig = *state;
    static const struct {
        struct str method, path, headers, body;
        const char *line, *length, *rest;
    } cases[] = {
        {STR("GET"), STR("a?b=c%20d"), STR("Accept: x/y\nX-A: 1\n"), STR(""),
         "GET /a?b=c%20d HTTP/1.1\r\n", NULL, "\r\nX-A: 1\r\n\r\n"},
        {STR("GET"), STR(""), STR(""), STR("{}"), "GET / HTTP/1.1\r\n",
         "\r\nContent-Length: 2\r\n", "\r\n\r\n{}"},
        {STR("POST"), STR(""), STR("Content-Type: application/json\n"), STR("{\"a\":1}"),
         "POST / HTTP/1.1\r\n", "\r\nContent-Length: 7\r\n", "\r\n\r\n{\"a\":1}"},
        {STR("POST"), STR(""), STR(""), STR(""), "POST / HTTP/1.1\r\n",
         "\r\nContent-Length: 0\r\n", "\r\n\r\n"},
        {STR("PUT"), STR(""), STR(""), STR("a\0b"), "PUT / HTTP/1.1\r\n",
         "\r\nContent-Length: 3\r\n", "\r\n\r\na"},
        {STR("PATCH"), STR(""), STR(""), STR("x"), "PATCH / HTTP/1.1\r\n",
         "\r\nContent-Length: 1\r\n", "\r\n\r\nx"},
        {STR("DELETE"), STR("17"), STR(""), STR(""), "DELETE /17 HTTP/1.1\r\n", NULL,
         "\r\n\r\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text url;
        struct text all;
        struct http_request request = rig_request(rig);
        text_init(&url, 200);
        text_init(&all, 100000);
        (void)seen(rig, &all);
        size_t before = all.len;
        text_print(&url, "%s%.*s", fake_url(rig->fake), STR_ARGS(cases[i].path));
        request.method = cases[i].method;
        request.url = text_str(&url);
        request.headers = cases[i].headers;
        request.body = cases[i].body;
        assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
        const char *sent = seen(rig, &all) + before;
        assert_ptr_equal(strstr(sent, cases[i].line), sent);
        assert_non_null(strstr(sent, cases[i].rest));
        assert_true(!cases[i].length || strstr(sent, cases[i].length));
        assert_non_null(strstr(sent, "\r\nUser-Agent: imh/" IMH_VERSION "\r\n"));
        assert_null(strstr(sent, "Expect:"));
        text_done(&all);
        text_done(&url);
    }
    assert_int_equal(fake_requests(rig->fake), COUNT(cases));
}

static void a_head_request_waits_for_no_body(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    rig->bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nX-A: 1\r\n\r\n";
    request.method = STR_OF("HEAD");
    const struct rig_reply *reply = rig_ask(rig, &request);
    assert_int_equal(reply->status, IMH_OK);
    assert_int_equal(reply->body.len, 0);
}

static void a_large_body_is_sent_without_asking_first(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    char *body = malloc(HTTP_BODY_BYTES);
    struct text all;
    assert_non_null(body);
    memset(body, 'b', HTTP_BODY_BYTES);
    request.method = STR_OF("POST");
    request.body = (struct str){body, HTTP_BODY_BYTES};
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    text_init(&all, 16 << 20);
    assert_null(strstr(seen(rig, &all), "Expect"));
    assert_null(strstr(seen(rig, &all), "Content-Type")); /* nobody said it is a form */
    assert_true(str_ends(text_str(&all), request.body));
    text_done(&all);
    free(body);
}

static void a_body_that_is_too_large_is_no_reason_to_try_again(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    struct error error;
    char *body = calloc(1, HTTP_BODY_BYTES + 1);
    assert_non_null(body);
    request.method = STR_OF("POST");
    request.body = (struct str){body, HTTP_BODY_BYTES + 1};
    assert_null(http_start(rig->http, &request, NULL, NULL, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(error.text, "the request's body is larger than 8388608 bytes");
    free(body);
}

/* ---- what comes back ---- */

static void an_answer_comes_whole(void **state)
{
    struct rig *rig = *state;
    static const struct str raw = STR("HTTP/1.1 201 Created\r\n"
                                      "Content-Type: text/plain\r\nX-A: 1\r\nx-a: 2\r\n"
                                      "Content-Length: 5\r\n\r\na\0b\xFF\n");
    struct http_request request = rig_request(rig);
    rig->raw = raw;
    const struct rig_reply *reply = rig_ask(rig, &request);
    assert_int_equal(reply->status, IMH_OK);
    assert_int_equal(reply->code, 201);
    assert_int_equal(reply->after_s, 0);
    assert_int_equal(reply->text.len, 0);
    assert_true(str_is((struct str){reply->headers.ptr, reply->headers.len},
                       "{\"content-type\":\"text/plain\",\"x-a\":\"1, 2\","
                       "\"content-length\":\"5\"}"));
    assert_int_equal(reply->body.len, 5);
    assert_memory_equal(reply->body.ptr, "a\0b\xFF\n", 5);
}

static void refusals_come_with_their_body_and_words(void **state)
{
    struct rig *rig = *state;
    static const struct {
        const char *bytes;
        imh_status status;
        uint32_t code, after_s;
        const char *text;
    } cases[] = {
        {"HTTP/1.1 404 Nope\r\nContent-Length: 3\r\n\r\nwhy", IMH_MISSING, 404, 0,
         "404 Not Found"},
        {"HTTP/1.1 401 Nope\r\nContent-Length: 3\r\n\r\nwhy", IMH_DENIED, 401, 0,
         "401 Unauthorized"},
        {"HTTP/1.1 429 Nope\r\nRetry-After: 9\r\nContent-Length: 3\r\n\r\nwhy", IMH_WAIT,
         429, 9, "429 Too Many Requests"},
        {"HTTP/1.1 503 Nope\r\nContent-Length: 3\r\n\r\nwhy", IMH_RETRY, 503, 0,
         "503 Service Unavailable"},
        {"HTTP/1.0 500 Nope\r\n\r\nwhy", IMH_RETRY, 500, 0, "500 Internal Server Error"},
    };
    rig->then = FAKE_CLOSE;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request request = rig_request(rig);
        rig->bytes = cases[i].bytes;
        const struct rig_reply *reply = rig_ask(rig, &request);
        assert_int_equal(reply->status, cases[i].status);
        assert_int_equal(reply->code, cases[i].code);
        assert_int_equal(reply->after_s, cases[i].after_s);
        assert_string_equal(text_cstr(&rig->reply.text), cases[i].text);
        assert_string_equal(text_cstr(&rig->reply.body), "why");
    }
}

static void interim_answers_do_not_count(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    rig->bytes = "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                 "HTTP/1.1 103 Early Hints\r\nRetry-After: 99\r\n\r\n"
                 "HTTP/1.1 429 Slow\r\nX-Late: 1\r\nContent-Length: 0\r\n\r\n";
    const struct rig_reply *reply = rig_ask(rig, &request);
    assert_int_equal(reply->status, IMH_WAIT);
    assert_int_equal(reply->after_s, 0);
    assert_string_equal(text_cstr(&rig->reply.headers),
                        "{\"x-late\":\"1\",\"content-length\":\"0\"}");
}

static void lines_may_end_without_a_carriage_return(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    rig->bytes = "HTTP/1.1 200 OK\nContent-Length: 2\nX-A: 1\n\nok";
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    assert_string_equal(text_cstr(&rig->reply.body), "ok");
    assert_string_equal(text_cstr(&rig->reply.headers),
                        "{\"content-length\":\"2\",\"x-a\":\"1\"}");
}

static void headers_may_come_behind_the_body(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    rig->bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "2\r\nok\r\n0\r\nX-Sum: 17\r\n\r\n";
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    assert_string_equal(text_cstr(&rig->reply.body), "ok");
}

static void redirects_are_not_followed(void **state)
{
    struct rig *rig = *state;
    struct rig *other;
    void *another = NULL;
    assert_int_equal(rig_setup(&another), 0);
    other = another;
    static const unsigned codes[] = {301, 302, 303, 307, 308};
    const char *targets[] = {fake_url(other->fake), "/elsewhere", "//localhost/x"};
    for (size_t i = 0; i < COUNT(codes) * COUNT(targets); i++) {
        struct text bytes;
        struct text wanted;
        struct http_request request = rig_request(rig);
        request.headers = STR_OF("Authorization: Bearer hush\n");
        text_init(&bytes, 300);
        text_init(&wanted, 300);
        text_print(&bytes, "HTTP/1.1 %u Go\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                   codes[i % COUNT(codes)], targets[i / COUNT(codes)]);
        rig->bytes = text_cstr(&bytes);
        const struct rig_reply *reply = rig_ask(rig, &request);
        assert_int_equal(reply->status, IMH_REJECTED);
        assert_int_equal(reply->code, codes[i % COUNT(codes)]);
        assert_true(str_ends(text_str(&rig->reply.text),
                             STR_OF(": a redirect is not followed; configure the "
                                    "address it leads to")));
        text_done(&wanted);
        text_done(&bytes);
    }
    assert_int_equal(fake_requests(rig->fake), COUNT(codes) * COUNT(targets));
    assert_int_equal(fake_connections(other->fake), 0);
    assert_int_equal(rig_teardown(&another), 0);
}

/* ---- connections ---- */

static void connections_are_used_again(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    }
    assert_int_equal(fake_requests(rig->fake), 5);
    assert_int_equal(fake_connections(rig->fake), 1);
}

static void a_connection_that_died_meanwhile_is_no_failure(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    rig->then = FAKE_CLOSE;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    }
    assert_int_equal(fake_connections(rig->fake), 5);
}

/* A server may have acted on what it read before it closed the connection. */
static void what_may_not_be_repeated_is_sent_once(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    const char *good = rig->bytes;
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    rig->bytes = "";
    rig->then = FAKE_CLOSE;
    request.method = STR_OF("POST");
    request.repeatable = false;
    assert_int_equal(rig_ask(rig, &request)->status, IMH_UNKNOWN);
    assert_int_equal(fake_requests(rig->fake), 2);
    assert_int_equal(fake_connections(rig->fake), 2);
    rig->bytes = good;
    rig->then = FAKE_KEEP;
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    assert_int_equal(fake_requests(rig->fake), 4);
    assert_int_equal(fake_connections(rig->fake), 4);
}

/* Bytes behind an answer are not the answer to the next request, whenever they come. */
static void an_answer_that_nobody_asked_for_is_not_taken(void **state)
{
    struct rig *rig = *state;
    enum { LATER_MS = 200 };
    static const char first[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst";
    static const char both[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
                               "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
    for (unsigned pace_ms = 0; pace_ms <= 1; pace_ms++) {
        struct http_request request = rig_request(rig);
        unsigned before = fake_connections(rig->fake);
        rig->bytes = both;
        rig->pace_ms = pace_ms;
        rig->at_once = strlen(first);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
            assert_string_equal(text_cstr(&rig->reply.body), "first");
            int64_t until = clock_mono_ms(&clock_real) + LATER_MS;
            while (clock_mono_ms(&clock_real) < until) {
                http_wait(rig->http, NULL, 0, LATER_MS);
            }
        }
        assert_int_equal(fake_connections(rig->fake), before + 3);
    }
}

static void a_slow_one_does_not_hold_the_others(void **state)
{
    struct rig *rig = *state;
    struct rig *other;
    void *another = NULL;
    struct rig_reply slow;
    assert_int_equal(rig_setup(&another), 0);
    other = another;
    rig_reply_init(&slow);
    rig->then = FAKE_HANG;
    rig->bytes = "";
    struct http_request hanging = rig_request(rig);
    struct http_request quick = rig_request(other);
    struct http_exchange *exchange = rig_start(rig, &hanging, &slow);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(rig_ask(rig, &quick)->status, IMH_OK);
    }
    assert_int_equal(slow.count, 0);
    http_cancel(exchange);
    http_wait(rig->http, NULL, 0, 10);
    assert_int_equal(slow.count, 0); /* nobody is called for what was canceled */
    rig_reply_done(&slow);
    assert_int_equal(rig_teardown(&another), 0);
}

static void many_run_side_by_side(void **state)
{
    struct rig *rig = *state;
    enum { MANY = 30 };
    struct rig_reply replies[MANY];
    struct rig_reply *list[MANY];
    struct http_request request = rig_request(rig);
    for (int i = 0; i < MANY; i++) {
        rig_reply_init(&replies[i]);
        list[i] = &replies[i];
        (void)rig_start(rig, &request, &replies[i]);
    }
    rig_wait(rig, list, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(replies[i].count, 1);
        assert_int_equal(replies[i].status, IMH_OK);
        rig_reply_done(&replies[i]);
    }
    assert_int_equal(fake_requests(rig->fake), MANY);
}

static void what_is_still_under_way_is_freed_with_the_rest(void **state)
{
    struct rig *rig = *state;
    rig->then = FAKE_HANG;
    rig->bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab";
    struct http_request request = rig_request(rig);
    for (int i = 0; i < 3; i++) {
        (void)rig_start(rig, &request, &rig->reply);
        http_wait(rig->http, NULL, 0, 10);
    }
    assert_int_equal(rig->reply.count, 0); /* the teardown frees them: leaks are seen */
}

static void other_descriptors_are_waited_for_too(void **state)
{
    struct rig *rig = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct pollfd fds[] = {{.fd = ends[0], .events = POLLIN},
                           {.fd = ends[1], .events = POLLOUT}};
    http_wait(rig->http, fds, 2, RIG_PATIENCE_MS); /* ends at once: one is writable */
    assert_int_equal(fds[0].revents, 0);
    assert_int_equal(fds[1].revents, POLLOUT);
    assert_int_equal(write(ends[1], "x", 1), 1);
    http_wait(rig->http, fds, 1, RIG_PATIENCE_MS);
    assert_int_equal(fds[0].revents, POLLIN);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
}

static void proxies_of_the_environment_are_not_used(void **state)
{
    struct rig *rig = *state;
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    struct http_request request = rig_request(rig);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(setenv(names[i], "http://127.0.0.1:1/", 1), 0);
    }
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    assert_int_equal(fake_requests(rig->fake), 1);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(unsetenv(names[i]), 0);
    }
}

/* ---- where it may go ---- */

static void private_addresses_are_refused_without_a_connection(void **state)
{
    struct rig *rig = *state;
    static const struct {
        const char *host, *shown, *address;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", "127.0.0.1"},
        {"localhost", "localhost", NULL},
        {"LOCALHOST", "LOCALHOST", NULL},
        {"127.1", "127.0.0.1", "127.0.0.1"},
        {"2130706433", "127.0.0.1", "127.0.0.1"},
        {"0x7f000001", "127.0.0.1", "127.0.0.1"},
        {"0x7f.0.0.1", "127.0.0.1", "127.0.0.1"},
        {"017700000001", "127.0.0.1", "127.0.0.1"},
        {"0.0.0.0", "0.0.0.0", "0.0.0.0"},
        {"0", "0.0.0.0", "0.0.0.0"},
        {"[::1]", "[::1]", "::1"},
        {"[::]", "[::]", "::"},
        {"[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]", "::ffff:127.0.0.1"},
        {"[::ffff:7f00:1]", "[::ffff:127.0.0.1]", "::ffff:127.0.0.1"},
        {"169.254.169.254", "169.254.169.254", "169.254.169.254"},
        {"10.0.0.1", "10.0.0.1", "10.0.0.1"},
        {"192.168.1.1", "192.168.1.1", "192.168.1.1"},
        {"[fd00::1]", "[fd00::1]", "fd00::1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text url;
        struct http_request request = rig_request(rig);
        text_init(&url, 300);
        text_print(&url, "http://%s:%u/", cases[i].host, fake_port(rig->fake));
        request.url = text_str(&url);
        request.allow_private = false;
        const struct rig_reply *reply = rig_ask(rig, &request);
        const char *text = text_cstr(&rig->reply.text);
        assert_int_equal(reply->status, IMH_REJECTED);
        assert_int_equal(reply->code, 0);
        struct str rest = str_from(text);
        assert_true(str_ends(rest, STR_OF(" is not public: 'allow_private = yes' lets the "
                                          "integration go there")));
        if (cases[i].address) {
            struct str address = str_from(cases[i].address);
            assert_true(str_starts(rest, address));
        }
        text_done(&url);
    }
    assert_int_equal(fake_connections(rig->fake), 0);
}

static void private_addresses_are_reached_where_it_is_allowed(void **state)
{
    struct rig *rig = *state;
    static const char *const hosts[] = {"127.0.0.1", "localhost", "2130706433",
                                        "[::ffff:127.0.0.1]", "0.0.0.0"};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct text url;
        struct http_request request = rig_request(rig);
        text_init(&url, 300);
        text_print(&url, "http://%s:%u/", hosts[i], fake_port(rig->fake));
        request.url = text_str(&url);
        assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
        text_done(&url);
    }
}

/* Two integrations with the same address: what one may does not help the other. */
static void a_connection_of_somebody_who_may_is_not_used(void **state)
{
    struct rig *rig = *state;
    struct http_request request = rig_request(rig);
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
    request.allow_private = false;
    assert_int_equal(rig_ask(rig, &request)->status, IMH_REJECTED);
    assert_int_equal(rig->reply.code, 0);
    assert_int_equal(fake_requests(rig->fake), 1);
    request.allow_private = true;
    assert_int_equal(rig_ask(rig, &request)->status, IMH_OK);
}

static void other_protocols_are_not_spoken(void **state)
{
    struct rig *rig = *state;
    static const char *const urls[] = {"file:///etc/hostname", "ftp://127.0.0.1:1/x",
                                       "gopher://127.0.0.1:1/x", "dict://127.0.0.1:1/x"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct http_request request = rig_request(rig);
        request.url = str_from(urls[i]);
        const struct rig_reply *reply = rig_ask(rig, &request);
        assert_int_equal(reply->status, IMH_RETRY);
        assert_int_equal(reply->code, 0);
        assert_int_equal(reply->body.len, 0);
    }
}

static void what_speaks_no_tls_is_not_trusted(void **state)
{
    struct rig *rig = *state;
    struct text url;
    struct http_request request = rig_request(rig);
    text_init(&url, 100);
    text_print(&url, "https://127.0.0.1:%u/", fake_port(rig->fake));
    request.url = text_str(&url);
    request.timeout_ms = 1000;
    const struct rig_reply *reply = rig_ask(rig, &request);
    assert_int_equal(reply->status, IMH_RETRY);
    assert_int_equal(reply->code, 0);
    assert_int_equal(fake_requests(rig->fake), 0);
    text_done(&url);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_sent_as_it_was_given),
        TEST(a_head_request_waits_for_no_body),
        TEST(a_large_body_is_sent_without_asking_first),
        TEST(a_body_that_is_too_large_is_no_reason_to_try_again),
        TEST(an_answer_comes_whole),
        TEST(refusals_come_with_their_body_and_words),
        TEST(interim_answers_do_not_count),
        TEST(lines_may_end_without_a_carriage_return),
        TEST(headers_may_come_behind_the_body),
        TEST(redirects_are_not_followed),
        TEST(connections_are_used_again),
        TEST(a_connection_that_died_meanwhile_is_no_failure),
        TEST(what_may_not_be_repeated_is_sent_once),
        TEST(an_answer_that_nobody_asked_for_is_not_taken),
        TEST(a_slow_one_does_not_hold_the_others),
        TEST(many_run_side_by_side),
        TEST(what_is_still_under_way_is_freed_with_the_rest),
        TEST(other_descriptors_are_waited_for_too),
        TEST(proxies_of_the_environment_are_not_used),
        TEST(private_addresses_are_refused_without_a_connection),
        TEST(private_addresses_are_reached_where_it_is_allowed),
        TEST(a_connection_of_somebody_who_may_is_not_used),
        TEST(other_protocols_are_not_spoken),
        TEST(what_speaks_no_tls_is_not_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
