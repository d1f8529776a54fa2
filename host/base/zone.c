#include "base/zone.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/path.h"

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
    OFFSET_MOST_S = 26 * HOUR_S, /* what RFC 8536 allows */
    RULE_HOUR_MOST = 167,        /* one week less an hour, as version 3 files allow */
    FOOTER_KINDS = 2,            /* names that only the footer knows */
    HEADER_BYTES = 44,
    VERSION_AT = 4,
    COUNTS_AT = 20
};

/* The calendar repeats after 400 years, weekdays too: 146097 days are whole weeks. */
static const int64_t cycle_s = INT64_C(146097) * DAY_S;

struct change {
    int64_t at;
    uint8_t kind;
};

enum day_form { DAY_OF_365, DAY_OF_YEAR, DAY_OF_WEEK };

/* When in a year summer time starts or ends, by the clock that runs until then. */
struct day_rule {
    enum day_form form;
    int32_t day; /* 1..365, 0..365 or 0..6 from Sunday */
    int32_t month;
    int32_t week; /* 5: the last one */
    int32_t clock_s;
};

struct footer {
    bool known;
    bool has_summer;
    uint8_t standard; /* kinds */
    uint8_t summer;
    struct day_rule start;
    struct day_rule end;
};

struct zone {
    char name[ZONE_NAME_BYTES];
    struct footer footer;
    size_t kind_count;
    struct zone_offset kinds[ZONE_KINDS + FOOTER_KINDS];
    size_t letters_used;
    char letters[ZONE_ABBREVIATION_BYTES + 2 * FOOTER_KINDS * ZONE_NAME_BYTES];
    size_t change_count;
    struct change changes[]; /* rising */
};

/* In the order of the header. */
enum count { UTC_MARKS, STANDARD_MARKS, LEAP_SECONDS, CHANGES, KINDS, LETTERS, COUNTS };

static uint32_t read_u32(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 |
           byte[3];
}

static int64_t read_i64(const char *at)
{
    return (int64_t)((uint64_t)read_u32(at) << 32 | read_u32(at + 4));
}

/* Takes `bytes` off the front of `*rest`; NULL when the file is shorter. */
static const char *take(struct str *rest, size_t bytes)
{
    if (bytes > rest->len) {
        return NULL;
    }
    const char *taken = rest->ptr;
    *rest = str_after(*rest, bytes);
    return taken;
}

static bool read_header(struct str *rest, size_t counts[COUNTS])
{
    const char *header = take(rest, HEADER_BYTES);
    if (!header || memcmp(header, "TZif", 4) != 0 || header[VERSION_AT] < '2') {
        return false;
    }
    bool possible = true;
    for (size_t i = 0; i < COUNTS; i++) {
        counts[i] = read_u32(header + COUNTS_AT + 4 * i);
        possible = possible && counts[i] <= ZONE_CHANGES;
    }
    return possible;
}

/* The part of a block that we do not read: marks and leap seconds, or the whole old block
 * with times of four bytes. */
static size_t marks_bytes(const size_t counts[COUNTS], size_t time_bytes)
{
    return counts[LEAP_SECONDS] * (time_bytes + 4) + counts[STANDARD_MARKS] +
           counts[UTC_MARKS];
}

static bool skip_old_block(struct str *rest)
{
    size_t counts[COUNTS];
    return read_header(rest, counts) &&
           take(rest, counts[CHANGES] * 5 + counts[KINDS] * 6 + counts[LETTERS] +
                          marks_bytes(counts, 4));
}

/* Both read what has room in the zone already; its counts are set. */
static bool read_changes(struct zone *zone, const char *times, const char *kinds)
{
    for (size_t i = 0; i < zone->change_count; i++) {
        struct change *change = &zone->changes[i];
        change->at = read_i64(times + 8 * i);
        change->kind = (uint8_t)kinds[i];
        if (change->kind >= zone->kind_count || (i > 0 && change->at <= change[-1].at)) {
            return false;
        }
    }
    return true;
}

