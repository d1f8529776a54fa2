#include "letter/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct text out;

static int start(void **state)
{
    (void)state;
    text_init(&out, 1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    text_done(&out);
    return 0;
}

static size_t longest_line(void)
{
    size_t longest = 0;
    struct str rest = text_str(&out);
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        longest = line.len > longest ? line.len : longest;
    }
    return longest > 0 ? longest - 1 : 0; /* without its CR */
}

static void quotes_what_is_odd(void **state)
{
    static const struct {
        const char *body, *quoted;
    } cases[] = {
        {"plain", "plain\r\n"},
        {"one\ntwo\r\nthree\rfour\n", "one\r\ntwo\r\nthree\r\nfour\r\n"},
        {"caf\xc3\xa9 = 1", "caf=C3=A9 =3D 1\r\n"},
        {"end \nend\t", "end=20\r\nend=09\r\n"},
        {".\n", ".\r\n"},
        {"\x1b", "=1B\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_clear(&out);
        mime_add_quoted(&out, str_from(cases[i].body));
        assert_string_equal(text_cstr(&out), cases[i].quoted);
    }
}

static void keeps_all_lines_short(void **state)
{
    struct text long_line;
    (void)state;
    text_init(&long_line, 4096);
    for (int i = 0; i < 1000; i++) {
        text_add_cstr(&long_line, i % 7 ? "x" : "\xc3\xa9");
    }
    mime_add_quoted(&out, text_str(&long_line));
    assert_in_range(longest_line(), 60, MIME_LINE_BYTES);
    text_clear(&out);
    mime_add_base64(&out, text_str(&long_line));
    assert_int_equal(longest_line(), MIME_LINE_BYTES);
    text_clear(&out);
    text_add_cstr(&out, "Subject: ");
    mime_add_value(&out, str_before(text_str(&long_line), 998), 9, false);
    text_add_cstr(&out, "\r\n");
    assert_in_range(longest_line(), 60, MIME_LINE_BYTES);
    text_done(&long_line);
}

static void takes_what_is_shorter(void **state)
{
    (void)state;
    assert_string_equal(mime_body(STR_OF("Hello, this is our new caf\xc3\xa9")).encoding,
                        "quoted-printable");
    assert_string_equal(mime_body(STR_OF("\xd0\x9f\xd1\x80\xd0\xb8")).encoding, "base64");
    assert_string_equal(mime_body(STR_OF("")).encoding, "quoted-printable");
    mime_add_base64(&out, STR_OF("a\nb"));
    assert_string_equal(text_cstr(&out), "YQ0KYg0K\r\n");
}

static void leaves_headers_that_can_be_read(void **state)
{
    static const struct {
        const char *value;
        bool phrase;
        const char *written;
    } cases[] = {
        {"Your order 1000", false, "Your order 1000"},
        {"Anna", true, "\"Anna\""},
        {"A \"B\" \\", true, "\"A \\\"B\\\" \\\\\""},
        {"Caf\xc3\xa9", false, "=?UTF-8?B?Q2Fmw6k=?="},
        {"=?UTF-8?B?Q2Fmw6k=?=", false, "=?UTF-8?B?PT9VVEYtOD9CP1EyRm13Nms9Pz0=?="},
        {" x", false, "=?UTF-8?B?IHg=?="},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_clear(&out);
        mime_add_value(&out, str_from(cases[i].value), 9, cases[i].phrase);
        assert_string_equal(text_cstr(&out), cases[i].written);
    }
}

/* A word may hold only whole characters. */
static void cuts_words_between_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        struct text value;
        struct str rest;
        struct str line;
        text_init(&value, 400);
        text_add(&value, str_before(STR_OF("xxxx"), shift));
        for (int i = 0; i < 40; i++) {
            text_add_cstr(&value, "\xf0\x9f\x8d\x8e");
        }
        text_clear(&out);
        mime_add_value(&out, text_str(&value), 9, false);
        rest = text_str(&out);
        while (str_split(&rest, '\n', &line)) {
            size_t code = str_trim(line).len - strlen("=?UTF-8?B?") - strlen("?=");
            struct str end_of_word = str_after(str_trim(line), str_trim(line).len - 4);
            size_t padding = str_find_char(end_of_word, '=') == 0   ? 2
                             : str_find_char(end_of_word, '=') == 1 ? 1
                                                                    : 0;
            size_t bytes = code / 4 * 3 - padding;
            assert_true(bytes % 4 == 0 || bytes % 4 == shift);
        }
        text_done(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(quotes_what_is_odd, start, end),
        cmocka_unit_test_setup_teardown(keeps_all_lines_short, start, end),
        cmocka_unit_test_setup_teardown(takes_what_is_shorter, start, end),
        cmocka_unit_test_setup_teardown(leaves_headers_that_can_be_read, start, end),
        cmocka_unit_test_setup_teardown(cuts_words_between_characters, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
