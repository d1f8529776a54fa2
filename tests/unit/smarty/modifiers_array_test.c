#include "smarty/modifiers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case count_counts_elements_cases[] = {
    {STR("{$l|count}{$k|count}{$e|count}"), STR("330")},
    {STR("{$s|count}{$n|count}{$z|count}{$nope|count}"), STR("1100")},
    {STR("{$k|count:1}"), STR("4")},
    {STR("{count($l)}{count([[1,2],[3]],1)}"), STR("35")},
    {STR("{count($n)}"), STR("rig:1: count() takes an array")},
    {STR("{count(\"abc\")}"), STR("rig:1: count() takes an array")},
    {STR("{count($z)}{count($nope.x)}"), STR("00")},
};

static void count_counts_elements(void **state)
{
    (void)state;
    rig_check(count_counts_elements_cases, COUNT(count_counts_elements_cases));
}

static const struct rig_case in_array_compares_loosely_or_not_cases[] = {
    {STR("{if in_array(\"1\",$l)}y{/if}"), STR("y")},
    {STR("{if in_array(\"1\",$l,true)}y{else}n{/if}"), STR("n")},
    {STR("{if \"two\"|in_array:$l}y{/if}"), STR("y")},
    {STR("{if in_array(0,[\"a\"])}y{else}n{/if}"), STR("n")},
    {STR("{if in_array(1,$n)}y{/if}"),
     STR("rig:1: in_array takes an array as its second value")},
    {STR("{if is_array($l) && !is_array($n)}y{/if}"), STR("y")},
};

static void in_array_compares_loosely_or_not(void **state)
{
    (void)state;
    rig_check(in_array_compares_loosely_or_not_cases,
              COUNT(in_array_compares_loosely_or_not_cases));
}

static const struct rig_case slices_and_reversals_cases[] = {
    {STR("{foreach array_slice([1,2,3,4],1,2) as $v}{$v}{/foreach}"), STR("23")},
    {STR("{foreach array_slice([1,2,3,4],-2) as $i=>$v}{$i}{$v} {/foreach}"),
     STR("03 14 ")},
    {STR("{foreach array_slice([1,2,3,4],1,-1,true) as $i=>$v}{$i}{$v} {/foreach}"),
     STR("12 23 ")},
    {STR("{foreach array_slice($k,1) as $i=>$v}{$i} {/foreach}"), STR("0 b ")},
    {STR("{foreach array_slice($k,1,9,true) as $i=>$v}{$i} {/foreach}"), STR("5 b ")},
    {STR("{array_slice([1,2],5)|count}{array_slice([1,2],0,0)|count}{array_slice([1,2],0,"
         "null)|count}"),
     STR("002")},
    {STR("{foreach array_reverse([1,2,3]) as $i=>$v}{$i}{$v} {/foreach}"),
     STR("03 12 21 ")},
    {STR("{foreach array_reverse($k) as $i=>$v}{$i} {/foreach}"), STR("b 0 a ")},
    {STR("{foreach array_reverse($k,true) as $i=>$v}{$i} {/foreach}"), STR("b 5 a ")},
    {STR("{array_slice($n,1)}"), STR("rig:1: array_slice takes an array")},
    {STR("{array_reverse(\"x\")}"), STR("rig:1: array_reverse takes an array")},
};

static void slices_and_reversals(void **state)
{
    (void)state;
    rig_check(slices_and_reversals_cases, COUNT(slices_and_reversals_cases));
}

static const struct rig_case explode_splits_cases[] = {
    {STR("{foreach explode(\",\",\"a,b,,c\") as $v}[{$v}]{/foreach}"), STR("[a][b][][c]")},
    {STR("{foreach explode(\",\",\"a,b,c\",2) as $v}[{$v}]{/foreach}"), STR("[a][b,c]")},
    {STR("{foreach explode(\",\",\"a,b,c\",-1) as $v}[{$v}]{/foreach}"), STR("[a][b]")},
    {STR("{foreach explode(\",\",\"\") as $v}[{$v}]{/foreach}"), STR("[]")},
    {STR("{foreach explode(\"--\",\"a--b\") as $v}[{$v}]{/foreach}"), STR("[a][b]")},
    {STR("{explode(\",\",\"a,b\",-5)|count}{explode(\",\",\"a\",0)|count}"), STR("01")},
    {STR("{explode(\"\",\"a\")}"), STR("rig:1: explode needs a separator")},
};

static void explode_splits(void **state)
{
    (void)state;
    rig_check(explode_splits_cases, COUNT(explode_splits_cases));
}

static const struct rig_case range_counts_up_and_down_cases[] = {
    {STR("{foreach range(1,3) as $v}{$v}{/foreach}"), STR("123")},
    {STR("{foreach range(3,1) as $v}{$v}{/foreach}"), STR("321")},
    {STR("{foreach range(0,10,5) as $v}{$v} {/foreach}"), STR("0 5 10 ")},
    {STR("{foreach range(0,1,0.25) as $v}{$v} {/foreach}"), STR("0 0.25 0.5 0.75 1 ")},
    {STR("{foreach range(\"a\",\"e\",2) as $v}{$v}{/foreach}"), STR("ace")},
    {STR("{foreach range(\"1\",\"3\") as $v}{$v}{/foreach}"), STR("123")},
    {STR("{foreach range(1,1) as $v}{$v}{/foreach}"), STR("1")},
    {STR("{foreach range(5,1,2) as $v}{$v}{/foreach}"), STR("531")},
    {STR("{range(1,3,0)}"), STR("rig:1: range() with a step of 0 or beyond its end")},
    {STR("{range(1,3,9)}"), STR("rig:1: range() with a step of 0 or beyond its end")},
    {STR("{foreach range(\"a\",3) as $v}{$v}{/foreach}"), STR("0123")},
    {STR("{foreach range(1.5,3.5) as $v}{$v} {/foreach}"), STR("1.5 2.5 3.5 ")},
    {STR("{range(1,100001)}"), STR("rig:1: range() of more than 100000 elements")},
    {STR("{range(0,9223372036854775807)}"),
     STR("rig:1: range() of more than 100000 elements")},
};

static void range_counts_up_and_down(void **state)
{
    (void)state;
    rig_check(range_counts_up_and_down_cases, COUNT(range_counts_up_and_down_cases));
}

static const struct rig_case join_makes_text_cases[] = {
    {STR("{$l|join}"), STR("1two3.5")},
    {STR("{$l|join:\", \"}"), STR("1, two, 3.5")},
    {STR("{$e|join:\",\"}|"), STR("|")},
    {STR("{$n|join}"), STR("rig:1: implode takes an array")},
    {STR("{[[1],null,true,1.5]|join:\"-\"}"), STR("Array--1-1.5")},
};

static void join_makes_text(void **state)
{
    (void)state;
    rig_check(join_makes_text_cases, COUNT(join_makes_text_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_counts_elements),
        cmocka_unit_test(in_array_compares_loosely_or_not),
        cmocka_unit_test(slices_and_reversals),
        cmocka_unit_test(explode_splits),
        cmocka_unit_test(range_counts_up_and_down),
        cmocka_unit_test(join_makes_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
