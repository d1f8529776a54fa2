#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case operators_bind_as_in_php_cases[] = {
    {STR("{1+2*3}"), STR("7")},
    {STR("{(1+2)*3}"), STR("9")},
    {STR("{10-4-3}"), STR("3")},
    {STR("{2**3**2}"), STR("512")},
    {STR("{-2**2}"), STR("-4")},
    {STR("{2**-1}"), STR("0.5")},
    {STR("{7%4*2}"), STR("6")},
    {STR("{8/2/2}"), STR("2")},
    {STR("{1+2 == 3}"), STR("1")},
    {STR("{if 1 < 2 == true}y{/if}"), STR("y")},
    {STR("{if not 1 == 2}y{/if}"), STR("")},
    {STR("{if !0 && 0}y{else}n{/if}"), STR("n")},
    {STR("{if 1 || 0 && 0}y{/if}"), STR("y")},
    {STR("{if (1 || 0) && 0}y{else}n{/if}"), STR("n")},
    {STR("{if true xor true || false}y{else}n{/if}"), STR("n")},
    {STR("{5 mod 3}"), STR("2")},
    {STR("{-5|strlen}"), STR("-1")},
    {STR("{!$l|count}y"), STR("y")},
    {STR("{$l|count*2}"), STR("6")},
    {STR("{($n > 3) ? \"big\" : \"small\"}"), STR("big")},
    {STR("{($n > 9) ? \"big\" : (($n > 3) ? \"mid\" : \"small\")}"), STR("mid")},
    {STR("{1 & 3 == 3}"), STR("1")},
    {STR("{6 & 3 ^ 1}"), STR("3")},
    {STR("{- 5}"), STR("-5")},
    {STR("{2 + 3 is odd}"), STR("1")},
    {STR("{10 is div by 5}"), STR("1")},
    {STR("{if $n is odd and $n gt 4}y{/if}"), STR("y")},
    {STR("{5 - -3}"), STR("8")},
    {STR("{5 + +3}"), STR("8")},
    {STR("{1+1|cat:\"0\"}"), STR("11")},
};

static void operators_bind_as_in_php(void **state)
{
    (void)state;
    rig_check(operators_bind_as_in_php_cases, COUNT(operators_bind_as_in_php_cases));
}

static const struct rig_case comparisons_convert_as_in_php_cases[] = {
    {STR("{if \"10\" == \"1e1\"}y{else}n{/if}"), STR("y")},
    {STR("{if \"abc\" == 0}y{else}n{/if}"), STR("n")},
    {STR("{if null == \"\"}y{else}n{/if}"), STR("y")},
    {STR("{if null == \"0\"}y{else}n{/if}"), STR("n")},
    {STR("{if \"1\" === 1}y{else}n{/if}"), STR("n")},
    {STR("{if 1 === 1.0}y{else}n{/if}"), STR("n")},
    {STR("{if \"a\" lt \"b\" and 2 gte 2 and 1 neq 2}y{/if}"), STR("y")},
    {STR("{if \"10\" > \"9a\"}y{else}n{/if}"), STR("n")},
    {STR("{if $l == [1,\"two\",3.5]}y{/if}"), STR("y")},
    {STR("{if [1,2] < [1,2,3]}y{/if}"), STR("y")},
    {STR("{if $e == false && $z == $e}y{/if}"), STR("y")},
    {STR("{if 1 <> 2}y{/if}"), STR("y")},
    {STR("{if $n EQ 5}y{/if}"), STR("y")},
    {STR("{if \" 1\" == 1}y{/if}"), STR("y")},
    {STR("{if \"1 \" == 1}y{/if}"), STR("y")},
    {STR("{if true == \"x\"}y{/if}"), STR("y")},
    {STR("{if [0] == \"Array\"}y{else}n{/if}"), STR("n")},
    {STR("{if 0.1 + 0.2 == 0.3}y{else}n{/if}"), STR("n")},
    {STR("{if 2 is in $l}y{else}n{/if}{if \"two\" is in $l}y{/if}{if 5 is not in "
         "$e}y{/if}{if \"x\" is in \"x\"}y{/if}"),
     STR("nyyy")},
};

