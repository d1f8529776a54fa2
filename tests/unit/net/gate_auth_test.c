#include "net/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/stand_in.h"
#include "gate_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { CALL = 11 };

/* One of each kind that needs no token; the secret options they are made of. */
static struct remote_auth auths[] = {
    {.name = STR("bearer"), .type = IMH_AUTH_BEARER, .secret = STR("s3cret-of-shop")},
    {.name = STR("basic"),
     .type = IMH_AUTH_BASIC,
     .user = STR("me"),
     .secret = STR("s3cret-of-shop")},
    {.name = STR("header"),
     .type = IMH_AUTH_HEADER,
     .header = STR("X-Api-Key"),
     .secret = STR("s3cret-of-shop")},
    {.name = STR("oauth1"),
     .type = IMH_AUTH_OAUTH1_SHA1,
     .user = STR("key"),
     .secret = STR("s3cret-of-shop")},
    {.name = STR("oauth256"),
     .type = IMH_AUTH_OAUTH1_SHA256,
     .variant = IMH_OAUTH1_LAMINAS,
     .user = STR("key"),
     .secret = STR("s3cret-of-shop"),
     .token = STR("t0ken-of-shop"),
     .token_secret = STR("its-own-s3cret")},
    {.name = STR("hmac"),
     .type = IMH_AUTH_HMAC_SHA256,
     .user = STR("key"),
     .header = STR("X-Signature"),
     .message = STR("{method} /{path}"),
     .value = STR("base64({user}:{raw})"),
     .secret = STR("s3cret-of-shop")},
    {.name = STR("password"), .is_option = true, .secret = STR("p&ss=\"w/rd\"")},
    {.name = STR("other"), .is_option = true, .secret = STR("0ther-secret")},
};

static const char *const kinds[] = {"bearer", "basic",    "header",
                                    "oauth1", "oauth256", "hmac"};

static const char *const secrets[] = {
    "s3cret-of-shop", "t0ken-of-shop",           "its-own-s3cret",       "p&ss=\"w/rd\"",
    "0ther-secret",   "bWU6czNjcmV0LW9mLXNob3A", "p%26ss%3D%22w%2Frd%22"};

static int setup(void **state)
{
    if (gate_setup(state) != 0) {
        return -1;
    }
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    remote.auths = auths;
    remote.auth_count = COUNT(auths);
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
    return 0;
}

static struct request signed_request(const char *kind, const char *url)
{
    struct request request = gate_request('a', url);
    request.auth = str_from(kind);
    return request;
}

/* ---- each kind ---- */

static void each_kind_reaches_the_server(void **state)
{
    struct gate_rig *rig = *state;
    static const char *const lines[] = {
        "Authorization: Bearer s3cret-of-shop\r\n",
        "Authorization: Basic bWU6czNjcmV0LW9mLXNob3A=\r\n",
        "X-Api-Key: s3cret-of-shop\r\n",
        "Authorization: OAuth oauth_consumer_key=\"key\", oauth_nonce=\"",
        "oauth_signature_method=\"HMAC-SHA256\", oauth_timestamp=\"",
        "X-Signature: a2V5O",
    };
    struct text seen;
    text_init(&seen, 1 << 20);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct request request = signed_request(kinds[i], "orders?page=1");
        struct reply reply = gate_ask(rig, &request);
        assert_int_equal(reply.outcome.status, IMH_OK);
        text_clear(&seen);
        fake_seen(rig->fake, &seen);
        assert_non_null(strstr(text_cstr(&seen), lines[i]));
    }
    text_done(&seen);
}

static void no_attempt_is_signed_like_another(void **state)
{
    struct gate_rig *rig = *state;
    struct text seen;
    text_init(&seen, 1 << 20);
    struct request request = signed_request("oauth256", "orders");
    (void)gate_ask(rig, &request);
    (void)gate_ask(rig, &request);
    fake_seen(rig->fake, &seen);
    char *first = strstr(text_cstr(&seen), "oauth_nonce=");
    assert_non_null(first);
    char *second = strstr(first + 1, "oauth_nonce=");
    assert_non_null(second);
    assert_memory_not_equal(first, second, 45);
    text_done(&seen);
}

