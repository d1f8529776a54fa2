#include "base/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"

static struct zone *open_zone(const char *name)
{
    struct error error;
    struct zone *zone = zone_open(name, &error);
    if (!zone) {
        fail_msg("%s", error.text);
    }
    return zone;
}

/* ---- the system's zones, as PHP 8.2 reads the same files (tzdata 2025b) ---- */

struct offset_case {
    const char *zone;
    int64_t utc_s;
    int32_t seconds;
    bool summer;
    const char *abbreviation;
};

static const struct offset_case offset_cases[] = {
    {"Europe/Amsterdam", INT64_C(0), 3600, false, "CET"},
    {"Europe/Amsterdam", INT64_C(1741338303), 3600, false, "CET"},
    {"Europe/Amsterdam", INT64_C(1743296399), 3600, false, "CET"},
    {"Europe/Amsterdam", INT64_C(1743296400), 7200, true, "CEST"},
    {"Europe/Amsterdam", INT64_C(1751886303), 7200, true, "CEST"},
    {"Europe/Amsterdam", INT64_C(1761440399), 7200, true, "CEST"},
    {"Europe/Amsterdam", INT64_C(1761440400), 3600, false, "CET"},
    {"Europe/Amsterdam", INT64_C(2140045199), 7200, true, "CEST"},
    {"Europe/Amsterdam", INT64_C(2140045200), 3600, false, "CET"},
    {"Europe/Amsterdam", INT64_C(4102444800), 3600, false, "CET"},
    {"Europe/Amsterdam", INT64_C(4118000000), 7200, true, "CEST"},
    {"Europe/Amsterdam", INT64_C(33000000000), 7200, true, "CEST"},
    {"America/New_York", INT64_C(-2717650801), -17762, false, "LMT"},
    {"America/New_York", INT64_C(-2717650800), -18000, false, "EST"},
    {"America/New_York", INT64_C(-1633280401), -18000, false, "EST"},
    {"America/New_York", INT64_C(-1633280400), -14400, true, "EDT"},
    {"America/New_York", INT64_C(0), -18000, false, "EST"},
    {"America/New_York", INT64_C(1741503599), -18000, false, "EST"},
    {"America/New_York", INT64_C(1741503600), -14400, true, "EDT"},
    {"America/New_York", INT64_C(1762063199), -14400, true, "EDT"},
    {"America/New_York", INT64_C(1762063200), -18000, false, "EST"},
    {"America/New_York", INT64_C(2500000000), -14400, true, "EDT"},
    {"Asia/Kolkata", INT64_C(-5000000000), 21208, false, "LMT"},
    {"Asia/Kolkata", INT64_C(-3645237209), 21208, false, "LMT"},
    {"Asia/Kolkata", INT64_C(-3645237208), 21200, false, "HMT"},
    {"Asia/Kolkata", INT64_C(-2500000000), 19270, false, "MMT"},
    {"Asia/Kolkata", INT64_C(-1000000000), 19800, false, "IST"},
    {"Asia/Kolkata", INT64_C(-862637400), 23400, true, "+0630"},
    {"Asia/Kolkata", INT64_C(0), 19800, false, "IST"},
    {"Asia/Kolkata", INT64_C(1741338303), 19800, false, "IST"},
    {"Asia/Kolkata", INT64_C(99999999999), 19800, false, "IST"},
    {"Australia/Lord_Howe", INT64_C(0), 36000, false, "AEST"},
    {"Australia/Lord_Howe", INT64_C(352216800), 37800, false, "+1030"},
    {"Australia/Lord_Howe", INT64_C(1743865199), 39600, true, "+11"},
    {"Australia/Lord_Howe", INT64_C(1743865200), 37800, false, "+1030"},
    {"Australia/Lord_Howe", INT64_C(1759591799), 37800, false, "+1030"},
    {"Australia/Lord_Howe", INT64_C(1759591800), 39600, true, "+11"},
    {"Australia/Lord_Howe", INT64_C(2850000000), 37800, false, "+1030"},
    {"Europe/Dublin", INT64_C(1741338303), 0, true, "GMT"},
    {"Europe/Dublin", INT64_C(1751886303), 3600, false, "IST"},
    {"Europe/Dublin", INT64_C(2700000000), 3600, false, "IST"},
    {"Europe/Dublin", INT64_C(2710000000), 0, true, "GMT"},
    {"America/St_Johns", INT64_C(1741338303), -12600, false, "NST"},
    {"America/St_Johns", INT64_C(1751886303), -9000, true, "NDT"},
    {"America/St_Johns", INT64_C(4100000000), -12600, false, "NST"},
    {"Africa/Casablanca", INT64_C(1741338303), 0, true, "+00"},
    {"Africa/Casablanca", INT64_C(1709164800), 3600, false, "+01"},
    {"Africa/Casablanca", INT64_C(1712368800), 0, true, "+00"},
    {"Etc/GMT+5", INT64_C(-5000000000), -18000, false, "-05"},
    {"Etc/GMT+5", INT64_C(0), -18000, false, "-05"},
    {"Etc/GMT+5", INT64_C(1741338303), -18000, false, "-05"},
    {"America/Nuuk", INT64_C(1741338303), -7200, false, "-02"},
    {"America/Nuuk", INT64_C(1751886303), -3600, true, "-01"},
    {"America/Nuuk", INT64_C(4000000000), -3600, true, "-01"},
    {"Asia/Kathmandu", INT64_C(0), 19800, false, "+0530"},
    {"Asia/Kathmandu", INT64_C(600000000), 20700, false, "+0545"},
    {"UTC", INT64_C(0), 0, false, "UTC"},
    {"UTC", INT64_C(-99999999999), 0, false, "UTC"},
};

