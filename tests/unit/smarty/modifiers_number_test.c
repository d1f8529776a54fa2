#include "smarty/modifiers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case number_format_groups_and_rounds_cases[] = {
    {STR("{1234567.891|number_format}"), STR("1,234,568")},
    {STR("{1234567.891|number_format:2}"), STR("1,234,567.89")},
    {STR("{1234567.891|number_format:2:\",\":\".\"}"), STR("1.234.567,89")},
    {STR("{1234.5|number_format:1:\",\":\"\"}"), STR("1234,5")},
    {STR("{0.5|number_format}{1.5|number_format}{-0.4|number_format}"), STR("120")},
    {STR("{1.005|number_format:2}{2.675|number_format:2}"), STR("1.012.68")},
    {STR("{\"12.5\"|number_format:1}"), STR("12.5")},
    {STR("{$z|number_format}"), STR("0")},
    {STR("{1234|number_format:-2}"), STR("1,234")},
    {STR("{1e3|number_format}"),
     STR("rig:1: unknown tag '1e3'; a brace that is meant as text needs a space behind it, "
         "{literal} or {ldelim}")},
    {STR("{99999999999999999999|number_format}"), STR("100,000,000,000,000,000,000")},
    {STR("{1234.5678|number_format:2:\"\":\" \"}"), STR("1 23457")},
    {STR("{1234.5|number_format:2:null:\"_\"}"), STR("1_234.50")},
    {STR("{\"abc\"|number_format}"),
     STR("rig:1: number_format: value 1 must be a number, this is text that is "
         "no number")},
    {STR("{$l|number_format}"),
     STR("rig:1: number_format: value 1 must be a number, this is an array")},
    {STR("{number_format(1234)}"), STR("1,234")},
    {STR("{true|number_format}"), STR("1")},
    {STR("{0|number_format:3:\"x\"}"), STR("0x000")},
    {STR("{123456789012345678|number_format:0:\"\":\",\"}"),
     STR("123,456,789,012,345,680")},
    {STR("{1.5|number_format:20}"), STR("1.50000000000000000000")},
};

static void number_format_groups_and_rounds(void **state)
{
    (void)state;
    rig_check(number_format_groups_and_rounds_cases,
              COUNT(number_format_groups_and_rounds_cases));
}

static const struct rig_case string_format_is_sprintf_cases[] = {
    {STR("{5|string_format:\"%05d\"}"), STR("00005")},
    {STR("{5|string_format:\"%+d|\"}"), STR("+5|")},
    {STR("{255|string_format:\"%x\"}{255|string_format:\"%X\"}{8|string_format:\"%o\"}{5|"
         "string_format:\"%b\"}{65|string_format:\"%c\"}"),
     STR("ffFF10101A")},
    {STR("{1.5|string_format:\"%.2f\"}{1.5|string_format:\"%08.3f\"}{1.5|string_format:\"%-"
         "8s|\"}{\"abc\"|string_format:\"%'*6s\"}"),
     STR("1.500001.5001.5     |***abc")},
    {STR("{\"abc\"|string_format:\"%.2s\"}{\"abc\"|string_format:\"%5.1s|\"}"),
     STR("ab    a|")},
    {STR("{12345.678|string_format:\"%e\"}{12345.678|string_format:\"%.2E\"}"),
     STR("1.234568e+41.23E+4")},
    {STR("{0.0001|string_format:\"%g\"}{1234567890|string_format:\"%G\"}"),
     STR("0.00011.23457E+9")},
    {STR("{\"a\"|string_format:\"%1$s %1$s\"}"),
     STR("rig:1: string_format: a format letter that does not exist")},
    {STR("{5|string_format:\"100%%\"}"), STR("100%")},
    {STR("{-1|string_format:\"%u\"}{(-1)|string_format:\"%u\"}"),
     STR("-118446744073709551615")},
    {STR("{\"x\"|string_format:\"%d\"}{\"7x\"|string_format:\"%d\"}"), STR("07")},
    {STR("{5|string_format:\"%\"}"),
     STR("rig:1: string_format: a format that is too wide or has no letter")},
    {STR("{5|string_format:\"%z\"}"),
     STR("rig:1: string_format: a format letter that does not exist")},
    {STR("{5|string_format:\"%2$s\"}"),
     STR("rig:1: string_format: a format letter that does not exist")},
    {STR("{5|string_format:\"%s %s\"}"),
     STR("rig:1: string_format: a format that wants more values than there are")},
    {STR("{(-5)|string_format:\"%05d\"}{(-5)|string_format:\"%-5d|\"}"),
     STR("-0005-5   |")},
    {STR("{1.005|string_format:\"%.2f\"}"), STR("1.00")},
    {STR("{1e3|string_format:\"%d\"}"),
     STR("rig:1: unknown tag '1e3'; a brace that is meant as text needs a space behind it, "
         "{literal} or {ldelim}")},
    {STR("{$l|string_format:\"%d\"}"), STR("1")},
    {STR("{true|string_format:\"%s\"}"), STR("1")},
    {STR("{5|string_format:\"%99999d\"}"),
     STR("rig:1: string_format: a format that is too wide or has no letter")},
    {STR("{$l|string_format:\"%s\"}"), STR("Array")},
    {STR("{5|string_format:\"%.60f\"|strlen}"), STR("55")},
};

static void string_format_is_sprintf(void **state)
{
    (void)state;
    rig_check(string_format_is_sprintf_cases, COUNT(string_format_is_sprintf_cases));
}

static const struct rig_case types_are_told_cases[] = {
    {STR("{102|ctype_lower}{65|ctype_upper}{48|ctype_digit}{256|ctype_digit}"),
     STR("1111")},
    {STR("{1.5|ctype_digit}{5|ctype_digit}{300|ctype_alpha}{-500|ctype_digit}"), STR("-1")},
    {STR("{if is_int(5) && !is_int(\"5\") && !is_int(5.0)}y{/if}"), STR("y")},
};

static void types_are_told(void **state)
{
    (void)state;
    rig_check(types_are_told_cases, COUNT(types_are_told_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_format_groups_and_rounds),
        cmocka_unit_test(string_format_is_sprintf),
        cmocka_unit_test(types_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
