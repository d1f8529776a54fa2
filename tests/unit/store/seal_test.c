#include "store/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Bytes 00 01 02 .. 1f. */
#define KEY_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_ID "8452f83ada6650d0f34ef8a8a6769b45"

static const struct seal_place place = {STR("acme"), STR("mywebshop"), STR("token")};

static struct seal_key *parse(const char *text, struct error *error)
{
    OWN(secret) secret = secret_copy(str_from(text), error);
    return seal_key_parse(secret, error);
}

static struct seal_key *key(void)
{
    struct error error;
    struct seal_key *made = parse(KEY_HEX, &error);
    assert_non_null(made);
    return made;
}

/* ---- keys ---- */

static void a_key_is_base64_or_hexadecimal(void **state)
{
    static const char *const texts[] = {
        KEY_HEX,
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\r\n",
        KEY_BASE64,
        (KEY_BASE64 "\n"),
        "  AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct error error = {.text = ""};
        OWN(seal_key) parsed = parse(texts[i], &error);
        assert_string_equal(error.text, "");
        assert_true(str_is(seal_key_id(parsed), KEY_ID));
        OWN(secret) text = seal_key_text(parsed, &error);
        assert_true(str_is(secret_reveal(text), KEY_BASE64));
    }
}

static void both_alphabets_of_base64_are_known(void **state)
{
    struct error error;
    (void)state;
    OWN(seal_key) one = parse("+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=", &error);
    OWN(seal_key) other = parse("-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s", &error);
    assert_non_null(one);
    assert_non_null(other);
    assert_true(str_eq(seal_key_id(one), seal_key_id(other)));
}

static void what_is_no_key_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "password",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
        (KEY_HEX "20"),
        "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==",
        "AAECAwQFBgcICQoL DA0ODxAREhMUFRYXGBkaGxwdHh8=",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct error error;
        assert_null(parse(texts[i], &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(error.text, "is no key: 32 random bytes as base64 (44 "
                                        "characters) or hexadecimal (64 characters)");
    }
}

static void each_random_key_is_another(void **state)
{
    struct error error;
    (void)state;
    OWN(seal_key) one = seal_key_random(&error);
    OWN(seal_key) other = seal_key_random(&error);
    assert_false(str_eq(seal_key_id(one), seal_key_id(other)));
    OWN(secret) text = seal_key_text(one, &error);
    OWN(seal_key) again = seal_key_parse(text, &error);
    assert_true(str_eq(seal_key_id(one), seal_key_id(again)));
    assert_int_equal(seal_key_id(one).len, SEAL_KEY_ID_LENGTH);
}

/* ---- sealing ---- */

/* Made by another program (plain Python, right for the vector of the XChaCha draft) from
 * what seal.c says it does. */
static void opens_what_another_program_sealed(void **state)
{
    static const char nonce[] = "@ABCDEFGHIJKLMNOPQRSTUVW";
    static const char box[] =
        "\xA0\x51\x60\x50\xA6\x81\x15\x63\xEA\xD4\xE8\xD8\x8F\xFD\x45\xE1\xF7\xD9"
        "\xDF\xA1\x67\x2E\x0E\x57\xA2\x9D\xB9\x62\x12\x72\xA3\x4B\xED\xE2\xD3\xC2"
        "\x47";
    const struct sealed sealed = {STR(KEY_ID), {nonce, 24}, {box, sizeof box - 1}};
    struct error error = {.text = ""};
    (void)state;
    OWN(seal_key) by = key();
    OWN(secret) value = seal_open(by, &place, &sealed, &error);
    assert_string_equal(error.text, "");
    assert_true(str_is(secret_reveal(value), "the value of a secret"));
}

struct closed {
    struct text room;
    struct sealed sealed;
};

static void close_value(const struct seal_key *by, struct str value, struct closed *closed)
{
    struct error error = {.text = ""};
    text_init(&closed->room, SECRET_BYTES + SEAL_NONCE_BYTES + SEAL_MORE_BYTES);
    (void)seal_close(by, &place, value, &closed->room, &closed->sealed, &error);
    assert_string_equal(error.text, "");
}

static void any_value_comes_back_and_never_looks_the_same(void **state)
{
    static const size_t lengths[] = {0, 1, 15, 16, 17, 1000, SECRET_BYTES};
    static char bytes[SECRET_BYTES];
    struct error error;
    (void)state;
    OWN(seal_key) by = key();
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i * 7);
    }
    for (size_t i = 0; i < COUNT(lengths); i++) {
        const struct str value = {bytes, lengths[i]};
        struct closed one;
        struct closed other;
        close_value(by, value, &one);
        close_value(by, value, &other);
        assert_int_equal(one.sealed.box.len, value.len + SEAL_MORE_BYTES);
        assert_int_equal(one.sealed.nonce.len, SEAL_NONCE_BYTES);
        assert_false(str_eq(one.sealed.nonce, other.sealed.nonce));
        assert_false(str_eq(one.sealed.box, other.sealed.box));
        OWN(secret) opened = seal_open(by, &place, &one.sealed, &error);
        assert_non_null(opened);
        assert_true(str_eq(secret_reveal(opened), value));
        text_done(&one.room);
        text_done(&other.room);
    }
}

