#include "smarty/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1000, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* ---- keys ---- */

static void text_that_is_a_canonical_integer_is_that_integer(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool is_number;
        int64_t number;
    } cases[] = {
        {STR("0"), true, 0},
        {STR("5"), true, 5},
        {STR("-3"), true, -3},
        {STR("9223372036854775807"), true, INT64_MAX},
        {STR("-9223372036854775808"), true, INT64_MIN},
        {STR("9223372036854775808"), false, 0},
        {STR("05"), false, 0},
        {STR("-0"), false, 0},
        {STR("+1"), false, 0},
        {STR("1.0"), false, 0},
        {STR(" 1"), false, 0},
        {STR("1 "), false, 0},
        {STR("1e3"), false, 0},
        {STR("-"), false, 0},
        {STR(""), false, 0},
        {STR("--1"), false, 0},
        {STR("1\0"), false, 0},
        {STR("00000000000000000001"), false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct key key = key_from_text(cases[i].text);
        assert_int_equal(key.name == NULL, cases[i].is_number);
        if (cases[i].is_number) {
            assert_int_equal(key.number, cases[i].number);
        } else {
            assert_int_equal(key.len, cases[i].text.len);
        }
    }
}

static void values_become_keys_as_in_php(void **state)
{
    (void)state;
    static const struct lazy lazy;
    struct value text = value_text(STR_OF("7"));
    struct key key;
    struct value values[] = {value_int(7),     value_bool(true),  value_bool(false),
                             value_float(7.9), value_float(-7.9), value_float(1e300)};
    int64_t numbers[] = {7, 1, 0, 7, -7, 0};
    for (size_t i = 0; i < COUNT(values); i++) {
        assert_true(key_from_value(&values[i], &key));
        assert_null(key.name);
        assert_int_equal(key.number, numbers[i]);
    }
    assert_true(key_from_value(&text, &key) && !key.name && key.number == 7);
    struct value null = value_null();
    assert_true(key_from_value(&null, &key) && key.name && key.len == 0);
    struct value none[] = {value_array(array_make(&arena, 0)),
                           value_pending(),
                           {.type = VALUE_LAZY, .lazy = &lazy}};
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_false(key_from_value(&none[i], &key));
    }
}

static void an_array_with_a_plain_form_is_a_key(void **state)
{
    (void)state;
    struct value plain = value_text(STR_OF("EUR"));
    struct array *array = array_make(&arena, 0);
    struct value value = value_array(array);
    struct key key;
    array->plain = &plain;
    assert_true(key_from_value(&value, &key));
    assert_int_equal(key.len, 3);
}

static void keys_are_given_back_as_values(void **state)
{
    (void)state;
    struct key name = key_from_text(STR_OF("abc"));
    struct key number = key_from_text(STR_OF("-5"));
    struct value text = key_value(&name);
    struct value integer = key_value(&number);
    assert_int_equal(text.type, VALUE_TEXT);
    assert_true(str_is(value_str(&text), "abc"));
    assert_int_equal(integer.type, VALUE_INT);
    assert_int_equal(integer.integer, -5);
    struct key same = key_named(STR_OF("abc"));
    struct key other = key_named(STR_OF("abd"));
    assert_true(key_eq(&name, &same));
    assert_false(key_eq(&name, &other));
    assert_false(key_eq(&name, &number));
    assert_true(key_eq(&number, &number));
}

/* ---- arrays ---- */

static struct array *numbers_to(int64_t count)
{
    struct array *array = array_make(&arena, 0);
    for (int64_t i = 0; i < count; i++) {
        struct value value = value_int(i * 10);
        assert_true(array_append(&arena, array, &value));
    }
    return array;
}

static const struct value *at_number(const struct array *array, int64_t number)
{
    struct key key = {.number = number};
    return array_get(array, &key);
}

static void a_list_stays_a_list_until_it_gets_another_key(void **state)
{
    (void)state;
    struct array *array = numbers_to(100);
    struct value value = value_int(7);
    struct key key = key_named(STR_OF("name"));
    struct key inside = {.number = 50};
    assert_true(array->is_list);
    assert_true(array_set(&arena, array, &inside, &value));
    assert_true(array->is_list);
    assert_true(array_set(&arena, array, &key, &value));
    assert_false(array->is_list);
    assert_int_equal(array->count, 101);
    for (int64_t i = 0; i < 100; i++) {
        assert_int_equal(at_number(array, i)->integer, i == 50 ? 7 : i * 10);
    }
    assert_int_equal(array_get(array, &key)->integer, 7);
    assert_null(at_number(array, 100));
    assert_null(at_number(array, -1));
}

static void order_is_that_of_coming(void **state)
{
    (void)state;
    static const int64_t keys[] = {5, -3, 2, 100, 0, 7, 8, 9, 10, 11, 12, 13, -4};
    struct array *array = array_make(&arena, 0);
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct key key = {.number = keys[i]};
        struct value value = value_int((int64_t)i);
        assert_true(array_set(&arena, array, &key, &value));
    }
    for (uint32_t i = 0; i < array->count; i++) {
        struct key key;
        assert_int_equal(array_at(array, i, &key)->integer, i);
        assert_int_equal(key.number, keys[i]);
        assert_int_equal(array_value_at(array, i)->integer, i);
        assert_int_equal(at_number(array, keys[i])->integer, i);
    }
    assert_int_equal(array_next_key(array).number, 101);
}

