#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case numbers_are_read_as_php_reads_them_cases[] = {
    {STR("{5}"), STR("5")},
    {STR("{007}"), STR("7")},
    {STR("{010 + 0}"), STR("8")},
    {STR("{1.5}"), STR("1.5")},
    {STR("{.5}"), STR("0.5")},
    {STR("{5.}"), STR("5")},
    {STR("{00}"), STR("0")},
    {STR("{9223372036854775808}"), STR("9.2233720368548E+18")},
    {STR("{1234567.891}"), STR("1234567.891")},
    {STR("{0.0}"), STR("0")},
    {STR("{089}"), STR("rig:1: a number that begins with 0 is octal: digits 0 to 7")},
};

static void numbers_are_read_as_php_reads_them(void **state)
{
    (void)state;
    rig_check(numbers_are_read_as_php_reads_them_cases,
              COUNT(numbers_are_read_as_php_reads_them_cases));
}

static const struct rig_case single_quotes_know_two_escapes_cases[] = {
    {STR("{'a\\'b\\\\c\\n$n `$n` {$n}'}"), STR("a'b\\c\\n$n `$n` {$n}")},
    {STR("{''}"), STR("")},
    {STR("{'line\nbreak'}"), STR("line\nbreak")},
    {STR("{'x}"), STR("rig:1: this string has no end: \"'\" is missing")},
};

static void single_quotes_know_two_escapes(void **state)
{
    (void)state;
    rig_check(single_quotes_know_two_escapes_cases,
              COUNT(single_quotes_know_two_escapes_cases));
}

static const struct rig_case double_quotes_expand_cases[] = {
    {STR("{\"a\\n\\t\\x41\\101\\$\\\"\\\\\\q\"}"), STR("a\n\tAA$\"\\\\q")},
    {STR("{\"$n $z! $nope.\"}"), STR("5 ! .")},
    {STR("{\"$k.a $l[0]\"}"), STR("Array.a Array[0]")},
    {STR("{\"`$k.a` `$l[0]` `$n+1` `$s|upper`\"}"), STR("x 1 6 O'NEIL & <B>SONS</B>")},
    {STR("{\"{if $n > 1}s{else}t{/if}\"}"), STR("s")},
    {STR("{\"{foreach $l as $x}{$x},{/foreach}\"}"), STR("1,two,3.5,")},
    {STR("{\"a$\"}"), STR("a$")},
    {STR("{\"$5 }\"}"), STR("$5 }")},
    {STR("{\"\\xZZ \\0\"|strlen}"), STR("6")},
    {STR("{\"/\\d{4}/\"}"), STR("/\\d4/")},
    {STR("{\"{\"}"), STR("rig:1: this string has no end: '\"' is missing")},
    {STR("{\"{$n} {$k.a|upper} { $n } {}\"}"), STR("5 X { 5 } {}")},
    {STR("{\"{literal}{$n}{/literal}\"}"), STR("{literal}5{/literal}")},
    {STR("{\"{* c *}\"}"), STR("rig:1: unexpected '*', expected a value")},
};

static void double_quotes_expand(void **state)
{
    (void)state;
    rig_check(double_quotes_expand_cases, COUNT(double_quotes_expand_cases));
}

static const struct rig_case arrays_are_maps_cases[] = {
    {STR("{$a=[1,\"x\"=>2,$n=>3,4]}{foreach $a as $i=>$v}{$i}={$v} {/foreach}"),
     STR("0=1 x=2 5=3 6=4 ")},
    {STR("{$a=array(1,array(2))}{$a[1][0]}"), STR("2")},
    {STR("{$a=[\"5\"=>1,\"05\"=>2,5=>3,true=>4,null=>5,1.7=>6]}{foreach $a as "
         "$i=>$v}{$i}={$v} {/foreach}"),
     STR("5=3 05=2 true=4 null=5 1=6 ")},
    {STR("{[]|count}"), STR("0")},
    {STR("{$a=[ 1 , 2 ]}{$a|count}"), STR("2")},
    {STR("{$a=[-3=>1]}{$a[]=2}{foreach $a as $i=>$v}{$i} {/foreach}"), STR("-3 -2 ")},
    {STR("{[1,2]}"), STR("Array")},
    {STR("{$a=[1,2,]}{$a|count}"), STR("2")},
};

static void arrays_are_maps(void **state)
{
    (void)state;
    rig_check(arrays_are_maps_cases, COUNT(arrays_are_maps_cases));
}

