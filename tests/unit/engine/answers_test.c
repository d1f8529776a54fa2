#include "engine/answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 20, LIMIT = 2 << 20 };

enum { SHOP = 1, OTHER_SHOP = 2 }; /* who was asked */

static struct question ask(const char *key)
{
    return (struct question){.owner = SHOP,
                             .variable = 3,
                             .has_key = true,
                             .key = str_from(key),
                             .subject = STR_OF("")};
}

static struct answers *make(size_t most_bytes)
{
    struct answers *answers = answers_make(most_bytes, LIMIT);
    assert_non_null(answers);
    return answers;
}

static struct answer_entry *add(struct answers *answers, const char *key)
{
    const struct question question = ask(key);
    struct answer_entry *entry = answers_add(answers, &question);
    assert_non_null(entry);
    return entry;
}

static struct answer_entry *find(struct answers *answers, const char *key)
{
    const struct question question = ask(key);
    return answers_find(answers, &question);
}

static void what_was_never_asked_is_not_there(void **state)
{
    struct answers *answers = make(ROOM);
    (void)state;
    assert_null(find(answers, "a"));
    answers_free(answers);
    answers_free(NULL);
}

static void a_question_is_wanted_until_it_is_answered(void **state)
{
    struct answers *answers = make(ROOM);
    (void)state;
    struct answer_entry *entry = add(answers, "a");
    assert_int_equal(entry->state, ANSWER_WANTED);
    assert_ptr_equal(find(answers, "a"), entry);
    assert_true(answers_set(answers, entry, STR_OF("{\"name\":\"Bag\"}"), NULL));
    assert_int_equal(entry->state, ANSWER_VALUE);
    struct key name = key_named(STR_OF("name"));
    const struct value *value = array_get(entry->value.array, &name);
    assert_true(str_is(value_str(value), "Bag"));
    answers_free(answers);
}

static void answers_beyond_the_limit_are_refused(void **state)
{
    enum { LARGE = 400 << 10, FIT = LIMIT / LARGE };
    struct answers *answers = make(ROOM);
    char *text = malloc(LARGE);
    (void)state;
    assert_non_null(text);
    memset(text, 'x', LARGE);
    text[0] = text[LARGE - 1] = '"';
    for (int i = 0; i < FIT; i++) {
        char key[] = {(char)('a' + i), '\0'};
        assert_true(answers_has_room(answers, LARGE));
        assert_true(
            answers_set(answers, add(answers, key), (struct str){text, LARGE}, NULL));
    }
    struct answer_entry *entry = add(answers, "z");
    assert_false(answers_has_room(answers, LARGE));
    assert_false(answers_set(answers, entry, (struct str){text, LARGE}, NULL));
    assert_int_equal(entry->state, ANSWER_FAILED);
    assert_int_equal(entry->failure.status, IMH_RETRY);
    assert_string_equal(entry->failure.text, "there is no room for more answers at once");
    assert_true(answers_set(answers, add(answers, "y"), STR_OF("1"), NULL));
    answers_trim(answers, 1); /* none is of that window */
    assert_true(answers_has_room(answers, LARGE));
    free(text);
    answers_free(answers);
}

static void the_question_is_a_copy(void **state)
{
    struct answers *answers = make(ROOM);
    char key[] = "abc";
    char subject[] = "{\"email\":\"a\"}";
    (void)state;
    struct question question = ask(key);
    question.subject = str_from(subject);
    struct answer_entry *entry = answers_add(answers, &question);
    assert_non_null(entry);
    key[0] = 'x';
    subject[2] = 'x';
    assert_true(str_is(entry->question.key, "abc"));
    assert_true(str_is(entry->question.subject, "{\"email\":\"a\"}"));
    answers_free(answers);
}

