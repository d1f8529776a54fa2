#include "smarty/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case if_takes_the_first_branch_that_holds_cases[] = {
    {STR("{if $n == 5}a{elseif $n}b{else}c{/if}"), STR("a")},
    {STR("{if $z}a{elseif $n}b{else}c{/if}"), STR("b")},
    {STR("{if $z}a{else if $f}b{else}c{/if}"), STR("c")},
    {STR("{IF $n}x{ELSE}y{/IF}"), STR("x")},
    {STR("{if $z}a{/if}|"), STR("|")},
    {STR("{if $n }x{else }y{/if }"), STR("x")},
    {STR("{if $n}{if $z}a{else}b{/if}{/if}"), STR("b")},
    {STR("{if \"0\"}a{elseif \" \"}b{/if}"), STR("b")},
    {STR("{if $e}a{elseif \"0.0\"}b{/if}"), STR("b")},
};

static void if_takes_the_first_branch_that_holds(void **state)
{
    (void)state;
    rig_check(if_takes_the_first_branch_that_holds_cases,
              COUNT(if_takes_the_first_branch_that_holds_cases));
}

static const struct rig_case foreach_goes_over_lists_and_maps_cases[] = {
    {STR("{foreach $l as $v}{$v},{/foreach}"), STR("1,two,3.5,")},
    {STR("{foreach $k as $i => $v}{$i};{/foreach}"), STR("a;5;b;")},
    {STR("{foreach $l as $i=>$v}{$i}{/foreach}"), STR("012")},
    {STR("{foreach from=$l item=v key=i "
         "name=x}{$i}{$v}{$smarty.foreach.x.index}{/foreach}"),
     STR("0101two123.52")},
    {STR("{foreach $e as $v}x{foreachelse}none{/foreach}"), STR("none")},
    {STR("{foreach $z as $v}x{foreachelse}none{/foreach}"), STR("none")},
    {STR("{foreach $nope as $v}x{/foreach}|"), STR("|")},
    {STR("{foreach $n as $v}[{$v}]{/foreach}"), STR("[5]")},
    {STR("{foreach \"\" as $v}[{$v}]{/foreach}{foreach 0 as $v}[{$v}]{/foreach}"),
     STR("[][0]")},
    {STR("{foreach [[1,2],[3]] as $v}{foreach $v as $w}{$w}{/foreach};{/foreach}"),
     STR("12;3;")},
    {STR("{foreach $l as $v}{$l=[]}{$v}{/foreach}"), STR("1two3.5")},
    {STR("{foreach $l as $v}{$v=9}{/foreach}{$l[0]}"), STR("1")},
    {STR("{foreach $l v}{$v},{/foreach}{foreach $k item=v key=i name=q}{$i}{/foreach}"),
     STR("1,two,3.5,a5b")},
    {STR("{foreach from=$l item=$v key=$i}{$i}{$v}{/foreach}"), STR("011two23.5")},
    {STR("{foreach $l as $v name=q}{$smarty.foreach.q.key}{/foreach}"),
     STR("rig:1: a {foreach} has no property 'key'")},
    {STR("{section i 2}{$smarty.section.i.bad}{/section}"),
     STR("rig:1: a {section} has no property 'bad'")},
    {STR("{setfilter cat:'x'}{\"a{$n}{$n+1}\"}{\"a{$n|cat:'y'}{-$n}\"}{\"{$n}\" nofilter}"
         "{/setfilter}"),
     STR("a56xa5yx-5xx5")},
    {STR("{setfilter cat:\"{$n}\"}{$n}{/setfilter}"), STR("55")},
    {STR("{for $i=1 to 5 step=2}{$i}{/for}"), STR("135")},
    {STR("{for $i=1 to 3}{for $i=1 to 2}{$i}{/for};{/for}"), STR("12;")},
    {STR("{for $i=1 to 3}{for $i=0;$i<2;$i++}{/for};{/for}"), STR(";")},
    {STR("{section name=i loop=-3}x{sectionelse}y{/section}"), STR("")},
    {STR("{capture a}1{/capture}{$c=$smarty.capture}{capture b}2{/capture}{$c|count}"
         "{foreach $smarty.capture as "
         "$n=>$v}{$n}{$v}{/foreach}{$smarty[\"capture\"][\"a\"]}"),
     STR("1a1b21")},
};