static const struct rig_case casts_make_kinds_cases[] = {
    {STR("{(int)\"5x\"}"), STR("5")},
    {STR("{(float)\"1.5\"+1}"), STR("2.5")},
    {STR("{(string)1.50}"), STR("1.5")},
    {STR("{(bool)\"0\"}|{(bool)\"a\"}"), STR("|1")},
    {STR("{$a=(array)$s}{$a[0]}"), STR("O'Neil & <b>sons</b>")},
    {STR("{(integer)7.9}"), STR("7")},
    {STR("{(boolean)1}"), STR("1")},
    {STR("{$a=(array)$z}{$a|count}"), STR("0")},
    {STR("{(int)$l}{(int)$e}"), STR("10")},
    {STR("{(int)\"9999999999999999999\"}"), STR("9223372036854775807")},
    {STR("{(int)1e30}"), STR("9223372036854775807")},
    {STR("{(int)9223372036854775807.0}"), STR("-9223372036854775808")},
};

static void casts_make_kinds(void **state)
{
    (void)state;
    rig_check(casts_make_kinds_cases, COUNT(casts_make_kinds_cases));
}

static const struct rig_case words_are_texts_cases[] = {
    {STR("{if $k.a eq x}y{/if}"), STR("y")},
    {STR("{$a=word}{$a}"), STR("word")},
    {STR("{if TRUE && True && !FALSE && !Null}y{/if}"), STR("y")},
    {STR("{$s|replace:sons:daughters}"), STR("O'Neil & <b>daughters</b>")},
};

static void words_are_texts(void **state)
{
    (void)state;
    rig_check(words_are_texts_cases, COUNT(words_are_texts_cases));
}

static const struct rig_case modifiers_chain_and_bind_to_what_is_left_cases[] = {
    {STR("{$s|upper|lower}"), STR("o'neil & <b>sons</b>")},
    {STR("{\"a\"|cat:\"b\":\"c\"|upper}"), STR("ABC")},
    {STR("{$n+$n|cat:\"1\"|strlen}"), STR("7")},
    {STR("{\"a b\"|replace:\" \":\"-\"|cat:\"!\"}"), STR("a-b!")},
    {STR("{$l|@count}"), STR("3")},
    {STR("{$n|string_format:\"%03d\"|cat:($n+1)}"), STR("0056")},
    {STR("{$n|cat:-1}"), STR("5-1")},
    {STR("{$n|cat:$k.b.c}"), STR("5deep")},
    {STR("{$n|cat:[1]}"), STR("5Array")},
};

static void modifiers_chain_and_bind_to_what_is_left(void **state)
{
    (void)state;
    rig_check(modifiers_chain_and_bind_to_what_is_left_cases,
              COUNT(modifiers_chain_and_bind_to_what_is_left_cases));
}

static const struct rig_case special_functions_evaluate_only_what_they_need_cases[] = {
    {STR("{isset($n)}|{isset($n,$z)}|{isset($nope.a.b)}"), STR("1||")},
    {STR("{empty($e)}|{empty($n)}"), STR("1|")},
    {STR("{isset($k.a,$k[5])}"), STR("1")},
    {STR("{isset()}"), STR("rig:1: 'isset' does not take 0 arguments")},
    {STR("{empty($n,1)}"), STR("rig:1: 'empty' does not take 2 arguments")},
    {STR("{$nope|default:\"d\"}"), STR("d")},
    {STR("{$z|default:\"\":\"e\"}"), STR("e")},
    {STR("{$f|default:\"x\"}|{0|default:\"x\"}"), STR("|0")},
    {STR("{$z|default}|"), STR("|")},
    {STR("{$n|isset}{$z|empty}"), STR("11")},
    {STR("{default(1)}"), STR("rig:1: unknown function 'default'")},
    {STR("{isset(1=>2)}"), STR("rig:1: an argument cannot have a key")},
};

static void special_functions_evaluate_only_what_they_need(void **state)
{
    (void)state;
    rig_check(special_functions_evaluate_only_what_they_need_cases,
              COUNT(special_functions_evaluate_only_what_they_need_cases));
}

static const struct rig_case names_that_are_near_are_suggested_cases[] = {
    {STR("{$s|uper}"), STR("rig:1: unknown modifier 'uper'; did you mean 'upper'?")},
    {STR("{$s|defualt:1}"),
     STR("rig:1: unknown modifier 'defualt'; did you mean 'default'?")},
    {STR("{cuont($l)}"), STR("rig:1: unknown function 'cuont'; did you mean 'count'?")},
    {STR("{$s|x}"), STR("rig:1: unknown modifier 'x'")},
    {STR("{$s|completely_else}"), STR("rig:1: unknown modifier 'completely_else'")},
};

static void names_that_are_near_are_suggested(void **state)
{
    (void)state;
    rig_check(names_that_are_near_are_suggested_cases,
              COUNT(names_that_are_near_are_suggested_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_as_php_reads_them),
        cmocka_unit_test(single_quotes_know_two_escapes),
        cmocka_unit_test(double_quotes_expand),
        cmocka_unit_test(arrays_are_maps),
        cmocka_unit_test(casts_make_kinds),
        cmocka_unit_test(words_are_texts),
        cmocka_unit_test(modifiers_chain_and_bind_to_what_is_left),
        cmocka_unit_test(special_functions_evaluate_only_what_they_need),
        cmocka_unit_test(names_that_are_near_are_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
