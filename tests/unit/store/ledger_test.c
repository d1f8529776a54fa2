#include "store/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct seal_place token = {STR("acme"), STR("shop"), STR("token")};
static const struct seal_place user = {STR("acme"), STR("shop"), STR("user")};
static const struct seal_place tokens = {STR("acme"), STR("sho"), STR("ptoken")};

/* 24 bytes, zeros among them. */
static struct str nonce(char first)
{
    static char bytes[8][SEAL_NONCE_BYTES];
    static unsigned turn;
    char *room = bytes[turn++ % COUNT(bytes)];
    memset(room, 0, SEAL_NONCE_BYTES);
    room[0] = first;
    return (struct str){room, SEAL_NONCE_BYTES};
}

/* The ledger becomes the one with this. */
static void note(struct text *ledger, const struct seal_place *place, char first)
{
    struct text next;
    text_init(&next, ledger->most);
    ledger_note(&next, text_str(ledger), place, nonce(first));
    text_done(ledger);
    *ledger = next;
}

static void assert_noted(struct text *ledger, const struct seal_place *place, char first)
{
    assert_true(str_eq(ledger_nonce(text_str(ledger), place), nonce(first)));
}

static void the_last_nonce_of_each_place_is_known(void **state)
{
    struct text ledger;
    (void)state;
    text_init(&ledger, 4096);
    assert_int_equal(ledger_nonce(text_str(&ledger), &token).len, 0);
    note(&ledger, &token, 'a');
    note(&ledger, &user, 'b');
    note(&ledger, &tokens, 'c');
    assert_noted(&ledger, &token, 'a');
    size_t length = ledger.len;
    note(&ledger, &token, 'd');
    assert_int_equal(ledger.len, length);
    assert_noted(&ledger, &token, 'd');
    assert_noted(&ledger, &user, 'b');
    assert_noted(&ledger, &tokens, 'c');
    text_done(&ledger);
}

static void one_that_is_full_says_so(void **state)
{
    struct text ledger;
    (void)state;
    text_init(&ledger, SEAL_NONCE_BYTES + strlen("shop") + strlen("token") + 2);
    note(&ledger, &token, 'a');
    assert_false(ledger.failed);
    note(&ledger, &token, 'b');
    assert_noted(&ledger, &token, 'b');
    note(&ledger, &user, 'c');
    assert_true(ledger.failed);
    text_done(&ledger);
}

/* Whatever the bytes are: nothing behind their end is looked at. */
static void bytes_that_are_no_ledger_know_nothing(void **state)
{
    static const struct str bytes[] = {STR("x"), STR("shop\0token"),
                                       STR("shop\0token\0short"), STR("\0\0"), STR("\0")};
    (void)state;
    for (size_t i = 0; i < COUNT(bytes); i++) {
        struct text next;
        text_init(&next, 4096);
        assert_int_equal(ledger_nonce(bytes[i], &token).len, 0);
        ledger_note(&next, bytes[i], &token, nonce('a'));
        assert_noted(&next, &token, 'a');
        text_done(&next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_nonce_of_each_place_is_known),
        cmocka_unit_test(one_that_is_full_says_so),
        cmocka_unit_test(bytes_that_are_no_ledger_know_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
