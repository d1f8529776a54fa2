#include "net/redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void secrets_are_taken_out_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *words, *clean;
    } cases[] = {
        {"", ""},
        {"nothing here", "nothing here"},
        {"a/b \"c\" d", "[secret]"},
        {"<a/b \"c\" d><a/b \"c\" d>", "<[secret]><[secret]>"},
        {"you sent a%2Fb%20%22c%22%20d!", "you sent [secret]!"},
        {"{\"you\":\"a/b \\\"c\\\" d\"}", "{\"you\":\"[secret]\"}"},
        {"{\"php\":\"a\\/b \\\"c\\\" d\"}", "{\"php\":\"[secret]\"}"},
        {"{\"body\":\"{\\\"you\\\":\\\"a/b \\\\\\\"c\\\\\\\" d\\\"}\"}",
         "{\"body\":\"{\\\"you\\\":\\\"[secret]\\\"}\"}"},
        {"{\"php\":\"{\\\"you\\\":\\\"a\\/b \\\\\\\"c\\\\\\\" d\\\"}\"}",
         "{\"php\":\"{\\\"you\\\":\\\"[secret]\\\"}\"}"},
        {"another one and a/b \"c\" d", "[secret] and [secret]"},
        {"{\"m\":\"\\u0061nother\\u0020on\\u0065\"}", "{\"m\":\"[secret]\"}"},
        {"{\"m\":\"a\\/b \\u0022c\\\" \\u0064\"}", "{\"m\":\"[secret]\"}"},
        {"<p>a/b &quot;c&#34; d</p>", "<p>[secret]</p>"},
        {"you sent YS9iICJjIiBk", "you sent [secret]"},
        {"you sent c29tZW9uZTphL2IgImMiIGQ=", "you sent c29tZW9uZTp[secret]="},
        {"another on", "another on"},
        {"short", "short"}, /* could be any word */
    };
    struct redact redact = {.count = 0};
    struct arena arena;
    arena_init(&arena, 1024, 0);
    assert_true(redact_add(&redact, &arena, STR_OF("a/b \"c\" d")));
    assert_true(redact_add(&redact, &arena, STR_OF("another one")));
    assert_true(redact_add(&redact, &arena, STR_OF("another one")));
    assert_true(redact_add(&redact, &arena, STR_OF("short")));
    assert_true(redact_add(&redact, &arena, STR_OF("")));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text room;
        struct str clean = redact_words(&redact, str_from(cases[i].words), &room);
        assert_true(str_is(clean, cases[i].clean));
        text_done(&room);
    }
    redact_wipe(&redact);
    arena_done(&arena);
}

static void the_copies_are_overwritten(void **state)
{
    (void)state;
    struct redact redact = {.count = 0};
    struct arena arena;
    arena_init(&arena, 1024, 0);
    assert_true(redact_add(&redact, &arena, STR_OF("a long secret")));
    struct str first = redact.items[0];
    redact_wipe(&redact);
    for (size_t i = 0; i < first.len; i++) {
        assert_int_equal(first.ptr[i], 0);
    }
    assert_int_equal(redact.count, 0);
    arena_done(&arena);
}

static void a_full_list_says_so(void **state)
{
    (void)state;
    struct redact redact = {.count = 0};
    struct arena arena;
    char secret[20];
    bool good = true;
    unsigned added = 0;
    arena_init(&arena, 1024, 0);
    for (; good && added < 1000; added++) {
        (void)snprintf(secret, sizeof secret, "secret-%04u", added);
        good = redact_add(&redact, &arena, str_from(secret));
    }
    assert_false(good);
    assert_int_equal(redact.count, REDACT_MOST);
    assert_int_equal(added, REDACT_MOST + 1);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_taken_out_in_every_form),
        cmocka_unit_test(the_copies_are_overwritten),
        cmocka_unit_test(a_full_list_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
