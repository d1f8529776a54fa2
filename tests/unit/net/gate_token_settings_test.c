#include "net/gate_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "token_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- refresh tokens ---- */

static void expect_secret(struct gate_rig *rig, const char *value)
{
    struct renewal secret;
    struct frame frame = gate_frame(rig);
    assert_int_equal(frame.kind, MESSAGE_SECRET);
    assert_int_equal(frame.id, GATE_INSTANCE);
    assert_true(renewal_get(frame.payload, &secret));
    assert_true(str_is(secret.option, "refresh_token"));
    assert_true(str_is(secret.value, value));
}

static void a_new_refresh_token_is_told_and_used(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script first = {.more = ",\"refresh_token\":\"refresh-two\""};
    static const struct token_script second = {
        .more = ",\"refresh_token\":\"refresh-three\"", .refused = "token-1111"};
    struct remote_auth auth = token_crm;
    auth.token = STR_OF("refresh-one");
    auth.token_option = STR_OF("refresh_token");
    token_begin(rig, &auth, GATE_PATIENCE_MS);
    token_now = &first;
    struct reply reply = token_ask(rig);
    token_expect_ok(&reply);
    token_expect_seen(rig, "grant_type=refresh_token&refresh_token=refresh-one");
    expect_secret(rig, "refresh-two");
    token_now = &second;
    reply = token_ask(rig);
    token_expect_ok(&reply);
    token_expect_seen(rig, "grant_type=refresh_token&refresh_token=refresh-two");
    expect_secret(rig, "refresh-three");
}

/* It comes back as the configured one when it was stored: the token goes on. */
static void settings_with_the_told_token_change_nothing(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script rotates = {.more =
                                                    ",\"refresh_token\":\"refresh-two\""};
    struct remote_auth auth = token_crm;
    auth.token = STR_OF("refresh-one");
    auth.token_option = STR_OF("refresh_token");
    token_begin(rig, &auth, GATE_PATIENCE_MS);
    token_now = &rotates;
    struct reply reply = token_ask(rig);
    token_expect_ok(&reply);
    expect_secret(rig, "refresh-two");
    auth.token = STR_OF("refresh-two");
    token_tell(rig, &auth);
    reply = token_ask(rig);
    token_expect_ok(&reply);
    assert_int_equal(token_questions, 1);
    auth.token = STR_OF("from a person");
    token_tell(rig, &auth);
    reply = token_ask(rig);
    token_expect_ok(&reply);
    assert_int_equal(token_questions, 2);
    token_expect_seen(rig, "refresh_token=from%20a%20person");
}

static void a_password_is_asked_again_when_its_refresh_token_is_used_up(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script gives = {.more = ",\"refresh_token\":\"refresh-one\""};
    static const struct token_script used_up = {
        .code = 400, .body = "{\"error\":\"invalid_grant\"}", .refused = "token-1111"};
    struct remote_auth auth = token_crm;
    auth.grant = IMH_GRANT_PASSWORD;
    auth.username = STR_OF("me");
    auth.password = STR_OF("passw0rd-of-me");
    token_begin(rig, &auth, GATE_PATIENCE_MS);
    token_now = &gives;
    struct reply reply = token_ask(rig);
    token_expect_ok(&reply);
    token_expect_seen(rig, "grant_type=password&username=me&password=passw0rd-of-me");
    token_now = &used_up;
    reply = token_ask(rig);
    token_expect_failure(
        &reply, IMH_DENIED,
        "the token server of 'shop': it refuses (400 invalid_grant): what it was "
        "given does not count any more: link it again");
    token_expect_seen(rig, "grant_type=refresh_token&refresh_token=refresh-one");
    assert_int_equal(token_questions, 3); /* password, refresh token, password */
}

/* ---- settings ---- */

static void another_credential_has_another_token(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = token_crm;
    token_begin(rig, &auth, GATE_PATIENCE_MS);
    struct reply reply = token_ask(rig);
    token_tell(rig, &auth); /* the same */
    reply = token_ask(rig);
    assert_int_equal(token_questions, 1);
    auth.scope = STR_OF("more");
    token_tell(rig, &auth);
    reply = token_ask(rig);
    token_expect_ok(&reply);
    assert_int_equal(token_questions, 2);
}

