#include "net/gate_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "token_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SHORT_MS = 300 };

/* ---- one token for all ---- */

static void one_question_serves_all_who_wait(void **state)
{
    struct gate_rig *rig = *state;
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    struct request request = token_request("GET");
    for (uint64_t i = 1; i <= 20; i++) {
        gate_send(rig->worker, 1000 + i, &request);
    }
    for (uint64_t i = 1; i <= 20; i++) {
        struct reply reply = gate_reply(rig, rig->worker, GATE_ANY);
        token_expect_ok(&reply);
    }
    assert_int_equal(token_questions, 1);
    assert_int_equal(token_things, 20);
    struct spent spent = gate_close(rig, TOKEN_CALL);
    assert_int_equal(spent.requests, 20);
}

static void each_credential_has_its_own_token(void **state)
{
    struct gate_rig *rig = *state;
    static struct remote_auth both[2];
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    both[0] = both[1] = token_crm;
    both[1].name = STR_OF("other");
    remote.auths = both;
    remote.auth_count = 2;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, TOKEN_CALL, &ticket);
    struct reply reply = token_ask(rig);
    token_expect_ok(&reply);
    struct request request = token_request("GET");
    request.auth = STR_OF("other");
    reply = gate_ask(rig, &request);
    token_expect_ok(&reply);
    assert_int_equal(token_questions, 2);
}

static void the_question_is_what_is_configured(void **state)
{
    struct gate_rig *rig = *state;
    struct text seen;
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    struct reply reply = token_ask(rig);
    token_expect_ok(&reply);
    text_init(&seen, 1 << 20);
    fake_seen(rig->fake, &seen);
    static const char *const parts[] = {
        "POST /token HTTP/1.1\r\n",
        "\r\nAuthorization: Basic Y2xpZW50LTE6Y2wxZW50LXMzY3JldA==\r\n",
        "\r\n\r\ngrant_type=client_credentials",
        "GET /thing HTTP/1.1\r\n",
        "\r\nAuthorization: Bearer token-1111\r\n",
    };
    for (size_t i = 0; i < COUNT(parts); i++) {
        assert_non_null(strstr(text_cstr(&seen), parts[i]));
    }
    text_done(&seen);
}

/* ---- refused tokens ---- */

static void a_refused_token_is_renewed_and_the_request_sent_again(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script first_refused = {.refused = "token-1111"};
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    token_now = &first_refused;
    for (unsigned i = 0; i < 3; i++) {
        struct reply reply = token_ask(rig);
        token_expect_ok(&reply);
    }
    assert_int_equal(token_questions, 2);
    assert_int_equal(token_things, 4);
    struct spent spent = gate_close(rig, TOKEN_CALL);
    assert_int_equal(spent.requests, 4);
    assert_int_equal(spent.unsafe, 0);
}

static void many_refused_at_once_renew_it_once(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script first_refused = {.refused = "token-1111"};
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    token_now = &first_refused;
    struct request request = token_request("GET");
    for (uint64_t i = 1; i <= 10; i++) {
        gate_send(rig->worker, 2000 + i, &request);
    }
    for (uint64_t i = 1; i <= 10; i++) {
        struct reply reply = gate_reply(rig, rig->worker, GATE_ANY);
        token_expect_ok(&reply);
    }
    assert_int_equal(token_questions, 2);
}

/* A second refusal is about something else, a right perhaps: it is believed, and the next
 * ones are, without another token each time. */
static void a_second_refusal_is_believed(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script all_refused = {.refused = "token-1111 token-2222"};
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    token_now = &all_refused;
    for (unsigned i = 0; i < 3; i++) {
        struct reply reply = token_ask(rig);
        token_expect_failure(&reply, IMH_DENIED, "GET thing: 401 Unauthorized");
        assert_string_equal(reply.body.ptr, "/thing by a bad token");
    }
    assert_int_equal(token_questions, 2);
    assert_int_equal(token_things, 4);
}

/* What may not be done twice is sent again only when the refusal says that it was none. */
static void a_post_is_sent_again_only_if_that_is_safe(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script vague = {.refused = "token-1111 token-2222"};
    static const struct token_script clear = {.refused = "token-1111 token-2222",
                                              .challenge = true};
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    token_now = &vague;
    struct request request = token_request("POST");
    struct reply reply = gate_ask(rig, &request);
    token_expect_failure(&reply, IMH_DENIED, "POST thing: 401 Unauthorized");
    assert_int_equal(token_things, 1);
    token_now = &clear; /* the token is a new one all the same */
    reply = gate_ask(rig, &request);
    token_expect_ok(&reply);
    assert_int_equal(token_things, 3);
    assert_int_equal(token_questions, 3);
}

static void other_failures_are_not_about_the_token(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script busy = {.other = 503};
    static const struct token_script forbidden = {.other = 403};
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    token_now = &busy;
    struct reply reply = token_ask(rig);
    token_expect_failure(&reply, IMH_RETRY, "GET thing: 503 Service Unavailable");
    token_now = &forbidden;
    reply = token_ask(rig);
    token_expect_failure(&reply, IMH_DENIED, "GET thing: 403 Forbidden");
    assert_int_equal(token_questions, 1);
    assert_int_equal(token_things, 2);
}

/* ---- no token ---- */

