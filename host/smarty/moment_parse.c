/* The forms that strtotime() knows and what each says about the moment. At every place in
 * the text the form that fits longest wins, of equals the one that stands first. */
#include "smarty/moment.h"

#include "smarty/moment_match.h"
#include "smarty/moment_read.h"

enum { ZONES_MOST = 2, SIGNED_DIGITS = 24 };

/* What may come once only: `once` of a form. Its `fields` are for moment_read(), where it
 * has no function of its own. */
enum { DATE = 1 << 0, TIME = 1 << 1 };

static bool take_nothing(struct moment_draft *draft, struct str token)
{
    (void)draft;
    (void)token;
    return true;
}

static bool take_midnight(struct moment_draft *draft, struct str token)
{
    (void)token;
    moment_forget_time(draft);
    return true;
}

static bool take_noon(struct moment_draft *draft, struct str token)
{
    (void)token;
    moment_forget_time(draft);
    draft->time_count = 1;
    draft->wall.hour = 12;
    return true;
}

static bool take_yesterday(struct moment_draft *draft, struct str token)
{
    draft->relative[UNIT_DAY] = -1;
    return take_midnight(draft, token);
}

static bool take_tomorrow(struct moment_draft *draft, struct str token)
{
    draft->relative[UNIT_DAY] = 1;
    return take_midnight(draft, token);
}

/* "0905", or behind a time a year. */
static bool take_four_digits(struct moment_draft *draft, struct str token)
{
    if (draft->time_count > 1) {
        return false;
    }
    if (draft->time_count++ > 0) {
        return moment_read(draft, "y", token);
    }
    draft->wall.second = 0;
    return moment_read(draft, "hi", token);
}

/* A quarter past or before an hour. PHP asks for a small b. */
static bool take_quarter(struct moment_draft *draft, struct str token)
{
    bool back = token.ptr[0] == 'b';
    moment_forget_time(draft);
    draft->time_count = 1;
    draft->wall.hour = moment_read_number(&token, 2) - (back ? 0 : 1);
    draft->wall.minute = back ? 15 : 45;
    if (token.len > 0) {
        moment_read_meridian(draft, &token);
    }
    return true;
}

/* The Monday of a week, or the day given: 1 is Monday, 0 the Sunday before. */
static bool take_iso_week(struct moment_draft *draft, struct str token)
{
    int64_t year = moment_read_number(&token, 4);
    int64_t week = moment_read_number(&token, 2);
    int64_t day = token.len > 0 ? moment_read_number(&token, 1) : 1;
    int64_t january;
    if (!moment_days(year, 1, 1, &january)) {
        return false;
    }
    int first = moment_weekday(january);
    draft->wall.year = year;
    draft->wall.month = 1;
    draft->wall.day = 1;
    draft->relative[UNIT_DAY] = (week - 1) * 7 + day - (first > 4 ? first - 7 : first);
    return true;
}

/* A second zone is passed over, a third one refused. */
static bool has_first_zone(struct moment_draft *draft)
{
    return draft->zone_count++ == 0;
}

static bool take_zone(struct moment_draft *draft, struct str token)
{
    if (!has_first_zone(draft)) {
        return draft->zone_count <= ZONES_MOST;
    }
    moment_skip_space(&token);
    return moment_read_zone(draft, &token);
}

/* "@86400": so many seconds behind the start of 1970 in UTC. */
static bool take_timestamp(struct moment_draft *draft, struct str token)
{
    moment_forget_time(draft);
    draft->has_date = false;
    draft->wall.year = draft->wall.month = draft->wall.day = 0;
    if (!has_first_zone(draft)) {
        return draft->zone_count <= ZONES_MOST;
    }
    int64_t seconds;
    int64_t *sum = &draft->relative[UNIT_SECOND];
    draft->wall = (struct moment_wall){.year = 1970, .month = 1, .day = 1};
    draft->zone_form = ZONE_OFFSET;
    draft->offset_s = 0;
    draft->summer = false;
    return moment_read_signed(&token, SIGNED_DIGITS, &seconds) &&
           !__builtin_add_overflow(*sum, seconds, sum);
}