static bool read_kinds(struct zone *zone, const char *kinds, size_t letter_count)
{
    for (size_t i = 0; i < zone->kind_count; i++) {
        const char *kind = kinds + 6 * i;
        int32_t seconds = (int32_t)read_u32(kind);
        uint8_t letters = (uint8_t)kind[5];
        if (seconds < -OFFSET_MOST_S || seconds > OFFSET_MOST_S ||
            letters >= letter_count) {
            return false;
        }
        zone->kinds[i] =
            (struct zone_offset){seconds, kind[4] != 0, zone->letters + letters};
    }
    return true;
}

static struct zone *read_block(struct str *rest, bool *no_memory)
{
    size_t counts[COUNTS];
    if (!read_header(rest, counts) || counts[KINDS] == 0 || counts[KINDS] > ZONE_KINDS ||
        counts[LETTERS] >= ZONE_ABBREVIATION_BYTES || counts[LEAP_SECONDS] > 0) {
        return NULL;
    }
    const char *times = take(rest, counts[CHANGES] * 8);
    const char *change_kinds = take(rest, counts[CHANGES]);
    const char *kinds = take(rest, counts[KINDS] * 6);
    const char *letters = take(rest, counts[LETTERS]);
    if (!times || !change_kinds || !kinds || !letters ||
        !take(rest, marks_bytes(counts, 8))) {
        return NULL;
    }
    OWN(zone) zone = calloc(1, sizeof *zone + counts[CHANGES] * sizeof *zone->changes);
    *no_memory = !zone;
    if (!zone) {
        return NULL;
    }
    memcpy(zone->letters, letters, counts[LETTERS]);
    zone->letters_used = counts[LETTERS] + 1; /* the last one ends with a zero, too */
    zone->kind_count = counts[KINDS];
    zone->change_count = counts[CHANGES];
    if (!read_kinds(zone, kinds, counts[LETTERS]) ||
        !read_changes(zone, times, change_kinds)) {
        return NULL;
    }
    return GIVE(zone);
}

/* From here the footer: "CET-1CEST,M3.5.0,M10.5.0/3". */
static bool take_char(struct str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c) {
        return false;
    }
    *rest = str_after(*rest, 1);
    return true;
}

static bool take_number(struct str *rest, int32_t least, int32_t most, int32_t *number)
{
    size_t length = 0;
    while (length < rest->len && rest->ptr[length] >= '0' && rest->ptr[length] <= '9') {
        length++;
    }
    int64_t value;
    if (!str_to_int64(str_before(*rest, length), least, most, &value)) {
        return false;
    }
    *number = (int32_t)value;
    *rest = str_after(*rest, length);
    return true;
}

/* "-1", "5:30", "+167:59:59" */
static bool take_clock(struct str *rest, int32_t *seconds)
{
    bool minus = take_char(rest, '-');
    if (!minus) {
        (void)take_char(rest, '+');
    }
    int32_t hours;
    int32_t minutes = 0;
    int32_t rest_s = 0;
    if (!take_number(rest, 0, RULE_HOUR_MOST, &hours) ||
        (take_char(rest, ':') && !take_number(rest, 0, 59, &minutes)) ||
        (take_char(rest, ':') && !take_number(rest, 0, 59, &rest_s))) {
        return false;
    }
    *seconds = (hours * HOUR_S + minutes * 60 + rest_s) * (minus ? -1 : 1);
    return true;
}

