/* strftime() as the GNU C library does it in the C locale, whatever the locale of the
 * process is. Widths come from customers, so the room is limited. */
#include "smarty/moment.h"

#include "smarty/moment_words.h"

enum {
    SHORT_BYTES = 128,     /* "%c" and the like, and numbers */
    WIDTH_MOST = 0xFFFFFF, /* more than fits anyway */
    TM_YEAR_BASE = 1900
};

struct sink {
    char *ptr;
    size_t len;
    size_t most;
    bool full; /* something did not fit */
};

/* The moment that is printed. */
struct shown {
    struct moment_wall wall;
    int64_t week_year;
    int week;
    int weekday;
    int yearday;
    struct zone_offset offset;
};

/* What stands between "%" and the letter. */
struct directive {
    struct str text; /* all of it */
    char letter;
    char pad; /* '_' blanks, '-' nothing, '0' zeros, 0 as the letter likes it */
    bool upper;
    bool swapped; /* '#' */
    bool lower;
    char modifier; /* 'E', 'O' or 0 */
    size_t width;
};

/* A letter is a number, a word or a format of its own. */
struct letter {
    const char *refused; /* modifiers */
    uint8_t digits;
    bool blanks; /* a number filled up with blanks */
    int64_t (*number)(const struct shown *shown);
    const char *(*word)(const struct shown *shown);
    const char *format;
};

static void print(struct sink *sink, const struct shown *shown, struct str format);

static void add_char(struct sink *sink, char c)
{
    if (sink->len < sink->most) {
        sink->ptr[sink->len++] = c;
    } else {
        sink->full = true;
    }
}

static void add_many(struct sink *sink, char c, size_t count)
{
    for (; count > 0 && !sink->full; count--) {
        add_char(sink, c);
    }
}

static char with_case(const struct directive *directive, char c)
{
    if (directive->lower && c >= 'A' && c <= 'Z') {
        return (char)(c + ('a' - 'A'));
    }
    if (directive->upper && !directive->lower && c >= 'a' && c <= 'z') {
        return (char)(c - ('a' - 'A'));
    }
    return c;
}

static void add_word(struct sink *sink, const struct directive *directive, struct str word)
{
    if (word.len < directive->width) {
        add_many(sink, directive->pad == '0' ? '0' : ' ', directive->width - word.len);
    }
    for (size_t i = 0; i < word.len; i++) {
        add_char(sink, with_case(directive, word.ptr[i]));
    }
}

static struct str digits_of(int64_t number, char buffer[SHORT_BYTES])
{
    size_t at = SHORT_BYTES;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        buffer[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        buffer[--at] = '-';
    }
    return (struct str){buffer + at, SHORT_BYTES - at};
}

/* Fills up to `digits`; a width that is larger still is filled up by add_word(). */
static void add_number(struct sink *sink, struct directive directive, size_t digits,
                       int64_t number)
{
    char buffer[SHORT_BYTES];
    struct str text = digits_of(number, buffer);
    size_t missing = digits > text.len ? digits - text.len : 0;
    if (missing > 0 && directive.pad == '_') {
        add_many(sink, ' ', missing);
        directive.width = directive.width > missing ? directive.width - missing : 0;
    } else if (missing > 0 && directive.pad != '-') {
        if (number < 0) {
            add_char(sink, '-');
            text = str_after(text, 1);
        }
        add_many(sink, '0', missing);
        directive.width = 0;
    }
    add_word(sink, &directive, text);
}

static int64_t day(const struct shown *shown)
{
    return shown->wall.day;
}

static int64_t hour(const struct shown *shown)
{
    return shown->wall.hour;
}

static int64_t hour_12(const struct shown *shown)
{
    return shown->wall.hour % 12 == 0 ? 12 : shown->wall.hour % 12;
}

static int64_t yearday(const struct shown *shown)
{
    return shown->yearday + 1;
}

static int64_t minute(const struct shown *shown)
{
    return shown->wall.minute;
}

static int64_t month(const struct shown *shown)
{
    return shown->wall.month;
}

static int64_t second(const struct shown *shown)
{
    return shown->wall.second;
}

static int64_t weekday_iso(const struct shown *shown)
{
    return shown->weekday == 0 ? 7 : shown->weekday;
}

static int64_t week_from_sunday(const struct shown *shown)
{
    return (shown->yearday - shown->weekday + 7) / 7;
}

static int64_t week_iso(const struct shown *shown)
{
    return shown->week;
}

static int64_t week_from_monday(const struct shown *shown)
{
    return (shown->yearday - (shown->weekday + 6) % 7 + 7) / 7;
}

static int64_t weekday(const struct shown *shown)
{
    return shown->weekday;
}

static int64_t year(const struct shown *shown)
{
    return shown->wall.year;
}

static int64_t year_in_century(const struct shown *shown)
{
    return (shown->wall.year % 100 + 100) % 100;
}

static int64_t century(const struct shown *shown)
{
    return shown->wall.year / 100 - (shown->wall.year % 100 < 0);
}