static bool take_timestamp_fraction(struct moment_draft *draft, struct str token)
{
    bool first = draft->zone_count == 0;
    bool minus = token.len > 1 && token.ptr[1] == '-';
    size_t dot = str_find_char(token, '.');
    if (!take_timestamp(draft, str_before(token, dot))) {
        return false;
    }
    struct str fraction = str_after(token, dot + 1);
    if (first && fraction.len > 0) {
        moment_read(draft, "f", str_after(token, dot));
        draft->relative[UNIT_MICROSECOND] =
            minus ? -draft->microsecond : draft->microsecond;
        draft->microsecond = 0;
    }
    return !first || fraction.len > 0;
}

static bool take_first_day_of(struct moment_draft *draft, struct str token)
{
    (void)token;
    draft->edge = EDGE_FIRST_DAY;
    return true;
}

static bool take_last_day_of(struct moment_draft *draft, struct str token)
{
    (void)token;
    draft->edge = EDGE_LAST_DAY;
    return true;
}

/* `amount` of the unit that the rest of a token names. */
static bool add_units(struct moment_draft *draft, struct str word, int64_t amount,
                      enum moment_weekday_rule rule)
{
    const struct moment_word *unit =
        moment_word_find(word, WORD_UNIT | WORD_DAY | WORD_WORKDAY | WORD_WEEK);
    if (!unit) {
        return true;
    }
    size_t at = unit->unit;
    int64_t factor = unit->amount;
    if (unit->unit == UNIT_WORKDAY) {
        draft->special = SPECIAL_WORKDAYS;
        draft->workdays = amount;
        return true;
    }
    if (unit->unit == UNIT_WEEKDAY) {
        draft->has_weekday = true;
        draft->weekday = unit->amount;
        draft->weekday_rule = rule;
        amount -= amount > 0;
        factor = 7;
        at = UNIT_DAY;
    }
    return !__builtin_mul_overflow(amount, factor, &amount) &&
           !__builtin_add_overflow(draft->relative[at], amount, &draft->relative[at]);
}

/* "+2 days", "-3 weekdays" */
static bool take_amount(struct moment_draft *draft, struct str token)
{
    int64_t amount;
    if (!moment_read_signed(&token, SIGNED_DIGITS, &amount)) {
        return false;
    }
    moment_skip_space(&token);
    return add_units(draft, token, amount, WEEKDAY_OR_TODAY);
}

/* "next", "third", "this" and the space behind. */
static int64_t read_counting(struct str *token, enum moment_weekday_rule *rule)
{
    const struct moment_word *word =
        moment_word_find(moment_read_letters(token), WORD_ORDINAL | WORD_RELATIVE);
    int64_t amount = word ? word->amount : 0;
    *rule = amount == 0 ? WEEKDAY_OR_TODAY : WEEKDAY_AFTER_TODAY;
    moment_skip_space(token);
    return amount;
}

static bool is_day(struct str word)
{
    return moment_word_find(word, WORD_DAY | WORD_WORKDAY) != NULL;
}

/* "next month", "third friday" */
static bool take_counted(struct moment_draft *draft, struct str token)
{
    enum moment_weekday_rule rule;
    int64_t amount = read_counting(&token, &rule);
    if (is_day(token)) {
        moment_forget_time(draft);
    }
    return add_units(draft, token, amount, rule);
}

/* "next week": its Monday, or the weekday that is named besides. */
static bool take_counted_week(struct moment_draft *draft, struct str token)
{
    bool good = take_counted(draft, token);
    draft->weekday_rule = WEEKDAY_OF_WEEK;
    if (!draft->has_weekday) {
        draft->has_weekday = true;
        draft->weekday = 1;
    }
    return good;
}

/* "second monday of", "last friday of" */
static bool take_weekday_of(struct moment_draft *draft, struct str token)
{
    enum moment_weekday_rule rule;
    int64_t amount = read_counting(&token, &rule);
    bool last = amount <= 0;
    draft->special = last ? SPECIAL_LAST_WEEKDAY_OF : SPECIAL_WEEKDAY_OF;
    moment_forget_time(draft);
    return add_units(draft, moment_read_letters(&token), amount,
                     last ? rule : WEEKDAY_OR_TODAY);
}