static void offsets_are_those_of_php(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof offset_cases / sizeof *offset_cases; i++) {
        const struct offset_case *expected = &offset_cases[i];
        OWN(zone) zone = open_zone(expected->zone);
        struct zone_offset offset = zone_at(zone, expected->utc_s);
        if (offset.seconds != expected->seconds || offset.summer != expected->summer ||
            strcmp(offset.abbreviation, expected->abbreviation) != 0) {
            fail_msg("%s at %lld: %d %d %s", expected->zone, (long long)expected->utc_s,
                     (int)offset.seconds, (int)offset.summer, offset.abbreviation);
        }
    }
}

struct wall_case {
    const char *zone;
    int64_t local_s;
    int64_t utc_s;    /* of a date without a zone */
    int64_t summer_s; /* of one that names it, in summer */
    int64_t winter_s; /* and in winter */
};

static const struct wall_case wall_cases[] = {
    {"Europe/Amsterdam", INT64_C(1743299999), INT64_C(1743296399), INT64_C(1743296399),
     INT64_C(1743296399)}, /* 2025-03-30 01:59:59 */
    {"Europe/Amsterdam", INT64_C(1743300000), INT64_C(1743296400), INT64_C(1743296400),
     INT64_C(1743296400)}, /* 2025-03-30 02:00:00 */
    {"Europe/Amsterdam", INT64_C(1743301800), INT64_C(1743298200), INT64_C(1743298200),
     INT64_C(1743298200)}, /* 2025-03-30 02:30:00 */
    {"Europe/Amsterdam", INT64_C(1743303600), INT64_C(1743296400), INT64_C(1743296400),
     INT64_C(1743296400)}, /* 2025-03-30 03:00:00 */
    {"Europe/Amsterdam", INT64_C(1761443999), INT64_C(1761436799), INT64_C(1761436799),
     INT64_C(1761436799)}, /* 2025-10-26 01:59:59 */
    {"Europe/Amsterdam", INT64_C(1761444000), INT64_C(1761440400), INT64_C(1761436800),
     INT64_C(1761440400)}, /* 2025-10-26 02:00:00 */
    {"Europe/Amsterdam", INT64_C(1761445800), INT64_C(1761442200), INT64_C(1761438600),
     INT64_C(1761442200)}, /* 2025-10-26 02:30:00 */
    {"Europe/Amsterdam", INT64_C(1761447600), INT64_C(1761444000), INT64_C(1761444000),
     INT64_C(1761444000)}, /* 2025-10-26 03:00:00 */
    {"Europe/Amsterdam", INT64_C(2531961000), INT64_C(2531957400), INT64_C(2531957400),
     INT64_C(2531957400)}, /* 2050-03-27 02:30:00 */
    {"Europe/Amsterdam", INT64_C(2550709800), INT64_C(2550706200), INT64_C(2550702600),
     INT64_C(2550706200)}, /* 2050-10-30 02:30:00 */
    {"Europe/Amsterdam", INT64_C(44625600), INT64_C(44622000), INT64_C(44622000),
     INT64_C(44622000)}, /* 1971-06-01 12:00:00 */
    {"America/New_York", INT64_C(1741485599), INT64_C(1741503599), INT64_C(1741503599),
     INT64_C(1741503599)}, /* 2025-03-09 01:59:59 */
    {"America/New_York", INT64_C(1741487400), INT64_C(1741505400), INT64_C(1741505400),
     INT64_C(1741505400)}, /* 2025-03-09 02:30:00 */
    {"America/New_York", INT64_C(1741489200), INT64_C(1741503600), INT64_C(1741503600),
     INT64_C(1741503600)}, /* 2025-03-09 03:00:00 */
    {"America/New_York", INT64_C(1762045199), INT64_C(1762059599), INT64_C(1762059599),
     INT64_C(1762059599)}, /* 2025-11-02 00:59:59 */
    {"America/New_York", INT64_C(1762047000), INT64_C(1762061400), INT64_C(1762061400),
     INT64_C(1762065000)}, /* 2025-11-02 01:30:00 */
    {"America/New_York", INT64_C(1762048800), INT64_C(1762066800), INT64_C(1762066800),
     INT64_C(1762066800)}, /* 2025-11-02 02:00:00 */
    {"America/New_York", INT64_C(2551311000), INT64_C(2551325400), INT64_C(2551325400),
     INT64_C(2551329000)}, /* 2050-11-06 01:30:00 */
    {"Australia/Lord_Howe", INT64_C(1759629599), INT64_C(1759591799), INT64_C(1759591799),
     INT64_C(1759591799)}, /* 2025-10-05 01:59:59 */
    {"Australia/Lord_Howe", INT64_C(1759630500), INT64_C(1759592700), INT64_C(1759592700),
     INT64_C(1759592700)}, /* 2025-10-05 02:15:00 */
    {"Australia/Lord_Howe", INT64_C(1759631400), INT64_C(1759591800), INT64_C(1759591800),
     INT64_C(1759591800)}, /* 2025-10-05 02:30:00 */
    {"Australia/Lord_Howe", INT64_C(1743902999), INT64_C(1743863399), INT64_C(1743863399),
     INT64_C(1743863399)}, /* 2025-04-06 01:29:59 */
    {"Australia/Lord_Howe", INT64_C(1743903900), INT64_C(1743866100), INT64_C(1743864300),
     INT64_C(1743866100)}, /* 2025-04-06 01:45:00 */
    {"Australia/Lord_Howe", INT64_C(1743904800), INT64_C(1743867000), INT64_C(1743867000),
     INT64_C(1743867000)}, /* 2025-04-06 02:00:00 */
    {"Asia/Kolkata", INT64_C(1735689600), INT64_C(1735669800), INT64_C(1735669800),
     INT64_C(1735669800)}, /* 2025-01-01 00:00:00 */
    {"Asia/Kolkata", INT64_C(-872033400), INT64_C(-872053200), INT64_C(-872053200),
     INT64_C(-872053200)}, /* 1942-05-15 00:30:00 */
    {"America/St_Johns", INT64_C(1741487400), INT64_C(1741500000), INT64_C(1741500000),
     INT64_C(1741500000)}, /* 2025-03-09 02:30:00 */
    {"America/St_Johns", INT64_C(1762047000), INT64_C(1762056000), INT64_C(1762056000),
     INT64_C(1762059600)}, /* 2025-11-02 01:30:00 */
};

