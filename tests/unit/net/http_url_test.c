#include "net/http_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The absolute address, or "! reason". */
static const char *resolved(struct str base, struct str url, struct text *out)
{
    struct origin origin;
    struct error error;
    text_clear(out);
    if (!url_resolve(base, url, out, &origin, &error)) {
        text_clear(out);
        text_print(out, "! %s", error.text);
        assert_int_equal(error.status, IMH_REJECTED);
    }
    return text_cstr(out);
}

static void relative_addresses_lie_below_the_base(void **state)
{
    (void)state;
    static const struct {
        struct str base, url;
        const char *whole;
    } cases[] = {
        {STR("https://shop.example.com"), STR("rest/V1"),
         "https://shop.example.com/rest/V1"},
        {STR("https://shop.example.com/"), STR("rest/V1"),
         "https://shop.example.com/rest/V1"},
        {STR("https://shop.example.com/"), STR("/rest/V1"),
         "https://shop.example.com/rest/V1"},
        {STR("https://shop.example.com/shop"), STR("/rest/V1"),
         "https://shop.example.com/shop/rest/V1"},
        {STR("https://shop.example.com/shop/"), STR("rest?a=b&c=%20"),
         "https://shop.example.com/shop/rest?a=b&c=%20"},
        {STR("https://shop.example.com/shop"), STR(""), "https://shop.example.com/shop/"},
        {STR("https://shop.example.com/"), STR("//evil.example.net/x"),
         "https://shop.example.com/evil.example.net/x"},
        {STR("https://shop.example.com/"), STR("\\\\evil.example.net\\x"),
         "https://shop.example.com/\\\\evil.example.net\\x"},
        {STR("https://shop.example.com/"), STR("ftp://evil.example.net/x"),
         "https://shop.example.com/ftp://evil.example.net/x"},
        {STR("https://shop.example.com/"), STR("https:evil.example.net"),
         "https://shop.example.com/https:evil.example.net"},
        {STR("https://shop.example.com/"), STR("@evil.example.net/"),
         "https://shop.example.com/@evil.example.net/"},
        {STR("https://shop.example.com"), STR(".evil.example.net/"),
         "https://shop.example.com/.evil.example.net/"},
        {STR("https://shop.example.com/a/"), STR("../../b"), "https://shop.example.com/b"},
        {STR("https://shop.example.com/a"), STR("b#part"), "https://shop.example.com/a/b"},
    };
    struct text out;
    text_init(&out, URL_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(resolved(cases[i].base, cases[i].url, &out), cases[i].whole);
    }
    text_done(&out);
}

static void absolute_addresses_stand_for_themselves(void **state)
{
    (void)state;
    static const struct str base = STR("https://shop.example.com/");
    static const struct {
        struct str url;
        const char *whole;
    } cases[] = {
        {STR("https://api.example.com/v1?a=1"), "https://api.example.com/v1?a=1"},
        {STR("http://api.example.com:8080"), "http://api.example.com:8080/"},
        {STR("HTTPS://api.example.com/v1#part"), "https://api.example.com/v1"},
        {STR("http://[::1]:8080/"), "http://[::1]:8080/"},
    };
    struct text out;
    text_init(&out, URL_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(resolved(base, cases[i].url, &out), cases[i].whole);
        assert_string_equal(resolved(STR_OF(""), cases[i].url, &out), cases[i].whole);
    }
    text_done(&out);
}

