#include "net/sign_base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { BASE_BYTES = 1 << 20 };

/* As PHP 8.2 says. */
static const struct {
    struct str a, b;
    int order;
} natural[] = {
    {STR("f%5B2%5D"), STR("f%5B10%5D"), -1},
    {STR("f%5B0%5D"), STR("a10"), 1},
    {STR("f%5B0%5D"), STR("10"), 1},
    {STR("f%5B0%5D"), STR("a%5B01%5D"), 1},
    {STR("f%5B0%5D"), STR("x-2-10"), -1},
    {STR("f%5B10%5D"), STR("a%2B"), 1},
    {STR("f%5B10%5D"), STR("x-2-3"), -1},
    {STR("f%5B10%5D"), STR("x-2-10"), -1},
    {STR("a"), STR("a10"), -1},
    {STR("a"), STR("9"), 1},
    {STR("a"), STR("a00b"), -1},
    {STR("a1"), STR("a10"), -1},
    {STR("a1"), STR("0"), 1},
    {STR("a1"), STR(""), 1},
    {STR("a01"), STR("9"), 1},
    {STR("a10"), STR("001"), 1},
    {STR("a10"), STR("a00b"), 1},
    {STR("a0"), STR(""), 1},
    {STR("a0"), STR("x-2-3"), -1},
    {STR("1"), STR("001"), 0},
    {STR("1"), STR("a%5B01%5D"), -1},
    {STR("01"), STR("a%5B1%5D"), -1},
    {STR("001"), STR("9"), -1},
    {STR("001"), STR("1a"), -1},
    {STR("0"), STR("f%5B2%5D"), -1},
    {STR("0"), STR("a%5B1%5D"), -1},
    {STR(""), STR("1a"), -1},
    {STR(""), STR("01a"), -1},
    {STR("10"), STR("f%5B10%5D"), -1},
    {STR("10"), STR("x-2-10"), -1},
    {STR("9"), STR("a%5B01%5D"), -1},
    {STR("9"), STR("a%5B1%5D"), -1},
    {STR("a%5B1%5D"), STR("a%5B01%5D"), 1},
    {STR("a%2B"), STR("f%5B2%5D"), -1},
    {STR("a%2B"), STR(""), 1},
    {STR("a%2B"), STR("a%2B"), 0},
    {STR("a%5B"), STR("x-2-10"), -1},
    {STR("1a"), STR("0"), 1},
    {STR("1a"), STR("a%5B01%5D"), -1},
    {STR("01a"), STR("a1"), -1},
    {STR("x-2-3"), STR("a%5B1%5D"), 1},
    {STR("x-2-3"), STR("x02"), -1},
    {STR("x-2-10"), STR("a10"), 1},
    {STR("x-2-10"), STR("a%2B"), 1},
    {STR("x02"), STR("x02"), 0},
    {STR("x2"), STR("a10"), 1},
    {STR("x2"), STR("10"), 1},
    {STR("x2"), STR("9"), 1},
    {STR("x2"), STR("1a"), 1},
    {STR("x2"), STR("a0b"), 1},
    {STR("a0b"), STR("01"), 1},
    {STR("a0b"), STR(""), 1},
};

static void natural_order_is_that_of_php(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(natural); i++) {
        int order = sign_natural_order(natural[i].a, natural[i].b);
        int back = sign_natural_order(natural[i].b, natural[i].a);
        assert_int_equal((order > 0) - (order < 0), natural[i].order);
        assert_int_equal((back > 0) - (back < 0), -natural[i].order);
    }
}

/* The base string, or "! status sentence". */
static const char *base_of(uint32_t variant, const struct signing *signing,
                           struct text *out)
{
    static const struct sign_parameter protocol[] = {{"oauth_token", STR("t k")},
                                                     {"oauth_consumer_key", STR("k")}};
    struct error error;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    text_clear(out);
    const struct sign_protocol all = {variant, protocol, COUNT(protocol)};
    if (!sign_base(&all, signing, &arena, out, &error)) {
        text_clear(out);
        text_print(out, "! %s %s", error_status_name(error.status), error.text);
    }
    arena_done(&arena);
    return text_cstr(out);
}

/* The protocol's own, as they end every one of these. */
static const char oauth[] = "oauth_consumer_key%3Dk%26oauth_token%3Dt%2520k";

