#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

/* Templates that reach a limit: each ends with one error that names the line. */

static const struct smarty_limits small = {
    .steps = 1000, .effort = 100000, .memory_bytes = 1 << 20};

static void loops_take_so_many_turns(void **state)
{
    (void)state;
    static const char error[] = "rig:3: the loops of this template take too many turns: "
                                "limit 'steps' is 1000";
    rig_fails(STR_OF("\n\n{foreach range(1,1000) as $i}{foreach range(1,2) as $j}"
                     "{/foreach}{/foreach}"),
              &small, error);
    rig_fails(STR_OF("\n\n{foreach range(1,1001) as $i}x{/foreach}"), &small, error);
    rig_fails(
        STR_OF("{$r=range(1,101)}\n\n{foreach range(1,100000) as $i}{foreach $r as $j}"
               "{/foreach}{/foreach}"),
        NULL,
        "rig:3: the loops of this template take too many turns: limit 'steps' is 10000000");
}

static void as_many_turns_as_allowed_are_fine(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 100);
    rig_render(STR_OF("{foreach range(1,1000) as $i}{if $i@last}{$i}{/if}{/foreach}"),
               false, &small, &out);
    assert_string_equal(text_cstr(&out), "1000");
    text_done(&out);
}

static void a_message_grows_so_large(void **state)
{
    (void)state;
    static const char doubled[] =
        "{$a='12345678'}{foreach range(1,18) as $i}{$a=\"$a$a\"}{/foreach}\n";
    static const char *const ends[] = {
        "{$a}{$a}{$a}{$a}{$a}{$a}{$a}{$a}{$a}",
        "{foreach range(1,9) as $i}{$a}{/foreach}",
        "{foreach range(1,9) as $i}{if $i}{capture}{$a}{/capture}{/if}{$a}{/foreach}",
    };
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct text template;
        text_init(&template, 1000);
        text_add_cstr(&template, doubled);
        text_add_cstr(&template, ends[i]);
        rig_fails(
            text_str(&template), NULL,
            "rig:2: the message is larger than 16777216 bytes: limit 'output' is 16777216");
        text_done(&template);
    }
}

static void escaping_stops_when_the_message_is_too_large(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, SMARTY_OUTPUT_BYTES);
    rig_render(STR_OF("{$a='<<<<<<<<'}{foreach range(1,20) as $i}{$a=\"$a$a\"}{/foreach}\n"
                      "\n{$a}"),
               true, NULL, &out);
    assert_string_equal(
        text_cstr(&out),
        "rig:3: the message is larger than 16777216 bytes: limit 'output' is 16777216");
    text_done(&out);
}

