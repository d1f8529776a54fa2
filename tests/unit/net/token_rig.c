#include "token_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

const struct token_script token_usual = {.more = ",\"expires_in\":3600"};
const struct token_script *_Atomic token_now = &token_usual;
atomic_uint token_questions, token_things;

static void answer_token(struct fake_reply *reply, const struct token_script *now)
{
    struct text body;
    unsigned number = ++token_questions;
    text_init(&body, 1000);
    text_print(&body, "{\"access_token\":\"token-%04u\"%s}", number * 1111,
               now->more ? now->more : "");
    reply->then = now->hangs ? FAKE_HANG : FAKE_KEEP;
    if (!now->hangs) {
        fake_say(reply, now->code ? now->code : 200, "",
                 now->body ? str_from(now->body) : text_str(&body));
    }
    text_done(&body);
}

static void answer(void *self, const struct fake_request *request, struct fake_reply *reply)
{
    const struct token_script *now = token_now;
    struct text body;
    (void)self;
    if (str_starts(request->target, STR_OF("/token"))) {
        answer_token(reply, now);
        return;
    }
    size_t at = str_find(request->headers, STR_OF("Bearer "), 0);
    struct str token = str_before(str_after(request->headers, at + 7), 10);
    bool good = token.len == 10 && !(now->refused && str_find(str_from(now->refused), token,
                                                              0) < strlen(now->refused));
    token_things++;
    text_init(&body, 10000);
    text_print(&body, "%.*s by ", STR_ARGS(request->target));
    text_add(&body, str_from(good ? "a good token" : "a bad token"));
    fake_say(reply,
             !good        ? 401
             : now->other ? now->other
                          : 200,
             now->challenge ? "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n" : "",
             text_str(&body));
    text_done(&body);
}

int token_setup(void **state)
{
    token_now = &token_usual;
    token_questions = 0;
    token_things = 0;
    if (gate_setup(state) != 0) {
        return -1;
    }
    struct gate_rig *rig = *state;
    rig->answer = answer;
    return 0;
}

/* ---- the rig as supervisor and worker ---- */

const struct remote_auth token_crm = {.name = STR("crm"),
                                      .type = IMH_AUTH_OAUTH2,
                                      .user = STR("client-1"),
                                      .secret = STR("cl1ent-s3cret"),
                                      .token_url = STR("token")};

void token_tell(struct gate_rig *rig, struct remote_auth *auth)
{
    struct remote remote = gate_remote(rig);
    remote.auths = auth;
    gate_tell(rig, GATE_INSTANCE, &remote);
    (void)gate_close(rig, TOKEN_CALL + 100); /* its answer is behind the settings */
}

void token_begin(struct gate_rig *rig, const struct remote_auth *auth, int64_t left_ms)
{
    struct remote_auth copy = *auth;
    struct ticket ticket = gate_ticket_of('a');
    ticket.left_ms = left_ms;
    token_tell(rig, &copy);
    gate_open(rig, TOKEN_CALL, &ticket);
}

struct request token_request(const char *method)
{
    struct request request = gate_request('a', "thing");
    request.method = str_from(method);
    request.auth = STR_OF("crm");
    return request;
}

struct reply token_ask(struct gate_rig *rig)
{
    struct request request = token_request("GET");
    return gate_ask(rig, &request);
}

void token_expect_ok(const struct reply *reply)
{
    assert_int_equal(reply->outcome.status, IMH_OK);
    assert_string_equal(reply->body.ptr, "/thing by a good token");
}

void token_expect_failure(const struct reply *reply, imh_status status, const char *text)
{
    assert_string_equal(reply->outcome.text.ptr, text);
    assert_int_equal(reply->outcome.status, status);
}

void token_expect_seen(struct gate_rig *rig, const char *part)
{
    struct text seen;
    text_init(&seen, 1 << 20);
    fake_seen(rig->fake, &seen);
    if (!strstr(text_cstr(&seen), part)) {
        fail_msg("the server did not get '%s'", part);
    }
    text_done(&seen);
}