static void walls_are_read_as_php_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wall_cases / sizeof *wall_cases; i++) {
        const struct wall_case *expected = &wall_cases[i];
        OWN(zone) zone = open_zone(expected->zone);
        int64_t utc_s = zone_to_utc(zone, expected->local_s);
        int64_t summer_s = zone_to_utc_named(zone, expected->local_s, true);
        int64_t winter_s = zone_to_utc_named(zone, expected->local_s, false);
        if (utc_s != expected->utc_s || summer_s != expected->summer_s ||
            winter_s != expected->winter_s) {
            fail_msg("%s, wall %lld: %lld %lld %lld", expected->zone,
                     (long long)expected->local_s, (long long)utc_s, (long long)summer_s,
                     (long long)winter_s);
        }
    }
}

static void the_wall_shows_utc_and_the_offset(void **state)
{
    (void)state;
    OWN(zone) zone = open_zone("Europe/Amsterdam");
    assert_int_equal(zone_to_local(zone, 1741338303), 1741338303 + 3600);
    assert_int_equal(zone_to_local(zone, 1751886303), 1751886303 + 7200);
    assert_int_equal(zone_to_local(zone, INT64_MAX), INT64_MAX);
}

static void no_zone_is_utc(void **state)
{
    (void)state;
    struct zone_offset offset = zone_at(NULL, 1751886303);
    assert_int_equal(offset.seconds, 0);
    assert_false(offset.summer);
    assert_string_equal(offset.abbreviation, "UTC");
    assert_string_equal(zone_name(NULL), "UTC");
    assert_int_equal(zone_to_utc(NULL, 12345), 12345);
    assert_int_equal(zone_to_utc_named(NULL, 12345, true), 12345);
    assert_int_equal(zone_to_local(NULL, INT64_MIN), INT64_MIN);
    zone_free(NULL);
}