/* The footer's offsets count from local time to UTC, the other way round than ours. */
static bool take_offset(struct str *rest, int32_t *seconds)
{
    int32_t west_s;
    if (!take_clock(rest, &west_s) || west_s < -OFFSET_MOST_S || west_s > OFFSET_MOST_S) {
        return false;
    }
    *seconds = -west_s;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "CET" or "<+0530>" */
static bool take_name(struct str *rest, struct str *name)
{
    bool quoted = take_char(rest, '<');
    size_t length = 0;
    while (length < rest->len &&
           (quoted ? rest->ptr[length] != '>' : is_letter(rest->ptr[length]))) {
        length++;
    }
    *name = str_before(*rest, length);
    *rest = str_after(*rest, length);
    return length > 0 && length < ZONE_NAME_BYTES && (!quoted || take_char(rest, '>'));
}

/* "M3.5.0/2", "J60", "59/-1" */
static bool take_day(struct str *rest, struct day_rule *rule)
{
    *rule = (struct day_rule){.form = DAY_OF_YEAR, .clock_s = 2 * HOUR_S};
    bool good;
    if (take_char(rest, 'M')) {
        rule->form = DAY_OF_WEEK;
        good = take_number(rest, 1, 12, &rule->month) && take_char(rest, '.') &&
               take_number(rest, 1, 5, &rule->week) && take_char(rest, '.') &&
               take_number(rest, 0, 6, &rule->day);
    } else if (take_char(rest, 'J')) {
        rule->form = DAY_OF_365;
        good = take_number(rest, 1, 365, &rule->day);
    } else {
        good = take_number(rest, 0, 365, &rule->day);
    }
    return good && (!take_char(rest, '/') || take_clock(rest, &rule->clock_s));
}

/* The kind with these properties, a new one when the file had none; there is room for the
 * two that a footer can name. */
static uint8_t find_kind(struct zone *zone, int32_t seconds, bool summer, struct str name)
{
    for (size_t i = 0; i < zone->kind_count; i++) {
        const struct zone_offset *kind = &zone->kinds[i];
        if (kind->seconds == seconds && kind->summer == summer &&
            str_is(name, kind->abbreviation)) {
            return (uint8_t)i;
        }
    }
    char *letters = zone->letters + zone->letters_used;
    memcpy(letters, name.ptr, name.len);
    zone->letters_used += name.len + 1;
    zone->kinds[zone->kind_count] = (struct zone_offset){seconds, summer, letters};
    return (uint8_t)zone->kind_count++;
}

static bool read_rule(struct zone *zone, struct str rule)
{
    struct footer *footer = &zone->footer;
    struct str name;
    int32_t seconds;
    if (!take_name(&rule, &name) || !take_offset(&rule, &seconds)) {
        return false;
    }
    footer->known = true;
    footer->standard = find_kind(zone, seconds, false, name);
    if (rule.len == 0) {
        return true;
    }
    footer->has_summer = true;
    seconds += HOUR_S;
    if (!take_name(&rule, &name) ||
        (rule.len > 0 && rule.ptr[0] != ',' && !take_offset(&rule, &seconds)) ||
        !take_char(&rule, ',') || !take_day(&rule, &footer->start) ||
        !take_char(&rule, ',') || !take_day(&rule, &footer->end)) {
        return false;
    }
    footer->summer = find_kind(zone, seconds, true, name);
    return rule.len == 0;
}

static bool read_footer(struct zone *zone, struct str rest)
{
    struct str rule;
    if (!take_char(&rest, '\n') || str_find_char(rest, '\n') == rest.len ||
        !str_split(&rest, '\n', &rule)) {
        return false;
    }
    return rule.len == 0 || read_rule(zone, rule);
}

struct zone *zone_parse(const char *name, struct str file, struct error *error)
{
    struct str rest = file;
    bool no_memory = false;
    OWN(zone) zone = skip_old_block(&rest) ? read_block(&rest, &no_memory) : NULL;
    if (no_memory) {
        (void)error_set(error, IMH_RETRY, "time zone '%s': out of memory", name);
        return NULL;
    }
    if (!zone || !read_footer(zone, rest)) {
        (void)error_set(error, IMH_REJECTED,
                        "time zone '%s': " ZONE_FOLDER "%s is no zone file of version 2 or "
                        "later; reinstall the package tzdata",
                        name, name);
        return NULL;
    }
    (void)snprintf(zone->name, sizeof zone->name, "%s", name);
    return GIVE(zone);
}

static bool name_is_good(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        if (!is_letter(name[i]) && !strchr("0123456789_+-/", name[i])) {
            return false;
        }
    }
    return length > 0 && length < ZONE_NAME_BYTES && name[0] != '/' &&
           name[length - 1] != '/' && !strstr(name, "//");
}

/* "europe/amsterdam" to "Europe/Amsterdam". Without a tilde in the pattern glob() has
 * nothing that threads would have to keep apart. */