static void a_value_that_is_too_long_is_refused(void **state)
{
    static const char bytes[SECRET_BYTES + 1] = "";
    struct error error;
    struct sealed sealed;
    struct text room;
    (void)state;
    OWN(seal_key) by = key();
    text_init(&room, 1 << 20);
    assert_false(
        seal_close(by, &place, (struct str){bytes, sizeof bytes}, &room, &sealed, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(error.text, "a secret has at most 65536 bytes");
    text_done(&room);
}

static void expect_refused(const struct seal_key *by, const struct seal_place *where,
                           const struct sealed *sealed)
{
    struct error error;
    assert_null(seal_open(by, where, sealed, &error));
    assert_int_equal(error.status, IMH_REJECTED);
}

/* Every bit of every part. */
static void a_changed_bit_is_refused_wherever_it_is(void **state)
{
    struct closed closed;
    struct error error;
    (void)state;
    OWN(seal_key) by = key();
    close_value(by, STR_OF("s3cret"), &closed);
    struct str *const parts[] = {&closed.sealed.key_id, &closed.sealed.nonce,
                                 &closed.sealed.box};
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct str before = *parts[i];
        char changed[SEAL_KEY_ID_LENGTH + SEAL_MORE_BYTES + 16];
        assert_true(before.len <= sizeof changed);
        for (size_t bit = 0; bit < 8 * before.len; bit++) {
            memcpy(changed, before.ptr, before.len);
            changed[bit / 8] = (char)(changed[bit / 8] ^ (1 << bit % 8));
            *parts[i] = (struct str){changed, before.len};
            expect_refused(by, &place, &closed.sealed);
        }
        *parts[i] = before;
    }
    OWN(secret) opened = seal_open(by, &place, &closed.sealed, &error);
    assert_true(str_is(secret_reveal(opened), "s3cret"));
    text_done(&closed.room);
}

static void a_part_cut_or_longer_is_refused(void **state)
{
    static char large[SECRET_BYTES + SEAL_MORE_BYTES + 1];
    struct closed closed;
    (void)state;
    OWN(seal_key) by = key();
    close_value(by, STR_OF("s3cret"), &closed);
    struct str *const parts[] = {&closed.sealed.key_id, &closed.sealed.nonce,
                                 &closed.sealed.box};
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct str before = *parts[i];
        for (size_t length = 0; length < before.len; length++) {
            parts[i]->len = length;
            expect_refused(by, &place, &closed.sealed);
        }
        *parts[i] = (struct str){large, before.len + 1};
        memcpy(large, before.ptr, before.len);
        expect_refused(by, &place, &closed.sealed);
        *parts[i] = (struct str){large, sizeof large};
        expect_refused(by, &place, &closed.sealed);
        *parts[i] = before;
    }
    text_done(&closed.room);
}

static void it_opens_in_no_other_place(void **state)
{
    static const struct seal_place places[] = {
        {STR("acme2"), STR("mywebshop"), STR("token")},
        {STR("acme"), STR("webshop"), STR("token")},
        {STR("acme"), STR("mywebshop"), STR("Token")},
        {STR("mywebshop"), STR("acme"), STR("token")},
        {STR("acm"), STR("emywebshop"), STR("token")},
        {STR("acme"), STR("mywebshopt"), STR("oken")},
        {STR("acmemywebshop"), STR(""), STR("token")},
        {STR(""), STR("acmemywebshop"), STR("token")},
        {STR("acme"), STR("mywebshop"), STR("token\0")},
        {STR(""), STR(""), STR("")},
    };
    struct closed closed;
    (void)state;
    OWN(seal_key) by = key();
    close_value(by, STR_OF("s3cret"), &closed);
    for (size_t i = 0; i < COUNT(places); i++) {
        expect_refused(by, &places[i], &closed.sealed);
    }
    text_done(&closed.room);
}

static void another_key_does_not_open_it_whatever_it_claims(void **state)
{
    struct closed closed;
    struct error error;
    (void)state;
    OWN(seal_key) by = key();
    OWN(seal_key) other = seal_key_random(&error);
    close_value(by, STR_OF("s3cret"), &closed);
    assert_null(seal_open(other, &place, &closed.sealed, &error));
    assert_string_equal(error.text, "it was not sealed by this key");
    closed.sealed.key_id = seal_key_id(other);
    assert_null(seal_open(other, &place, &closed.sealed, &error));
    assert_string_equal(error.text, "it was changed, or sealed for another place");
    text_done(&closed.room);
}

static void a_name_without_end_is_refused(void **state)
{
    static const char bytes[5000] = "";
    const struct seal_place endless = {STR("acme"), {bytes, sizeof bytes}, STR("token")};
    struct error error;
    struct closed closed;
    (void)state;
    OWN(seal_key) by = key();
    close_value(by, STR_OF("s3cret"), &closed);
    assert_false(
        seal_close(by, &endless, STR_OF("s3cret"), &closed.room, &closed.sealed, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    text_done(&closed.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_base64_or_hexadecimal),
        cmocka_unit_test(both_alphabets_of_base64_are_known),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(each_random_key_is_another),
        cmocka_unit_test(opens_what_another_program_sealed),
        cmocka_unit_test(any_value_comes_back_and_never_looks_the_same),
        cmocka_unit_test(a_value_that_is_too_long_is_refused),
        cmocka_unit_test(a_changed_bit_is_refused_wherever_it_is),
        cmocka_unit_test(a_part_cut_or_longer_is_refused),
        cmocka_unit_test(it_opens_in_no_other_place),
        cmocka_unit_test(another_key_does_not_open_it_whatever_it_claims),
        cmocka_unit_test(a_name_without_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