static void the_ends_of_time_are_quiet(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Amsterdam", "America/New_York",
                                        "Asia/Tokyo"};
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        OWN(zone) zone = open_zone(names[i]);
        for (size_t j = 0; j < sizeof ends / sizeof *ends; j++) {
            int32_t seconds = zone_at(zone, ends[j]).seconds;
            assert_true(seconds > -50000 && seconds < 50000);
            int64_t utc_s = zone_to_utc(zone, ends[j]);
            assert_true((utc_s < 0) == (ends[j] < 0));
            assert_int_equal(zone_to_utc_named(zone, ends[j], true) < 0, ends[j] < 0);
        }
    }
}

/* ---- names ---- */

static void a_zone_knows_its_name_in_any_case(void **state)
{
    (void)state;
    OWN(zone) exact = open_zone("Europe/Amsterdam");
    OWN(zone) small = open_zone("europe/amsterdam");
    OWN(zone) large = open_zone("AMERICA/ARGENTINA/BUENOS_AIRES");
    OWN(zone) signs = open_zone("etc/gmt+5");
    assert_string_equal(zone_name(exact), "Europe/Amsterdam");
    assert_string_equal(zone_name(small), "Europe/Amsterdam");
    assert_string_equal(zone_name(large), "America/Argentina/Buenos_Aires");
    assert_string_equal(zone_name(signs), "Etc/GMT+5");
}

static void a_missing_zone_says_what_to_do(void **state)
{
    (void)state;
    struct error error;
    assert_null(zone_open("Europe/Amstredam", &error));
    assert_int_equal(error.status, IMH_MISSING);
    assert_non_null(strstr(error.text, "'Europe/Amstredam' is unknown"));
    assert_non_null(strstr(error.text, "tzdata"));
}

static void names_that_leave_the_folder_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "/etc/passwd",
        "../../../etc/passwd",
        "Europe/../Europe/Amsterdam",
        "Europe/",
        "Europe//Amsterdam",
        "Europe/Amsterdam ",
        "Europe.Amsterdam",
        "Europ*",
        "[E]urope",
        "Europe/Amsterdam\n",
        "Europe/AmsterdamAmsterdamAmsterdamAmsterdamAmsterdamAmsterdamAmst"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error error = {.status = IMH_OK};
        if (zone_open(names[i], &error)) {
            fail_msg("'%s' was opened", names[i]);
        }
        assert_int_equal(error.status, IMH_REJECTED);
        assert_non_null(strstr(error.text, "as in 'Europe/Amsterdam'"));
    }
}

