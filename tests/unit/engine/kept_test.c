#include "engine/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SHOP = 1, OTHER_SHOP = 2 }; /* who was asked */

static int64_t mono_ms;

static int64_t set_mono_ms(const struct clock *clock)
{
    (void)clock;
    return mono_ms;
}

static const struct clock set_clock = {.now_ms = set_mono_ms, .mono_ms = set_mono_ms};
static const struct integration five_minutes = {.stale_s = 300};

static int setup(void **state)
{
    mono_ms = 1000000;
    *state = kept_make(&set_clock);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    kept_free(*state);
    return 0;
}

static struct kept_entry *find_of(struct kept *kept, uint64_t owner, const char *key)
{
    const struct question question = {
        .owner = owner, .variable = 3, .has_key = true, .key = str_from(key)};
    struct kept_entry *entry = kept_find(kept, &question, true);
    assert_non_null(entry);
    return entry;
}

static struct kept_entry *find(struct kept *kept, const char *key)
{
    return find_of(kept, SHOP, key);
}

/* Asks and is answered. */
static void keep(struct kept *kept, const char *key, struct str json)
{
    const struct answer answer = {.json = json, .ttl_s = 7};
    struct kept_entry *entry = find(kept, key);
    kept_ask(kept, entry);
    assert_null(kept_answer(kept, entry, &answer, 60));
}

static void has(struct kept *kept, const char *key, const char *json)
{
    const struct kept_entry *entry = find(kept, key);
    assert_true(kept_is_fresh(kept, entry));
    assert_true(str_eq((struct str){entry->json, entry->json_bytes}, str_from(json)));
}

static void what_was_answered_is_there_until_it_is_too_old(void **state)
{
    struct kept *kept = *state;
    assert_false(kept_is_fresh(kept, find(kept, "a")));
    keep(kept, "a", STR_OF("{\"name\":\"Bag\"}"));
    mono_ms += 59999;
    has(kept, "a", "{\"name\":\"Bag\"}");
    assert_int_equal(kept_age_ms(kept, find(kept, "a")), 59999);
    assert_int_equal(find(kept, "a")->ttl_s, 7);
    mono_ms++;
    assert_false(kept_is_fresh(kept, find(kept, "a")));
    keep(kept, "a", STR_OF("2"));
    has(kept, "a", "2");
    assert_int_equal(kept_figures(kept).hits, 2);
    assert_int_equal(kept_figures(kept).misses, 2);
}

static void that_there_is_no_such_thing_is_kept_too(void **state)
{
    struct kept *kept = *state;
    keep(kept, "a", STR_OF("1"));
    struct kept_entry *entry = find(kept, "a");
    kept_ask(kept, entry);
    assert_null(kept_miss(kept, entry, 10));
    assert_true(kept_is_fresh(kept, find(kept, "a")));
    assert_true(find(kept, "a")->missing);
    assert_null(find(kept, "a")->json);
    mono_ms += 10000;
    assert_false(kept_is_fresh(kept, find(kept, "a")));
    keep(kept, "a", STR_OF("3"));
    assert_false(find(kept, "a")->missing);
}

static void nobody_is_given_what_another_integration_was_told(void **state)
{
    struct kept *kept = *state;
    keep(kept, "a", STR_OF("1"));
    assert_false(kept_is_fresh(kept, find_of(kept, OTHER_SHOP, "a")));
    has(kept, "a", "1");
}

static void who_asks_the_same_waits_for_the_first(void **state)
{
    const struct answer answer = {.json = STR("1")};
    struct kept *kept = *state;
    struct kept_wait waits[3] = {{.token = 1}, {.token = 2}, {.token = 3}};
    struct kept_entry *entry = find(kept, "a");
    kept_ask(kept, entry);
    for (unsigned i = 0; i < 3; i++) {
        assert_false(kept_is_fresh(kept, find(kept, "a")));
        assert_true(find(kept, "a")->asked);
        kept_join(kept, find(kept, "a"), &waits[i], i > 0);
    }
    kept_leave(&waits[2]);
    kept_leave(&waits[0]);
    kept_join(kept, entry, &waits[0], true);
    const struct kept_wait *told = kept_answer(kept, entry, &answer, 60);
    assert_ptr_equal(told, &waits[1]);
    assert_ptr_equal(told->next, &waits[0]);
    assert_null(told->next->next);
    assert_null(waits[0].entry);
    assert_false(find(kept, "a")->asked);
    assert_int_equal(kept_figures(kept).hits, 3);
    assert_int_equal(kept_figures(kept).misses, 1);
}

static void the_last_who_leaves_makes_room_for_the_next(void **state)
{
    struct kept *kept = *state;
    struct answer older;
    struct kept_wait waits[2] = {{.token = 1}, {.token = 2}};
    struct kept_entry *entry = find(kept, "a");
    kept_ask(kept, entry);
    kept_join(kept, entry, &waits[0], false);
    kept_leave(&waits[0]);
    kept_join(kept, entry, &waits[1], true);
    assert_ptr_equal(kept_fail(kept, entry, &five_minutes, &older), &waits[1]);
}

static void what_is_for_one_alone_is_never_found(void **state)
{
    const struct answer answer = {.json = STR("1")};
    const struct question question = {.owner = SHOP, .key = STR("a")};
    struct kept *kept = *state;
    struct answer older;
    struct kept_entry *first = kept_find(kept, &question, false);
    struct kept_entry *second = kept_find(kept, &question, false);
    struct kept_entry *third = kept_find(kept, &question, false);
    assert_ptr_not_equal(first, second);
    kept_ask(kept, first);
    kept_ask(kept, second);
    kept_ask(kept, third);
    assert_null(kept_answer(kept, first, &answer, 60));
    assert_null(kept_miss(kept, second, 60));
    assert_null(kept_fail(kept, third, &five_minutes, &older));
    assert_false(kept_is_fresh(kept, kept_find(kept, &question, true)));
}