static void foreach_goes_over_lists_and_maps(void **state)
{
    (void)state;
    rig_check(foreach_goes_over_lists_and_maps_cases,
              COUNT(foreach_goes_over_lists_and_maps_cases));
}

static const struct rig_case loops_have_properties_cases[] = {
    {STR("{foreach $l as $v}{$v@index}{$v@iteration}{if $v@first}f{/if}{if "
         "$v@last}l{/if}/{$v@total} {/foreach}{$v@total}{$v@show}"),
     STR("01f/3 12/3 23l/3 31")},
    {STR("{foreach $l as $v "
         "name=x}{$smarty.foreach.x.iteration}{$smarty.foreach.x.first}{$smarty.foreach.x."
         "last}{$smarty.foreach.x.total}{/"
         "foreach}{$smarty.foreach.x.show}{$smarty.foreach.x.total}"),
     STR("1132331313")},
    {STR("{foreach $k as $v}{$v@key} {/foreach}"), STR("a 5 b ")},
    {STR("{foreach $e as $v}{/foreach}{$v@total}{$v@show}|"), STR("0|")},
    {STR("{foreach $l as $v}{foreach $r as $w}{$v@index}{$w@index} {/foreach}{/foreach}"),
     STR("00 01 10 11 20 21 ")},
    {STR("{foreach $l as $v}{$v@nope}{/foreach}|"), STR("|")},
};

static void loops_have_properties(void **state)
{
    (void)state;
    rig_check(loops_have_properties_cases, COUNT(loops_have_properties_cases));
}

static const struct rig_case variables_of_a_loop_are_given_back_cases[] = {
    {STR("{$v=\"old\"}{foreach $l as $v}{/foreach}{$v}"), STR("old")},
    {STR("{foreach $l as $v}{/foreach}{$v}"), STR("3.5")},
    {STR("{$i=\"old\"}{foreach $l as $i=>$v}{/foreach}{$i}"), STR("old")},
    {STR("{$v=\"old\"}{foreach $e as $v}{foreachelse}{$v}|{/foreach}{$v}"), STR("|old")},
};

static void variables_of_a_loop_are_given_back(void **state)
{
    (void)state;
    rig_check(variables_of_a_loop_are_given_back_cases,
              COUNT(variables_of_a_loop_are_given_back_cases));
}

static const struct rig_case break_and_continue_leave_loops_cases[] = {
    {STR("{foreach $l as $v}{if $v==3.5}{break}{/if}{$v}{/foreach}"), STR("1two")},
    {STR("{foreach $l as $v}{if $v==\"two\"}{continue}{/if}{$v}{/foreach}"), STR("13.5")},
    {STR("{foreach $l as $v}{foreach $l as $w}{if $w==\"two\"}{break 2}{/if}{$v}{$w} "
         "{/foreach}{/foreach}"),
     STR("11 ")},
    {STR("{foreach $l as $v}{foreach $l as $w}{if $w==\"two\"}{continue 2}{/if}{$v}{$w} "
         "{/foreach}x{/foreach}"),
     STR("11 two1 3.51 ")},
    {STR("{break}"), STR("rig:1: {break} of 1 loop, but 0 are open here")},
    {STR("{foreach $l as $v}{break 2}{/foreach}"),
     STR("rig:1: {break} of 2 loops, but 1 are open here")},
    {STR("{continue}"), STR("rig:1: {continue} of 1 loop, but 0 are open here")},
    {STR("{foreach $l as $v}{foreach $e as "
         "$w}{foreachelse}{break}{/foreach}x{/foreach}{$v}"),
     STR("1")},
    {STR("{foreach $e as $v}{foreachelse}{break}{/foreach}"),
     STR("rig:1: {break} of 1 loop, but 0 are open here")},
    {STR("{foreach $l as $v}{break 0}{/foreach}"),
     STR("rig:1: how many loops to leave must be a number, 1 or more")},
    {STR("{foreach $l as $v}{break x}{/foreach}"),
     STR("rig:1: how many loops to leave must be a number, 1 or more")},
    {STR("{$v=\"old\"}{foreach $l as $v}{foreach $e as "
         "$v}{foreachelse}{break}{/foreach}{/foreach}{$v}"),
     STR("old")},
    {STR("{foreach $l as "
         "$v}{capture}{$v}{break}{/capture}{/foreach}{$smarty.capture.default}|"),
     STR("|")},
};

