#include "smarty/moment_read.h"

enum {
    NEW_CENTURY_BELOW = 70, /* 69 is 2069, 70 is 1970 */
    ABBREVIATION_BYTES = 5,
    MICROSECOND_DIGITS = 6,
    YEAR_DIGITS = 19
};

static const char digits[] = "0123456789";

static char first_of(struct str rest)
{
    return rest.len > 0 ? rest.ptr[0] : '\0';
}

static bool is_one_of(char c, const char *chars)
{
    return c != '\0' && strchr(chars, c) != NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static void skip(struct str *rest, size_t count)
{
    *rest = str_after(*rest, count);
}

static void skip_all(struct str *rest, const char *chars)
{
    while (is_one_of(first_of(*rest), chars)) {
        skip(rest, 1);
    }
}

static void skip_to(struct str *rest, const char *chars)
{
    while (rest->len > 0 && !is_one_of(rest->ptr[0], chars)) {
        skip(rest, 1);
    }
}

int64_t moment_read_number(struct str *rest, size_t most)
{
    skip_to(rest, digits);
    if (rest->len == 0) {
        return MOMENT_UNSET;
    }
    int64_t number = 0;
    for (; most > 0 && is_digit(first_of(*rest)); most--) {
        number = number * 10 + (rest->ptr[0] - '0');
        skip(rest, 1);
    }
    return number;
}

bool moment_read_signed(struct str *rest, size_t most, int64_t *number)
{
    bool minus = false;
    skip_to(rest, "+-0123456789");
    for (; is_one_of(first_of(*rest), "+-"); skip(rest, 1)) {
        minus = minus != (first_of(*rest) == '-');
    }
    skip_to(rest, digits);
    bool good = rest->len > 0;
    int64_t sum = 0;
    for (; good && most > 0 && is_digit(first_of(*rest)); most--) {
        int digit = rest->ptr[0] - '0';
        good = !__builtin_mul_overflow(sum, 10, &sum) &&
               !__builtin_add_overflow(sum, minus ? -digit : digit, &sum);
        skip(rest, 1);
    }
    if (good) {
        *number = sum;
    }
    return good;
}

struct str moment_read_letters(struct str *rest)
{
    struct str word = *rest;
    while (is_letter(first_of(*rest))) {
        skip(rest, 1);
    }
    return str_before(word, word.len - rest->len);
}

static size_t space_length(struct str text)
{
    static const struct str kinds[] = {STR(" "), STR("\t"), STR("\xc2\xa0"),
                                       STR("\xe2\x80\xaf")};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (str_starts(text, kinds[i])) {
            return kinds[i].len;
        }
    }
    return 0;
}

void moment_skip_space(struct str *rest)
{
    for (size_t length; (length = space_length(*rest)) > 0;) {
        skip(rest, length);
    }
}

void moment_read_meridian(struct moment_draft *draft, struct str *rest)
{
    int64_t *hour = &draft->wall.hour;
    skip_to(rest, "AaPp");
    if (is_one_of(first_of(*rest), "Aa")) {
        *hour -= *hour == 12 ? 12 : 0;
    } else {
        *hour += *hour == 12 ? 0 : 12;
    }
}

void moment_forget_time(struct moment_draft *draft)
{
    draft->time_count = 0;
    draft->wall.hour = draft->wall.minute = draft->wall.second = 0;
    draft->microsecond = 0;
}

/* "1", "01", "130", "0130", "013015", or with colons, as they stand behind the sign. */
static bool read_offset(struct str *rest, int32_t *seconds)
{
    struct str text = *rest;
    skip_all(rest, "0123456789:");
    text.len -= rest->len;
    bool colons = str_find_char(text, ':') < text.len;
    if (text.len == 0 || (!colons && (text.len == 5 || text.len > 6))) {
        return false;
    }
    size_t hour_digits = !colons && (text.len == 1 || text.len == 3) ? 1 : 2;
    int64_t sum = moment_read_number(&text, hour_digits) * 3600;
    for (int64_t unit = 60; unit > 0 && text.len > 0; unit /= 60) {
        int64_t number = moment_read_number(&text, 2);
        sum += number == MOMENT_UNSET ? 0 : number * unit;
    }
    *seconds = (int32_t)sum;
    return true;
}