/* Each row differs in one thing from the question "k" of the shop's variable 3. */
static void every_part_of_a_question_tells_it_from_others(void **state)
{
    const struct question rows[] = {
        {OTHER_SHOP, 3, true, STR("k"), STR(""), STR("")},
        {SHOP, 4, true, STR("k"), STR(""), STR("")},
        {SHOP, 3, false, STR("k"), STR(""), STR("")},
        {SHOP, 3, true, STR("K"), STR(""), STR("")},
        {SHOP, 3, true, STR("k\0k"), STR(""), STR("")},
        {SHOP, 3, true, STR("k"), STR("{}"), STR("")},
        {SHOP, 3, true, STR(""), STR("k"), STR("")},
        {SHOP, 3, true, STR("k"), STR(""), STR("{}")},
    };
    struct answers *answers = make(ROOM);
    (void)state;
    (void)add(answers, "k");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(answers_find(answers, &rows[i]));
        assert_non_null(answers_add(answers, &rows[i]));
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct answer_entry *entry = answers_find(answers, &rows[i]);
        assert_non_null(entry);
        assert_int_equal(entry->question.variable, rows[i].variable);
        assert_true(str_eq(entry->question.key, rows[i].key));
        assert_int_equal(entry->question.owner, rows[i].owner);
    }
    answers_free(answers);
}

static void thousands_of_questions_are_all_found_again(void **state)
{
    enum { MANY = 5000 };
    struct answers *answers = make(64 * (size_t)ROOM);
    struct answer_entry *entries[MANY];
    char key[16];
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(key, sizeof key, "P%06u", i);
        entries[i] = add(answers, key);
    }
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(key, sizeof key, "P%06u", i);
        assert_ptr_equal(find(answers, key), entries[i]);
    }
    answers_free(answers);
}

static void what_is_no_json_is_a_failure_that_says_so(void **state)
{
    struct answers *answers = make(ROOM);
    struct answer_entry *entry = add(answers, "a");
    (void)state;
    assert_false(answers_set(answers, entry, STR_OF("{\"name\":"), NULL));
    assert_int_equal(entry->state, ANSWER_FAILED);
    assert_non_null(strstr(entry->failure.text, "not JSON"));
    answers_free(answers);
}

static void a_reset_entry_is_wanted_again_and_keeps_its_question(void **state)
{
    struct answers *answers = make(ROOM);
    struct answer_entry *entry = add(answers, "a");
    (void)state;
    assert_true(answers_set(answers, entry, STR_OF("{\"name\":\"Bag\"}"), NULL));
    answers_reset(answers, entry, 0);
    assert_int_equal(entry->state, ANSWER_WANTED);
    assert_int_equal(entry->value.type, VALUE_NULL);
    assert_ptr_equal(find(answers, "a"), entry);
    assert_true(answers_set(answers, entry, STR_OF("7"), NULL));
    assert_int_equal(entry->value.integer, 7);
    answers_free(answers);
}

/* An answered entry of a window. */
static struct answer_entry *add_bag(struct answers *answers, int64_t old_until_ms)
{
    struct answer_entry *entry = add(answers, "a");
    assert_true(answers_set(answers, entry, STR_OF("{\"name\":\"Bag\"}"), NULL));
    answers_reset(answers, entry, old_until_ms);
    return entry;
}

static void an_old_value_stands_in_for_a_failure_until_its_time(void **state)
{
    struct answers *answers = make(ROOM);
    struct answer_entry *entry = add_bag(answers, 500);
    struct key name = key_named(STR_OF("name"));
    (void)state;
    assert_false(answers_restore(answers, entry, 500));
    assert_int_equal(entry->state, ANSWER_WANTED);
    assert_true(answers_restore(answers, entry, 499));
    assert_int_equal(entry->state, ANSWER_VALUE);
    assert_true(str_is(value_str(array_get(entry->value.array, &name)), "Bag"));
    assert_ptr_equal(find(answers, "a"), entry); /* its question is still its own */
    assert_false(answers_restore(answers, entry, 0));
    answers_free(answers);
}

static void an_old_value_goes_when_a_new_one_is_there(void **state)
{
    struct answers *answers = make(ROOM);
    struct answer_entry *entry = add_bag(answers, 500);
    (void)state;
    assert_true(answers_set(answers, entry, STR_OF("7"), NULL));
    assert_false(answers_restore(answers, entry, 0));
    assert_int_equal(entry->value.integer, 7);
    answers_reset(answers, entry, 500);
    answers_reset(answers, entry, 500); /* asked twice without an answer: kept once */
    assert_true(answers_restore(answers, entry, 0));
    assert_int_equal(entry->value.integer, 7);
    answers_free(answers);
}

static void add_answered(struct answers *answers, const char *key, uint64_t window)
{
    struct answer_entry *entry = add(answers, key);
    entry->window = window;
    assert_true(answers_set(answers, entry, STR_OF("{\"name\":\"something\"}"), NULL));
}