static void break_and_continue_leave_loops(void **state)
{
    (void)state;
    rig_check(break_and_continue_leave_loops_cases,
              COUNT(break_and_continue_leave_loops_cases));
}

static const struct rig_case assign_sets_variables_and_elements_cases[] = {
    {STR("{assign var=a value=1+1}{$a}"), STR("2")},
    {STR("{assign \"a\" 5}{$a}"), STR("5")},
    {STR("{assign a word}{$a}"), STR("word")},
    {STR("{$a=1}{$a}"), STR("1")},
    {STR("{$a.b.c=2}{$a.b.c}"), STR("2")},
    {STR("{$a[]=1}{$a[]=2}{$a|count}{$a[1]}"), STR("22")},
    {STR("{$a[\"x\"]=1}{$b=$a}{$b.x=2}{$a.x}{$b.x}"), STR("12")},
    {STR("{$n.x=1}{$n.x}{$n.0}"), STR("15")},
    {STR("{$l[1]=\"z\"}{$l[1]}{$l[0]}"), STR("z1")},
    {STR("{$a=$l}{$a[]=4}{$l|count}{$a|count}"), STR("34")},
    {STR("{$n assign=q}{$q}"), STR("5")},
    {STR("{$n assign=\"q\" nofilter}|{$q}"), STR("|5")},
    {STR("{append var=a value=1}{append var=a value=2 index=x}{$a.0}{$a.x}"), STR("12")},
    {STR("{append var=n value=6}{$n|count}"), STR("2")},
    {STR("{$x=\"q\"}{assign var=$x value=3}{$q}"), STR("3")},
    {STR("{assign var=a value=1 scope=global}{$a}"), STR("1")},
    {STR("{assign var=a value=1 scope=nowhere}"),
     STR("rig:1: a scope is local, parent, root or global")},
    {STR("{assign var=a}"), STR("rig:1: {assign} needs var= and value=")},
    {STR("{assign a}"), STR("rig:1: {assign} needs var= and value=")},
    {STR("{assign var=a value=1 nope=2}"), STR("rig:1: {assign} has no attribute 'nope'")},
};

static void assign_sets_variables_and_elements(void **state)
{
    (void)state;
    rig_check(assign_sets_variables_and_elements_cases,
              COUNT(assign_sets_variables_and_elements_cases));
}

static const struct rig_case capture_keeps_what_is_printed_cases[] = {
    {STR("{capture name=a}<{$n}>{/capture}[{$smarty.capture.a}]"), STR("[<5>]")},
    {STR("{capture \"b\"}x{/capture}{$smarty.capture.b}"), STR("x")},
    {STR("{capture}d{/capture}{$smarty.capture.default}"), STR("d")},
    {STR("{capture assign=v}x{/capture}{$v}"), STR("x")},
    {STR("{capture append=v}1{/capture}{capture append=v}2{/capture}{$v|count}"), STR("2")},
    {STR("{capture name=o}a{capture "
         "name=i}b{/capture}c{/capture}{$smarty.capture.o}{$smarty.capture.i}"),
     STR("acb")},
    {STR("{capture name=a}"),
     STR("rig:1: {capture} is never closed: {/capture} is missing")},
    {STR("{/capture}"), STR("rig:1: {/capture} without a block that it could belong to")},
    {STR("{capture nope=1}x{/capture}"), STR("rig:1: {capture} has no attribute 'nope'")},
};

static void capture_keeps_what_is_printed(void **state)
{
    (void)state;
    rig_check(capture_keeps_what_is_printed_cases,
              COUNT(capture_keeps_what_is_printed_cases));
}

