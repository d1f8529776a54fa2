#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST = ERROR_TEXT_BYTES - 1 };

/* `count` letters, then the tail. */
static const char *padded(size_t count, const char *tail)
{
    static char text[3 * ERROR_TEXT_BYTES];
    memset(text, 'a', count);
    (void)snprintf(text + count, sizeof text - count, "%s", tail);
    return text;
}

static void set_fills_everything_and_returns_false(void **state)
{
    (void)state;
    struct error error = {.status = IMH_OK, .after_s = 77, .text = "old"};
    assert_false(error_set(&error, IMH_DENIED, "option '%s' of %d", "url", 12));
    assert_int_equal(error.status, IMH_DENIED);
    assert_int_equal(error.after_s, 0);
    assert_string_equal(error.text, "option 'url' of 12");
}

static void an_empty_sentence_is_fine(void **state)
{
    (void)state;
    static const char *volatile nothing = "";
    struct error error = {.text = "old"};
    error_set(&error, IMH_RETRY, "%s", nothing);
    assert_string_equal(error.text, "");
    error_wrap(&error, "%s", nothing);
    assert_string_equal(error.text, ": ");
}

static void wrap_puts_what_in_front_and_keeps_the_rest(void **state)
{
    (void)state;
    struct error error = {0};
    error_set(&error, IMH_WAIT, "the remote asks for rest");
    error.after_s = 30;
    assert_false(error_wrap(&error, "order %d", 7));
    assert_string_equal(error.text, "order 7: the remote asks for rest");
    assert_int_equal(error.status, IMH_WAIT);
    assert_int_equal(error.after_s, 30);
}

static void a_sentence_may_wrap_itself(void **state)
{
    (void)state;
    struct error error = {0};
    error_set(&error, IMH_RETRY, "again");
    error_wrap(&error, "%s and %s", error.text, error.text);
    assert_string_equal(error.text, "again and again: again");
}

static void percent_signs_of_others_are_not_read(void **state)
{
    (void)state;
    struct error error = {0};
    error_set(&error, IMH_RETRY, "%s", "100%n %s");
    error_wrap(&error, "%s", "%d%%n");
    assert_string_equal(error.text, "%d%%n: 100%n %s");
}

static void what_fits_is_not_cut(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, MOST - 1, MOST};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct error error = {0};
        error_set(&error, IMH_RETRY, "%s", padded(lengths[i], ""));
        assert_int_equal(strlen(error.text), lengths[i]);
    }
}

static void a_last_character_that_fits_is_not_cut(void **state)
{
    (void)state;
    static const char *const tails[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    for (size_t i = 0; i < COUNT(tails); i++) {
        struct error error = {0};
        error_set(&error, IMH_RETRY, "%s", padded(MOST - strlen(tails[i]), tails[i]));
        assert_int_equal(strlen(error.text), MOST);
    }
}

/* The sentence begins with the letters that were there, all of them but at most `lost`. */
static void check_cut(const struct error *error, size_t lost)
{
    size_t length = strlen(error->text);
    assert_in_range(length, MOST - lost, MOST);
    assert_true(utf8_is_valid((struct str){error->text, length}));
}

static void the_cut_is_behind_a_whole_character(void **state)
{
    (void)state;
    static const struct {
        const char *tail;
        size_t bytes; /* of each character */
    } cases[] = {
        {"bbbbbbbb", 1},
        {"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 2},
        {"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC", 3},
        {"\xE0\xB8\x81\xE0\xB8\x81\xE0\xB8\x81", 3},
        {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 4},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t before = MOST - 7; before <= MOST + 4; before++) {
            struct error error = {0};
            error_set(&error, IMH_RETRY, "%s", padded(before, cases[i].tail));
            check_cut(&error, cases[i].bytes);
            error_set(&error, IMH_RETRY, "%s", cases[i].tail);
            error_wrap(&error, "%s", padded(before - 2, ""));
            check_cut(&error, cases[i].bytes);
            error_set(&error, IMH_RETRY, "the end");
            error_wrap(&error, "%s", padded(before, cases[i].tail));
            check_cut(&error, cases[i].bytes);
        }
    }
}

static void wraps_without_end_stay_whole(void **state)
{
    (void)state;
    struct error error = {0};
    error_set(&error, IMH_BROKEN, "cause");
    for (int i = 0; i < 500; i++) {
        error_wrap(&error, "%d \xE2\x82\xAC", i);
        assert_true(utf8_is_valid(str_from(error.text)));
        assert_int_equal(error.status, IMH_BROKEN);
    }
    assert_non_null(strstr(error.text, "499 \xE2\x82\xAC: 498 \xE2\x82\xAC: "));
    assert_in_range(strlen(error.text), MOST - 3, MOST);
}

static void bytes_that_are_no_utf8_do_no_harm(void **state)
{
    (void)state;
    static const char *const tails[] = {"\x80\x80\x80", "\xFF\xFF\xFF\xFF", "\xC3\xC3\xC3",
                                        "\xF0\x9F"};
    char continuations[ERROR_TEXT_BYTES + 10];
    memset(continuations, 0x80, sizeof continuations);
    continuations[sizeof continuations - 1] = '\0';
    struct error error = {0};
    error_set(&error, IMH_RETRY, "%s", continuations);
    assert_true(strlen(error.text) <= MOST);
    error_set(&error, IMH_RETRY, "%s", "short\xC3");
    assert_string_equal(error.text, "short\xC3");
    for (size_t i = 0; i < COUNT(tails); i++) {
        for (size_t before = MOST - 4; before <= MOST; before++) {
            error_set(&error, IMH_RETRY, "%s", padded(before, tails[i]));
            assert_in_range(strlen(error.text), before - 1, MOST);
        }
    }
}

static void every_status_has_a_name(void **state)
{
    (void)state;
    static const char *const names[] = {
        [IMH_OK] = "ok",
        [IMH_RETRY] = "retry",
        [IMH_WAIT] = "wait",
        [IMH_MISSING] = "missing",
        [IMH_REJECTED] = "rejected",
        [IMH_DENIED] = "denied",
        [IMH_CANCELED] = "canceled",
        [IMH_BROKEN] = "broken",
        [IMH_UNKNOWN] = "unknown",
        [IMH_TOO_LARGE] = "too-large",
    };
    static const imh_status others[] = {-1, IMH_TOO_LARGE + 1, 1000, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_string_equal(error_status_name((imh_status)i), names[i]);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_string_equal(error_status_name(others[i]), "broken");
    }
}

static void asserts_are_on(void **state)
{
    (void)state;
#ifdef NDEBUG
    fail_msg("they are off: NDEBUG is defined");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asserts_are_on),
        cmocka_unit_test(set_fills_everything_and_returns_false),
        cmocka_unit_test(an_empty_sentence_is_fine),
        cmocka_unit_test(wrap_puts_what_in_front_and_keeps_the_rest),
        cmocka_unit_test(a_sentence_may_wrap_itself),
        cmocka_unit_test(percent_signs_of_others_are_not_read),
        cmocka_unit_test(what_fits_is_not_cut),
        cmocka_unit_test(a_last_character_that_fits_is_not_cut),
        cmocka_unit_test(the_cut_is_behind_a_whole_character),
        cmocka_unit_test(wraps_without_end_stay_whole),
        cmocka_unit_test(bytes_that_are_no_utf8_do_no_harm),
        cmocka_unit_test(every_status_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