static void comparisons_convert_as_in_php(void **state)
{
    (void)state;
    rig_check(comparisons_convert_as_in_php_cases,
              COUNT(comparisons_convert_as_in_php_cases));
}

static const struct rig_case arithmetic_is_that_of_php_cases[] = {
    {STR("{7/2}"), STR("3.5")},
    {STR("{8/2}"), STR("4")},
    {STR("{7 % -3}"), STR("1")},
    {STR("{-7 % 3}"), STR("-1")},
    {STR("{7.9 % 3}"), STR("1")},
    {STR("{9223372036854775807+1}"), STR("9.2233720368548E+18")},
    {STR("{0.1+0.2}"), STR("0.3")},
    {STR("{\"5 apples\" + 1}"), STR("6")},
    {STR("{\"1.5\" * 2}"), STR("3")},
    {STR("{true + true}"), STR("2")},
    {STR("{$z + 1}"), STR("1")},
    {STR("{2**63}"), STR("9.2233720368548E+18")},
    {STR("{2**62}"), STR("4611686018427387904")},
    {STR("{1.0}"), STR("1")},
    {STR("{10/4}"), STR("2.5")},
    {STR("{-0.0}"), STR("-0")},
    {STR("{0 * -1}"), STR("0")},
    {STR("{\"0x1A\" + 1}"), STR("1")},
    {STR("{1/0}"), STR("rig:1: cannot compute with /: division by zero")},
    {STR("{1%0}"), STR("rig:1: cannot compute with %: modulo by zero")},
    {STR("{\"abc\" + 1}"), STR("rig:1: cannot compute with +: a text that is no number")},
    {STR("{$l + 1}"), STR("rig:1: cannot compute with +: an array is no number")},
    {STR("{\"\" * 1}"), STR("rig:1: cannot compute with *: a text that is no number")},
    {STR("{$l & 1}"), STR("rig:1: cannot compute with &: an array is no number")},
    {STR("{\"ab\" & \"c\"}"), STR("a")},
    {STR("{\"ab\" ^ \"  x\"}"), STR("AB")},
    {STR("{5 ^ 1}"), STR("4")},
    {STR("{1 << 3}"), STR("8")},
    {STR("{256 >> 4}"), STR("16")},
    {STR("{1 << 70}"), STR("0")},
    {STR("{-1 >> 70}"), STR("-1")},
};

static void arithmetic_is_that_of_php(void **state)
{
    (void)state;
    rig_check(arithmetic_is_that_of_php_cases, COUNT(arithmetic_is_that_of_php_cases));
}

static const struct rig_case is_asks_for_rests_cases[] = {
    {STR("{if 4 is even}y{/if}{if 4 is not odd}y{/if}"), STR("yy")},
    {STR("{5 is odd}|{4 is odd}"), STR("1|0")},
    {STR("{9 is div by 3}"), STR("1")},
    {STR("{if 10 is not div by 4}y{/if}"), STR("y")},
    {STR("{if 8 is even by 2}y{else}n{/if}"), STR("y")},
    {STR("{if 6 is odd by 2}y{/if}"), STR("y")},
    {STR("{if 5 is div by 0}y{/if}"),
     STR("rig:1: cannot compute with 'is': modulo by zero")},
    {STR("{if 1 is}y{/if}"), STR("rig:1: unexpected 'is', expected '}'")},
    {STR("{if 1 is blue}y{/if}"),
     STR("rig:1: unexpected 'blue', expected even, odd, div by or in")},
    {STR("{if 1 is div 2}y{/if}"), STR("rig:1: unexpected ' ', expected 'by'")},
};

static void is_asks_for_rests(void **state)
{
    (void)state;
    rig_check(is_asks_for_rests_cases, COUNT(is_asks_for_rests_cases));
}