static const struct rig_case blocks_must_nest_cases[] = {
    {STR("{if $n}"), STR("rig:1: {if} is never closed: {/if} is missing")},
    {STR("{foreach $l as $v}"),
     STR("rig:1: {foreach} is never closed: {/foreach} is missing")},
    {STR("{if $n}{foreach $l as $v}{/if}{/foreach}"),
     STR("rig:1: {/if} where {/foreach} was expected for the {foreach} of line 1")},
    {STR("{/if}"), STR("rig:1: {/if} without a block that it could belong to")},
    {STR("{else}"), STR("rig:1: {else} without a block that it could belong to")},
    {STR("{/nope}"), STR("rig:1: {/nope} without a block that it could belong to")},
    {STR("{foreachelse}"),
     STR("rig:1: {foreachelse} without a block that it could belong to")},
    {STR("{if $n}{else}{else}{/if}"),
     STR("rig:1: {else} where {/if} was expected for the {if} of line 1")},
    {STR("{if $n}{else}{elseif $n}{/if}"),
     STR("rig:1: {elseif} where {/if} was expected for the {if} of line 1")},
    {STR("{foreach $l as $v}{foreachelse}{foreachelse}{/foreach}"),
     STR("rig:1: {foreachelse} where {/foreach} was expected for the {foreach} of line 1")},
};

static void blocks_must_nest(void **state)
{
    (void)state;
    rig_check(blocks_must_nest_cases, COUNT(blocks_must_nest_cases));
}

static const struct rig_case what_reaches_the_server_is_refused_cases[] = {
    {STR("{php}echo 1;{/php}"), STR("rig:1: {php} is not offered to templates")},
    {STR("{include_php file=\"x\"}"),
     STR("rig:1: {include_php} is not offered to templates")},
    {STR("{insert name=\"x\"}"), STR("rig:1: {insert} is not offered to templates")},
    {STR("{fetch file=\"x\"}"), STR("rig:1: {fetch} is not offered to templates")},
    {STR("{config_load file=\"x\"}"),
     STR("rig:1: {config_load} is not offered to templates")},
    {STR("{html_image file=\"x\"}"),
     STR("rig:1: {html_image} is not offered to templates")},
    {STR("{nope}"), STR("rig:1: unknown tag 'nope'; a brace that is meant as text needs a "
                        "space behind it, {literal} or {ldelim}")},
    {STR("{iff $n}{/iff}"), STR("rig:1: unknown tag 'iff'; did you mean 'if'?")},
    {STR("{foreach}"), STR("rig:1: unexpected '}', expected a list behind a space")},
    {STR("{foreach $l}"), STR("rig:1: unexpected '}', expected 'as' and a variable")},
    {STR("{foreach $l as v}"),
     STR("rig:1: unexpected 'v', expected the variable of the loop, as in $list as $item")},
    {STR("{foreach from=$l}{/foreach}"), STR("rig:1: {foreach} needs from= and item=")},
    {STR("{foreach item=v}{/foreach}"), STR("rig:1: {foreach} needs from= and item=")},
    {STR("{if}x{/if}"), STR("rig:1: unexpected '}', expected a condition behind a space")},
    {STR("{ldelim x}"), STR("rig:1: unexpected 'x', expected '}'")},
};

static void what_reaches_the_server_is_refused(void **state)
{
    (void)state;
    rig_check(what_reaches_the_server_is_refused_cases,
              COUNT(what_reaches_the_server_is_refused_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(if_takes_the_first_branch_that_holds),
        cmocka_unit_test(foreach_goes_over_lists_and_maps),
        cmocka_unit_test(loops_have_properties),
        cmocka_unit_test(variables_of_a_loop_are_given_back),
        cmocka_unit_test(break_and_continue_leave_loops),
        cmocka_unit_test(assign_sets_variables_and_elements),
        cmocka_unit_test(capture_keeps_what_is_printed),
        cmocka_unit_test(blocks_must_nest),
        cmocka_unit_test(what_reaches_the_server_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
