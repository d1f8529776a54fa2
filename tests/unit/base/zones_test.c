#include "base/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void all_zones_are_as_the_system_has_them(void **state)
{
    static const struct {
        const char *zone;
        int64_t utc_s;
        int32_t seconds;
    } cases[] = {
        {"Europe/Amsterdam", INT64_C(1743296399), 3600}, /* the second before summer */
        {"Europe/Amsterdam", INT64_C(1743296400), 7200},
        {"America/New_York", INT64_C(1762063199), -14400}, /* and before winter */
        {"America/New_York", INT64_C(1762063200), -18000},
        {"Pacific/Apia", INT64_C(1325239199), -36000}, /* before a day is left out */
        {"Pacific/Apia", INT64_C(1325239200), 50400},
        {"US/Pacific", INT64_C(0), -28800}, /* another name of a zone */
        {"UTC", INT64_C(0), 0},
    };
    OWN(zones) zones = zones_read();
    assert_non_null(zones);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        OWN(zone) zone = zones_open(zones, str_from(cases[i].zone), &error);
        if (!zone) {
            fail_msg("%s", error.text);
        }
        assert_string_equal(zone_name(zone), cases[i].zone);
        assert_int_equal(zone_at(zone, cases[i].utc_s).seconds, cases[i].seconds);
    }
    (void)state;
}

static void other_names_are_refused(void **state)
{
    static const char long_name[] =
        "Europe/Amsterdam/Amsterdam/Amsterdam/Amsterdam/Amsterdam/Amsterdam/Amsterdam";
    static const struct {
        const char *name;
        size_t len;
    } names[] = {
        {"", 0},
        {"Mars/Olympus", 12},
        {"europe/amsterdam", 16},
        {"Europe", 6},
        {"Europe/", 7},
        {"./Europe/Amsterdam", 18},
        {"Europe/../Europe/Amsterdam", 26},
        {"/usr/share/zoneinfo/UTC", 23},
        {"posix/UTC", 9},
        {"tzdata.zi", 9},
        {"UTC\0/../..", 10},
        {"UTC\n", 4},
        {"%s%s%n", 6},
        {long_name, sizeof long_name - 1},
    };
    OWN(zones) zones = zones_read();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error error = {.status = IMH_OK};
        assert_null(zones_open(zones, (struct str){names[i].name, names[i].len}, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_non_null(strstr(error.text, "is unknown; they are called as in"));
    }
    (void)state;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_zones_are_as_the_system_has_them),
        cmocka_unit_test(other_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