static void nothing_goes_while_there_is_room(void **state)
{
    struct answers *answers = make(ROOM);
    (void)state;
    add_answered(answers, "a", 1);
    answers_trim(answers, 2);
    assert_non_null(find(answers, "a"));
    answers_free(answers);
}

static void the_oldest_unused_go_first_until_there_is_room(void **state)
{
    enum { FEW = 8192 }; /* room for about three */
    struct answers *answers = make(FEW);
    (void)state;
    add_answered(answers, "a", 1);
    add_answered(answers, "b", 1);
    add_answered(answers, "c", 1);
    add_answered(answers, "d", 1);
    add_answered(answers, "e", 1);
    assert_non_null(find(answers, "a")); /* used just now */
    answers_trim(answers, 2);
    assert_non_null(find(answers, "a"));
    assert_non_null(find(answers, "e"));
    assert_null(find(answers, "b"));
    assert_null(find(answers, "c"));
    answers_free(answers);
}

static void what_several_messages_needed_goes_last(void **state)
{
    enum { FEW = 8192 }; /* room for about three */
    struct answers *answers = make(FEW);
    (void)state;
    add_answered(answers, "a", 1);
    find(answers, "a")->shared = true;
    add_answered(answers, "b", 1);
    add_answered(answers, "c", 1);
    add_answered(answers, "d", 1);
    add_answered(answers, "e", 1);
    answers_trim(answers, 2);
    assert_non_null(find(answers, "a")); /* the oldest */
    assert_null(find(answers, "b"));
    answers_free(answers);
}

static void what_the_window_uses_stays(void **state)
{
    struct answers *answers = make(1);
    (void)state;
    add_answered(answers, "old", 1);
    add_answered(answers, "new", 2);
    answers_trim(answers, 2);
    assert_null(find(answers, "old"));
    assert_non_null(find(answers, "new"));
    answers_free(answers);
}

/* Others hold pointers to these: the list of what is wanted, the batch under way. */
static void what_is_wanted_or_under_way_is_never_dropped(void **state)
{
    struct answers *answers = make(1);
    (void)state;
    struct answer_entry *wanted = add(answers, "wanted");
    struct answer_entry *asked = add(answers, "asked");
    asked->state = ANSWER_ASKED;
    add_answered(answers, "answered", 1);
    answers_trim(answers, 9);
    assert_ptr_equal(find(answers, "wanted"), wanted);
    assert_ptr_equal(find(answers, "asked"), asked);
    assert_null(find(answers, "answered"));
    answers_free(answers);
}

static void room_that_was_given_back_can_be_used_again(void **state)
{
    enum { FEW = 12288, ROUNDS = 200 };
    struct answers *answers = make(FEW);
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "k%u", i);
        add_answered(answers, key, i);
        struct answer_entry *entry = find(answers, key);
        answers_reset(answers, entry, 0);
        assert_true(answers_set(answers, entry, STR_OF("{\"name\":\"again\"}"), NULL));
        answers_trim(answers, i);
        assert_ptr_equal(find(answers, key), entry);
        if (i > 0) { /* the one before still has room: the count did not run away */
            (void)snprintf(key, sizeof key, "k%u", i - 1);
            assert_non_null(find(answers, key));
        }
    }
    answers_free(answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_never_asked_is_not_there),
        cmocka_unit_test(a_question_is_wanted_until_it_is_answered),
        cmocka_unit_test(answers_beyond_the_limit_are_refused),
        cmocka_unit_test(the_question_is_a_copy),
        cmocka_unit_test(every_part_of_a_question_tells_it_from_others),
        cmocka_unit_test(thousands_of_questions_are_all_found_again),
        cmocka_unit_test(what_is_no_json_is_a_failure_that_says_so),
        cmocka_unit_test(a_reset_entry_is_wanted_again_and_keeps_its_question),
        cmocka_unit_test(an_old_value_stands_in_for_a_failure_until_its_time),
        cmocka_unit_test(an_old_value_goes_when_a_new_one_is_there),
        cmocka_unit_test(nothing_goes_while_there_is_room),
        cmocka_unit_test(the_oldest_unused_go_first_until_there_is_room),
        cmocka_unit_test(what_several_messages_needed_goes_last),
        cmocka_unit_test(what_the_window_uses_stays),
        cmocka_unit_test(what_is_wanted_or_under_way_is_never_dropped),
        cmocka_unit_test(room_that_was_given_back_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