static const struct rig_case what_smarty_5_knows_is_known_cases[] = {
    {STR("{$z ?\? \"d\"}"), STR("d")},
    {STR("{$k.nope.deeper ?\? $z ?\? \"e\"}"), STR("e")},
    {STR("{$n ?\? 1}"), STR("5")},
    {STR("{$n ?: 1}"), STR("5")},
    {STR("{$z ?: \"short\"}"), STR("short")},
    {STR("{$y ? 1 : 2}"), STR("1")},
    {STR("{$f ? 1 : $n + 1}"), STR("6")},
    {STR("{$y ? 1 : 2 ? 3 : 4}"),
     STR("rig:1: '?' behind another comparison: use parentheses")},
    {STR("{$s[99] ?\? \"none\"}"), STR("none")},
    {STR("{++$n}{$n}"), STR("66")},
    {STR("{--$n}{$n}"), STR("44")},
};

static void what_smarty_5_knows_is_known(void **state)
{
    (void)state;
    rig_check(what_smarty_5_knows_is_known_cases,
              COUNT(what_smarty_5_knows_is_known_cases));
}

static const struct rig_case only_the_side_that_counts_is_evaluated_cases[] = {
    {STR("{if $n || 1/0}y{/if}"), STR("y")},
    {STR("{if $z && 1/0}y{else}n{/if}"), STR("n")},
    {STR("{($n) ? 1 : 1/0}"), STR("1")},
    {STR("{$n|default:(1/0)}"), STR("5")},
    {STR("{$a=\"x\"}{if $z and $a++}{/if}{$a}"), STR("x")},
    {STR("{(1/0)|noprint}."), STR(".")},
    {STR("{$n ?\? 1/0}"), STR("5")},
};

static void only_the_side_that_counts_is_evaluated(void **state)
{
    (void)state;
    rig_check(only_the_side_that_counts_is_evaluated_cases,
              COUNT(only_the_side_that_counts_is_evaluated_cases));
}

static const struct rig_case mistakes_name_what_is_wrong_cases[] = {
    {STR("{1 +}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{(1}"), STR("rig:1: unexpected '}', expected ')'")},
    {STR("{1)}"), STR("rig:1: unexpected ')', expected '}'")},
    {STR("{$n $n}"), STR("rig:1: unexpected '$', expected '}'")},
    {STR("{1 == 2 == 3}"), STR("rig:1: '==' behind another comparison: use parentheses")},
    {STR("{$n ==}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{!}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{$n|}"), STR("rig:1: unexpected '}', expected the name of a modifier")},
    {STR("{$n |upper}"), STR("rig:1: unexpected '|', expected '}'")},
    {STR("{$n|upper:}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{$n|nope}"), STR("rig:1: unknown modifier 'nope'")},
    {STR("{$n|Upper}"), STR("rig:1: unknown modifier 'Upper'; did you mean 'upper'?")},
    {STR("{nope(1)}"), STR("rig:1: unknown function 'nope'")},
    {STR("{strlen(1,2)}"), STR("rig:1: 'strlen' does not take 2 arguments")},
    {STR("{[1,}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{[1 2]}"), STR("rig:1: unexpected '2', expected ',' or the end of the array")},
    {STR("{5 6}"), STR("rig:1: unexpected '6', expected '}'")},
    {STR("{X::y}"), STR("rig:1: unknown tag 'X'; a brace that is meant as text needs a "
                        "space behind it, {literal} or {ldelim}")},
    {STR("{$n(1)}"), STR("rig:1: templates cannot call a function by a variable name")},
    {STR("{`ls`}"), STR("rig:1: unexpected '`', expected a value")},
    {STR("{@x}"), STR("rig:1: unexpected '@', expected a value")},
    {STR("{1 ? 2}"), STR("rig:1: unexpected '}', expected ':'")},
    {STR("{1 + + + 2}"), STR("3")},
    {STR("{$n->x}"), STR("rig:1: templates cannot use methods and properties of objects")},
};

static void mistakes_name_what_is_wrong(void **state)
{
    (void)state;
    rig_check(mistakes_name_what_is_wrong_cases, COUNT(mistakes_name_what_is_wrong_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_in_php),
        cmocka_unit_test(comparisons_convert_as_in_php),
        cmocka_unit_test(arithmetic_is_that_of_php),
        cmocka_unit_test(is_asks_for_rests),
        cmocka_unit_test(what_smarty_5_knows_is_known),
        cmocka_unit_test(only_the_side_that_counts_is_evaluated),
        cmocka_unit_test(mistakes_name_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