/* "Europe/Paris", with the zone's file unless it is the one that we are in. */
static bool read_named_zone(struct moment_draft *draft, struct str word)
{
    char name[ZONE_NAME_BYTES];
    if (word.len >= sizeof name) {
        return false;
    }
    if (str_is(word, "UTC")) {
        draft->zone = NULL;
    } else if (str_eq_nocase(word, str_from(zone_name(draft->home)))) {
        draft->zone = draft->home;
    } else {
        struct error unused;
        memcpy(name, word.ptr, word.len);
        name[word.len] = '\0';
        zone_free(draft->opened);
        draft->zone = draft->opened = zone_open(name, &unused);
        if (!draft->opened) {
            return false;
        }
    }
    draft->zone_form = ZONE_NAMED;
    return true;
}

static bool read_zone_word(struct moment_draft *draft, struct str *rest)
{
    struct str word = *rest;
    while (is_letter(first_of(*rest)) || is_one_of(first_of(*rest), "0123456789/_-+")) {
        skip(rest, 1);
    }
    word.len -= rest->len;
    const struct moment_zone_word *known =
        word.len <= ABBREVIATION_BYTES ? moment_zone_word_find(word) : NULL;
    draft->offset_s = 0;
    if (!known) {
        return read_named_zone(draft, word);
    }
    draft->zone_form = ZONE_ABBREVIATION;
    draft->summer = known->summer;
    draft->offset_s = known->seconds - (known->summer ? 3600 : 0);
    return !str_is(word, "UTC") || read_named_zone(draft, word);
}

bool moment_read_zone(struct moment_draft *draft, struct str *rest)
{
    skip_all(rest, " \t(");
    if (str_starts(*rest, STR_OF("GMT+")) || str_starts(*rest, STR_OF("GMT-"))) {
        skip(rest, 3);
    }
    char sign = first_of(*rest);
    if (sign != '+' && sign != '-') {
        return read_zone_word(draft, rest);
    }
    skip(rest, 1);
    draft->zone_form = ZONE_OFFSET;
    draft->summer = false;
    bool good = read_offset(rest, &draft->offset_s);
    draft->offset_s *= sign == '-' ? -1 : 1;
    return good;
}

/* ---- one function per letter of moment_read() ---- */

static bool read_year(struct moment_draft *draft, struct str *rest)
{
    skip_to(rest, digits);
    size_t before = rest->len;
    int64_t year = moment_read_number(rest, 4);
    if (year != MOMENT_UNSET && before - rest->len < 4 && year < 100) {
        year += year < NEW_CENTURY_BELOW ? 2000 : 1900;
    }
    draft->wall.year = year;
    return true;
}

static bool read_signed_year(struct moment_draft *draft, struct str *rest)
{
    return moment_read_signed(rest, YEAR_DIGITS, &draft->wall.year);
}

static bool read_slash_year(struct moment_draft *draft, struct str *rest)
{
    return first_of(*rest) != '/' || read_year(draft, rest);
}

static bool read_month(struct moment_draft *draft, struct str *rest)
{
    draft->wall.month = moment_read_number(rest, 2);
    return true;
}

static bool read_month_word(struct moment_draft *draft, struct str *rest)
{
    skip_all(rest, " \t-./");
    const struct moment_word *word = moment_word_find(
        moment_read_letters(rest), WORD_MONTH | WORD_MONTH_SHORT | WORD_MONTH_ROMAN);
    draft->wall.month = word ? word->amount : 0;
    return true;
}