static bool find_spelling(const char *name, char found[ZONE_NAME_BYTES])
{
    struct text pattern; /* .../[Ee][Uu]... */
    text_init(&pattern, sizeof ZONE_FOLDER + 4 * ZONE_NAME_BYTES);
    text_add_cstr(&pattern, ZONE_FOLDER);
    for (; *name != '\0'; name++) {
        text_print(&pattern, is_letter(*name) ? "[%c%c]" : "%c", *name, *name ^ 0x20);
    }
    glob_t files;
    bool good =
        !pattern.failed && glob(text_cstr(&pattern), GLOB_NOSORT, NULL, &files) == 0;
    if (good) {
        (void)snprintf(found, ZONE_NAME_BYTES, "%s",
                       files.gl_pathv[0] + sizeof ZONE_FOLDER - 1);
        globfree(&files);
    }
    text_done(&pattern);
    return good;
}

static struct zone *open_exact(const char *name, struct error *error)
{
    char path[sizeof ZONE_FOLDER + ZONE_NAME_BYTES];
    struct text file;
    (void)snprintf(path, sizeof path, ZONE_FOLDER "%s", name);
    text_init(&file, ZONE_FILE_BYTES);
    struct zone *zone = NULL;
    if (path_read(path, ZONE_FILE_BYTES, &file, error)) {
        zone = zone_parse(name, text_str(&file), error);
    }
    text_done(&file);
    return zone;
}

struct zone *zone_open(const char *name, struct error *error)
{
    if (!name_is_good(name)) {
        (void)error_set(error, IMH_REJECTED,
                        "time zone '%.80s': a name has letters, digits, '_', '+', '-' and "
                        "'/', as in 'Europe/Amsterdam'",
                        name);
        return NULL;
    }
    struct zone *zone = open_exact(name, error);
    char spelling[ZONE_NAME_BYTES];
    if (!zone && error->status == IMH_MISSING && find_spelling(name, spelling)) {
        zone = open_exact(spelling, error);
    }
    if (!zone && error->status == IMH_MISSING) {
        (void)error_set(error, IMH_MISSING,
                        "time zone '%s' is unknown: no file " ZONE_FOLDER
                        "%s; write it as in "
                        "'Europe/Amsterdam' and see that the package tzdata is installed",
                        name, name);
    }
    return zone;
}

void zone_free(struct zone *zone)
{
    free(zone);
}

const char *zone_name(const struct zone *zone)
{
    return zone ? zone->name : "UTC";
}

/* A kind of time and since when it is in force; INT64_MIN: for ever. */
struct period {
    const struct zone_offset *offset;
    int64_t since;
};

static int64_t add_clamped(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return a < 0 ? INT64_MIN : INT64_MAX;
    }
    return sum;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970 to the first of January; for years from 1600. */
static int64_t year_start(int64_t year)
{
    int64_t before = year - 1;
    return 365 * (year - 1970) + (before / 4 - before / 100 + before / 400) - 477;
}

static int64_t day_of_week_rule(const struct day_rule *rule, int64_t year)
{
    static const int16_t month_start[] = {0,   31,  59,  90,  120, 151, 181,
                                          212, 243, 273, 304, 334, 365};
    bool leap = is_leap(year);
    int64_t first =
        year_start(year) + month_start[rule->month - 1] + (leap && rule->month > 2);
    int64_t length = month_start[rule->month] - month_start[rule->month - 1] +
                     (leap && rule->month == 2);
    int64_t weekday = ((first + 4) % 7 + 7) % 7; /* day 0 was a Thursday */
    int64_t day = (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
    return first + (day < length ? day : day - 7);
}

static int64_t rule_at(const struct day_rule *rule, int64_t year)
{
    int64_t day;
    if (rule->form == DAY_OF_WEEK) {
        day = day_of_week_rule(rule, year);
    } else if (rule->form == DAY_OF_YEAR) {
        day = year_start(year) + rule->day;
    } else {
        day = year_start(year) + rule->day - 1 + (is_leap(year) && rule->day >= 60);
    }
    return day * DAY_S + rule->clock_s;
}

/* The last change at or before `utc_s` that the rules make in its year or the ones beside.
 */
static struct period find_by_rules(const struct zone *zone, int64_t utc_s)
{
    const struct footer *footer = &zone->footer;
    const struct zone_offset *standard = &zone->kinds[footer->standard];
    const struct zone_offset *summer = &zone->kinds[footer->summer];
    int64_t in_cycle = utc_s % cycle_s;
    in_cycle += in_cycle < 0 ? cycle_s : 0;
    int64_t year = 1970 + in_cycle / (366 * DAY_S);
    while (year_start(year + 1) * DAY_S <= in_cycle) {
        year++;
    }
    struct period period = {standard, INT64_MIN};
    for (int64_t beside = year - 1; beside <= year + 1; beside++) {
        struct period both[] = {
            {summer, rule_at(&footer->start, beside) - standard->seconds},
            {standard, rule_at(&footer->end, beside) - summer->seconds}};
        for (size_t i = 0; i < 2; i++) {
            if (both[i].since <= in_cycle && both[i].since >= period.since) {
                period = both[i];
            }
        }
    }
    if (period.since != INT64_MIN) {
        period.since = add_clamped(utc_s, period.since - in_cycle);
    }
    return period;
}

/* The changes' kind at `utc_s`, which is not before the first change. */
static struct period find_by_changes(const struct zone *zone, int64_t utc_s)
{
    size_t low = 0;
    size_t high = zone->change_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= utc_s) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const struct change *change = &zone->changes[low];
    return (struct period){&zone->kinds[change->kind], change->at};
}