/* A server that shows what it was sent must not show a worker its secrets. */
static void no_kind_comes_back_to_the_worker(void **state)
{
    struct gate_rig *rig = *state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct request request = signed_request(kinds[i], "echo");
        struct reply reply = gate_ask(rig, &request);
        assert_int_equal(reply.outcome.status, IMH_OK);
        assert_non_null(strstr(reply.body.ptr, "X-Request-Id"));
        for (size_t j = 0; j < COUNT(secrets); j++) {
            assert_null(strstr(reply.body.ptr, secrets[j]));
            assert_null(strstr(reply.headers.ptr, secrets[j]));
        }
    }
}

/* Scheme, server and port: whoever asks elsewhere gets no credential, and no connection. */
static void no_kind_goes_to_another_origin(void **state)
{
    struct gate_rig *rig = *state;
    unsigned port = fake_port(rig->fake);
    static const struct {
        const char *address;
        unsigned more; /* than its port */
    } servers[] = {{"https://127.0.0.1", 0},
                   {"http://127.0.0.2", 0},
                   {"http://127.0.0.1", 1},
                   {"http://localhost", 0}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (size_t j = 0; j < COUNT(servers); j++) {
            char url[100];
            (void)snprintf(url, sizeof url, "%s:%u/", servers[j].address,
                           port + servers[j].more);
            struct request request = signed_request(kinds[i], url);
            struct reply reply = gate_ask(rig, &request);
            assert_int_equal(reply.outcome.status, IMH_REJECTED);
        }
    }
    assert_int_equal(fake_connections(rig->fake), 0);
}

static void redirect(void *self, const struct fake_request *request,
                     struct fake_reply *reply)
{
    const struct gate_rig *rig = self;
    char headers[200];
    (void)request;
    (void)snprintf(headers, sizeof headers, "Location: http://localhost:%u/elsewhere\r\n",
                   fake_port(rig->fake));
    fake_say(reply, 302, headers, STR_OF(""));
}

static void no_kind_follows_a_redirect(void **state)
{
    struct gate_rig *rig = *state;
    rig->answer = redirect;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct request request = signed_request(kinds[i], "orders");
        struct reply reply = gate_ask(rig, &request);
        assert_int_equal(reply.outcome.status, IMH_REJECTED);
        assert_int_equal(reply.code, 302);
        assert_int_equal(fake_requests(rig->fake), i + 1);
    }
}

/* ---- stand-ins ---- */

static const char *stand_in(struct gate_rig *rig, const char *name, char letter)
{
    struct ticket ticket = gate_ticket_of(letter);
    struct text text;
    text_init(&text, 200);
    stand_in_write(&text, str_from(name), ticket.secret);
    struct str kept = arena_copy(&rig->arena, text_str(&text));
    text_done(&text);
    return kept.ptr;
}

static struct str written(struct gate_rig *rig, const char *before, const char *stand_in,
                          const char *after)
{
    struct text text;
    text_init(&text, 1000);
    text_print(&text, "%s%s%s", before, stand_in, after);
    struct str kept = arena_copy(&rig->arena, text_str(&text));
    text_done(&text);
    return kept;
}

static void expect_seen(struct gate_rig *rig, const char *part)
{
    struct text seen;
    text_init(&seen, 1 << 20);
    fake_seen(rig->fake, &seen);
    if (!strstr(text_cstr(&seen), part)) {
        fail_msg("the server did not get '%s'", part);
    }
    text_done(&seen);
}