static bool take_weekday(struct moment_draft *draft, struct str token)
{
    const struct moment_word *word = moment_word_find(token, WORD_DAY | WORD_WORKDAY);
    moment_forget_time(draft);
    draft->has_weekday = true;
    draft->weekday = word ? word->amount : 0;
    if (draft->weekday_rule != WEEKDAY_OF_WEEK) {
        draft->weekday_rule = WEEKDAY_OR_TODAY;
    }
    return true;
}

/* Everything relative so far the other way; not what is less than a second. */
static bool take_ago(struct moment_draft *draft, struct str token)
{
    (void)token;
    for (size_t unit = UNIT_SECOND; unit < UNIT_COUNT; unit++) {
        if (__builtin_sub_overflow(0, draft->relative[unit], &draft->relative[unit])) {
            return false;
        }
    }
    draft->weekday = draft->weekday == 0 ? -7 : -draft->weekday;
    if (draft->special == SPECIAL_WORKDAYS) {
        draft->workdays = -draft->workdays;
    }
    return true;
}

static const struct moment_form forms[] = {
    {{YESTERDAY}, 0, NULL, take_yesterday},
    {{NOW}, 0, NULL, take_nothing},
    {{NOON}, 0, NULL, take_noon},
    {{MIDNIGHT}, 0, NULL, take_midnight},
    {{TODAY}, 0, NULL, take_midnight},
    {{TOMORROW}, 0, NULL, take_tomorrow},
    {{AT_SIGN, MAYBE_DASH, DIGITS}, 0, NULL, take_timestamp},
    {{AT_SIGN, MAYBE_DASH, DIGITS, DOT, MAYBE_SIX_DIGITS},
     0,
     NULL,
     take_timestamp_fraction},
    {{FIRST_DAY_OF}, 0, NULL, take_first_day_of},
    {{LAST_DAY_OF}, 0, NULL, take_last_day_of},
    {{BACK_OF, HOUR}, 0, NULL, take_quarter},
    {{BACK_OF, HOUR, MAYBE_SPACE, MERIDIAN}, 0, NULL, take_quarter},
    {{FRONT_OF, HOUR}, 0, NULL, take_quarter},
    {{FRONT_OF, HOUR, MAYBE_SPACE, MERIDIAN}, 0, NULL, take_quarter},
    {{COUNTING, SPACE, WEEKDAY, SPACE, OF}, 0, NULL, take_weekday_of},

    {{HOUR12, MAYBE_SPACE, MERIDIAN}, TIME, "hp", NULL},
    {{HOUR12, DOT_OR_COLON, MINUTE2, MAYBE_SPACE, MERIDIAN}, TIME, "hip", NULL},
    {{HOUR12, DOT_OR_COLON, MINUTE, DOT_OR_COLON, SECOND2, MAYBE_SPACE, MERIDIAN},
     TIME,
     "hisp",
     NULL},
    {{HOUR12, COLON, MINUTE2, COLON, SECOND2, DOT_OR_COLON, DIGITS, MERIDIAN},
     TIME,
     "hisFp",
     NULL},
    {{LETTER_T, HOUR}, TIME, "h", NULL},
    {{MAYBE_LETTER_T, HOUR, DOT_OR_COLON, MINUTE}, TIME, "hi", NULL},
    {{MAYBE_LETTER_T, HOUR, DOT_OR_COLON, MINUTE, DOT_OR_COLON, SECOND}, TIME, "his", NULL},
    {{MAYBE_LETTER_T, HOUR, DOT_OR_COLON, MINUTE, DOT_OR_COLON, SECOND, DOT, DIGITS},
     TIME,
     "hisf",
     NULL},
    {{MAYBE_LETTER_T, HOUR2, MINUTE2}, 0, NULL, take_four_digits},
    {{MAYBE_LETTER_T, HOUR2, MINUTE2, SECOND2}, TIME, "his", NULL},

    {{MONTH, SLASH, DAY}, DATE, "md", NULL},
    {{MONTH, SLASH, DAY, SLASH, YEAR}, DATE, "mdA", NULL},
    {{MAYBE_SIGN, YEAR4, DASH, MONTH2, DASH, DAY2}, DATE, "+md", NULL},
    {{YEAR4, SLASH, MONTH2, SLASH, DAY2, MAYBE_SLASH}, DATE, "ymd", NULL},
    {{YEAR4, SLASH, MONTH, SLASH, DAY}, DATE, "ymd", NULL},
    {{YEAR2, DASH, MONTH2, DASH, DAY2}, DATE, "ymd", NULL},
    {{PLUS_OR_MINUS, EXPANDED, DASH, MONTH2, DASH, DAY2}, DATE, "+md", NULL},
    {{YEAR4, DASH, MONTH}, DATE, "ym1", NULL},
    {{YEAR, DASH, MONTH, DASH, DAY}, DATE, "ymd", NULL},
    {{DAY, MAYBE_BREAKS, MONTH_ANY, MAYBE_BREAKS, YEAR}, DATE, "DMy", NULL},
    {{DAY, DOT_TAB_OR_DASH, MONTH, DOT_OR_DASH, YEAR4}, DATE, "dmy", NULL},
    {{DAY, DOT_OR_TAB, MONTH, DOT, YEAR2}, DATE, "dmy", NULL},
    {{MONTH_ANY, MAYBE_BREAKS, YEAR4}, DATE, "My1", NULL},
    {{YEAR4, MAYBE_BREAKS, MONTH_ANY}, DATE, "yM1", NULL},
    {{MONTH_ANY, MAYBE_BREAKS, DAY, DAY_TAIL, YEAR}, DATE, "Mdy", NULL},
    {{MONTH_ANY, MAYBE_BREAKS, DAY, DAY_TAIL_OR_END}, DATE, "Mdy", NULL},
    {{DAY, MAYBE_BREAKS, MONTH_ANY}, DATE, "DM", NULL},
    {{YEAR4, MONTH2, DAY2}, DATE, "ymd", NULL},

    {{YEAR4, MONTH2, DAY2, CAPITAL_T, HOUR, COLON, MINUTE2, COLON, SECOND2},
     DATE | TIME,
     "ymdhis",
     NULL},
    {{YEAR4, MONTH2, DAY2, LETTER_T, HOUR, MINUTE2, SECOND2}, DATE | TIME, "ymdhis", NULL},
    {{YEAR4, DASH, MONTH2, DASH, DAY2, CAPITAL_T, HOUR2, COLON, MINUTE2, COLON, SECOND2,
      DOT, DIGITS},
     DATE | TIME,
     "ymdhisf",
     NULL},
    {{YEAR4, DASH, MONTH2, DASH, DAY2, CAPITAL_T, HOUR2, COLON, MINUTE2, COLON, SECOND2,
      DOT, DIGITS, OFFSET},
     DATE | TIME,
     "ymdhisfz",
     NULL},
    {{YEAR4, DASH, MONTH, DASH, DAY, CAPITAL_T, HOUR, COLON, MINUTE, COLON, SECOND},
     DATE | TIME,
     "ymdhis",
     NULL},
    {{YEAR4, COLON, MONTH2, COLON, DAY2, BLANK, HOUR2, COLON, MINUTE2, COLON, SECOND2},
     DATE | TIME,
     "ymdhis",
     NULL},
    {{YEAR4, MAYBE_DOT_OR_DASH, DAY_OF_YEAR3}, DATE, "yj", NULL},
    {{YEAR4, MAYBE_DASH, CAPITAL_W, WEEK2, MAYBE_DASH, WEEKDAY1},
     DATE,
     NULL,
     take_iso_week},
    {{YEAR4, MAYBE_DASH, CAPITAL_W, WEEK2}, DATE, NULL, take_iso_week},
    {{MONTH_SHORT, DASH, DAY2, DASH, YEAR}, DATE, "Mdy", NULL},
    {{YEAR, DASH, MONTH_SHORT, DASH, DAY2}, DATE, "yMd", NULL},
    {{DAY, SLASH, MONTH_SHORT, SLASH, YEAR4, COLON, HOUR2, COLON, MINUTE2, COLON, SECOND2,
      SPACE, OFFSET},
     DATE | TIME,
     "dMyhisz",
     NULL},
    {{YEAR4}, 0, "y", NULL},
    {{AGO}, 0, NULL, take_ago},
    {{WEEKDAY_OR_WORKDAY}, 0, NULL, take_weekday},
    {{RELATIVE, SPACE, WEEK}, 0, NULL, take_counted_week},
    {{COUNTING, SPACE, UNIT}, 0, NULL, take_counted},
    {{MONTH_NAME}, DATE, "M", NULL},
    {{OFFSET}, 0, NULL, take_zone},
    {{ZONE}, 0, NULL, take_zone},

    {{MONTH_ANY, MAYBE_BREAKS, DAY, DAY_TAIL_OR_END, HOUR12, DOT_OR_COLON, MINUTE2,
      MAYBE_SPACE, MERIDIAN},
     DATE | TIME,
     "Mdhip",
     NULL},
    {{MONTH_ANY, MAYBE_BREAKS, DAY, DAY_TAIL_OR_END, HOUR12, DOT_OR_COLON, MINUTE,
      DOT_OR_COLON, SECOND2, MAYBE_SPACE, MERIDIAN},
     DATE | TIME,
     "MdhiSp",
     NULL},
    {{MONTH_ANY, MAYBE_BREAKS, DAY, DAY_TAIL_OR_END, MAYBE_LETTER_T, HOUR, DOT_OR_COLON,
      MINUTE},
     DATE | TIME,
     "Mdhi",
     NULL},
    {{MONTH_ANY, MAYBE_BREAKS, DAY, DAY_TAIL_OR_END, MAYBE_LETTER_T, HOUR, DOT_OR_COLON,
      MINUTE, DOT_OR_COLON, SECOND},
     DATE | TIME,
     "MdhiCz",
     NULL},
    {{MONTH_ANY, MAYBE_BREAKS, DAY, DAY_TAIL_OR_END, MAYBE_LETTER_T, HOUR, DOT_OR_COLON,
      MINUTE, DOT_OR_COLON, SECOND2, MAYBE_SPACE, OFFSET},
     DATE | TIME,
     "MdhiCz",
     NULL},
    {{MONTH_ANY, MAYBE_BREAKS, DAY, DAY_TAIL_OR_END, MAYBE_LETTER_T, HOUR, DOT_OR_COLON,
      MINUTE, DOT_OR_COLON, SECOND2, MAYBE_SPACE, ZONE},
     DATE | TIME,
     "MdhiCz",
     NULL},
    {{MAYBE_SIGNS, MAYBE_BLANKS, AMOUNT, MAYBE_SPACE, UNIT_OR_WEEK}, 0, NULL, take_amount},

    {{DOT_OR_COMMA}, 0, NULL, take_nothing},
    {{SPACE}, 0, NULL, take_nothing},
    {{LINE_END}, 0, NULL, take_nothing},
};

