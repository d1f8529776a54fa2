#include "smarty/modifiers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct family *const families[] = {
    &family_array,   &family_bytes,    &family_character, &family_code, &family_date,
    &family_escape,  &family_find,     &family_hash,      &family_json, &family_list,
    &family_math,    &family_number,   &family_pattern,   &family_sets, &family_shape,
    &family_special, &family_spelling, &family_text,      &family_type};

static void every_function_is_found_by_its_name_and_use(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(families); i++) {
        for (size_t k = 0; k < families[i]->count; k++) {
            const struct function *function = &families[i]->functions[k];
            struct str name = str_from(function->name);
            assert_true(function->least <= function->most);
            assert_true(function->use & AS_BOTH);
            if (function->use & AS_MODIFIER) {
                assert_ptr_equal(function_find(name, AS_MODIFIER), function);
            }
            if (function->use & AS_FUNCTION) {
                assert_ptr_equal(function_find(name, AS_FUNCTION), function);
            }
        }
    }
}

static void only_what_the_parser_makes_has_nothing_to_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(families); i++) {
        for (size_t k = 0; k < families[i]->count; k++) {
            const struct function *function = &families[i]->functions[k];
            int ways = (function->run != NULL) + (function->map != NULL) +
                       (function->ask != NULL) + (function->calculate != NULL);
            assert_int_equal(ways, families[i] == &family_special ? 0 : 1);
        }
    }
}

static void what_is_no_function_is_not_found(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",     "Upper",          "UPPER",  "system",           "exec",
        "eval", "call_user_func", "upper ", "file_get_contents"};
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_null(function_find(str_from(none[i]), AS_MODIFIER));
        assert_null(function_find(str_from(none[i]), AS_FUNCTION));
    }
    assert_null(function_find(STR_OF("time"), AS_MODIFIER));
    assert_null(function_find(STR_OF("truncate"), AS_FUNCTION));
    assert_null(function_find(STR_OF("upp\0er"), AS_MODIFIER));
}

static void the_nearest_name_is_told_when_it_is_near(void **state)
{
    (void)state;
    static const struct {
        const char *wrong;
        unsigned use;
        const char *near;
    } cases[] = {
        {"uper", AS_MODIFIER, "upper"},       {"trunkate", AS_MODIFIER, "truncate"},
        {"defualt", AS_MODIFIER, "default"},  {"isst", AS_FUNCTION, "isset"},
        {"explod", AS_FUNCTION, "explode"},   {"explod", AS_MODIFIER, "explode"},
        {"checkdat", AS_MODIFIER, ""},        {"x", AS_MODIFIER, ""},
        {"nothing_like_it", AS_MODIFIER, ""}, {"", AS_MODIFIER, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str near = function_nearest(str_from(cases[i].wrong), cases[i].use);
        assert_true(str_is(near, cases[i].near));
    }
}

/* ---- what the families have in common ---- */

static void arguments_have_defaults(void **state)
{
    (void)state;
    struct number_text room;
    struct value arguments[] = {value_int(7), value_text(STR_OF("12 x")),
                                value_text(STR_OF(""))};
    assert_true(str_is(modifier_str(arguments, 3, 0, "d", &room), "7"));
    assert_true(str_is(modifier_str(arguments, 3, 2, "d", &room), ""));
    assert_true(str_is(modifier_str(arguments, 3, 3, "d", &room), "d"));
    assert_int_equal(modifier_int(arguments, 3, 1, 5), 12);
    assert_int_equal(modifier_int(arguments, 3, 3, 5), 5);
    assert_true(modifier_bool(arguments, 3, 0, false));
    assert_false(modifier_bool(arguments, 3, 2, true));
    assert_true(modifier_bool(arguments, 3, 3, true));
}

static void results_lie_in_the_arena(void **state)
{
    (void)state;
    struct arena arena;
    struct text scratch;
    struct error error;
    struct value result;
    struct modifier_call call = {
        .arena = &arena, .scratch = &scratch, .error = &error, .effort = effort_full()};
    arena_init(&arena, 100, 200);
    text_init(&scratch, 1000);
    text_add_cstr(&scratch, "text");
    assert_true(modifier_text(&call, &result));
    text_clear(&scratch);
    text_add_cstr(&scratch, "other");
    assert_true(str_is(value_str(&result), "text"));
    for (int i = 0; i < 300; i++) {
        text_add_char(&scratch, 'x');
    }
    assert_false(modifier_text(&call, &result));
    assert_non_null(strstr(error.text, "memory"));
    for (int i = 0; i < 1000; i++) {
        text_add_char(&scratch, 'x');
    }
    assert_false(modifier_text(&call, &result));
    assert_non_null(strstr(error.text, "a text grows larger"));
    assert_false(modifier_fail(&call, "what %d", 5));
    assert_string_equal(error.text, "what 5");
    assert_int_equal(error.status, IMH_REJECTED);
    text_done(&scratch);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_is_found_by_its_name_and_use),
        cmocka_unit_test(only_what_the_parser_makes_has_nothing_to_run),
        cmocka_unit_test(what_is_no_function_is_not_found),
        cmocka_unit_test(the_nearest_name_is_told_when_it_is_near),
        cmocka_unit_test(arguments_have_defaults),
        cmocka_unit_test(results_lie_in_the_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
