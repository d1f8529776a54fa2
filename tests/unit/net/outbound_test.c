#include "net/outbound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { LINES_BYTES = 64 << 10 };

static struct str shop_addresses[] = {STR("https://shop.example.com/base/"),
                                      STR("http://media.example.com:8080")};

static const struct remote shop = {.account = STR("acme"),
                                   .identifier = STR("shop"),
                                   .addresses = shop_addresses,
                                   .address_count = COUNT(shop_addresses)};

/* The address that is allowed, or "! reason". */
static const char *resolved(const struct remote *remote, struct str url, struct text *out)
{
    struct error error;
    text_clear(out);
    if (!outbound_resolve(remote, url, out, &error)) {
        assert_int_equal(error.status, IMH_REJECTED);
        text_clear(out);
        text_print(out, "! %s", error.text);
    }
    return text_cstr(out);
}

static void requests_go_to_the_integrations_own_addresses(void **state)
{
    (void)state;
    static const struct {
        struct str url;
        const char *whole;
    } cases[] = {
        {STR("rest/V1"), "https://shop.example.com/base/rest/V1"},
        {STR("/rest/V1?a=1"), "https://shop.example.com/base/rest/V1?a=1"},
        {STR("https://shop.example.com/other"), "https://shop.example.com/other"},
        {STR("HTTPS://SHOP.example.com:443/x"), "https://SHOP.example.com:443/x"},
        {STR("http://media.example.com:8080/1.png"), "http://media.example.com:8080/1.png"},
    };
    struct text out;
    text_init(&out, URL_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(resolved(&shop, cases[i].url, &out), cases[i].whole);
    }
    text_done(&out);
}

static void requests_to_other_servers_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct str url;
        const char *reason;
    } cases[] = {
        {STR("https://evil.example.net/"), "! https://evil.example.net:443"},
        {STR("http://shop.example.com/"), "! http://shop.example.com:80"},
        {STR("http://shop.example.com:443/"), "! http://shop.example.com:443"},
        {STR("https://shop.example.com:8443/"), "! https://shop.example.com:8443"},
        {STR("https://shop.example.com./"), "! https://shop.example.com.:443"},
        {STR("https://shop.example.com.evil.example.net/"),
         "! https://shop.example.com.evil.example.net:443"},
        {STR("https://media.example.com:8080/"), "! https://media.example.com:8080"},
        {STR("https://127.0.0.1/"), "! https://127.0.0.1:443"},
        {STR("https://0x7f000001/"), "! https://127.0.0.1:443"},
        {STR("https://[::1]/"), "! https://[::1]:443"},
    };
    struct text out;
    struct text wanted;
    text_init(&out, URL_BYTES);
    text_init(&wanted, URL_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&wanted);
        text_print(&wanted, "%s is not an address of the integration 'shop'",
                   cases[i].reason);
        assert_string_equal(resolved(&shop, cases[i].url, &out), text_cstr(&wanted));
    }
    text_done(&wanted);
    text_done(&out);
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, URL_BYTES);
    assert_string_equal(resolved(&shop, STR_OF("a b"), &out),
                        "! the address has a blank or control character in it");
    assert_string_equal(
        resolved(&shop, STR_OF("https://me:pass@shop.example.com/"), &out),
        "! the address has a user name in it; secrets have options of their own");
    text_done(&out);
}

static void without_addresses_nothing_leaves(void **state)
{
    (void)state;
    static const struct remote none = {.identifier = STR("none")};
    struct text out;
    text_init(&out, URL_BYTES);
    assert_string_equal(resolved(&none, STR_OF("rest/V1"), &out),
                        "! not an http:// or https:// address");
    assert_string_equal(
        resolved(&none, STR_OF("https://shop.example.com/"), &out),
        "! https://shop.example.com:443 is not an address of the integration 'none'");
    text_done(&out);
}

/* One bad address among the options does not open or close the others. */
static void an_address_that_is_none_allows_nothing(void **state)
{
    (void)state;
    static struct str addresses[] = {STR("nonsense"), STR("https://good.example.com/")};
    static const struct remote mixed = {
        .identifier = STR("mixed"), .addresses = addresses, .address_count = 2};
    struct text out;
    text_init(&out, URL_BYTES);
    assert_string_equal(resolved(&mixed, STR_OF("https://good.example.com/x"), &out),
                        "https://good.example.com/x");
    assert_string_equal(resolved(&mixed, STR_OF("relative"), &out),
                        "! not an http:// or https:// address");
    text_done(&out);
}

static void credentials_are_found_by_their_whole_name(void **state)
{
    (void)state;
    static struct remote_auth auths[] = {{.name = STR("token"), .secret = STR("one")},
                                         {.name = STR("token2"), .secret = STR("two")}};
    static const struct remote remote = {.auths = auths, .auth_count = COUNT(auths)};
    assert_ptr_equal(outbound_auth(&remote, STR_OF("token")), &auths[0]);
    assert_ptr_equal(outbound_auth(&remote, STR_OF("token2")), &auths[1]);
    assert_null(outbound_auth(&remote, STR_OF("toke")));
    assert_null(outbound_auth(&remote, STR_OF("Token")));
    assert_null(outbound_auth(&remote, STR_OF("")));
}