/* The example of RFC 5849, 3.4.1.1, with its body and its odd names. */
static void the_example_of_the_standard_comes_out(void **state)
{
    (void)state;
    static const struct signing signing = {
        .method = STR("POST"),
        .url = STR("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"),
        .content_type = STR("application/x-www-form-urlencoded"),
        .body = STR("c2&a3=2+q")};
    static const struct sign_parameter protocol[] = {
        {"oauth_consumer_key", STR("9djdj82h48djs9d2")},
        {"oauth_token", STR("kkk9d7dh3k39sjv7")},
        {"oauth_signature_method", STR("HMAC-SHA1")},
        {"oauth_timestamp", STR("137131201")},
        {"oauth_nonce", STR("7d8f3e4a")}};
    struct error error;
    struct arena arena;
    struct text out;
    text_init(&out, BASE_BYTES);
    arena_init(&arena, 4096, 0);
    const struct sign_protocol all = {IMH_OAUTH1_RFC, protocol, COUNT(protocol)};
    assert_true(sign_base(&all, &signing, &arena, &out, &error));
    assert_string_equal(
        text_cstr(&out),
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5"
        "%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oau"
        "th_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1371"
        "31201%26oauth_token%3Dkkk9d7dh3k39sjv7");
    arena_done(&arena);
    text_done(&out);
}

static void addresses_are_those_the_server_sees(void **state)
{
    (void)state;
    static const struct {
        struct str url;
        const char *address;
    } cases[] = {
        {STR("https://shop.example/a"), "https%3A%2F%2Fshop.example%2Fa"},
        {STR("HTTPS://Shop.Example:443/A"), "https%3A%2F%2Fshop.example%2FA"},
        {STR("https://shop.example:80/a"), "https%3A%2F%2Fshop.example%3A80%2Fa"},
        {STR("http://shop.example:443/a"), "http%3A%2F%2Fshop.example%3A443%2Fa"},
        {STR("http://shop.example:8080/a?"), "http%3A%2F%2Fshop.example%3A8080%2Fa"},
        {STR("http://[::1]:80/a"), "http%3A%2F%2F%5B%3A%3A1%5D%2Fa"},
        {STR("https://shop.example"), "https%3A%2F%2Fshop.example%2F"},
        {STR("https://shop.example?"), "https%3A%2F%2Fshop.example%2F"},
        {STR("https://shop.example/a//b/%2f%C3%a9"),
         "https%3A%2F%2Fshop.example%2Fa%2F%2Fb%2F%252f%25C3%25a9"},
    };
    struct text out;
    struct text wanted;
    text_init(&out, BASE_BYTES);
    text_init(&wanted, BASE_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct signing signing = {.method = STR_OF("GET"), .url = cases[i].url};
        text_clear(&wanted);
        text_print(&wanted, "GET&%s&%s", cases[i].address, oauth);
        assert_string_equal(base_of(IMH_OAUTH1_RFC, &signing, &out), text_cstr(&wanted));
    }
    text_done(&wanted);
    text_done(&out);
}

static void a_path_is_as_each_variant_has_it(void **state)
{
    (void)state;
    static const struct {
        const char *path, *laminas;
    } cases[] = {
        {"/a/sku%20with%20space", "%2Fa%2Fsku%2520with%2520space"},
        {"/a/SKU%2FSLASH", "%2Fa%2FSKU%2FSLASH"},
        {"/a/SKU%2525%2B%26%23", "%2Fa%2FSKU%2525%2B%26%2523"},
        {"/a/UTF8-%c3%84", "%2Fa%2FUTF8-%25C3%2584"},
        {"/a/100%25", "%2Fa%2F100%2525"}, /* a % that begins no escape is escaped again */
        {"/a/%7E%41%5B0%5D", "%2Fa%2F~A%255B0%255D"},
        {"/a/%00%3A%40%3D%24%2C%3B%2a", "%2Fa%2F%2500%3A%40%3D%24%2C%3B%252A"},
        {"/a/b!c'd(e)f*g", "%2Fa%2Fb%2521c%2527d%2528e%2529f%252Ag"},
    };
    struct text out;
    struct text wanted;
    struct text url;
    text_init(&out, BASE_BYTES);
    text_init(&wanted, BASE_BYTES);
    text_init(&url, BASE_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&url);
        text_print(&url, "http://shop%s", cases[i].path);
        const struct signing signing = {.method = STR_OF("GET"), .url = text_str(&url)};
        text_clear(&wanted);
        text_print(&wanted, "GET&http%%3A%%2F%%2Fshop%s&%s", cases[i].laminas, oauth);
        assert_string_equal(base_of(IMH_OAUTH1_LAMINAS, &signing, &out),
                            text_cstr(&wanted));
    }
    text_done(&url);
    text_done(&wanted);
    text_done(&out);
}

