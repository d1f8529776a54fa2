#include "letter/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct letter usual = {.from = STR("Shop <shop@example.com>"),
                                    .to = STR("Anna <anna@b\xc3\xbc"
                                              "cher.example>"),
                                    .subject = STR("Your order"),
                                    .text = STR("Hello"),
                                    .key = STR("q-1-1"),
                                    .time_ms = 1764353045000};

static struct arena arena;
static struct text out;
static struct envelope envelope;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 4096, 0);
    text_init(&out, LETTER_BYTES);
    return 0;
}

static int end(void **state)
{
    (void)state;
    text_done(&out);
    arena_done(&arena);
    return 0;
}

static bool write_letter(const struct letter *letter)
{
    text_clear(&out);
    return letter_write(letter, &arena, &envelope, &out, &error);
}

static bool has(const char *what)
{
    return str_find(text_str(&out), str_from(what), 0) < out.len;
}

static void is_written_for_servers(void **state)
{
    (void)state;
    assert_true(write_letter(&usual));
    assert_true(str_is(envelope.from, "shop@example.com"));
    assert_true(str_is(envelope.to, "anna@xn--bcher-kva.example"));
    assert_true(has("Date: Fri, 28 Nov 2025 18:04:05 +0000\r\n"));
    assert_true(has("\r\nFrom: \"Shop\"\r\n <shop@example.com>\r\n"));
    assert_true(has("\r\nTo: \"Anna\"\r\n <anna@xn--bcher-kva.example>\r\n"));
    assert_true(has("\r\nSubject: Your order\r\n"));
    assert_true(has("Content-Type: text/plain; charset=utf-8\r\n"));
    assert_true(has("\r\n\r\nHello\r\n"));
    assert_false(has("multipart"));
    assert_false(has("Reply-To"));
    assert_false(has("List-"));
}

static void has_both_parts(void **state)
{
    struct letter letter = usual;
    (void)state;
    letter.html = STR_OF("<p>Hello</p>");
    letter.reply_to = STR_OF("help@example.com");
    letter.unsubscribe = STR_OF("https://example.com/u/1");
    assert_true(write_letter(&letter));
    assert_true(has("multipart/alternative;\r\n boundary=\"=_"));
    assert_true(has("text/plain"));
    assert_true(has("text/html"));
    assert_true(has("\r\nReply-To: <help@example.com>\r\n"));
    assert_true(has("List-Unsubscribe: <https://example.com/u/1>\r\n"
                    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    letter.unsubscribe = STR_OF("mailto:u@example.com");
    assert_true(write_letter(&letter));
    assert_true(has("<mailto:u@example.com>"));
    assert_false(has("One-Click"));
}

/* A server that has it knows it again. */
static void is_the_same_at_a_retry(void **state)
{
    struct letter again = usual;
    struct text first;
    (void)state;
    assert_true(write_letter(&usual));
    text_init(&first, LETTER_BYTES);
    text_add(&first, text_str(&out));
    assert_true(write_letter(&usual));
    assert_true(str_eq(text_str(&first), text_str(&out)));
    again.key = STR_OF("q-1-2");
    assert_true(write_letter(&again));
    assert_false(str_eq(text_str(&first), text_str(&out)));
    text_done(&first);
}

enum part { FROM, TO, REPLY_TO, SUBJECT, TEXT, HTML, UNSUBSCRIBE };

static struct str *part_of(struct letter *letter, enum part part)
{
    struct str *parts[] = {&letter->from,       &letter->to,   &letter->reply_to,
                           &letter->subject,    &letter->text, &letter->html,
                           &letter->unsubscribe};
    return parts[part];
}

/* Nothing of a letter begins another header, and the error names the argument. */
static void refuses_injection(void **state)
{
    static const struct {
        enum part part;
        struct str value;
        const char *named;
    } cases[] = {
        {FROM, STR("a@b.example\r\nBcc: x@y.example"), "'from'"},
        {FROM, STR(""), "'from'"},
        {TO, STR("a@b.example\nBcc: x@y.example"), "'to'"},
        {TO, STR("a@b.example>\r\n RCPT TO:<x@y.example"), "'to'"},
        {TO, STR("a@b.example, x@y.example"), "'to'"},
        {TO, STR(""), "'to'"},
        {REPLY_TO, STR("x\r\n.\r\nQUIT"), "'reply_to'"},
        {SUBJECT, STR("Hi\r\nBcc: x@y.example"), "'subject'"},
        {SUBJECT, STR("Hi\rBcc: x@y.example"), "'subject'"},
        {SUBJECT, STR("Hi\nBcc: x@y.example"), "'subject'"},
        {SUBJECT, STR("Hi\0"), "'subject'"},
        {SUBJECT, STR("Hi\x1b[2J"), "'subject'"},
        {SUBJECT, STR("\xff"), "'subject'"},
        {SUBJECT, STR(""), "'subject'"},
        {TEXT, STR("a\0b"), "'text'"},
        {TEXT, STR("\xc3"), "'text'"},
        {TEXT, STR(" \n"), "'text'"},
        {HTML, STR("a\0b"), "'html'"},
        {HTML, STR("\xed\xa0\x80"), "'html'"},
        {UNSUBSCRIBE, STR("http://x.example/"), "'unsubscribe'"},
        {UNSUBSCRIBE, STR("https://x.example/>, <mailto:x@y.example"), "'unsubscribe'"},
        {UNSUBSCRIBE, STR("https://x.example/\r\nBcc: x@y.example"), "'unsubscribe'"},
        {UNSUBSCRIBE, STR("https://x.example/ x"), "'unsubscribe'"},
        {UNSUBSCRIBE, STR("https://x.example/\xc3\xa9"), "'unsubscribe'"},
        {UNSUBSCRIBE, STR("javascript:alert(1)"), "'unsubscribe'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct letter letter = usual;
        *part_of(&letter, cases[i].part) = cases[i].value;
        if (write_letter(&letter)) {
            fail_msg("number %zu is taken", i);
        }
        assert_int_equal(error.status, IMH_REJECTED);
        if (strncmp(error.text, cases[i].named, strlen(cases[i].named)) != 0) {
            fail_msg("number %zu: %s", i, error.text);
        }
    }
}

static void has_limits(void **state)
{
    struct letter letter = usual;
    struct text large;
    (void)state;
    text_init(&large, LETTER_PART_BYTES + 1);
    for (size_t i = 0; i < LETTER_PART_BYTES; i++) {
        text_add_char(&large, '=');
    }
    letter.text = letter.html = text_str(&large);
    assert_true(write_letter(&letter)); /* in base64 */
    text_add_char(&large, '=');         /* it may have moved */
    letter.html = text_str(&large);
    letter.text = STR_OF("");
    assert_false(write_letter(&letter));
    assert_string_equal(error.text, "'html' has more than 2 MiB");
    letter.html = STR_OF("");
    letter.text = str_before(text_str(&large), LETTER_PART_BYTES);
    letter.subject = str_before(letter.text, LETTER_SUBJECT_BYTES);
    assert_true(write_letter(&letter));
    letter.subject = str_before(letter.text, LETTER_SUBJECT_BYTES + 1);
    assert_false(write_letter(&letter));
    text_done(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_written_for_servers, start, end),
        cmocka_unit_test_setup_teardown(has_both_parts, start, end),
        cmocka_unit_test_setup_teardown(is_the_same_at_a_retry, start, end),
        cmocka_unit_test_setup_teardown(refuses_injection, start, end),
        cmocka_unit_test_setup_teardown(has_limits, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