static bool take(struct moment_draft *draft, const struct moment_form *form,
                 struct str token)
{
    if ((form->once & TIME) && draft->time_count > 0) {
        return false;
    }
    if ((form->once & DATE) && draft->has_date) {
        return false;
    }
    if (form->once & TIME) {
        moment_forget_time(draft);
        draft->time_count = 1;
    }
    draft->has_date = draft->has_date || (form->once & DATE);
    return form->take ? form->take(draft, token) : moment_read(draft, form->fields, token);
}

/* Takes the longest form off the front; false when nothing fits or it says too much. */
static bool take_next(struct moment_draft *draft, struct str *rest)
{
    size_t length;
    const struct moment_form *form =
        moment_match(forms, sizeof forms / sizeof *forms, *rest, &length);
    struct str token = str_before(*rest, length);
    token.len = str_find_char(token, '\0'); /* PHP reads no further */
    *rest = str_after(*rest, length);
    return form && take(draft, form, token);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* As PHP does: one character is left in any case. */
static struct str trim(struct str text)
{
    while (text.len > 1 && is_space(text.ptr[0])) {
        text = str_after(text, 1);
    }
    while (text.len > 1 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool moment_parse(struct str text, int64_t now_s, const struct zone *zone, int64_t *seconds)
{
    if (text.len == 0 || text.len > MOMENT_TEXT_BYTES) {
        return false;
    }
    struct moment_draft draft;
    moment_draft_init(&draft, zone);
    bool good = true;
    for (struct str rest = trim(text); good && rest.len > 0;) {
        good = take_next(&draft, &rest);
    }
    good = good && moment_draft_seconds(&draft, now_s, seconds);
    moment_draft_done(&draft);
    return good;
}
