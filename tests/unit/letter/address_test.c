#include "letter/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 4096, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void reads_what_servers_take(void **state)
{
    static const struct {
        const char *text, *name, *mailbox;
    } good[] = {
        {"anna@example.com", "", "anna@example.com"},
        {" anna@example.com ", "", "anna@example.com"},
        {"Anna Jansen <anna@example.com>", "Anna Jansen", "anna@example.com"},
        {"\"Jansen, Anna\" <anna+shop@example.com>", "Jansen, Anna",
         "anna+shop@example.com"},
        {"<anna@example.com>", "", "anna@example.com"},
        {"Zoë <zoe@bücher.example>", "Zoë", "zoe@xn--bcher-kva.example"},
        {"a@BÜCHER.example", "", "a@xn--bcher-kva.example"},
        {"a@例え.テスト", "", "a@xn--r8jz45g.xn--zckzah"},
        {"a@bu\xcc\x88"
         "cher.example",
         "", "a@xn--bcher-kva.example"}, /* u and its dots */
        {"a@stra\xc3\x9f"
         "e.example",
         "", "a@xn--strae-oqa.example"},
        {"a@почта.рф", "", "a@xn--80a1acny.xn--p1ai"},
        {"root@localhost", "", "root@localhost"},
        {"o'neil.x_y=z@mail-1.example.com", "", "o'neil.x_y=z@mail-1.example.com"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct address address;
        struct error error = {.text = ""};
        assert_true(address_parse(str_from(good[i].text), &arena, &address, &error));
        assert_true(str_is(address.name, good[i].name));
        if (!str_is(address.mailbox, good[i].mailbox)) {
            fail_msg("%s is %.*s", good[i].text, STR_ARGS(address.mailbox));
        }
    }
}

static void refuses_what_is_no_address(void **state)
{
    static const struct str bad[] = {
        STR(""),
        STR("anna"),
        STR("@example.com"),
        STR("anna@"),
        STR("anna@@example.com"),
        STR("a@b@example.com"),
        STR("anna@example..com"),
        STR("anna@.example.com"),
        STR("anna@example.com."),
        STR(".anna@example.com"),
        STR("anna.@example.com"),
        STR("an..na@example.com"),
        STR("an na@example.com"),
        STR("\"an na\"@example.com"),
        STR("anna@-example.com"),
        STR("anna@example-.com"),
        STR("anna@exa_mple.com"),
        STR("anna@[127.0.0.1]"),
        STR("anna@example.com,eva@example.com"),
        STR("anna@example.com; eva@example.com"),
        STR("anna@example.com eva@example.com"),
        STR("<anna@example.com> <eva@example.com>"),
        STR("Anna <anna@example.com> x"),
        STR("Anna <anna@example.com"),
        STR("anna@example.com\r\nBcc: eva@example.com"),
        STR("anna@example.com\nBcc: eva@example.com"),
        STR("anna@example.com\rx"),
        STR("\r\nanna@example.com"),
        STR("anna@example.com\0"),
        STR("A\r\nBcc: e@x.example <anna@example.com>"),
        STR("A\x1b[2J <anna@example.com>"),
        STR("A\x7f <anna@example.com>"),
        STR("A\xff <anna@example.com>"),
        STR("\xc3\xa4nna@example.com"),
        STR("anna@ex\xe2\x80\xa8mple.com"),
        STR("anna@ex\xef\xbc\xa0mple.com"), /* a full-width @ */
        STR("anna@b\xc3\xbc"
            "cher..example"),
        STR("anna@\xcc\x88x.example"), /* begins with a mark */
        STR("a>b@example.com"),
        STR("a<b@example.com"),
        STR("a(b)@example.com"),
        STR("a@exam>ple.com"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct address address = {.name = STR_OF("untouched")};
        struct error error = {.text = ""};
        if (address_parse(bad[i], &arena, &address, &error)) {
            fail_msg("number %zu is taken: %.*s", i, STR_ARGS(address.mailbox));
        }
        assert_int_equal(error.status, IMH_REJECTED);
        assert_true(str_is(address.name, "untouched"));
        assert_true(*error.text != '\0');
    }
}

static void try_lengths(const char *before, size_t count, const char *behind, bool good)
{
    struct text text;
    struct address address;
    struct error error;
    text_init(&text, 4096);
    text_add_cstr(&text, before);
    for (size_t i = 0; i < count; i++) {
        text_add_char(&text, 'a');
    }
    text_add_cstr(&text, behind);
    assert_int_equal(address_parse(text_str(&text), &arena, &address, &error), good);
    text_done(&text);
}

static void has_limits(void **state)
{
    (void)state;
    try_lengths("", ADDRESS_LOCAL_BYTES, "@b.example", true);
    try_lengths("", ADDRESS_LOCAL_BYTES + 1, "@b.example", false);
    try_lengths("a@", ADDRESS_LABEL_BYTES, ".example", true);
    try_lengths("a@", ADDRESS_LABEL_BYTES + 1, ".example", false);
    try_lengths("", ADDRESS_NAME_BYTES, " <a@b.example>", true);
    try_lengths("", ADDRESS_NAME_BYTES + 1, " <a@b.example>", false);
    try_lengths("a@ü", 200, ".example", false);
    for (unsigned labels = 120; labels < 140; labels++) {
        struct text text;
        struct address address;
        struct error error;
        text_init(&text, 4096);
        text_add_cstr(&text, "a@");
        for (unsigned i = 0; i < labels; i++) {
            text_add_cstr(&text, i > 0 ? ".b" : "b");
        }
        assert_int_equal(address_parse(text_str(&text), &arena, &address, &error),
                         text.len <= ADDRESS_BYTES);
        text_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_servers_take, start, end),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_address, start, end),
        cmocka_unit_test_setup_teardown(has_limits, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