/* Asked again when it is too old, and that fails. */
static bool stands_in(struct kept *kept, int64_t age_ms, struct answer *older)
{
    keep(kept, "a", STR_OF("1"));
    mono_ms += age_ms;
    struct kept_entry *entry = find(kept, "a");
    kept_ask(kept, entry);
    assert_null(kept_fail(kept, entry, &five_minutes, older));
    return older->json.ptr != NULL;
}

static void an_old_answer_stands_in_for_one_that_fails_but_not_for_ever(void **state)
{
    struct kept *kept = *state;
    struct answer older;
    assert_true(stands_in(kept, 299999, &older));
    assert_true(str_is(older.json, "1"));
    assert_true(older.is_old);
    assert_int_equal(older.age_ms, 299999);
    assert_int_equal(older.ttl_s, 7);
    assert_int_equal(kept_figures(kept).olds, 1);
    assert_false(kept_is_fresh(kept, find(kept, "a")));
    assert_false(stands_in(kept, 300000, &older));
    assert_int_equal(kept_figures(kept).entries, 0);
}

static void a_failure_is_not_kept(void **state)
{
    struct kept *kept = *state;
    struct answer older;
    struct kept_entry *entry = find(kept, "a");
    kept_ask(kept, entry);
    assert_null(kept_fail(kept, entry, &five_minutes, &older));
    assert_null(older.json.ptr);
    assert_int_equal(kept_figures(kept).entries, 0);
    assert_int_equal(kept_figures(kept).bytes, 0);
}

static void what_is_forgotten_is_asked_again(void **state)
{
    struct kept *kept = *state;
    keep(kept, "a", STR_OF("1"));
    keep(kept, "b", STR_OF("2"));
    struct kept_entry *other = find_of(kept, OTHER_SHOP, "a");
    kept_ask(kept, other);
    kept_forget(kept, SHOP);
    kept_forget(kept, OTHER_SHOP);
    assert_int_equal(kept_figures(kept).entries, 1); /* which is under way */
    assert_false(kept_is_fresh(kept, find(kept, "a")));
}

static void the_oldest_go_when_there_are_too_many(void **state)
{
    enum { EACH = 100 << 10, MANY = 2 * KEPT_BYTES / EACH };
    struct kept *kept = *state;
    char key[16];
    char *json = calloc(1, EACH);
    assert_non_null(json);
    struct kept_entry *under_way = find(kept, "under way");
    kept_ask(kept, under_way);
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(key, sizeof key, "%u", i);
        keep(kept, key, (struct str){json, EACH});
        assert_true(kept_is_fresh(kept, find(kept, "0"))); /* in use */
        assert_true(kept_figures(kept).bytes <= KEPT_BYTES);
    }
    assert_true(kept_figures(kept).bytes > KEPT_BYTES - 2 * EACH);
    assert_true(find(kept, "under way")->asked);
    assert_false(kept_is_fresh(kept, find(kept, "1")));
    free(json);
}

/* What is asked for is as long as a template makes it, and there may be no such thing. */
static void the_texts_of_questions_count_too(void **state)
{
    enum { EACH = 100 << 10, MANY = 2 * KEPT_BYTES / EACH };
    struct kept *kept = *state;
    char *text = calloc(1, EACH);
    assert_non_null(text);
    const struct str large = {text, EACH};
    const struct question questions[] = {
        {.key = large}, {.subject = large}, {.query = large}};
    for (unsigned i = 0; i < MANY; i++) {
        struct question question = questions[i % 3];
        question.owner = i;
        struct kept_entry *entry = kept_find(kept, &question, true);
        assert_non_null(entry);
        kept_ask(kept, entry);
        assert_null(kept_miss(kept, entry, 60));
        assert_true(kept_figures(kept).bytes <= KEPT_BYTES);
    }
    assert_in_range(kept_figures(kept).entries, MANY / 2 - 5, MANY / 2);
    free(text);
}

static void thousands_are_all_found_again(void **state)
{
    enum { MANY = 30000 };
    struct kept *kept = *state;
    char key[16];
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < MANY; i++) {
            (void)snprintf(key, sizeof key, "%u", i);
            if (pass == 0) {
                keep(kept, key, str_from(key));
            } else {
                has(kept, key, key);
            }
        }
    }
    assert_int_equal(kept_figures(kept).entries, MANY);
}

static void a_large_answer_is_not_kept(void **state)
{
    struct kept *kept = *state;
    char *json = calloc(1, KEPT_ANSWER_BYTES + 1);
    assert_non_null(json);
    keep(kept, "a", (struct str){json, KEPT_ANSWER_BYTES + 1});
    assert_int_equal(kept_figures(kept).entries, 0);
    keep(kept, "a", (struct str){json, KEPT_ANSWER_BYTES});
    assert_int_equal(kept_figures(kept).entries, 1);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_answered_is_there_until_it_is_too_old,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(that_there_is_no_such_thing_is_kept_too, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nobody_is_given_what_another_integration_was_told,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(who_asks_the_same_waits_for_the_first, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_last_who_leaves_makes_room_for_the_next, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_for_one_alone_is_never_found, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            an_old_answer_stands_in_for_one_that_fails_but_not_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_forgotten_is_asked_again, setup, teardown),
        cmocka_unit_test_setup_teardown(the_oldest_go_when_there_are_too_many, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_texts_of_questions_count_too, setup, teardown),
        cmocka_unit_test_setup_teardown(thousands_are_all_found_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_answer_is_not_kept, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