static void what_is_no_zone_file_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"tzdata", "Europe", "right/Europe/Amsterdam"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error error;
        assert_null(zone_open(names[i], &error));
        assert_true(error.text[0] != '\0');
    }
}

/* ---- files made here ---- */

/* What a file says; zeros are good values. */
struct file {
    const char *magic; /* "TZif2" */
    const char *footer;
    uint32_t leap_seconds;
    uint32_t kinds; /* one, when 0 */
    int32_t offset;
    uint8_t letters_at;
    int64_t changes[2];
    uint32_t change_count;
    uint8_t change_kind;
};

static void add_u32(struct text *out, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        text_add_char(out, (char)(number >> shift & 0xFF));
    }
}

static void add_block(struct text *out, const struct file *file, bool old)
{
    uint32_t changes = old ? 0 : file->change_count;
    text_add_cstr(out, file->magic ? file->magic : "TZif2");
    text_add_bytes(out, (const char[15]){0}, 15);
    add_u32(out, 0);
    add_u32(out, 0);
    add_u32(out, file->leap_seconds);
    add_u32(out, changes);
    add_u32(out, file->kinds > 0 ? file->kinds : 1);
    add_u32(out, 4);
    for (uint32_t i = 0; i < changes; i++) {
        add_u32(out, (uint32_t)((uint64_t)file->changes[i] >> 32));
        add_u32(out, (uint32_t)file->changes[i]);
    }
    for (uint32_t i = 0; i < changes; i++) {
        text_add_char(out, (char)file->change_kind);
    }
    add_u32(out, (uint32_t)file->offset);
    text_add_char(out, 0);
    text_add_char(out, (char)file->letters_at);
    text_add_bytes(out, "LMT", 4);
}

static struct zone *parse(const struct file *file, struct error *error)
{
    struct text text;
    text_init(&text, ZONE_FILE_BYTES);
    add_block(&text, file, true);
    add_block(&text, file, false);
    text_print(&text, "\n%s\n", file->footer ? file->footer : "");
    /* A copy of the exact size, so that the sanitizer sees a byte too far. */
    char *copy = malloc(text.len);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    struct zone *zone = zone_parse("Test/Zone", (struct str){copy, text.len}, error);
    free(copy);
    text_done(&text);
    return zone;
}

static void assert_refused(const struct file *file)
{
    struct error error = {.status = IMH_OK};
    OWN(zone) zone = parse(file, &error);
    assert_null(zone);
    assert_int_equal(error.status, IMH_REJECTED);
    assert_non_null(strstr(error.text, "Test/Zone"));
}

static void a_file_without_a_rule_keeps_its_last_kind(void **state)
{
    (void)state;
    struct error error;
    OWN(zone) zone = parse(&(struct file){.offset = -1800, .changes = {1000}}, &error);
    assert_non_null(zone);
    assert_int_equal(zone_at(zone, 0).seconds, -1800);
    assert_int_equal(zone_at(zone, 4102444800).seconds, -1800);
    assert_string_equal(zone_at(zone, 0).abbreviation, "LMT");
    assert_string_equal(zone_name(zone), "Test/Zone");
}

struct rule_case {
    const char *rule;
    int64_t utc_s;
    int32_t seconds;
    const char *abbreviation;
};