static void values_take_so_much_memory(void **state)
{
    (void)state;
    static const struct rig_case cases[] = {
        {STR("\n{$a='12345678'}{foreach range(1,30) as $i}{$a=\"$a$a\"}{/foreach}"),
         STR("rig:2: rendering takes more than 1 MiB of memory: limit 'memory' is "
             "1048576")},
        {STR("{foreach range(1,900) as $i}{$a[]=range(1,900)}{/foreach}"),
         STR("rig:1: rendering takes more than 1 MiB of memory: limit 'memory' is "
             "1048576")},
        {STR("{$a=range(1,9000)}\n{foreach range(1,900) as $i}{$b=$a}{$b[]=1}{/foreach}"),
         STR("rig:2: rendering takes more than 1 MiB of memory: limit 'memory' is "
             "1048576")},
        {STR("{foreach range(1,999) as $i}{$a=range(1,99)|array_reverse}{/foreach}"),
         STR("rig:1: rendering takes more than 1 MiB of memory: limit 'memory' is "
             "1048576")},
        {STR("{foreach range(1,999) as $i}{$x=\"{capture}{$i|string_format:'%2000d'}"
             "{/capture}{$smarty.capture.default}\"}{/foreach}"),
         STR("rig:1: rendering takes more than 1 MiB of memory: limit 'memory' is "
             "1048576")},
        {STR("{foreach range(1,999) as $i}{$x=explode('1',$i|string_format:'%01000d')}"
             "{$y=[$x,$x,$x]}{$q=\"a$i\"}{${$q}}{/foreach}{range(1,90000)|count}"),
         STR("rig:1: rendering takes more than 1 MiB of memory: limit 'memory' is "
             "1048576")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        rig_fails(cases[i].template, &small, cases[i].expected.ptr);
    }
}

static void values_take_so_much_work(void **state)
{
    (void)state;
    static const struct smarty_limits enough_steps = {
        .steps = 10000, .effort = 100000, .memory_bytes = 16 << 20};
    static const char error[] =
        "rig:2: rendering takes too much work: values are too large, or nested too deep: "
        "limit 'effort' is 100000";
    static const char *const ends[] = {
        /* an array that holds another one twice, sixty times over */
        "{$a=[1]}{foreach range(1,60) as $i}{$a=[$a,$a]}{/foreach}\n{$a|count:1}",
        "{$a=[1]}{foreach range(1,60) as $i}{$a=[$a,$a]}{/foreach}{$b=[1]}"
        "{foreach range(1,60) as $i}{$b=[$b,$b]}{/foreach}\n{if $a==$b}{/if}",
        "{$a=[1]}{foreach range(1,60) as $i}{$a=[$a,$a]}{/foreach}{$b=[1]}"
        "{foreach range(1,60) as $i}{$b=[$b,$b]}{/foreach}\n{if $a===$b}{/if}",
        "{$a=[1]}{foreach range(1,60) as $i}{$a=[$a,$a]}{/foreach}{$b=[1]}"
        "{foreach range(1,60) as $i}{$b=[$b,$b]}{/foreach}\n{if $a is in [$b]}{/if}",
        "{$a=[1]}{foreach range(1,60) as $i}{$a=[$a,$a]}{/foreach}{$b=[1]}"
        "{foreach range(1,60) as $i}{$b=[$b,$b]}{/foreach}\n{in_array($a,[$b])}",
        /* arrays inside each other: a stack would not hold out */
        "{$a=[]}{foreach range(1,900) as $i}{$a=[$a]}{/foreach}{$b=[]}"
        "{foreach range(1,900) as $i}{$b=[$b]}{/foreach}\n{if $a==$b}{/if}",
        "{$a=[]}{foreach range(1,900) as $i}{$a=[$a]}{/foreach}{$b=[]}"
        "{foreach range(1,900) as $i}{$b=[$b]}{/foreach}\n{if $a!==$b}{/if}",
        "{$a=[]}{foreach range(1,900) as $i}{$a=[$a]}{/foreach}\n{$a|count:1}",
        /* a large text in every turn */
        "{$a='12345678'}{foreach range(1,13) as $i}{$a=\"$a$a\"}{/foreach}\n"
        "{foreach range(1,900) as $i}{if $a == \"{$a}x\"}{/if}{/foreach}",
        "{$a='12345678'}{foreach range(1,13) as $i}{$a=\"$a$a\"}{/foreach}\n"
        "{foreach range(1,900) as $i}{if $a|truncate:1}{/if}{/foreach}",
        "{$a='12345678'}{foreach range(1,13) as $i}{$a=\"$a$a\"}{/foreach}\n"
        "{foreach range(1,900) as $i}{if $k[$a]}{/if}{/foreach}",
        "{$a='12345678'}{foreach range(1,13) as $i}{$a=\"$a$a\"}{/foreach}\n"
        "{foreach range(1,900) as $i}{$k[$a]=1}{/foreach}",
        "{$a='12345678'}{foreach range(1,9) as $i}{$a=\"$a$a\"}{/foreach}\n"
        "{$a|replace:range(1,900):'8'|count}",
        "{foreach range(1,900) as $i}\n{$a=\"2000-01-01 $i\"|date_format:'Y'}"
        "{$a=\"2000-01-02 $i\"|date_format:'Y'}{/foreach}",
    };
    for (size_t i = 0; i < COUNT(ends); i++) {
        rig_fails(str_from(ends[i]), &enough_steps, error);
    }
}

static void the_usual_limits_hold_too(void **state)
{
    (void)state;
    rig_fails(STR_OF("{$a=[]}{foreach range(1,90000) as $i}{$a=[$a]}{/foreach}{$b=[]}"
                     "{foreach range(1,90000) as $i}{$b=[$b]}{/foreach}{if $a==$b}x{/if}"),
              NULL,
              "rig:1: rendering takes too much work: values are too large, or nested too "
              "deep: limit 'effort' is 30000000");
}

static void each_limit_has_a_name_and_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *template, *error;
    } cases[] = {
        {"steps", "5", "{for $i=1 to 6}{/for}",
         "rig:1: the loops of this template take too many turns: limit 'steps' is 5"},
        {"effort", "50", "{$l=range(1,99)}{$m=range(1,99)}{if $l==$m}{/if}",
         "rig:1: rendering takes too much work: values are too large, or nested too deep: "
         "limit 'effort' is 50"},
        {"regex_steps", "5", "{'aaaaaaaaaaaaaaaaaa'|regex_replace:'/(a+)+[bc]/':''}",
         "rig:1: a regular expression takes too much work: limit 'regex_steps' is 5"},
        {"memory", "1m", "{range(1,90000)|count}",
         "rig:1: rendering takes more than 1 MiB of memory: limit 'memory' is 1048576"},
        {"output", "64k", "{'x'|str_repeat:70000}",
         "rig:1: a text grows larger than 64 KiB: limit 'output' is 65536"},
        {"output", "64k", "{for $i=1 to 2}{'x'|str_repeat:40000}{/for}",
         "rig:1: the message is larger than 65536 bytes: limit 'output' is 65536"},
        {"depth", "3", "{function f}{f}{/function}{f}",
         "rig:1: templates, functions and blocks are more than 3 levels deep: limit "
         "'depth' is 3"},
        {"include_depth", "3", "{include 'self'}",
         "self:1: templates are included more than 3 levels deep: limit 'include_depth' "
         "is 3"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smarty_limits limits = {.set_by = "here"};
        struct error error;
        struct text expected;
        assert_true(smarty_limit_is(str_from(cases[i].name)));
        assert_true(smarty_limit_set(&limits, str_from(cases[i].name),
                                     str_from(cases[i].value), &error));
        text_init(&expected, 1000);
        text_print(&expected, "%s: raise it here", cases[i].error);
        rig_fails(str_from(cases[i].template), &limits, text_cstr(&expected));
        text_done(&expected);
    }
}

