/* PHP's date(). */
#include "smarty/moment.h"

#include <inttypes.h>

#include "smarty/moment_words.h"

/* The moment that is printed. */
struct shown {
    int64_t seconds;
    int64_t days;
    struct moment_wall wall;
    struct zone_offset offset;
    const struct zone *zone;
};

static int hour_12(const struct shown *shown)
{
    int hour = (int)shown->wall.hour % 12;
    return hour == 0 ? 12 : hour;
}

static int weekday(const struct shown *shown)
{
    return moment_weekday(shown->days);
}

/* At least `width` digits behind the sign. */
static void add_number(struct text *out, int64_t number, int width)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    while (rest > 0 || width > 0) {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
        width--;
    }
    if (number < 0) {
        digits[--at] = '-';
    }
    text_add_bytes(out, digits + at, sizeof digits - at);
}

static void print_day2(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.day, 2);
}

static void print_day(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.day, 1);
}

static void print_weekday_short(struct text *out, const struct shown *shown)
{
    text_add_bytes(out, moment_day_name(weekday(shown)), 3);
}

static void print_weekday(struct text *out, const struct shown *shown)
{
    text_add_cstr(out, moment_day_name(weekday(shown)));
}

static void print_weekday_number(struct text *out, const struct shown *shown)
{
    add_number(out, weekday(shown), 1);
}

static void print_weekday_iso(struct text *out, const struct shown *shown)
{
    add_number(out, weekday(shown) == 0 ? 7 : weekday(shown), 1);
}

static void print_suffix(struct text *out, const struct shown *shown)
{
    static const char *const suffixes[] = {"th", "st", "nd", "rd"};
    int64_t day = shown->wall.day;
    text_add_cstr(out, suffixes[day / 10 != 1 && day % 10 < 4 ? day % 10 : 0]);
}

static void print_yearday(struct text *out, const struct shown *shown)
{
    add_number(out, moment_yearday(&shown->wall), 1);
}

static void print_week(struct text *out, const struct shown *shown)
{
    int64_t year;
    add_number(out, moment_week(&shown->wall, &year), 2);
}

static void print_week_year(struct text *out, const struct shown *shown)
{
    int64_t year;
    (void)moment_week(&shown->wall, &year);
    add_number(out, year, 1);
}

static void print_month_name(struct text *out, const struct shown *shown)
{
    text_add_cstr(out, moment_month_name((int)shown->wall.month));
}

static void print_month_short(struct text *out, const struct shown *shown)
{
    text_add_bytes(out, moment_month_name((int)shown->wall.month), 3);
}

static void print_month2(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.month, 2);
}

static void print_month(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.month, 1);
}

static void print_month_days(struct text *out, const struct shown *shown)
{
    add_number(out, moment_month_days(shown->wall.year, (int)shown->wall.month), 1);
}

static void print_leap(struct text *out, const struct shown *shown)
{
    text_add_char(out, moment_is_leap(shown->wall.year) ? '1' : '0');
}

/* Two characters, of which the sign is one. */
static void print_year2(struct text *out, const struct shown *shown)
{
    int64_t year = shown->wall.year % 100;
    add_number(out, year, year < 0 ? 1 : 2);
}

static void print_year(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.year, 4);
}

static void print_year_expanded(struct text *out, const struct shown *shown)
{
    if (shown->wall.year >= 10000) {
        text_add_char(out, '+');
    }
    add_number(out, shown->wall.year, 4);
}

static void print_year_signed(struct text *out, const struct shown *shown)
{
    if (shown->wall.year >= 0) {
        text_add_char(out, '+');
    }
    add_number(out, shown->wall.year, 4);
}

static void print_meridian(struct text *out, const struct shown *shown)
{
    text_add_cstr(out, shown->wall.hour >= 12 ? "pm" : "am");
}

static void print_meridian_upper(struct text *out, const struct shown *shown)
{
    text_add_cstr(out, shown->wall.hour >= 12 ? "PM" : "AM");
}

/* Thousandths of the day in Biel, an hour ahead of UTC all year. */
static void print_beat(struct text *out, const struct shown *shown)
{
    int64_t in_day = (shown->seconds % 86400 + 86400 + 3600) % 86400;
    add_number(out, in_day * 10 / 864, 3);
}

static void print_hour_12(struct text *out, const struct shown *shown)
{
    add_number(out, hour_12(shown), 1);
}

static void print_hour_12_2(struct text *out, const struct shown *shown)
{
    add_number(out, hour_12(shown), 2);
}

static void print_hour(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.hour, 1);
}

static void print_hour2(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.hour, 2);
}

static void print_minute(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.minute, 2);
}

static void print_second(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.second, 2);
}

static void print_microseconds(struct text *out, const struct shown *shown)
{
    (void)shown;
    text_add_cstr(out, "000000");
}

