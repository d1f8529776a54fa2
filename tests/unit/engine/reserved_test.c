#include "engine/reserved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The list is a promise of the architecture: identifiers cannot be called so. */
static const char *const words[] = {"profile",  "subprofile", "destination", "mailing",
                                    "template", "document",   "message",     "trigger",
                                    "event",    "smarty",     "unsubscribe", "account"};

static void the_words_of_the_platform_are_reserved(void **state)
{
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_true(reserved_is(str_from(words[i])));
        assert_false(reserved_check_identifier(str_from(words[i]), &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(error.text, "this word means something else in templates");
    }
}

static void case_and_what_is_near_make_another_word(void **state)
{
    static const char *const others[] = {"Profile", "profiles", "profil", "_event", "shop"};
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(reserved_is(str_from(others[i])));
        assert_true(reserved_check_identifier(str_from(others[i]), &error));
    }
    assert_false(reserved_is(STR_OF("")));
}

static void an_identifier_is_a_name_of_ascii_letters(void **state)
{
    static const struct str wrong[] = {STR(""),        STR("1shop"),   STR("my shop"),
                                       STR("my-shop"), STR("my.shop"), STR("sh\xC3\xB6p"),
                                       STR("shop\0"),  STR("shop\n"),  STR("$shop")};
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(reserved_check_identifier(wrong[i], &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(error.text,
                            "an identifier is letters, digits and _, and does not begin "
                            "with a digit");
    }
    assert_true(reserved_check_identifier(STR_OF("_"), &error));
    assert_true(reserved_check_identifier(STR_OF("aZ_09"), &error));
}

static void an_identifier_has_at_most_64_characters(void **state)
{
    char name[65];
    struct error error;
    (void)state;
    memset(name, 'a', sizeof name);
    assert_true(reserved_check_identifier((struct str){name, 64}, &error));
    assert_false(reserved_check_identifier((struct str){name, 65}, &error));
    assert_string_equal(error.text, "an identifier has at most 64 characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_of_the_platform_are_reserved),
        cmocka_unit_test(case_and_what_is_near_make_another_word),
        cmocka_unit_test(an_identifier_is_a_name_of_ascii_letters),
        cmocka_unit_test(an_identifier_has_at_most_64_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
