#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check(const char *kind, const char *bytes, const char *expected)
{
    struct text out;
    text_init(&out, 1000);
    assert_true(digest_add(&out, str_from(kind), str_from(bytes), false));
    assert_string_equal(text_cstr(&out), expected);
    text_done(&out);
}

static void knows_digests_by_name(void **state)
{
    (void)state;
    check("md5", "hello", "5d41402abc4b2a76b9719d911017c592");
    check("SHA1", "hello", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
    check("sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("crc32b", "hello", "3610a686");
}

static void an_unknown_name_adds_nothing(void **state)
{
    struct text out;
    (void)state;
    text_init(&out, 1000);
    assert_false(digest_add(&out, STR_OF("md4"), STR_OF("hello"), false));
    assert_int_equal(out.len, 0);
    text_done(&out);
}

static void gives_raw_bytes_too(void **state)
{
    struct text out;
    (void)state;
    text_init(&out, 1000);
    assert_true(digest_add(&out, STR_OF("md5"), STR_OF("hello"), true));
    assert_int_equal(out.len, 16);
    assert_int_equal((unsigned char)out.ptr[0], 0x5d);
    text_done(&out);
    assert_int_equal(digest_crc32(STR_OF("hello")), 0x3610a686);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_digests_by_name),
        cmocka_unit_test(an_unknown_name_adds_nothing),
        cmocka_unit_test(gives_raw_bytes_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
