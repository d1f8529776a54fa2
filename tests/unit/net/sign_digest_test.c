#include "net/sign_digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* RFC 2202 (SHA-1) and RFC 4231 (SHA-256). */
static void digests_are_those_of_the_standards(void **state)
{
    (void)state;
    static const struct {
        enum sign_hash hash;
        struct str key, message;
        const char *hex;
    } cases[] = {
        {SIGN_SHA1,
         STR("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
             "\x0b\x0b\x0b\x0b"),
         STR("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00"},
        {SIGN_SHA1, STR("Jefe"), STR("what do ya want for nothing?"),
         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {SIGN_SHA256, STR("Jefe"), STR("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {SIGN_SHA256, STR(""), STR(""),
         "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char digest[SIGN_DIGEST_MOST];
        struct text hex;
        text_init(&hex, 100);
        size_t length = sign_hmac(cases[i].hash, cases[i].key, cases[i].message, digest);
        sign_add_hex(&hex, (struct str){(const char *)digest, length});
        assert_string_equal(text_cstr(&hex), cases[i].hex);
        text_done(&hex);
    }
}

/* RFC 4648, and lengths round the pieces in which it is made. */
static void base64_is_that_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        const char *code;
    } cases[] = {
        {STR(""), ""},        {STR("f"), "Zg=="},          {STR("fo"), "Zm8="},
        {STR("foo"), "Zm9v"}, {STR("foobar"), "Zm9vYmFy"}, {STR("\0\xFF\xFE"), "AP/+"}};
    struct text out;
    text_init(&out, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&out);
        sign_add_base64(&out, cases[i].bytes);
        assert_string_equal(text_cstr(&out), cases[i].code);
    }
    static const char zeros[150];
    for (size_t length = 40; length <= sizeof zeros; length++) {
        text_clear(&out);
        sign_add_base64(&out, (struct str){zeros, length});
        assert_int_equal(out.len, (length + 2) / 3 * 4);
        assert_int_equal(str_find_char(text_str(&out), '='),
                         out.len - (3 - length % 3) % 3);
    }
    text_done(&out);
}

static void no_nonce_comes_twice(void **state)
{
    (void)state;
    enum { MANY = 500 };
    static char nonces[MANY][SIGN_NONCE_BYTES];
    struct error error;
    for (size_t i = 0; i < MANY; i++) {
        assert_true(sign_nonce(nonces[i], &error));
        assert_int_equal(strlen(nonces[i]), SIGN_NONCE_BYTES - 1);
        assert_int_equal(strspn(nonces[i], "0123456789abcdef"), SIGN_NONCE_BYTES - 1);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(nonces[i], nonces[j]);
        }
    }
}

static void base64_reads_back(void **state)
{
    static const struct {
        const char *code;
        struct str bytes;
    } cases[] = {{"", STR("")},
                 {"Zg==", STR("f")},
                 {"Zg", STR("f")},
                 {"Zm8=", STR("fo")},
                 {"Zm9v", STR("foo")},
                 {"Zm9vYg==", STR("foob")},
                 {"AP/+", STR("\0\xff\xfe")}};
    static const char *const bad[] = {
        "Z", "Zm9vY", "Zg=", "Z===", "Zm 9", "Zm9v\n", "Z-_v"};
    struct text bytes;
    (void)state;
    text_init(&bytes, 100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_clear(&bytes);
        assert_true(sign_read_base64(str_from(cases[i].code), &bytes));
        assert_true(str_eq(text_str(&bytes), cases[i].bytes));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        text_clear(&bytes);
        assert_false(sign_read_base64(str_from(bad[i]), &bytes));
    }
    text_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_reads_back),
        cmocka_unit_test(digests_are_those_of_the_standards),
        cmocka_unit_test(base64_is_that_of_the_standard),
        cmocka_unit_test(no_nonce_comes_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
