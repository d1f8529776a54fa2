#include "net/gate_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate_rig.h"
#include "net/sign_oauth1.h"

enum { CALL = 11, HEADERS_BYTES = 16 << 10, NO_FORM = 99, BUSY = 100 };

/* ---- a server that computes signatures in one form, or is busy ---- */

static atomic_uint wanted, asked;

static const struct remote_auth shop = {.name = STR("shop"),
                                        .type = IMH_AUTH_OAUTH1_SHA256,
                                        .variant = IMH_OAUTH1_LAMINAS,
                                        .message = STR("signature is invalid"),
                                        .user = STR("key"),
                                        .secret = STR("s3cret-of-shop")};

/* The value of a parameter of the Authorization header. */
static struct str parameter(struct str headers, struct str name)
{
    struct str rest = str_after(headers, str_find(headers, name, 0) + name.len);
    return str_before(rest, str_find_char(rest, '"'));
}

static bool is_signed_as(const struct gate_rig *rig, const struct fake_request *request,
                         uint32_t variant)
{
    struct remote_auth auth = shop;
    struct text url;
    struct text headers;
    struct error error;
    int64_t time_s;
    text_init(&url, HEADERS_BYTES);
    text_init(&headers, HEADERS_BYTES);
    text_add_cstr(&url, fake_url(rig->fake));
    text_add(&url, str_after(request->target, 1));
    auth.variant = variant;
    assert_true(str_to_int64(parameter(request->headers, STR_OF("oauth_timestamp=\"")), 0,
                             INT64_MAX, &time_s));
    const struct signing signing = {
        .method = request->method,
        .url = text_str(&url),
        .nonce = parameter(request->headers, STR_OF("oauth_nonce=\"")),
        .time_s = time_s};
    assert_true(sign_oauth1(&auth, &signing, &headers, &error));
    struct str line = str_trim(text_str(&headers));
    bool same = str_find(request->headers, line, 0) < request->headers.len;
    text_done(&headers);
    text_done(&url);
    return same;
}

static void answer(void *self, const struct fake_request *request, struct fake_reply *reply)
{
    unsigned form = wanted;
    asked++;
    if (form == BUSY) {
        fake_say(reply, asked == 1 ? 401 : 503, "", STR_OF("the signature is invalid"));
    } else if (form != NO_FORM && is_signed_as(self, request, form)) {
        fake_say(reply, 200, "", STR_OF("good"));
    } else {
        fake_say(reply, 401, "", STR_OF("{\"message\":\"The signature is invalid.\"}"));
    }
}

static void begin(struct gate_rig *rig, struct remote_auth *auth, unsigned form)
{
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    wanted = form;
    asked = 0;
    rig->answer = answer;
    remote.auths = auth;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
}

/* An address that the forms sign differently. */
static struct reply ask(struct gate_rig *rig, const char *method)
{
    struct request request = gate_request('a', "products?a%5B10%5D=x%2Cy&a%5B2%5D=1");
    request.method = str_from(method);
    request.auth = STR_OF("shop");
    return gate_ask(rig, &request);
}

static void the_plugins_own_form_comes_first(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = shop;
    begin(rig, &auth, IMH_OAUTH1_LAMINAS);
    assert_int_equal(ask(rig, "GET").outcome.status, IMH_OK);
    assert_int_equal(asked, 1);
}

/* Whatever its method: a request whose signature is refused was not acted on. */
static void the_other_form_is_tried_and_remembered(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = shop;
    begin(rig, &auth, IMH_OAUTH1_MAGENTO);
    assert_int_equal(ask(rig, "POST").outcome.status, IMH_OK);
    assert_int_equal(asked, 2);
    assert_int_equal(ask(rig, "POST").outcome.status, IMH_OK);
    assert_int_equal(asked, 3);
    wanted = IMH_OAUTH1_LAMINAS; /* the shop was set back to an older version */
    assert_int_equal(ask(rig, "GET").outcome.status, IMH_OK);
    assert_int_equal(asked, 5);
    assert_int_equal(gate_close(rig, CALL).requests, 5);
}

/* Those that were under way in the wrong form when the right one was learned. */
static void many_at_once_all_find_the_right_form(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = shop;
    begin(rig, &auth, IMH_OAUTH1_MAGENTO);
    struct request request = gate_request('a', "products?a%5B0%5D=x%2Cy");
    request.auth = STR_OF("shop");
    for (uint64_t i = 1; i <= 12; i++) {
        gate_send(rig->worker, 1000 + i, &request);
    }
    for (uint64_t i = 1; i <= 12; i++) {
        struct reply reply = gate_reply(rig, rig->worker, GATE_ANY);
        assert_int_equal(reply.outcome.status, IMH_OK);
    }
}

static void when_both_are_refused_the_secrets_are_wrong(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = shop;
    begin(rig, &auth, NO_FORM);
    for (unsigned i = 0; i < 3; i++) {
        struct reply reply = ask(rig, "GET");
        assert_int_equal(reply.outcome.status, IMH_DENIED);
        assert_int_equal(reply.code, 401);
    }
    assert_int_equal(asked, 4); /* the other form only once */
}

static void a_busy_shop_teaches_nothing(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = shop;
    begin(rig, &auth, BUSY);
    assert_int_equal(ask(rig, "GET").outcome.status, IMH_RETRY);
    assert_int_equal(asked, 2);
    wanted = IMH_OAUTH1_LAMINAS;
    assert_int_equal(ask(rig, "GET").outcome.status, IMH_OK);
    assert_int_equal(asked, 3);
}

static void without_words_no_form_is_changed(void **state)
{
    struct gate_rig *rig = *state;
    struct remote_auth auth = shop;
    auth.message = STR_OF("");
    begin(rig, &auth, IMH_OAUTH1_MAGENTO);
    assert_int_equal(ask(rig, "GET").outcome.status, IMH_DENIED);
    assert_int_equal(asked, 1);
    auth.message = STR_OF("something else");
    begin(rig, &auth, IMH_OAUTH1_MAGENTO);
    assert_int_equal(ask(rig, "GET").outcome.status, IMH_DENIED);
    assert_int_equal(asked, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_plugins_own_form_comes_first),
        TEST(the_other_form_is_tried_and_remembered),
        TEST(many_at_once_all_find_the_right_form),
        TEST(when_both_are_refused_the_secrets_are_wrong),
        TEST(a_busy_shop_teaches_nothing),
        TEST(without_words_no_form_is_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