static void a_failure_is_told_to_all_and_rests(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script revoked = {
        .code = 400,
        .body = "{\"error\":\"invalid_client\",\"error_description\":\"no "
                "cl1ent-s3cret\"}"};
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    token_now = &revoked;
    struct request request = token_request("GET");
    for (uint64_t i = 1; i <= 5; i++) {
        gate_send(rig->worker, 3000 + i, &request);
    }
    for (uint64_t i = 1; i <= 5; i++) {
        struct reply reply = gate_reply(rig, rig->worker, GATE_ANY);
        token_expect_failure(
            &reply, IMH_DENIED,
            "the token server of 'shop': it refuses (400 invalid_client, no "
            "[secret]): check client and secret");
        assert_int_equal(reply.code, 0);
    }
    assert_true(token_questions <=
                2); /* a second one if the first pause, of a second, is over */
    assert_int_equal(token_things, 0);
}

static void what_is_no_token_is_refused(void **state)
{
    static const struct {
        struct token_script script;
        imh_status status;
        const char *text;
    } cases[] = {
        {{.body = "<html>"},
         IMH_REJECTED,
         "the token server of 'shop': its answer is not the JSON of a token"},
        {{.body = "{\"access_token\":\"a\\r\\nX-Evil: 1\"}"},
         IMH_REJECTED,
         "the token server of 'shop': its answer has no token that can be used"},
        {{.code = 503, .body = "busy"},
         IMH_RETRY,
         "the token server of 'shop': 503 Service Unavailable"},
        {{.code = 429, .body = "busy"},
         IMH_WAIT,
         "the token server of 'shop': 429 Too Many Requests"},
        {{.code = 302, .body = "elsewhere"},
         IMH_REJECTED,
         "the token server of 'shop': it answers 302: is 'token_url' where tokens "
         "come "
         "from?"},
    };
    struct gate_rig *rig = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct remote_auth auth = token_crm;
        char user[16];
        (void)snprintf(user, sizeof user, "client-%zu", i); /* another one: no pause */
        auth.user = str_from(user);
        token_begin(rig, &auth, GATE_PATIENCE_MS);
        token_now = &cases[i].script;
        struct reply reply = token_ask(rig);
        token_expect_failure(&reply, cases[i].status, cases[i].text);
        (void)gate_close(rig, TOKEN_CALL);
    }
    assert_int_equal(token_things, 0);
}

static void a_deadline_holds_while_a_token_is_awaited(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script hangs = {.hangs = true};
    token_now = &hangs;
    token_begin(rig, &token_crm, SHORT_MS);
    struct reply reply = token_ask(rig);
    token_expect_failure(&reply, IMH_RETRY, "no token to ask 'shop' within the time");
    assert_int_equal(gate_close(rig, TOKEN_CALL).unsafe, 0);
    assert_int_equal(token_things, 0);
}

static void tokens_come_from_the_integrations_own_servers_only(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = token_crm;
    auth.token_url = STR_OF("http://127.0.0.2:9/token");
    token_begin(rig, &auth, GATE_PATIENCE_MS);
    struct reply reply = token_ask(rig);
    token_expect_failure(&reply, IMH_REJECTED,
                         "no token for 'shop': http://127.0.0.2:9 is not an address of the "
                         "integration 'shop'");
    assert_int_equal(fake_connections(rig->fake), 0);
}

static void what_is_not_configured_is_named(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = token_crm;
    auth.secret = STR_OF("");
    token_begin(rig, &auth, GATE_PATIENCE_MS);
    struct reply reply = token_ask(rig);
    token_expect_failure(&reply, IMH_DENIED,
                         "no token for 'shop': the credential 'crm' has no client secret: "
                         "configure it");
    assert_int_equal(fake_connections(rig->fake), 0);
}

/* ---- time ---- */

/* The old token is used while the new one is asked for: nobody waits. */
static void a_token_is_renewed_before_its_end(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script brief = {.more = ",\"expires_in\":1"};
    int64_t deadline = clock_mono_ms(&clock_real) + GATE_PATIENCE_MS;
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    token_now = &brief;
    while (token_questions < 3) {
        struct reply reply = token_ask(rig);
        token_expect_ok(&reply);
        assert_true(clock_mono_ms(&clock_real) < deadline);
    }
}

/* ---- ends ---- */

static void a_call_may_end_while_its_token_is_asked_for(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script hangs = {.hangs = true};
    token_now = &hangs;
    token_begin(rig, &token_crm, GATE_PATIENCE_MS);
    struct request request = token_request("POST");
    gate_send(rig->worker, 5001, &request);
    gate_wait_for_requests(rig, 1);
    struct spent spent = gate_close(rig, TOKEN_CALL);
    assert_int_equal(spent.requests, 0);
    assert_int_equal(spent.unsafe, 0); /* the question was not the call's */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_question_serves_all_who_wait),
        TEST(each_credential_has_its_own_token),
        TEST(the_question_is_what_is_configured),
        TEST(a_refused_token_is_renewed_and_the_request_sent_again),
        TEST(many_refused_at_once_renew_it_once),
        TEST(a_second_refusal_is_believed),
        TEST(a_post_is_sent_again_only_if_that_is_safe),
        TEST(other_failures_are_not_about_the_token),
        TEST(a_failure_is_told_to_all_and_rests),
        TEST(what_is_no_token_is_refused),
        TEST(a_deadline_holds_while_a_token_is_awaited),
        TEST(tokens_come_from_the_integrations_own_servers_only),
        TEST(what_is_not_configured_is_named),
        TEST(a_token_is_renewed_before_its_end),
        TEST(a_call_may_end_while_its_token_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