static bool set_first_day(struct moment_draft *draft, struct str *rest)
{
    (void)rest;
    draft->wall.day = 1;
    return true;
}

static bool read_day(struct moment_draft *draft, struct str *rest)
{
    draft->wall.day = moment_read_number(rest, 2);
    return true;
}

static bool read_ordinal_day(struct moment_draft *draft, struct str *rest)
{
    static const struct str suffixes[] = {STR("st"), STR("nd"), STR("rd"), STR("th")};
    draft->wall.day = moment_read_number(rest, 2);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (str_eq_nocase(str_before(*rest, 2), suffixes[i])) {
            skip(rest, 2);
            break;
        }
    }
    return true;
}

static bool read_day_of_year(struct moment_draft *draft, struct str *rest)
{
    draft->wall.month = 1;
    draft->wall.day = moment_read_number(rest, 3);
    return true;
}

static bool read_hour(struct moment_draft *draft, struct str *rest)
{
    draft->wall.hour = moment_read_number(rest, 2);
    return true;
}

static bool read_minute(struct moment_draft *draft, struct str *rest)
{
    draft->wall.minute = moment_read_number(rest, 2);
    return true;
}

static bool read_second(struct moment_draft *draft, struct str *rest)
{
    draft->wall.second = moment_read_number(rest, 2);
    return true;
}

static bool read_marked_minute(struct moment_draft *draft, struct str *rest)
{
    return !is_one_of(first_of(*rest), ":.") || read_minute(draft, rest);
}

/* ".5", and ":500" as SQL Server writes it */
static bool read_marked_fraction(struct moment_draft *draft, struct str *rest)
{
    if (!is_one_of(first_of(*rest), ":.")) {
        return true;
    }
    skip(rest, 1);
    draft->microsecond = 0;
    for (int i = 0; i < MICROSECOND_DIGITS; i++) {
        draft->microsecond *= 10;
        if (is_digit(first_of(*rest))) {
            draft->microsecond += rest->ptr[0] - '0';
            skip(rest, 1);
        }
    }
    skip_all(rest, "0123456789.:");
    return true;
}

static bool read_fraction(struct moment_draft *draft, struct str *rest)
{
    return first_of(*rest) != '.' || read_marked_fraction(draft, rest);
}

static bool read_marked_second(struct moment_draft *draft, struct str *rest)
{
    return !is_one_of(first_of(*rest), ":.") ||
           (read_second(draft, rest) && read_fraction(draft, rest));
}

static bool read_colon_second(struct moment_draft *draft, struct str *rest)
{
    return first_of(*rest) != ':' || read_marked_second(draft, rest);
}

static bool read_meridian(struct moment_draft *draft, struct str *rest)
{
    moment_read_meridian(draft, rest);
    return true;
}

static bool read_last_zone(struct moment_draft *draft, struct str *rest)
{
    return rest->len == 0 || moment_read_zone(draft, rest);
}

bool moment_read(struct moment_draft *draft, const char *fields, struct str token)
{
    static bool (*const readers[128])(struct moment_draft *, struct str *) = {
        ['y'] = read_year,          ['+'] = read_signed_year,     ['A'] = read_slash_year,
        ['m'] = read_month,         ['M'] = read_month_word,      ['1'] = set_first_day,
        ['d'] = read_day,           ['D'] = read_ordinal_day,     ['j'] = read_day_of_year,
        ['h'] = read_hour,          ['i'] = read_minute,          ['s'] = read_second,
        ['I'] = read_marked_minute, ['S'] = read_marked_second,   ['C'] = read_colon_second,
        ['f'] = read_fraction,      ['F'] = read_marked_fraction, ['p'] = read_meridian,
        ['z'] = read_last_zone,
    };
    bool good = true;
    for (; good && *fields != '\0'; fields++) {
        good = readers[(unsigned char)*fields](draft, &token);
    }
    return good;
}