static void a_function_is_not_an_included_template(void **state)
{
    (void)state;
    static const struct smarty_limits one = {.include_depth = 1};
    struct text out;
    text_init(&out, 100);
    rig_render(STR_OF("{function f n=0}{if $n<9}{f n=$n+1}{else}{include 'hello'}{/if}"
                      "{/function}{f}{include 'hello'}"),
               false, &one, &out);
    assert_string_equal(text_cstr(&out), "Hello youHello you");
    text_done(&out);
}

static void a_limit_has_a_range(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *error;
    } cases[] = {
        {"step", "5",
         "must be one of steps effort regex_steps memory output depth include_depth"},
        {"steps", "0", "must be a number from 1 to 1000000000"},
        {"steps", "1000000001", "must be a number from 1 to 1000000000"},
        {"steps", "10k", "must be a number from 1 to 1000000000"},
        {"depth", "101", "must be a number from 1 to 100"},
        {"include_depth", "-1", "must be a number from 1 to 100"},
        {"memory", "63k", "must be a size from 64k to 1024m, such as 16m"},
        {"memory", "2g", "must be a size from 64k to 1024m, such as 16m"},
        {"output", "", "must be a size from 64k to 256m, such as 16m"},
        {"output", "257m", "must be a size from 64k to 256m, such as 16m"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smarty_limits limits = {.steps = 7};
        struct error error;
        assert_false(smarty_limit_set(&limits, str_from(cases[i].name),
                                      str_from(cases[i].value), &error));
        assert_string_equal(error.text, cases[i].error);
        assert_int_equal(limits.steps, 7);
    }
}

static void deep_arrays_may_be_held(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 100);
    rig_render(STR_OF("{$a=[]}{foreach range(1,90000) as $i}{$a=[$a]}{/foreach}"
                      "{$a|count}{$b=$a}{$b[]=1}{$b|count}{if $a === $a}y{/if}"),
               false, NULL, &out);
    assert_string_equal(text_cstr(&out), "12y");
    text_done(&out);
}

static void the_first_error_is_told(void **state)
{
    (void)state;
    rig_fails(STR_OF("{1/0}{'x'+1}"), NULL,
              "rig:1: cannot compute with /: division by zero");
    rig_fails(STR_OF("a\nb{if 1}\n{$l+1}{/if}"), NULL,
              "rig:3: cannot compute with +: an array is no number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_take_so_many_turns),
        cmocka_unit_test(as_many_turns_as_allowed_are_fine),
        cmocka_unit_test(a_message_grows_so_large),
        cmocka_unit_test(escaping_stops_when_the_message_is_too_large),
        cmocka_unit_test(values_take_so_much_memory),
        cmocka_unit_test(values_take_so_much_work),
        cmocka_unit_test(the_usual_limits_hold_too),
        cmocka_unit_test(each_limit_has_a_name_and_a_place),
        cmocka_unit_test(a_function_is_not_an_included_template),
        cmocka_unit_test(a_limit_has_a_range),
        cmocka_unit_test(deep_arrays_may_be_held),
        cmocka_unit_test(the_first_error_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