static int64_t week_year(const struct shown *shown)
{
    return shown->week_year;
}

static int64_t week_year_in_century(const struct shown *shown)
{
    return (shown->week_year % 100 + 100) % 100;
}

/* PHP hands the C library a wall clock, which reads it by the zone of the machine. Ours is
 * in UTC and takes an hour off in summer, for it knows no summer time there. */
static int64_t machine_seconds(const struct shown *shown)
{
    int64_t seconds = 0;
    (void)moment_wall_seconds(&shown->wall, &seconds);
    return seconds - (shown->offset.summer ? 3600 : 0);
}

static const char *weekday_short(const struct shown *shown)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    return names[shown->weekday];
}

static const char *weekday_name(const struct shown *shown)
{
    return moment_day_name(shown->weekday);
}

static const char *month_short(const struct shown *shown)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return names[shown->wall.month - 1];
}

static const char *month_name(const struct shown *shown)
{
    return moment_month_name((int)shown->wall.month);
}

static const char *meridian(const struct shown *shown)
{
    return shown->wall.hour >= 12 ? "PM" : "AM";
}

static const char *abbreviation(const struct shown *shown)
{
    return shown->offset.abbreviation;
}

static const char *newline(const struct shown *shown)
{
    (void)shown;
    return "\n";
}

static const char *tab(const struct shown *shown)
{
    (void)shown;
    return "\t";
}

static const char *percent(const struct shown *shown)
{
    (void)shown;
    return "%";
}

#define NUMBER(function, count, modifiers)                              \
    {                                                                   \
        .number = (function), .digits = (count), .refused = (modifiers) \
    }
#define BLANKS(function, count, modifiers)                                              \
    {                                                                                   \
        .number = (function), .digits = (count), .refused = (modifiers), .blanks = true \
    }
#define WORD(function, modifiers)                  \
    {                                              \
        .word = (function), .refused = (modifiers) \
    }
#define FORMAT(text, modifiers)                  \
    {                                            \
        .format = (text), .refused = (modifiers) \
    }

static const struct letter letters[128] = {
    ['%'] = WORD(percent, ""),
    ['A'] = WORD(weekday_name, "EO"),
    ['B'] = WORD(month_name, "E"),
    ['C'] = NUMBER(century, 1, ""),
    ['D'] = FORMAT("%m/%d/%y", "EO"),
    ['F'] = FORMAT("%Y-%m-%d", "EO"),
    ['G'] = NUMBER(week_year, 1, "E"),
    ['H'] = NUMBER(hour, 2, "E"),
    ['I'] = NUMBER(hour_12, 2, "E"),
    ['M'] = NUMBER(minute, 2, "E"),
    ['P'] = WORD(meridian, ""),
    ['R'] = FORMAT("%H:%M", ""),
    ['S'] = NUMBER(second, 2, "E"),
    ['T'] = FORMAT("%H:%M:%S", ""),
    ['U'] = NUMBER(week_from_sunday, 2, "E"),
    ['V'] = NUMBER(week_iso, 2, "E"),
    ['W'] = NUMBER(week_from_monday, 2, "E"),
    ['X'] = FORMAT("%H:%M:%S", "O"),
    ['Y'] = NUMBER(year, 1, "O"),
    ['Z'] = WORD(abbreviation, ""),
    ['a'] = WORD(weekday_short, "EO"),
    ['b'] = WORD(month_short, "E"),
    ['c'] = FORMAT("%a %b %e %H:%M:%S %Y", "O"),
    ['d'] = NUMBER(day, 2, "E"),
    ['e'] = BLANKS(day, 2, "E"),
    ['g'] = NUMBER(week_year_in_century, 2, "E"),
    ['h'] = WORD(month_short, "E"),
    ['j'] = NUMBER(yearday, 3, "E"),
    ['k'] = BLANKS(hour, 2, "E"),
    ['l'] = BLANKS(hour_12, 2, "E"),
    ['m'] = NUMBER(month, 2, "E"),
    ['n'] = WORD(newline, ""),
    ['p'] = WORD(meridian, ""),
    ['r'] = FORMAT("%I:%M:%S %p", ""),
    ['s'] = NUMBER(machine_seconds, 0, ""),
    ['t'] = WORD(tab, ""),
    ['u'] = NUMBER(weekday_iso, 1, ""),
    ['w'] = NUMBER(weekday, 1, "E"),
    ['x'] = FORMAT("%m/%d/%y", "O"),
    ['y'] = NUMBER(year_in_century, 2, ""),
};

/* The sign is a word of its own and takes the whole width, then the number does again. */
static void add_offset(struct sink *sink, const struct directive *directive,
                       const struct shown *shown)
{
    int32_t seconds = shown->offset.seconds;
    int32_t minutes = (seconds < 0 ? -seconds : seconds) / 60;
    size_t digits = directive->width > 4 ? directive->width : 4;
    add_word(sink, directive, str_from(seconds < 0 ? "-" : "+"));
    add_number(sink, *directive, digits, minutes / 60 * 100 + minutes % 60);
}

