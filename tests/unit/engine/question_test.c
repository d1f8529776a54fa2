#include "engine/question.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct question asked = {3, 7, true, STR("k"), STR("{}"), STR("[]")};

static void a_question_is_the_same_wherever_its_texts_lie(void **state)
{
    char key[] = "k";
    struct question again = asked;
    (void)state;
    again.key = str_from(key);
    assert_true(question_is_same(&asked, &again));
    assert_int_equal(question_hash(&asked), question_hash(&again));
}

static void every_part_tells_it_from_others(void **state)
{
    static const struct question rows[] = {
        {4, 7, true, STR("k"), STR("{}"), STR("[]")},
        {3, 8, true, STR("k"), STR("{}"), STR("[]")},
        {3, 7, false, STR("k"), STR("{}"), STR("[]")},
        {3, 7, true, STR("k\0"), STR("{}"), STR("[]")},
        {3, 7, true, STR("k"), STR("{\"a\":1}"), STR("[]")},
        {3, 7, true, STR("k"), STR("[]"), STR("{}")},
        {3, 7, true, STR("k"), STR("{}"), STR("")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(question_is_same(&asked, &rows[i]));
    }
}

static void an_answer_is_good_as_long_as_the_nearest_to_the_user_says(void **state)
{
    static const struct {
        int64_t cache_s;
        uint32_t declared_s, answered_s;
        int64_t ttl_s, missing_ttl_s;
    } rows[] = {
        {-1, 60, 0, 60, 10}, /* the variable */
        {-1, 60, 30, 30, 10} /* the answer */,
        {-1, 4, 0, 4, 4},  /* nothing that is not is believed longer than what is */
        {5, 60, 30, 5, 5}, /* the INI */
        {300, 60, 0, 300, 10},
        {300, 0, 0, 0, 0}, /* never to be used again */
        {300, 0, 30, 300, 0},
        {0, 60, 30, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct integration shop = {.cache_s = rows[i].cache_s};
        assert_int_equal(question_ttl_s(&shop, rows[i].declared_s, rows[i].answered_s),
                         rows[i].ttl_s);
        assert_int_equal(question_missing_ttl_s(&shop, rows[i].declared_s),
                         rows[i].missing_ttl_s);
    }
}

static void an_old_answer_stands_in_for_a_while(void **state)
{
    const struct integration shop = {.stale_s = 300};
    (void)state;
    assert_int_equal(question_stale_ms(&shop, 5000), 305000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_the_same_wherever_its_texts_lie),
        cmocka_unit_test(every_part_tells_it_from_others),
        cmocka_unit_test(an_answer_is_good_as_long_as_the_nearest_to_the_user_says),
        cmocka_unit_test(an_old_answer_stands_in_for_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
