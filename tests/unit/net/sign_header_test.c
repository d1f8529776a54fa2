#include "net/sign_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* EspoCRM's two forms, checked against a real one. */
#define RAW "c2FtcGxlLWFwaS1rZXk6ieIT3MCwj8bh/VohLFMP3VN4gf9DaqN8tKKNGW0DS3Y="
#define HEX                                                                           \
    "c2FtcGxlLWFwaS1rZXk6ODllMjEzZGNjMGIwOGZjNmUxZmQ1YTIxMmM1MzBmZGQ1Mzc4ODFmZjQzNmF" \
    "hMzdjYjRhMjhkMTk2ZDAzNGI3Ng=="

static const char *signed_as(const char *message, const char *value,
                             const struct signing *signing, struct text *out)
{
    struct error error;
    struct remote_auth auth = {.name = STR_OF("crm"),
                               .type = IMH_AUTH_HMAC_SHA256,
                               .user = STR_OF("sample-api-key"),
                               .secret = STR_OF("sample-secret-key"),
                               .header = STR_OF("X-Hmac-Authorization"),
                               .message = str_from(message),
                               .value = str_from(value)};
    text_clear(out);
    if (!sign_hmac_header(&auth, signing, out, &error)) {
        text_clear(out);
        text_print(out, "! %s %s", error_status_name(error.status), error.text);
    }
    return text_cstr(out);
}

static void the_digest_is_over_method_and_path_below_the_base(void **state)
{
    (void)state;
    static const struct {
        struct str url, base;
    } cases[] = {
        {STR("https://crm.example.com/api/v1/Contact/abc123"),
         STR("https://crm.example.com/api/v1")},
        {STR("https://crm.example.com/api/v1/Contact/abc123?select=a%2Cb"),
         STR("https://crm.example.com/api/v1/")},
        {STR("https://crm.example.com/Contact/abc123"), STR("https://crm.example.com")},
        {STR("https://crm.example.com/Contact/abc123"), STR("https://crm.example.com/")},
        {STR("https://crm.example.com/Contact/abc123"), STR("")},
    };
    struct text out;
    text_init(&out, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct signing signing = {
            .method = STR_OF("PUT"), .url = cases[i].url, .base = cases[i].base};
        assert_string_equal(
            signed_as("{method} /{path}", "base64({user}:{raw})", &signing, &out),
            "X-Hmac-Authorization: " RAW "\n");
        assert_string_equal(
            signed_as("{method} /{path}", "base64({user}:{hex})", &signing, &out),
            "X-Hmac-Authorization: " HEX "\n");
    }
    text_done(&out);
}

static void all_parts_of_a_request_can_be_signed(void **state)
{
    (void)state;
    static const struct signing signing = {.method = STR("PUT"),
                                           .url = STR("https://a.example/b/c?d=%20&e"),
                                           .base = STR("https://a.example/b"),
                                           .body = STR("{\"f\":{}}"),
                                           .time_s = 1772352000};
    struct text out;
    text_init(&out, 1000);
    const char *one = signed_as("{user}.{time}.{query}.{body}.{path}",
                                "t={time},v1={hex},k={user}", &signing, &out);
    struct text wanted;
    text_init(&wanted, 1000);
    text_add_cstr(&wanted, one);
    assert_true(
        str_starts(text_str(&wanted), STR_OF("X-Hmac-Authorization: t=1772352000,v1=")));
    assert_true(str_ends(text_str(&wanted), STR_OF(",k=sample-api-key\n")));
    /* The same message, written out. */
    assert_string_equal(signed_as("sample-api-key.1772352000.d=%20&e.{body}.c",
                                  "t={time},v1={hex},k={user}", &signing, &out),
                        text_cstr(&wanted));
    text_done(&wanted);
    text_done(&out);
}

static void places_that_are_not_known_are_refused(void **state)
{
    (void)state;
    static const struct signing signing = {.method = STR("GET"), .url = STR("https://a/")};
    struct text out;
    text_init(&out, 1000);
    assert_string_equal(signed_as("{method} {secret}", "{hex}", &signing, &out),
                        "! broken a signature has no place {secret}");
    assert_string_equal(signed_as("{method", "{hex}", &signing, &out),
                        "! broken a signature has no place {method}");
    assert_string_equal(signed_as("a}{}", "{hex}", &signing, &out),
                        "! broken a signature has no place {}");
    /* Raw bytes cannot stand in a header. */
    assert_string_equal(signed_as("{method}", "{raw}", &signing, &out),
                        "! broken a signature has no place {raw}");
    text_done(&out);
}

/* The example that Standard Webhooks publishes for its libraries. */
static const char *webhook(const char *secret, const char *headers, struct text *out)
{
    struct error error;
    const struct signing signing = {.method = STR_OF("POST"),
                                    .url = STR_OF("https://hooks.example.com/in"),
                                    .body = STR_OF("{\"test\": 2432232314}")};
    struct remote_auth auth = {
        .name = STR_OF("signature"),
        .type = IMH_AUTH_HMAC_SHA256,
        .variant = IMH_HMAC_BASE64,
        .secret = str_from(secret),
        .header = STR_OF("webhook-signature"),
        .message = STR_OF("{header.webhook-id}.{header.webhook-timestamp}.{body}"),
        .value = STR_OF("v1,{base64}")};
    text_clear(out);
    text_add_cstr(out, headers);
    if (!sign_hmac_header(&auth, &signing, out, &error)) {
        text_clear(out);
        text_print(out, "! %s %s", error_status_name(error.status), error.text);
    }
    return text_cstr(out);
}

static void a_webhook_is_signed_with_its_id_and_time(void **state)
{
    (void)state;
#define HEAD                                       \
    "Content-Type: application/json\n"             \
    "Webhook-Id:  msg_p5jXN8AQM9LWM0D4loKWxJek \n" \
    "webhook-timestamp: 1614265330\n"
#define SIGNED HEAD "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n"
    struct text out;
    text_init(&out, 1000);
    assert_string_equal(webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", HEAD, &out),
                        SIGNED);
    assert_string_equal(webhook("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", HEAD, &out), SIGNED);
    assert_string_equal(webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "", &out),
                        "! broken a signature has no place {header.webhook-id}");
    text_done(&out);
}

static void a_key_that_is_no_base64_is_refused(void **state)
{
    static const char *const keys[] = {"whsec_", "whsec_a-b_", "secret!!",
                                       "abcde",  "=",          "===="};
    (void)state;
    struct text out;
    text_init(&out, 1000);
    for (size_t i = 0; i < COUNT(keys); i++) {
        assert_string_equal(webhook(keys[i], HEAD, &out),
                            "! denied the secret of 'signature' is not base64, with or "
                            "without whsec_ in front");
    }
    text_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_is_over_method_and_path_below_the_base),
        cmocka_unit_test(all_parts_of_a_request_can_be_signed),
        cmocka_unit_test(places_that_are_not_known_are_refused),
        cmocka_unit_test(a_webhook_is_signed_with_its_id_and_time),
        cmocka_unit_test(a_key_that_is_no_base64_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