static void add_format(struct sink *sink, const struct directive *directive,
                       const struct shown *shown, const char *format)
{
    char buffer[SHORT_BYTES];
    struct sink inner = {.ptr = buffer, .most = sizeof buffer};
    print(&inner, shown, str_from(format));
    add_word(sink, directive, (struct str){buffer, inner.len});
}

static bool is_refused(const struct directive *directive, const struct letter *letter)
{
    return !letter->refused ||
           (directive->modifier != '\0' && strchr(letter->refused, directive->modifier));
}

static void add_name(struct sink *sink, struct directive *directive, struct str name)
{
    bool lowers = strchr("pZ", directive->letter) != NULL;
    bool raises = strchr("aAB", directive->letter) != NULL;
    directive->lower = directive->letter == 'P' || (lowers && directive->swapped);
    directive->upper = directive->upper || (raises && directive->swapped);
    add_word(sink, directive, name);
}

static void add_padded(struct sink *sink, struct directive *directive,
                       const struct letter *letter, int64_t number)
{
    size_t digits = letter->digits;
    if (digits > 0 && directive->width > digits) {
        digits = directive->width;
    }
    if (letter->blanks && directive->pad == '\0') {
        directive->pad = '_';
    }
    add_number(sink, *directive, digits, number);
}

static void add_directive(struct sink *sink, struct directive *directive,
                          const struct shown *shown)
{
    unsigned char at = (unsigned char)directive->letter;
    const struct letter *letter = &letters[at < sizeof letters / sizeof *letters ? at : 0];
    if (directive->swapped && (at == 'b' || at == 'h')) {
        directive->upper = true; /* even where the modifier is refused */
    }
    if (at == 'z') {
        add_offset(sink, directive, shown);
    } else if (is_refused(directive, letter)) {
        add_word(sink, directive, directive->text);
    } else if (letter->format) {
        add_format(sink, directive, shown, letter->format);
    } else if (letter->word) {
        add_name(sink, directive, str_from(letter->word(shown)));
    } else {
        add_padded(sink, directive, letter, letter->number(shown));
    }
}

static char char_at(struct str text, size_t at)
{
    return at < text.len ? text.ptr[at] : '\0';
}

/* Reads "%-5Ed" off the front of `*rest`. */
static struct directive read_directive(struct str *rest)
{
    struct directive directive = {.text = *rest};
    size_t at = 1;
    for (char c; (c = char_at(*rest, at)) != '\0' && strchr("_-0^#", c); at++) {
        directive.upper = directive.upper || c == '^';
        directive.swapped = directive.swapped || c == '#';
        directive.pad = c == '^' || c == '#' ? directive.pad : c;
    }
    for (char c; (c = char_at(*rest, at)) >= '0' && c <= '9'; at++) {
        size_t width = directive.width * 10 + (size_t)(c - '0');
        directive.width = width < WIDTH_MOST ? width : WIDTH_MOST;
    }
    if (char_at(*rest, at) == 'E' || char_at(*rest, at) == 'O') {
        directive.modifier = rest->ptr[at];
        at++;
    }
    directive.letter = char_at(*rest, at);
    directive.text = str_before(*rest, at + 1);
    *rest = str_after(*rest, at + 1);
    return directive;
}

static void print(struct sink *sink, const struct shown *shown, struct str format)
{
    while (format.len > 0 && !sink->full) {
        if (format.ptr[0] == '%') {
            struct directive directive = read_directive(&format);
            add_directive(sink, &directive, shown);
        } else {
            add_char(sink, format.ptr[0]);
            format = str_after(format, 1);
        }
    }
}

/* PHP's years have 64 bits, those of the C library 32. */
static int64_t narrow_year(int64_t year)
{
    return (int64_t)(int32_t)(uint32_t)(uint64_t)(year - TM_YEAR_BASE) + TM_YEAR_BASE;
}

void moment_strftime(struct text *out, struct str format, int64_t seconds,
                     const struct zone *zone)
{
    struct shown shown = {.wall = moment_wall_at(seconds, zone),
                          .offset = zone_at(zone, seconds)};
    int64_t days = 0;
    (void)moment_days(shown.wall.year, shown.wall.month, shown.wall.day, &days);
    shown.weekday = moment_weekday(days);
    shown.yearday = moment_yearday(&shown.wall);
    shown.week = moment_week(&shown.wall, &shown.week_year);
    shown.wall.year = narrow_year(shown.wall.year);
    shown.week_year = narrow_year(shown.week_year);
    char buffer[MOMENT_STRFTIME_BYTES];
    struct sink sink = {.ptr = buffer, .most = sizeof buffer};
    print(&sink, &shown, str_before(format, str_find_char(format, '\0')));
    if (!sink.full) {
        text_add_bytes(out, buffer, sink.len);
    }
}
