#include "net/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { HEADERS_BYTES = 10000 };

static const struct signing a_get = {.method = STR("GET"),
                                     .url = STR("https://shop.example.com/api/orders?a=1"),
                                     .content_type = STR(""),
                                     .body = STR(""),
                                     .base = STR("https://shop.example.com/api/"),
                                     .access = STR("acc3ss/+=~"),
                                     .nonce = STR("n0nce"),
                                     .time_s = 1772352000};

/* The header lines, or "! status sentence". */
static const char *signed_by(const struct remote_auth *auth, struct text *out)
{
    struct error error;
    text_clear(out);
    if (!sign_request(auth, &a_get, out, &error)) {
        assert_int_equal(out->len, 0);
        text_print(out, "! %s %s", error_status_name(error.status), error.text);
    }
    return text_cstr(out);
}

static void each_kind_becomes_its_header(void **state)
{
    (void)state;
    static const struct {
        struct remote_auth auth;
        const char *header;
    } cases[] = {
        {{.type = IMH_AUTH_BEARER, .secret = STR("s3cret/+=~ \xC3\xA9")},
         "Authorization: Bearer s3cret/+=~ \xC3\xA9\n"},
        {{.type = IMH_AUTH_BASIC, .user = STR("Aladdin"), .secret = STR("open sesame")},
         "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n"},
        {{.type = IMH_AUTH_BASIC, .user = STR("test"), .secret = STR("123\xC2\xA3")},
         "Authorization: Basic dGVzdDoxMjPCow==\n"},
        {{.type = IMH_AUTH_BASIC, .user = STR("key"), .secret = STR("")},
         "Authorization: Basic a2V5Og==\n"},
        {{.type = IMH_AUTH_BASIC, .user = STR("u"), .secret = STR("with:colon\n")},
         "Authorization: Basic dTp3aXRoOmNvbG9uCg==\n"},
        {{.type = IMH_AUTH_HEADER, .header = STR("X-Api-Key"), .secret = STR("k-1 2")},
         "X-Api-Key: k-1 2\n"},
        {{.type = IMH_AUTH_OAUTH2, .secret = STR("client secret"), .user = STR("client")},
         "Authorization: Bearer acc3ss/+=~\n"},
    };
    struct text out;
    text_init(&out, HEADERS_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(signed_by(&cases[i].auth, &out), cases[i].header);
    }
    text_done(&out);
}

static void headers_that_are_there_stay(void **state)
{
    (void)state;
    static const struct remote_auth auth = {
        .name = STR("token"), .type = IMH_AUTH_BEARER, .secret = STR("abc")};
    struct error error;
    struct text headers;
    text_init(&headers, 1000);
    text_add_cstr(&headers, "Accept: text/plain\n");
    assert_true(sign_request(&auth, &a_get, &headers, &error));
    assert_string_equal(text_cstr(&headers),
                        "Accept: text/plain\nAuthorization: Bearer abc\n");
    text_done(&headers);
}

static void a_secret_that_cannot_stand_in_a_header_is_refused_and_not_told(void **state)
{
    (void)state;
    static const struct str secrets[] = {
        STR(""),           STR("hush\n"),     STR("\rhush"),   STR("hush\r\nX-Evil: 1"),
        STR("hush\thush"), STR("hush\0hush"), STR("hush\x7F"),
    };
    static const uint32_t types[] = {IMH_AUTH_BEARER, IMH_AUTH_HEADER};
    struct text out;
    text_init(&out, HEADERS_BYTES);
    for (size_t i = 0; i < COUNT(secrets); i++) {
        for (size_t j = 0; j < COUNT(types); j++) {
            const struct remote_auth auth = {.name = STR_OF("token"),
                                             .type = types[j],
                                             .header = STR_OF("X-Key"),
                                             .secret = secrets[i]};
            assert_string_equal(signed_by(&auth, &out),
                                "! denied the secret 'token' is empty or has a control "
                                "character in it");
        }
    }
    text_done(&out);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    static const struct {
        struct remote_auth auth;
        const char *problem;
    } cases[] = {
        {{.name = STR("login"), .type = IMH_AUTH_BASIC, .secret = STR("hush")},
         "! denied the credential 'login' has no user name: configure it"},
        {{.name = STR("login"),
          .type = IMH_AUTH_BASIC,
          .user = STR("a:b"),
          .secret = STR("hush")},
         "! denied the user name of 'login' has a colon in it"},
        {{.name = STR("shop"), .type = IMH_AUTH_OAUTH1_SHA1, .secret = STR("hush")},
         "! denied the credential 'shop' has no consumer key: configure it"},
        {{.name = STR("shop"), .type = IMH_AUTH_OAUTH1_SHA256, .user = STR("key")},
         "! denied the credential 'shop' has no consumer secret: configure it"},
        {{.name = STR("crm"), .type = IMH_AUTH_HMAC_SHA256, .user = STR("key")},
         "! denied the credential 'crm' has no secret: configure it"},
    };
    struct text out;
    text_init(&out, HEADERS_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(signed_by(&cases[i].auth, &out), cases[i].problem);
    }
    text_done(&out);
}

static void kinds_that_are_not_known_are_refused(void **state)
{
    (void)state;
    static const uint32_t types[] = {IMH_AUTH_HMAC_SHA256 + 1, UINT32_MAX};
    struct text out;
    text_init(&out, HEADERS_BYTES);
    for (size_t i = 0; i < COUNT(types); i++) {
        const struct remote_auth auth = {
            .name = STR_OF("login"), .type = types[i], .secret = STR_OF("hush")};
        assert_string_equal(signed_by(&auth, &out),
                            "! broken 'login' is a kind of authentication that is not "
                            "known");
    }
    text_done(&out);
}

/* Each kind has its own way to write: none may run over. */
static void a_header_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    for (uint32_t type = IMH_AUTH_BEARER; type <= IMH_AUTH_HMAC_SHA256; type++) {
        const struct remote_auth auth = {.name = STR_OF("token"),
                                         .type = type,
                                         .header = STR_OF("X-Longer-Than-That"),
                                         .user = STR_OF("longer than that"),
                                         .value = STR_OF("{hex}"),
                                         .secret = STR_OF("longer than that")};
        struct error error;
        struct text headers;
        text_init(&headers, 20);
        assert_false(sign_request(&auth, &a_get, &headers, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(error.text, "the request's head is larger than 20 bytes");
        text_done(&headers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_becomes_its_header),
        cmocka_unit_test(headers_that_are_there_stay),
        cmocka_unit_test(a_secret_that_cannot_stand_in_a_header_is_refused_and_not_told),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(kinds_that_are_not_known_are_refused),
        cmocka_unit_test(a_header_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