static void the_next_key_is_behind_the_largest(void **state)
{
    (void)state;
    struct array *array = array_make(&arena, 0);
    struct value value = value_int(1);
    assert_int_equal(array_next_key(array).number, 0);
    assert_true(array_set(&arena, array, &(struct key){.number = -5}, &value));
    assert_int_equal(array_next_key(array).number, -4);
    assert_true(array_set(&arena, array, &(struct key){.number = -9}, &value));
    assert_int_equal(array_next_key(array).number, -4);
    assert_true(array_set(&arena, array, &(struct key){.number = 3}, &value));
    assert_int_equal(array_next_key(array).number, 4);
    assert_true(array_set(&arena, array, &(struct key){.number = INT64_MAX}, &value));
    assert_int_equal(array_next_key(array).number, 4);
}

static void thousands_of_names_are_found(void **state)
{
    (void)state;
    enum { NAMES = 5000 };
    struct array *array = array_make(&arena, 0);
    for (int i = 0; i < NAMES; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "name %d", i);
        struct key key = key_named(arena_copy(&arena, str_from(name)));
        struct value value = value_int(i);
        assert_true(array_set(&arena, array, &key, &value));
        assert_true(array_set(&arena, array, &key, &value));
    }
    assert_int_equal(array->count, NAMES);
    for (int i = 0; i < NAMES + 10; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "name %d", i);
        struct key key = key_named(str_from(name));
        const struct value *found = array_get(array, &key);
        assert_int_equal(found != NULL, i < NAMES);
        assert_true(!found || found->integer == i);
    }
}

static void a_place_is_made_once(void **state)
{
    (void)state;
    struct array *array = array_make(&arena, 0);
    struct key key = key_named(STR_OF("a"));
    struct value *place = array_place(&arena, array, &key);
    assert_int_equal(place->type, VALUE_UNDEFINED);
    *place = value_int(1);
    assert_ptr_equal(array_place(&arena, array, &key), place);
    assert_int_equal(array->count, 1);
}

static void a_copy_is_apart(void **state)
{
    (void)state;
    for (int64_t count = 0; count < 40; count += 13) {
        struct array *array = numbers_to(count);
        struct value value = value_int(1);
        struct key key = key_named(STR_OF("x"));
        if (count % 2 == 0) {
            assert_true(array_set(&arena, array, &key, &value));
        }
        uint32_t before = array->count;
        struct array *copy = array_copy(&arena, array);
        struct key other = key_named(STR_OF("y"));
        assert_int_equal(copy->count, before);
        assert_true(array_set(&arena, copy, &other, &value));
        assert_true(array_append(&arena, copy, &value));
        assert_int_equal(array->count, before);
        assert_null(array_get(array, &other));
        assert_int_equal(copy->count, before + 2);
        for (int64_t i = 0; i < count; i++) {
            assert_int_equal(at_number(copy, i)->integer, i * 10);
        }
    }
}

static void who_owns_an_array_changes_it_in_place(void **state)
{
    (void)state;
    int owner;
    struct value place = value_array(numbers_to(3));
    struct array *first = place.array;
    struct array *owned = array_own(&arena, &place, &owner);
    assert_ptr_not_equal(owned, first);
    assert_ptr_equal(place.array, owned);
    assert_ptr_equal(array_own(&arena, &place, &owner), owned);
    value_share(&place);
    assert_ptr_not_equal(array_own(&arena, &place, &owner), owned);
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    struct arena small;
    struct value value = value_int(1);
    arena_init(&small, 100, 2000);
    struct array *array = array_make(&small, 0);
    uint32_t count = 0;
    while (array_append(&small, array, &value)) {
        count++;
    }
    assert_int_equal(array->count, count);
    assert_in_range(count, 8, 200);
    while (arena_alloc(&small, 16)) {
    }
    assert_null(array_make(&small, 1000));
    assert_null(array_copy(&small, array));
    struct value place = value_array(array);
    assert_null(array_own(&small, &place, &place));
    arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_is_a_canonical_integer_is_that_integer),
        cmocka_unit_test(values_become_keys_as_in_php),
        cmocka_unit_test(an_array_with_a_plain_form_is_a_key),
        cmocka_unit_test(keys_are_given_back_as_values),
        cmocka_unit_test(a_list_stays_a_list_until_it_gets_another_key),
        cmocka_unit_test(order_is_that_of_coming),
        cmocka_unit_test(the_next_key_is_behind_the_largest),
        cmocka_unit_test(thousands_of_names_are_found),
        cmocka_unit_test(a_place_is_made_once),
        cmocka_unit_test(a_copy_is_apart),
        cmocka_unit_test(who_owns_an_array_changes_it_in_place),
        cmocka_unit_test(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