/* 2025 starts at 1735689600, 2024 (a leap year) at 1704067200. */
static const struct rule_case rule_cases[] = {
    {"UTC0", 0, 0, "UTC"},
    {"<+0530>-5:30", 0, 19800, "+0530"},
    {"XST-10:15:30", 0, 36930, "XST"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", 1743296399, 3600, "CET"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", 1743296400, 7200, "CEST"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", 1761440399, 7200, "CEST"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", 1761440400, 3600, "CET"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", -2208988800, 3600, "CET"},
    {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1735689600, 39600, "AEDT"},
    {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1751886303, 36000, "AEST"},
    {"LST-10:30LDT-11,M10.1.0,M4.1.0", 1735689600, 39600, "LDT"},
    /* the 60th day is 1 March when 29 February does not count */
    {"AST0BST,J60/0,J300/0", 1735689600 + INT64_C(59) * 86400 - 1, 0, "AST"},
    {"AST0BST,J60/0,J300/0", 1735689600 + INT64_C(59) * 86400, 3600, "BST"},
    {"AST0BST,J60/0,J300/0", 1704067200 + INT64_C(60) * 86400 - 1, 0, "AST"},
    {"AST0BST,J60/0,J300/0", 1704067200 + INT64_C(60) * 86400, 3600, "BST"},
    {"AST0BST,59/0,300/0", 1735689600 + INT64_C(59) * 86400, 3600, "BST"},
    {"AST0BST,59/0,300/0", 1704067200 + INT64_C(59) * 86400, 3600, "BST"},
    {"AST0BST,59/0,300/0", 1704067200 + INT64_C(59) * 86400 - 1, 0, "AST"},
    /* hours beyond the day, before it and behind it */
    {"EET-2EEST,M3.4.4/50,M10.4.4/50", 1743206399, 7200, "EET"},
    {"EET-2EEST,M3.4.4/50,M10.4.4/50", 1743206400, 10800, "EEST"},
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1743296399, -7200, "-02"},
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1743296400, -3600, "-01"},
    /* the fifth Sunday of a month that has four is the fourth */
    {"AST0BST,M2.5.0/0,M10.1.0/0", 1735689600 + INT64_C(53) * 86400, 3600, "BST"},
    {"AST0BST,M2.5.0/0,M10.1.0/0", 1735689600 + INT64_C(53) * 86400 - 1, 0, "AST"},
};

static void rules_of_the_footer_hold_for_ever(void **state)
{
    (void)state;
    static const int64_t cycle_s = INT64_C(146097) * 86400; /* 400 years */
    for (size_t i = 0; i < sizeof rule_cases / sizeof *rule_cases; i++) {
        const struct rule_case *expected = &rule_cases[i];
        struct error error;
        OWN(zone) zone = parse(&(struct file){.footer = expected->rule}, &error);
        assert_non_null(zone);
        for (int64_t cycle = -3; cycle < 100; cycle += 20) {
            struct zone_offset offset = zone_at(zone, expected->utc_s + cycle * cycle_s);
            if (offset.seconds != expected->seconds ||
                strcmp(offset.abbreviation, expected->abbreviation) != 0) {
                fail_msg("%s at %lld: %d %s", expected->rule, (long long)expected->utc_s,
                         (int)offset.seconds, offset.abbreviation);
            }
        }
    }
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970 to the `week`th `weekday` of a month, counted one by one. */
static int64_t count_to(int year, int month, int week, int weekday)
{
    int64_t day = 0; /* a Thursday */
    for (int m = 0; m < (year - 1970) * 12 + month - 1; m++) {
        day += month_days(1970 + m / 12, m % 12 + 1);
    }
    int64_t found = day;
    for (int i = 0; i < month_days(year, month) && week > 0; i++) {
        if ((day + i + 4) % 7 == weekday) {
            found = day + i;
            week--;
        }
    }
    return found;
}

static void check_day_rule(int month, int week, int weekday)
{
    static const int years[] = {1970, 1972, 2000, 2001, 2100, 2101, 2300, 2369, 2371};
    struct text rule;
    struct error error;
    text_init(&rule, 100);
    text_print(&rule, "AST0BST,M%d.%d.%d/1,0/0", month, week, weekday);
    OWN(zone) zone = parse(&(struct file){.footer = text_cstr(&rule)}, &error);
    assert_non_null(zone);
    for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
        int64_t start_s = count_to(years[i], month, week, weekday) * 86400 + 3600;
        if (zone_at(zone, start_s - 1).summer || !zone_at(zone, start_s).summer) {
            fail_msg("%s in %d", text_cstr(&rule), years[i]);
        }
    }
    text_done(&rule);
}

static void rules_find_every_weekday_of_every_month(void **state)
{
    (void)state;
    for (int month = 1; month <= 12; month++) {
        for (int week = 1; week <= 5; week++) {
            for (int weekday = 0; weekday <= 6; weekday++) {
                check_day_rule(month, week, weekday);
            }
        }
    }
}