static void settings_may_change_while_a_token_is_asked_for(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script hangs = {.hangs = true};
    struct remote_auth auth = token_crm;
    token_begin(rig, &auth, GATE_PATIENCE_MS);
    token_now = &hangs;
    struct request request = token_request("GET");
    gate_send(rig->worker, 4001, &request);
    gate_wait_for_requests(rig, 1);
    token_now = &token_usual;
    auth.secret = STR_OF("an0ther-s3cret");
    token_tell(rig, &auth);
    struct reply reply = gate_reply(rig, rig->worker, 4001);
    token_expect_ok(&reply);
}

/* ---- the address in the answer ---- */

static void requests_go_where_the_token_says(void **state)
{
    struct gate_rig *rig = *state;
    static char more[200];
    static struct token_script script_of_base;
    struct remote_auth auth = token_crm;
    auth.base = STR_OF("/instance_url");
    (void)snprintf(more, sizeof more, ",\"instance_url\":\"%sinstance\"",
                   fake_url(rig->fake));
    script_of_base.more = more;
    token_now = &script_of_base;
    token_begin(rig, &auth, GATE_PATIENCE_MS);
    struct reply reply = token_ask(rig);
    assert_int_equal(reply.outcome.status, IMH_OK);
    assert_string_equal(reply.body.ptr, "/instance/thing by a good token");
}

static void an_address_without_tls_is_not_taken(void **state)
{
    struct gate_rig *rig = *state;
    static const struct {
        const char *more, *text;
    } cases[] = {
        {",\"instance_url\":\"http://127.0.0.2/\"",
         "the token server of 'shop': the address in its answer is not https://"},
        {",\"instance_url\":\"file:///etc/passwd\"",
         "the token server of 'shop': the address in its answer: not an http:// or "
         "https:// address"},
        {",\"instance_url\":\"https://me:pw@127.0.0.1/\"",
         "the token server of 'shop': the address in its answer: the address has a user "
         "name in it; secrets have options of their own"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct remote_auth auth = token_crm;
        struct token_script now = {.more = cases[i].more};
        char user[16];
        (void)snprintf(user, sizeof user, "client-%zu", i);
        auth.user = str_from(user);
        auth.base = STR_OF("/instance_url");
        token_now = &now;
        token_begin(rig, &auth, GATE_PATIENCE_MS);
        struct reply reply = token_ask(rig);
        token_expect_failure(&reply, IMH_REJECTED, cases[i].text);
        (void)gate_close(rig, TOKEN_CALL);
        token_now = &token_usual;
    }
}

/* ... and it is the token's alone: nothing else of the integration goes there. */
static void other_credentials_do_not_go_where_a_token_says(void **state)
{
    struct gate_rig *rig = *state;
    static const struct token_script other_base = {
        .more = ",\"instance_url\":\"https://127.0.0.2:9/\""};
    static struct remote_auth auths[2];
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    auths[0] = token_crm;
    auths[0].base = STR_OF("/instance_url");
    auths[1] = remote.auths[0]; /* "token", a bearer token */
    remote.auths = auths;
    remote.auth_count = 2;
    token_now = &other_base;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, TOKEN_CALL, &ticket);
    struct reply reply = token_ask(rig);
    assert_int_equal(reply.outcome.status, IMH_RETRY); /* nobody listens there */
    struct request request = token_request("GET");
    request.url = STR_OF("https://127.0.0.2:9/thing");
    request.auth = STR_OF("token");
    reply = gate_ask(rig, &request);
    token_expect_failure(&reply, IMH_REJECTED,
                         "https://127.0.0.2:9 is not an address of the integration 'shop'");
    request.auth = STR_OF("");
    reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_REJECTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_refresh_token_is_told_and_used),
        TEST(settings_with_the_told_token_change_nothing),
        TEST(a_password_is_asked_again_when_its_refresh_token_is_used_up),
        TEST(another_credential_has_another_token),
        TEST(settings_may_change_while_a_token_is_asked_for),
        TEST(requests_go_where_the_token_says),
        TEST(an_address_without_tls_is_not_taken),
        TEST(other_credentials_do_not_go_where_a_token_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
