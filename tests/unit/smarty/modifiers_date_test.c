#include "smarty/modifiers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case dates_are_read_and_printed_cases[] = {
    {STR("{0|date_format}|"), STR("|")},
    {STR("{86400|date_format}"), STR("Jan  2, 1970")},
    {STR("{\"2024-02-29 13:05:09\"|date_format:\"%Y-%m-%d %H:%M:%S\"}"),
     STR("2024-02-29 13:05:09")},
    {STR("{\"20240229130509\"|date_format:\"c\"}"), STR("2024-02-29T13:05:09+00:00")},
    {STR("{$z|date_format}|{\"\"|date_format}|{\"0000-00-00\"|date_format}|"), STR("|||")},
    {STR("{$z|date_format:\"Y\":\"2020-01-01\"}"), STR("2020")},
    {STR("{\"7 March 2025\"|date_format:\"l jS F Y\"}"), STR("Friday 7th March 2025")},
    {STR("{\"tomorrow\"|date_format:\"Y-m-d\"}"), STR("2026-01-02")},
    {STR("{\"no date\"|date_format:\"Y-m-d\"}"), STR("2026-01-01")},
    {STR("{true|date_format:\"Y-m-d\"}"), STR("2026-01-01")},
    {STR("{\"-1\"|date_format:\"Y\"}"), STR("1969")},
    {STR("{1.9|date_format:\"s\"}"), STR("01")},
    {STR("{\"2025-02-30\"|date_format:\"%d %B\"}"), STR("02 March")},
    {STR("{86400|date_format:\"%Y\":\"\":\"date\"}"), STR("%1970")},
    {STR("{86400|date_format:\"Y\":\"\":\"strftime\"}"), STR("Y")},
    {STR("{86400|date_format:null}"), STR("Jan  2, 1970")},
    {STR("{86400|date_format:\"\"}|"), STR("|")},
    {STR("{\"9223372036854775808\"|date_format:\"Y\"}"), STR("292277026596")},
    {STR("{\"0000-00-00 00:00:00\"|date_format:\"Y\"}|"), STR("|")},
    {STR("{$smarty.now|date_format:\"Y-m-d H:i:s\"}"), STR("2026-01-01 00:00:00")},
    {STR("{\"20249929130509\"|date_format:\"c\"}"), STR("2032-03-29T13:05:09+00:00")},
    {STR("{\"123\"|date_format:\"U\"}"), STR("123")},
};

static void dates_are_read_and_printed(void **state)
{
    (void)state;
    rig_check(dates_are_read_and_printed_cases, COUNT(dates_are_read_and_printed_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_and_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
