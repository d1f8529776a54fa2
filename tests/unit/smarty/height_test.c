#include "smarty/height.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

enum { TEMPLATE_BYTES = 8 << 20, MANY = 10000 };

/* `before` many times, `middle`, `after` many times. */
struct tower {
    const char *start, *before, *middle, *after, *end;
};

static void build(struct text *out, const struct tower *tower, size_t count)
{
    text_clear(out);
    text_add_cstr(out, tower->start);
    rig_repeat(out, tower->before, count);
    text_add_cstr(out, tower->middle);
    rig_repeat(out, tower->after, count);
    text_add_cstr(out, tower->end);
}

/* Nothing but an error comes of it, and it is about the height. */
static void assert_too_high(const struct tower *towers, size_t count, size_t times,
                            const char *error)
{
    struct text template;
    struct text out;
    text_init(&template, TEMPLATE_BYTES);
    text_init(&out, TEMPLATE_BYTES);
    for (size_t i = 0; i < count; i++) {
        build(&template, &towers[i], times);
        text_clear(&out);
        rig_render(text_str(&template), false, NULL, &out);
        if (strcmp(text_cstr(&out), error) != 0) {
            fail_msg("'%s%s...': '%.80s'", towers[i].start, towers[i].before,
                     text_cstr(&out));
        }
    }
    text_done(&template);
    text_done(&out);
}

static void what_nests_has_two_hundred_levels(void **state)
{
    (void)state;
    static const struct tower towers[] = {
        {"{", "(", "1", ")", "}"},
        {"{$a=", "[", "1", "]", "}"},
        {"{$a=", "array(", "1", ")", "}"},
        {"", "{if 1}", "x", "{/if}", ""},
        {"", "{foreach $l as $v}", "x", "{/foreach}", ""},
        {"", "{capture}", "x", "{/capture}", ""},
        {"{if ", "!", "1", "", "}{/if}"},
        {"{if ", "not ", "1", "", "}{/if}"},
        {"{", "- ", "1", "", "}"},
        {"{", "(int)", "1", "", "}"},
        {"{", "2 ** ", "1", "", "}"},
        {"{", "$k[", "1", "]", "}"},
        {"{", "$k.{", "1", "}", "}"},
        {"{", "${", "'n'", "}", "}"},
        {"{", "count(", "$l", ")", "}"},
        {"{", "$z ?? ", "1", "", "}"},
        {"{", "1 ? (", "1", ") : 2", "}"},
        {"{", "\"{", "1", "}\"", "}"},
        {"{", "\"`$k[", "1", "]`\"", "}"},
        {"{$n|cat:", "(", "1", ")", "}"},
        {"{isset(", "$k[", "1", "]", ")}"},
    };
    assert_too_high(towers, COUNT(towers), MANY, "rig:1: nested more than 200 levels deep");
}

static void what_only_goes_on_has_a_thousand(void **state)
{
    (void)state;
    static const struct tower towers[] = {
        {"{", "1+", "1", "", "}"},
        {"{", "2*", "1", "", "}"},
        {"{if ", "1 && ", "1", "", "}x{/if}"},
        {"{if ", "$z || ", "1", "", "}x{/if}"},
        {"{if ", "1 xor ", "1", "", "}x{/if}"},
        {"{$s", "|upper", "", "", "}"},
        {"{$z", "|default:1", "", "", "}"},
        {"{if 1 ", "is even ", "", "", "}x{/if}"},
        {"{if $z}", "{elseif $z}", "", "", "{/if}"},
        {"{if $z}", "{else if $z}x", "", "", "{/if}"},
        {"{\"{if 1}", "{$n+1}{if $z}{elseif 1}{/if}", "{1", "+1", "}{/if}\"}"},
    };
    assert_too_high(towers, COUNT(towers), MANY,
                    "rig:1: more than 1000 operations or conditions in one go");
}

/* Long in each of many nested ones: a hundred levels of twenty. */
static void both_together_have_a_thousand(void **state)
{
    (void)state;
    static const struct tower towers[] = {
        {"{", "(", "1", "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1)", "}"},
        {"{", "$k[", "1", "].a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", "}"},
        {"{", "$smarty.capture[", "1", "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1]", "}"},
        {"{", "[", "1", "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1]", "|count}"},
        {"",
         "{if 1}{elseif 1}{elseif 1}{elseif 1}{elseif 1}{elseif 1}{elseif 1}"
         "{elseif 1}{elseif 1}{elseif 1}{elseif 1}{elseif 1}{elseif 1}{elseif 1}",
         "x", "{/if}", ""},
    };
    for (size_t i = 0; i < COUNT(towers); i++) {
        size_t count = i == COUNT(towers) - 1 ? 90 : 60;
        assert_too_high(&towers[i], 1, count,
                        "rig:1: more than 1000 operations or conditions in one go");
    }
}

static void what_is_just_low_enough_is_rendered(void **state)
{
    (void)state;
    static const struct {
        struct tower tower;
        size_t count;
        const char *expected;
    } cases[] = {
        {{"{", "1+", "1", "", "}"}, 990, "991"},
        {{"{", "(", "1", ")", "}"}, 190, "1"},
        {{"", "{if 1}", "x", "{/if}", ""}, 90, "x"},
        {{"{if $z}", "{elseif $z}", "", "", "{else}y{/if}"}, 990, "y"},
        {{"{$s|upper", "|lower", "", "", "}"}, 900, "o'neil & <b>sons</b>"},
        {{"{$a=[", "1,", "1", "", "]}{$a|count}"}, 100000, "100001"},
        {{"{$z|default", ":''", "", "", ":5}"}, 100000, "5"},
        {{"", "{$n}", "", "", ""}, 1, "5"},
        {{"{\"", "$n", "", "", "\"|strlen}"}, 100000, "100000"},
        {{"{", "(1+1+1+1+1+1+1+1+1+", "1", ")", "}"}, 60, "541"},
    };
    struct text template;
    text_init(&template, TEMPLATE_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text out;
        text_init(&out, TEMPLATE_BYTES);
        build(&template, &cases[i].tower, cases[i].count);
        rig_render(text_str(&template), false, NULL, &out);
        assert_string_equal(text_cstr(&out), cases[i].expected);
        text_done(&out);
    }
    text_done(&template);
}

static void the_line_is_where_it_gets_too_high(void **state)
{
    (void)state;
    struct text template;
    text_init(&template, TEMPLATE_BYTES);
    rig_repeat(&template, "{$n}\n", 20);
    text_add_cstr(&template, "{");
    rig_repeat(&template, "1+", 2000);
    text_add_cstr(&template, "1}");
    rig_fails(text_str(&template), NULL,
              "rig:21: more than 1000 operations or conditions in one go");
    text_done(&template);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nests_has_two_hundred_levels),
        cmocka_unit_test(what_only_goes_on_has_a_thousand),
        cmocka_unit_test(both_together_have_a_thousand),
        cmocka_unit_test(what_is_just_low_enough_is_rendered),
        cmocka_unit_test(the_line_is_where_it_gets_too_high),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