static struct period find_period(const struct zone *zone, int64_t utc_s)
{
    size_t count = zone->change_count;
    const struct footer *footer = &zone->footer;
    if (count > 0 && utc_s < zone->changes[0].at) {
        return (struct period){&zone->kinds[0], INT64_MIN};
    }
    if (footer->known && (count == 0 || utc_s >= zone->changes[count - 1].at)) {
        if (footer->has_summer) {
            return find_by_rules(zone, utc_s);
        }
        return (struct period){&zone->kinds[footer->standard],
                               count > 0 ? zone->changes[count - 1].at : INT64_MIN};
    }
    if (count == 0) {
        return (struct period){&zone->kinds[0], INT64_MIN};
    }
    return find_by_changes(zone, utc_s);
}

struct zone_offset zone_at(const struct zone *zone, int64_t utc_s)
{
    if (!zone) {
        return (struct zone_offset){.abbreviation = "UTC"};
    }
    return *find_period(zone, utc_s).offset;
}

int64_t zone_to_local(const struct zone *zone, int64_t utc_s)
{
    return zone ? add_clamped(utc_s, find_period(zone, utc_s).offset->seconds) : utc_s;
}

/* `guess` is the offset of the wall time read as UTC, `better` the one at the moment that
 * the guess leads to. Where they differ, `better` is right unless the moment lies between
 * the two readings of the change itself. */
static int64_t choose(int64_t local_s, int32_t guess_s, struct period better)
{
    int32_t better_s = better.offset->seconds;
    int64_t moment = add_clamped(local_s, -better_s);
    bool changing = better.since != INT64_MIN && moment < better.since &&
                    moment >= add_clamped(better.since, guess_s - better_s);
    return guess_s != better_s && !changing ? moment : add_clamped(local_s, -guess_s);
}

int64_t zone_to_utc(const struct zone *zone, int64_t local_s)
{
    if (!zone) {
        return local_s;
    }
    int32_t guess_s = find_period(zone, local_s).offset->seconds;
    return choose(local_s, guess_s, find_period(zone, add_clamped(local_s, -guess_s)));
}

int64_t zone_to_utc_named(const struct zone *zone, int64_t local_s, bool summer)
{
    if (!zone) {
        return local_s;
    }
    const struct zone_offset *guess = find_period(zone, local_s).offset;
    int64_t moment = add_clamped(local_s, -guess->seconds);
    struct period better = find_period(zone, moment);
    bool same = better.offset->seconds == guess->seconds;
    if (same && guess->seconds >= 0 && summer && !guess->summer) {
        struct period earlier = find_period(zone, add_clamped(moment, -2 * HOUR_S));
        if (add_clamped(local_s, -earlier.offset->seconds) < better.since) {
            better = earlier;
        }
    } else if (same && guess->seconds <= 0 && !summer && guess->summer) {
        struct period later = find_period(zone, add_clamped(moment, 2 * HOUR_S));
        if (add_clamped(local_s, -later.offset->seconds) >= later.since) {
            better = later;
        }
    }
    return choose(local_s, guess->seconds, better);
}