static void an_origin_is_scheme_host_and_port(void **state)
{
    (void)state;
    static const struct {
        struct str url;
        struct origin origin;
    } cases[] = {
        {STR("https://shop.example.com/a/b?c"), {"https", "shop.example.com", 443}},
        {STR("HTTP://Shop.EXAMPLE.com"), {"http", "shop.example.com", 80}},
        {STR("http://shop.example.com:8080/"), {"http", "shop.example.com", 8080}},
        {STR("https://shop.example.com:443/"), {"https", "shop.example.com", 443}},
        {STR("http://127.0.0.1/"), {"http", "127.0.0.1", 80}},
        {STR("http://2130706433/"), {"http", "127.0.0.1", 80}},
        {STR("http://0x7f000001/"), {"http", "127.0.0.1", 80}},
        {STR("http://0177.0.0.1/"), {"http", "127.0.0.1", 80}},
        {STR("http://127.1/"), {"http", "127.0.0.1", 80}},
        {STR("http://shop%2eexample.com/"), {"http", "shop.example.com", 80}},
        {STR("http://[::1]/"), {"http", "[::1]", 80}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct origin origin;
        struct error error;
        struct text out;
        text_init(&out, URL_BYTES);
        assert_true(url_resolve(STR_OF(""), cases[i].url, &out, &origin, &error));
        assert_string_equal(origin.scheme, cases[i].origin.scheme);
        assert_string_equal(origin.host, cases[i].origin.host);
        assert_int_equal(origin.port, cases[i].origin.port);
        assert_true(origin_eq(&origin, &cases[i].origin));
        text_done(&out);
    }
}

static void origins_differ_in_each_of_their_parts(void **state)
{
    (void)state;
    static const struct origin shop = {"https", "shop.example.com", 443};
    static const struct origin others[] = {
        {"http", "shop.example.com", 443},   {"https", "shop.example.com.", 443},
        {"https", "shop.example.co", 443},   {"https", "evil.example.com", 443},
        {"https", "shop.example.com", 8443},
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_false(origin_eq(&shop, &others[i]));
        assert_false(origin_eq(&others[i], &shop));
    }
}

static void what_is_no_address_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        struct str url;
        const char *reason;
    } cases[] = {
        {STR(""), "! not an http:// or https:// address"},
        {STR("shop.example.com"), "! not an http:// or https:// address"},
        {STR("ftp://shop.example.com/"), "! not an http:// or https:// address"},
        {STR("file:///etc/passwd"), "! not an http:// or https:// address"},
        {STR("gopher://127.0.0.1:25/x"), "! not an http:// or https:// address"},
        {STR("http://"), "! not an http:// or https:// address"},
        {STR("http://shop.example.com:0/"),
         "! the address has no server that can be reached"},
        {STR("http://shop.example.com:65536/"),
         "! the port of the address is no number from 1 to 65535"},
        {STR("http://shop.example.com:port/"),
         "! the port of the address is no number from 1 to 65535"},
        {STR("http://[::1/"), "! not an http:// or https:// address"},
        {STR("http://shop.example.com/a b"),
         "! the address has a blank or control character in it"},
        {STR("http://shop.example.com/\r\nHost: evil"),
         "! the address has a blank or control character in it"},
        {STR("http://shop.example.com/\0x"),
         "! the address has a blank or control character in it"},
        {STR("http://shop.example.com/\x7F"),
         "! the address has a blank or control character in it"},
        {STR("http://me:secret@shop.example.com/"),
         "! the address has a user name in it; secrets have options of their own"},
        {STR("http://me@shop.example.com/"),
         "! the address has a user name in it; secrets have options of their own"},
        {STR("http://shop.example.com@evil.example.net/"),
         "! the address has a user name in it; secrets have options of their own"},
        {STR("http://:secret@shop.example.com/"),
         "! the address has a user name in it; secrets have options of their own"},
    };
    struct text out;
    text_init(&out, URL_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(resolved(STR_OF(""), cases[i].url, &out), cases[i].reason);
    }
    text_done(&out);
}

/* libcurl takes an unusual address for what browsers take it: the server is the same one
 * that is compared. */
static void odd_spellings_name_the_server_that_is_connected_to(void **state)
{
    (void)state;
    static const struct {
        struct str url;
        const char *host;
    } cases[] = {
        {STR("http://evil.example.net\\@shop.example.com/"), NULL},
        {STR("http://evil.example.net#@shop.example.com/"), "evil.example.net"},
        {STR("http://evil.example.net?@shop.example.com/"), "evil.example.net"},
        {STR("http://evil.example.net/@shop.example.com/"), "evil.example.net"},
        {STR("http:/\\evil.example.net/"), NULL},
        {STR("http:///evil.example.net/"), "evil.example.net"},
        {STR("http:////evil.example.net/"), NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct origin origin;
        struct error error;
        struct text out;
        text_init(&out, URL_BYTES);
        bool good = url_resolve(STR_OF(""), cases[i].url, &out, &origin, &error);
        assert_int_equal(good, cases[i].host != NULL);
        if (good) {
            assert_string_equal(origin.host, cases[i].host);
        }
        text_done(&out);
    }
}

static void the_longest_address_fits_and_one_more_does_not(void **state)
{
    (void)state;
    static const struct str start = STR("http://shop.example.com/");
    char *url = malloc(URL_BYTES + 1);
    assert_non_null(url);
    memset(url, 'a', URL_BYTES + 1);
    memcpy(url, start.ptr, start.len);
    struct text out;
    text_init(&out, URL_BYTES);
    assert_true(str_eq(str_from(resolved(STR_OF(""), (struct str){url, URL_BYTES}, &out)),
                       (struct str){url, URL_BYTES}));
    assert_string_equal(resolved(STR_OF(""), (struct str){url, URL_BYTES + 1}, &out),
                        "! the address is larger than 16384 bytes");
    text_done(&out);
    free(url);
}

static void a_host_too_long_for_an_origin_is_refused(void **state)
{
    (void)state;
    struct text url;
    struct text out;
    text_init(&url, URL_BYTES);
    text_init(&out, URL_BYTES);
    text_add_cstr(&url, "http://");
    for (int i = 0; i < 260; i++) {
        text_add_char(&url, 'a');
    }
    assert_string_equal(resolved(STR_OF(""), text_str(&url), &out),
                        "! the address has no server that can be reached");
    text_done(&out);
    text_done(&url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relative_addresses_lie_below_the_base),
        cmocka_unit_test(absolute_addresses_stand_for_themselves),
        cmocka_unit_test(an_origin_is_scheme_host_and_port),
        cmocka_unit_test(origins_differ_in_each_of_their_parts),
        cmocka_unit_test(what_is_no_address_is_refused_with_the_reason),
        cmocka_unit_test(odd_spellings_name_the_server_that_is_connected_to),
        cmocka_unit_test(the_longest_address_fits_and_one_more_does_not),
        cmocka_unit_test(a_host_too_long_for_an_origin_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