static void parameters_are_as_each_variant_has_them(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        uint32_t variant;
        const char *before; /* the protocol's own */
    } cases[] = {
        {"b=2&a=1", IMH_OAUTH1_RFC, "a%3D1%26b%3D2%26"},
        {"a=2&a=10&a=", IMH_OAUTH1_RFC, "a%3D%26a%3D10%26a%3D2%26"},
        {"a&b=", IMH_OAUTH1_RFC, "a%3D%26b%3D%26"},
        {"&&a=1&", IMH_OAUTH1_RFC, "a%3D1%26"},
        {"a=x+y&b=x%20y&c=x%2By", IMH_OAUTH1_RFC,
         "a%3Dx%2520y%26b%3Dx%2520y%26c%3Dx%252By%26"},
        {"a=b=c", IMH_OAUTH1_RFC, "a%3Db%253Dc%26"},
        {"a%5B10%5D=1&a%5B2%5D=2", IMH_OAUTH1_RFC,
         "a%255B10%255D%3D1%26a%255B2%255D%3D2%26"},
        /* Natural order, + is no blank, a name alone is not there, the last one counts. */
        {"a%5B10%5D=1&a[2]=2", IMH_OAUTH1_LAMINAS,
         "a%255B2%255D%3D2%26a%255B10%255D%3D1%26"},
        {"a=x+y&b&c=&d=1=2", IMH_OAUTH1_LAMINAS, "a%3Dx%252By%26c%3D%26"},
        {"a=2&b=1&a=1", IMH_OAUTH1_LAMINAS, "a%3D1%26b%3D1%26"},
        /* [ comes before letters in plain, and behind them escaped. */
        {"ab=1&a[10]=x,y&a[2]=2&a=z,", IMH_OAUTH1_MAGENTO,
         "a%3Dz%252C%26a%255B10%255D%3Dx%25252Cy%26a%255B2%255D%3D2%26ab%3D1%26"},
        {"b=1&b=2&c&a[0]=%25br%C3%BB", IMH_OAUTH1_MAGENTO,
         "a%255B0%255D%3D%252525br%2525C3%2525BB%26b%3D2%26"},
    };
    struct text out;
    struct text wanted;
    struct text url;
    text_init(&out, BASE_BYTES);
    text_init(&wanted, BASE_BYTES);
    text_init(&url, BASE_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&url);
        text_print(&url, "http://shop/?%s", cases[i].query);
        const struct signing signing = {.method = STR_OF("GET"), .url = text_str(&url)};
        text_clear(&wanted);
        text_print(&wanted, "GET&http%%3A%%2F%%2Fshop%%2F&%s%s", cases[i].before, oauth);
        assert_string_equal(base_of(cases[i].variant, &signing, &out), text_cstr(&wanted));
    }
    text_done(&url);
    text_done(&wanted);
    text_done(&out);
}

static void only_forms_are_signed(void **state)
{
    (void)state;
    static const struct {
        struct str type;
        const char *before;
    } cases[] = {
        {STR("application/x-www-form-urlencoded"), "a%3D1%26"},
        {STR("Application/X-WWW-Form-Urlencoded ; charset=utf-8"), "a%3D1%26"},
        {STR("application/json"), ""},
        {STR("multipart/form-data"), ""},
        {STR(""), ""},
    };
    struct text out;
    struct text wanted;
    text_init(&out, BASE_BYTES);
    text_init(&wanted, BASE_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct signing signing = {.method = STR_OF("POST"),
                                        .url = STR_OF("http://shop/"),
                                        .content_type = cases[i].type,
                                        .body = STR_OF("a=1")};
        text_clear(&wanted);
        text_print(&wanted, "POST&http%%3A%%2F%%2Fshop%%2F&%s%s", cases[i].before, oauth);
        assert_string_equal(base_of(IMH_OAUTH1_RFC, &signing, &out), text_cstr(&wanted));
    }
    text_done(&wanted);
    text_done(&out);
}

static void there_is_an_end_to_what_is_signed(void **state)
{
    (void)state;
    struct text out;
    struct text body;
    text_init(&out, BASE_BYTES);
    text_init(&body, BASE_BYTES);
    for (int i = 0; i < SIGN_PARAMETERS_MOST; i++) {
        text_add_cstr(&body, "&a=1");
    }
    struct signing signing = {.method = STR_OF("POST"),
                              .url = STR_OF("http://shop/"),
                              .content_type = STR_OF("application/x-www-form-urlencoded"),
                              .body = text_str(&body)};
    assert_string_equal(base_of(IMH_OAUTH1_RFC, &signing, &out),
                        "! rejected more than 4000 parameters to sign");
    text_done(&out);
    text_init(&out, 100);
    signing.body = STR_OF("a=12345678901234567890123456789012345678901234567890");
    assert_string_equal(base_of(IMH_OAUTH1_RFC, &signing, &out),
                        "! rejected what is to be signed is larger than 100 bytes");
    assert_string_equal(base_of(IMH_OAUTH1_MAGENTO + 1, &signing, &out),
                        "! broken a variant of OAuth 1.0a that is not known");
    text_done(&body);
    text_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(natural_order_is_that_of_php),
        cmocka_unit_test(the_example_of_the_standard_comes_out),
        cmocka_unit_test(addresses_are_those_the_server_sees),
        cmocka_unit_test(a_path_is_as_each_variant_has_it),
        cmocka_unit_test(parameters_are_as_each_variant_has_them),
        cmocka_unit_test(only_forms_are_signed),
        cmocka_unit_test(there_is_an_end_to_what_is_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