static void secrets_take_the_place_of_their_stand_ins(void **state)
{
    struct gate_rig *rig = *state;
    const char *password = stand_in(rig, "password", 'a');
    const char *other = stand_in(rig, "other", 'a');
    struct request request = gate_request('a', "");
    request.method = STR_OF("POST");
    request.url = written(rig, "login/", password, "?x=1");
    request.headers =
        written(rig, "{\"Content-Type\":\"application/json\",\"X-Key\":\"k ", other, "\"}");
    request.body = written(rig, "{\"password\":\"", password, "\"}");
    struct reply reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_OK);
    expect_seen(rig, "POST /login/p%26ss%3D%22w%2Frd%22?x=1 HTTP/1.1\r\n");
    expect_seen(rig, "\r\nX-Key: k 0ther-secret\r\n");
    expect_seen(rig, "\r\n\r\n{\"password\":\"p&ss=\\\"w/rd\\\"\"}");
    assert_string_equal(reply.body.ptr, "you asked /login/[secret]?x=1");
}

static void a_form_is_signed_with_its_secrets(void **state)
{
    struct gate_rig *rig = *state;
    struct request request = signed_request("oauth1", "echo");
    request.method = STR_OF("POST");
    request.headers = STR_OF("{\"Content-Type\":\"application/x-www-form-urlencoded\"}");
    request.body = written(rig, "a=1&p=", stand_in(rig, "password", 'a'), "");
    struct reply reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_OK);
    expect_seen(rig, "\r\n\r\na=1&p=p%26ss%3D%22w%2Frd%22");
    for (size_t i = 0; i < COUNT(secrets); i++) {
        assert_null(strstr(reply.body.ptr, secrets[i]));
    }
}

/* What another call was lent, or a stranger wrote, is sent as the text it is. */
static void stand_ins_of_another_call_are_texts(void **state)
{
    struct gate_rig *rig = *state;
    struct ticket ticket = gate_ticket_of('b');
    gate_open(rig, CALL + 1, &ticket);
    const char *foreign = stand_in(rig, "password", 'b');
    struct request request = gate_request('a', "");
    request.url = written(rig, "x?p=", foreign, "");
    struct reply reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_OK);
    expect_seen(rig, foreign);
    request = gate_request('b', "");
    request.url = written(rig, "x?p=", foreign, "");
    reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_OK);
    expect_seen(rig, "GET /x?p=p%26ss%3D%22w%2Frd%22 HTTP/1.1\r\n");
}

static void a_stand_in_in_the_wrong_place_stops_the_request(void **state)
{
    struct gate_rig *rig = *state;
    struct request requests[4];
    for (size_t i = 0; i < COUNT(requests); i++) {
        requests[i] = gate_request('a', "x");
    }
    const char *password = stand_in(rig, "password", 'a');
    requests[0].url = written(rig, "x?p=", stand_in(rig, "bearer", 'a'), "");
    requests[1].url = written(rig, "http://", password, ".example.net/");
    requests[2].url = written(rig, "https://evil.example.net/?p=", password, "");
    requests[3].headers = STR_OF("{\"Content-Type\":\"text/plain\"}");
    requests[3].method = STR_OF("POST");
    requests[3].body = written(rig, "", password, "");
    static const imh_status wanted[] = {IMH_BROKEN, IMH_REJECTED, IMH_REJECTED, IMH_BROKEN};
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct reply reply = gate_ask(rig, &requests[i]);
        assert_int_equal(reply.outcome.status, wanted[i]);
        assert_null(strstr(reply.outcome.text.ptr, "w/rd"));
    }
    assert_int_equal(fake_connections(rig->fake), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_reaches_the_server),
        TEST(no_attempt_is_signed_like_another),
        TEST(no_kind_comes_back_to_the_worker),
        TEST(no_kind_goes_to_another_origin),
        TEST(no_kind_follows_a_redirect),
        TEST(secrets_take_the_place_of_their_stand_ins),
        TEST(a_form_is_signed_with_its_secrets),
        TEST(stand_ins_of_another_call_are_texts),
        TEST(a_stand_in_in_the_wrong_place_stops_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