static void broken_rules_are_refused(void **state)
{
    (void)state;
    static const char *const rules[] = {"X",
                                        "0",
                                        "CET",
                                        "CET-",
                                        "CET-99",
                                        "CET-27",
                                        "CET-1:60",
                                        "<CET-1",
                                        "<>-1",
                                        "CET-1CEST",
                                        "CET-1CEST,",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M3.5.0,",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-1CEST,M0.5.0,M10.5.0",
                                        "CET-1CEST,M3.6.0,M10.5.0",
                                        "CET-1CEST,M3.0.0,M10.5.0",
                                        "CET-1CEST,M3.5.7,M10.5.0",
                                        "CET-1CEST,M3.5,M10.5.0",
                                        "CET-1CEST,M3.5.0/168,M10.5.0",
                                        "CET-1CEST,J0,J300",
                                        "CET-1CEST,J366,J300",
                                        "CET-1CEST,366,1",
                                        "CET-1CEST,M3.5.0,M10.5.0/3x",
                                        "CET-1CEST,M3.5.0,M10.5.0,",
                                        "CET-1,M3.5.0,M10.5.0",
                                        "CET-99999999999999999999"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct error error;
        if (parse(&(struct file){.footer = rules[i]}, &error)) {
            fail_msg("%s was taken", rules[i]);
        }
    }
}

static void files_that_lie_are_refused(void **state)
{
    (void)state;
    assert_refused(&(struct file){.magic = "TZif1"});
    assert_refused(&(struct file){.magic = "TZif\n"});
    assert_refused(&(struct file){.magic = "tzif2"});
    assert_refused(&(struct file){.kinds = 2});
    assert_refused(&(struct file){.kinds = UINT32_MAX});
    assert_refused(&(struct file){.leap_seconds = 1});
    assert_refused(&(struct file){.offset = 26 * 3600 + 1});
    assert_refused(&(struct file){.offset = INT32_MIN});
    assert_refused(&(struct file){.letters_at = 4});
    assert_refused(&(struct file){.changes = {5, 5}, .change_count = 2});
    assert_refused(&(struct file){.changes = {5, 4}, .change_count = 2});
    assert_refused(&(struct file){.changes = {5, 6}, .change_count = 2, .change_kind = 1});
    struct error error;
    OWN(zone) good = parse(&(struct file){.changes = {5, 6}, .change_count = 2}, &error);
    assert_non_null(good);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct text text;
    struct error error;
    const struct file file = {.footer = "CET-1CEST,M3.5.0,M10.5.0/3"};
    text_init(&text, ZONE_FILE_BYTES);
    add_block(&text, &file, true);
    add_block(&text, &file, false);
    text_print(&text, "\n%s\n", file.footer);
    for (size_t length = 0; length < text.len; length++) {
        char *copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy, text.ptr, length);
        if (zone_parse("cut", (struct str){copy, length}, &error)) {
            fail_msg("%zu of %zu bytes were taken", length, text.len);
        }
        free(copy);
    }
    OWN(zone) whole = zone_parse("whole", text_str(&text), &error);
    assert_non_null(whole);
    text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_php),
        cmocka_unit_test(walls_are_read_as_php_reads_them),
        cmocka_unit_test(the_wall_shows_utc_and_the_offset),
        cmocka_unit_test(no_zone_is_utc),
        cmocka_unit_test(the_ends_of_time_are_quiet),
        cmocka_unit_test(a_zone_knows_its_name_in_any_case),
        cmocka_unit_test(a_missing_zone_says_what_to_do),
        cmocka_unit_test(names_that_leave_the_folder_are_refused),
        cmocka_unit_test(what_is_no_zone_file_is_refused),
        cmocka_unit_test(a_file_without_a_rule_keeps_its_last_kind),
        cmocka_unit_test(rules_of_the_footer_hold_for_ever),
        cmocka_unit_test(rules_find_every_weekday_of_every_month),
        cmocka_unit_test(broken_rules_are_refused),
        cmocka_unit_test(files_that_lie_are_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