/* The lines, or "! reason". */
static const char *lines_of(struct str json, struct text *out)
{
    struct error error;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    text_clear(out);
    if (!outbound_headers(json, &arena, out, &error)) {
        text_clear(out);
        text_print(out, "! %s %s", error_status_name(error.status), error.text);
    }
    arena_done(&arena);
    return text_cstr(out);
}

static void headers_become_lines(void **state)
{
    (void)state;
    static const struct {
        struct str json;
        const char *lines;
    } cases[] = {
        {STR(""), ""},
        {STR("{}"), ""},
        {STR(" { } "), ""},
        {STR("{\"Accept\":\"application/json\"}"), "Accept: application/json\n"},
        {STR("{\"X-A\":\"1\",\"x_b\":\"\\u00e9\\t\\\"2\\\"\"}"),
         "X-A: 1\nx_b: \xC3\xA9\t\"2\"\n"},
        {STR("{\"X-Empty\":\"\"}"), "X-Empty: \n"},
    };
    struct text out;
    text_init(&out, LINES_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(lines_of(cases[i].json, &out), cases[i].lines);
    }
    text_done(&out);
}

static void headers_that_begin_another_one_are_refused(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR("{\"X-A\":\"1\\r\\nAuthorization: Bearer x\"}"),
        STR("{\"X-A\":\"1\\nX-B: 2\"}"),
        STR("{\"X-A\":\"\\r\"}"),
        STR("{\"X-A\":\"\\u0000\"}"),
        STR("{\"X-A\":\"\\u007f\"}"),
        STR("{\"X-A: 1\\nX-B\":\"2\"}"),
        STR("{\"X A\":\"1\"}"),
        STR("{\"X-A:\":\"1\"}"),
        STR("{\"\":\"1\"}"),
        STR("{\"X-\\u00e9\":\"1\"}"),
    };
    struct text out;
    text_init(&out, LINES_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(lines_of(cases[i], &out),
                            "! rejected a request header that cannot be sent");
    }
    text_done(&out);
}

static void headers_of_the_host_cannot_be_set(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "upgrade",
        "Authorization",
        "aUTHORIZATION",
        "proxy-authorization",
        "Expect",
        "TE",
        "Trailer",
        "Proxy-Connection",
        "Keep-Alive",
        "X-Request-Id",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct text json;
        struct text wanted;
        struct text out;
        text_init(&json, 200);
        text_init(&wanted, 200);
        text_init(&out, LINES_BYTES);
        text_print(&json, "{\"X-Good\":\"1\",\"%s\":\"chunked\"}", names[i]);
        text_print(&wanted, "! rejected the header '%s' is set by the host", names[i]);
        assert_string_equal(lines_of(text_str(&json), &out), text_cstr(&wanted));
        text_done(&json);
        text_done(&wanted);
        text_done(&out);
    }
}

static void headers_are_an_object_of_texts(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR("[]"),
        STR("null"),
        STR("\"X-A: 1\""),
        STR("{\"X-A\":1}"),
        STR("{\"X-A\":null}"),
        STR("{\"X-A\":[\"1\"]}"),
        STR("{\"X-A\":{\"X-B\":\"1\"}}"),
        STR("{\"X-A\":\"1\""),
        STR("{\"X-A\":\"1\",}"),
        STR("X-A: 1"),
        STR("{\"X-A\":\"1\"} {\"X-B\":\"2\"}"),
    };
    struct text out;
    text_init(&out, LINES_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(lines_of(cases[i], &out),
                            "! broken request headers must be a JSON object of texts");
    }
    text_done(&out);
}

static void headers_have_a_limit(void **state)
{
    (void)state;
    struct text json;
    struct text out;
    text_init(&json, 2 * LINES_BYTES);
    text_init(&out, LINES_BYTES);
    text_add_cstr(&json, "{\"X-A\":\"");
    for (int i = 0; i < LINES_BYTES; i++) {
        text_add_char(&json, 'a');
    }
    text_add_cstr(&json, "\"}");
    assert_string_equal(lines_of(text_str(&json), &out),
                        "! rejected the request's head is larger than 65536 bytes");
    text_done(&out);
    text_done(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_go_to_the_integrations_own_addresses),
        cmocka_unit_test(requests_to_other_servers_are_refused),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(without_addresses_nothing_leaves),
        cmocka_unit_test(an_address_that_is_none_allows_nothing),
        cmocka_unit_test(credentials_are_found_by_their_whole_name),
        cmocka_unit_test(headers_become_lines),
        cmocka_unit_test(headers_that_begin_another_one_are_refused),
        cmocka_unit_test(headers_of_the_host_cannot_be_set),
        cmocka_unit_test(headers_are_an_object_of_texts),
        cmocka_unit_test(headers_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
