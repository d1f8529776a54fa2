#include "net/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void a_bearer_token_becomes_a_header(void **state)
{
    (void)state;
    static const struct remote_auth auth = {.name = STR("token"),
                                            .type = IMH_AUTH_BEARER,
                                            .secret = STR("s3cret/+=~ \xC3\xA9")};
    struct error error;
    struct text headers;
    text_init(&headers, 1000);
    text_add_cstr(&headers, "Accept: text/plain\n");
    assert_true(sign_request(&auth, &headers, &error));
    assert_string_equal(text_cstr(&headers),
                        "Accept: text/plain\nAuthorization: Bearer s3cret/+=~ \xC3\xA9\n");
    text_done(&headers);
}

static void a_secret_that_cannot_stand_in_a_header_is_refused_and_not_told(void **state)
{
    (void)state;
    static const struct str secrets[] = {
        STR(""),           STR("hush\n"),     STR("\rhush"),   STR("hush\r\nX-Evil: 1"),
        STR("hush\thush"), STR("hush\0hush"), STR("hush\x7F"),
    };
    for (size_t i = 0; i < COUNT(secrets); i++) {
        const struct remote_auth auth = {
            .name = STR_OF("token"), .type = IMH_AUTH_BEARER, .secret = secrets[i]};
        struct error error;
        struct text headers;
        text_init(&headers, 1000);
        assert_false(sign_request(&auth, &headers, &error));
        assert_int_equal(error.status, IMH_DENIED);
        assert_string_equal(error.text,
                            "the secret 'token' is empty or has a control character in it");
        assert_int_equal(headers.len, 0);
        text_done(&headers);
    }
}

static void kinds_that_are_not_known_are_refused(void **state)
{
    (void)state;
    static const uint32_t types[] = {IMH_AUTH_BASIC,
                                     IMH_AUTH_HEADER,
                                     IMH_AUTH_OAUTH1_SHA1,
                                     IMH_AUTH_OAUTH1_SHA256,
                                     IMH_AUTH_OAUTH2,
                                     IMH_AUTH_OAUTH2 + 1,
                                     UINT32_MAX};
    for (size_t i = 0; i < COUNT(types); i++) {
        const struct remote_auth auth = {
            .name = STR_OF("login"), .type = types[i], .secret = STR_OF("hush")};
        struct error error;
        struct text headers;
        text_init(&headers, 1000);
        assert_false(sign_request(&auth, &headers, &error));
        assert_int_equal(error.status, IMH_BROKEN);
        assert_string_equal(error.text,
                            "'login' is a kind of authentication that is not known");
        assert_int_equal(headers.len, 0);
        text_done(&headers);
    }
}

static void a_header_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const struct remote_auth auth = {
        .name = STR("token"), .type = IMH_AUTH_BEARER, .secret = STR("longer than that")};
    struct error error;
    struct text headers;
    text_init(&headers, 30);
    assert_false(sign_request(&auth, &headers, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(error.text, "the request's head is larger than 30 bytes");
    text_done(&headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bearer_token_becomes_a_header),
        cmocka_unit_test(a_secret_that_cannot_stand_in_a_header_is_refused_and_not_told),
        cmocka_unit_test(kinds_that_are_not_known_are_refused),
        cmocka_unit_test(a_header_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