static void print_milliseconds(struct text *out, const struct shown *shown)
{
    (void)shown;
    text_add_cstr(out, "000");
}

static void print_zone_name(struct text *out, const struct shown *shown)
{
    text_add_cstr(out, zone_name(shown->zone));
}

static void print_summer(struct text *out, const struct shown *shown)
{
    text_add_char(out, shown->offset.summer ? '1' : '0');
}

static void add_offset(struct text *out, const struct shown *shown, const char *between)
{
    int32_t seconds = shown->offset.seconds;
    int32_t minutes = (seconds < 0 ? -seconds : seconds) / 60;
    text_add_char(out, seconds < 0 ? '-' : '+');
    add_number(out, minutes / 60, 2);
    text_add_cstr(out, between);
    add_number(out, minutes % 60, 2);
}

static void print_offset(struct text *out, const struct shown *shown)
{
    add_offset(out, shown, "");
}

static void print_offset_colon(struct text *out, const struct shown *shown)
{
    add_offset(out, shown, ":");
}

static void print_offset_or_z(struct text *out, const struct shown *shown)
{
    if (strcmp(shown->offset.abbreviation, "UTC") == 0) {
        text_add_char(out, 'Z');
    } else {
        add_offset(out, shown, ":");
    }
}

static void print_abbreviation(struct text *out, const struct shown *shown)
{
    text_add_cstr(out, shown->offset.abbreviation);
}

static void print_offset_seconds(struct text *out, const struct shown *shown)
{
    add_number(out, shown->offset.seconds, 1);
}

static void print_seconds(struct text *out, const struct shown *shown)
{
    add_number(out, shown->seconds, 1);
}

static void print_all(struct text *out, const struct shown *shown, const char *format);

/* Years in these two are four characters wide, the sign included. */
static void add_narrow_year(struct text *out, const struct shown *shown)
{
    add_number(out, shown->wall.year, shown->wall.year < 0 ? 3 : 4);
}

static void print_iso_8601(struct text *out, const struct shown *shown)
{
    add_narrow_year(out, shown);
    print_all(out, shown, "-m-d\\TH:i:sP");
}

static void print_rfc_2822(struct text *out, const struct shown *shown)
{
    print_all(out, shown, "D, d M ");
    add_narrow_year(out, shown);
    print_all(out, shown, " H:i:s O");
}

static void (*const printers[128])(struct text *out, const struct shown *shown) = {
    ['A'] = print_meridian_upper, ['B'] = print_beat,           ['D'] = print_weekday_short,
    ['F'] = print_month_name,     ['G'] = print_hour,           ['H'] = print_hour2,
    ['I'] = print_summer,         ['L'] = print_leap,           ['M'] = print_month_short,
    ['N'] = print_weekday_iso,    ['O'] = print_offset,         ['P'] = print_offset_colon,
    ['S'] = print_suffix,         ['T'] = print_abbreviation,   ['U'] = print_seconds,
    ['W'] = print_week,           ['X'] = print_year_signed,    ['Y'] = print_year,
    ['Z'] = print_offset_seconds, ['a'] = print_meridian,       ['c'] = print_iso_8601,
    ['d'] = print_day2,           ['e'] = print_zone_name,      ['g'] = print_hour_12,
    ['h'] = print_hour_12_2,      ['i'] = print_minute,         ['j'] = print_day,
    ['l'] = print_weekday,        ['m'] = print_month2,         ['n'] = print_month,
    ['o'] = print_week_year,      ['p'] = print_offset_or_z,    ['r'] = print_rfc_2822,
    ['s'] = print_second,         ['t'] = print_month_days,     ['u'] = print_microseconds,
    ['v'] = print_milliseconds,   ['w'] = print_weekday_number, ['x'] = print_year_expanded,
    ['y'] = print_year2,          ['z'] = print_yearday,
};

static void print(struct text *out, const struct shown *shown, struct str format)
{
    for (size_t i = 0; i < format.len; i++) {
        unsigned char c = (unsigned char)format.ptr[i];
        if (c == '\\') {
            /* PHP prints the zero byte behind a format that ends with a backslash. */
            i++;
            text_add_char(out, i < format.len ? format.ptr[i] : '\0');
        } else if (c < sizeof printers / sizeof *printers && printers[c]) {
            printers[c](out, shown);
        } else {
            text_add_char(out, (char)c);
        }
    }
}

static void print_all(struct text *out, const struct shown *shown, const char *format)
{
    print(out, shown, str_from(format));
}

void moment_date(struct text *out, struct str format, int64_t seconds,
                 const struct zone *zone)
{
    struct shown shown = {.seconds = seconds,
                          .wall = moment_wall_at(seconds, zone),
                          .offset = zone_at(zone, seconds),
                          .zone = zone};
    (void)moment_days(shown.wall.year, shown.wall.month, shown.wall.day, &shown.days);
    print(out, &shown, format);
}
