#include "smarty/moment_match.h"

#include "smarty/moment_words.h"

enum { ZONE_LETTERS = 6, ANY_COUNT = 0xFFFF };

/* The lengths in which a part fits. */
struct lengths {
    size_t count;
    size_t length[MOMENT_WORD_LENGTHS];
};

/* What the byte where a form starts can be: most forms are ruled out by it. */
enum { ON_DIGIT = 1 << 0, ON_WORD = 1 << 1, ON_MARK = 1 << 2, ON_ANY = 7 };

struct part {
    void (*fit)(struct str text, const struct part *part, struct lengths *lengths);
    uint8_t first;
    const char *chars; /* letters that may stand here, or the words that must */
    uint16_t from;     /* digits or letters, least and most; `from` 0: optional */
    uint16_t to;
    uint16_t least; /* value of a number; `most` also: classes of a word */
    uint16_t most;
};

/* Behind the end is zero. */
static char char_at(struct str text, size_t at)
{
    return at < text.len ? text.ptr[at] : '\0';
}

static bool is_one_of(char c, const char *chars)
{
    while (*chars != '\0' && *chars != c) {
        chars++;
    }
    return *chars != '\0';
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

static uint8_t class_of(char c)
{
    if (is_digit(c)) {
        return ON_DIGIT;
    }
    return is_capital(c) || is_small(c) || (unsigned char)c >= 0x80 ? ON_WORD : ON_MARK;
}

static void add(struct lengths *lengths, size_t length)
{
    lengths->length[lengths->count++] = length;
}

static void fit_number(struct str text, const struct part *part, struct lengths *lengths)
{
    unsigned value = 0;
    for (size_t digits = 1; digits <= part->to && is_digit(char_at(text, digits - 1));
         digits++) {
        value = value * 10 + (unsigned)(text.ptr[digits - 1] - '0');
        if (digits >= part->from && value >= part->least && value <= part->most) {
            add(lengths, digits);
        }
    }
}

static void fit_day(struct str text, const struct part *part, struct lengths *lengths)
{
    static const struct str suffixes[] = {STR("st"), STR("nd"), STR("rd"), STR("th")};
    fit_number(text, part, lengths);
    size_t count = lengths->count;
    for (size_t i = 0; i < count; i++) {
        if (!is_one_of(char_at(text, lengths->length[i]), "snrt")) {
            continue;
        }
        for (size_t j = 0; j < sizeof suffixes / sizeof *suffixes; j++) {
            if (str_starts(str_after(text, lengths->length[i]), suffixes[j])) {
                add(lengths, lengths->length[i] + 2);
            }
        }
    }
}

static void fit_digits(struct str text, const struct part *part, struct lengths *lengths)
{
    size_t count = 0;
    while (count < part->to && is_digit(char_at(text, count))) {
        count++;
    }
    if (count >= part->from) {
        add(lengths, count);
    }
}

static void fit_words(struct str text, const struct part *part, struct lengths *lengths)
{
    if (class_of(char_at(text, 0)) == ON_WORD) {
        lengths->count = moment_word_lengths(text, part->most, lengths->length);
    }
}

static void fit_phrase(struct str text, const struct part *part, struct lengths *lengths)
{
    size_t length = 0;
    while (part->chars[length] != '\0' &&
           lower(char_at(text, length)) == part->chars[length]) {
        length++;
    }
    if (part->chars[length] == '\0') {
        add(lengths, length);
    }
}

static void fit_run(struct str text, const struct part *part, struct lengths *lengths)
{
    size_t count = 0;
    while (count < part->to && is_one_of(char_at(text, count), part->chars)) {
        count++;
    }
    if (count >= part->from) {
        add(lengths, count);
    }
}

static void fit_line_end(struct str text, const struct part *part, struct lengths *lengths)
{
    (void)part;
    char c = char_at(text, 0);
    if (c == '\0' || c == '\n') {
        add(lengths, 1);
    }
}

static void fit_tail_or_end(struct str text, const struct part *part,
                            struct lengths *lengths)
{
    fit_run(text, part, lengths);
    if (char_at(text, 0) == '\0') {
        add(lengths, 1);
    }
}

/* Blanks and tabs, or only one kind of the two spaces that do not break. */
static void fit_space(struct str text, const struct part *part, struct lengths *lengths)
{
    static const struct str kinds[] = {STR("\xc2\xa0"), STR("\xe2\x80\xaf")};
    size_t count = 0;
    while (is_one_of(char_at(text, count), " \t")) {
        count++;
    }
    bool other = count == 0 && (unsigned char)char_at(text, 0) >= 0x80;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && other; i++) {
        while (str_starts(str_after(text, count), kinds[i])) {
            count += kinds[i].len;
        }
    }
    if (count >= part->from) {
        add(lengths, count);
    }
}

static void fit_meridian(struct str text, const struct part *part, struct lengths *lengths)
{
    (void)part;
    size_t at = 1;
    if (!is_one_of(char_at(text, 0), "AaPp")) {
        return;
    }
    at += char_at(text, at) == '.';
    if (!is_one_of(char_at(text, at), "Mm")) {
        return;
    }
    at++;
    at += char_at(text, at) == '.';
    if (char_at(text, at) == '\0' || is_one_of(char_at(text, at), "\t ")) {
        add(lengths, at + 1);
    }
}

static size_t count_letters(struct str text, size_t from)
{
    size_t count = 0;
    while (is_capital(char_at(text, from + count)) ||
           is_small(char_at(text, from + count))) {
        count++;
    }
    return count;
}

/* "Europe/Amsterdam", "Etc/GMT": a capital, small letters, and parts behind a mark. */
static size_t identifier_length(struct str text)
{
    size_t at = 1;
    while (is_small(char_at(text, at))) {
        at++;
    }
    if (!is_capital(char_at(text, 0)) || at < 2) {
        return 0;
    }
    size_t length = 0;
    while (is_one_of(char_at(text, at), "_/-") && count_letters(text, at + 1) > 0) {
        at += 1 + count_letters(text, at + 1);
        length = at;
    }
    return length;
}

static size_t abbreviation_length(struct str text)
{
    size_t at = char_at(text, 0) == '(';
    size_t letters = count_letters(text, at);
    if (letters == 0) {
        return 0;
    }
    at += letters < ZONE_LETTERS ? letters : ZONE_LETTERS;
    return at + (char_at(text, at) == ')');
}

static void fit_zone(struct str text, const struct part *part, struct lengths *lengths)
{
    (void)part;
    size_t identifier = identifier_length(text);
    size_t abbreviation = abbreviation_length(text);
    if (identifier + abbreviation > 0) {
        add(lengths, identifier > abbreviation ? identifier : abbreviation);
    }
}

static size_t fit_form(const uint8_t parts[MOMENT_FORM_PARTS], struct str text);

static void fit_offset(struct str text, const struct part *part, struct lengths *lengths)
{
    static const uint8_t forms[][MOMENT_FORM_PARTS] = {
        {HOUR},
        {HOUR, MINUTE},
        {HOUR, COLON, MINUTE},
        {HOUR2, MINUTE2, SECOND2},
        {HOUR2, COLON, MINUTE2, COLON, SECOND2},
    };
    (void)part;
    size_t at = char_at(text, 0) == 'G' && str_starts(text, STR_OF("GMT")) ? 3 : 0;
    if (!is_one_of(char_at(text, at), "+-")) {
        return;
    }
    at++;
    size_t longest = 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t length = fit_form(forms[i], str_after(text, at));
        longest = length > longest ? length : longest;
    }
    if (longest > 0) {
        add(lengths, at + longest);
    }
}

#define NUMBER(from, to, least, most)                             \
    {                                                             \
        fit_number, ON_DIGIT, NULL, (from), (to), (least), (most) \
    }
#define COUNT_OF(from, to)                             \
    {                                                  \
        fit_digits, ON_DIGIT, NULL, (from), (to), 0, 0 \
    }
#define WORDS(classes)                               \
    {                                                \
        fit_words, ON_WORD, NULL, 1, 1, 0, (classes) \
    }
#define PHRASE(text)                            \
    {                                           \
        fit_phrase, ON_WORD, (text), 1, 1, 0, 0 \
    }
#define LETTER(chars)                         \
    {                                         \
        fit_run, ON_WORD, (chars), 1, 1, 0, 0 \
    }
#define MARK(chars)                           \
    {                                         \
        fit_run, ON_MARK, (chars), 1, 1, 0, 0 \
    }
#define MAYBE(chars)                         \
    {                                        \
        fit_run, ON_ANY, (chars), 0, 1, 0, 0 \
    }
#define RUN(chars, from)                                  \
    {                                                     \
        fit_run, ON_ANY, (chars), (from), ANY_COUNT, 0, 0 \
    }
#define OTHER(fit, first, from)               \
    {                                         \
        (fit), (first), NULL, (from), 0, 0, 0 \
    }

static const struct part parts_by_name[PART_COUNT] = {
    [HOUR] = NUMBER(1, 2, 0, 24),
    [HOUR2] = NUMBER(2, 2, 0, 24),
    [HOUR12] = NUMBER(1, 2, 1, 12),
    [MINUTE] = NUMBER(1, 2, 0, 59),
    [MINUTE2] = NUMBER(2, 2, 0, 59),
    [SECOND] = NUMBER(1, 2, 0, 60),
    [SECOND2] = NUMBER(2, 2, 0, 60),
    [MONTH] = NUMBER(1, 2, 0, 12),
    [MONTH2] = NUMBER(2, 2, 0, 12),
    [DAY] = {fit_day, ON_DIGIT, NULL, 1, 2, 0, 31},
    [DAY2] = NUMBER(2, 2, 0, 31),
    [YEAR] = NUMBER(1, 4, 0, 9999),
    [YEAR2] = NUMBER(2, 2, 0, 99),
    [YEAR4] = NUMBER(4, 4, 0, 9999),
    [DAY_OF_YEAR3] = NUMBER(3, 3, 1, 366),
    [WEEK2] = NUMBER(2, 2, 1, 53),
    [WEEKDAY1] = NUMBER(1, 1, 0, 7),
    [AMOUNT] = COUNT_OF(1, 13),
    [EXPANDED] = COUNT_OF(5, 19),
    [DIGITS] = COUNT_OF(1, ANY_COUNT),
    [MAYBE_SIX_DIGITS] = COUNT_OF(0, 6),
    [MONTH_ANY] = WORDS(WORD_MONTH | WORD_MONTH_SHORT | WORD_MONTH_ROMAN),
    [MONTH_NAME] = WORDS(WORD_MONTH | WORD_MONTH_SHORT),
    [MONTH_SHORT] = WORDS(WORD_MONTH_SHORT),
    [WEEKDAY] = WORDS(WORD_DAY),
    [WEEKDAY_OR_WORKDAY] = WORDS(WORD_DAY | WORD_WORKDAY),
    [UNIT] = WORDS(WORD_UNIT | WORD_DAY | WORD_WORKDAY),
    [UNIT_OR_WEEK] = WORDS(WORD_UNIT | WORD_DAY | WORD_WORKDAY | WORD_WEEK),
    [COUNTING] = WORDS(WORD_ORDINAL | WORD_RELATIVE),
    [RELATIVE] = WORDS(WORD_RELATIVE),
    [WEEK] = WORDS(WORD_WEEK),
    [MERIDIAN] = OTHER(fit_meridian, ON_WORD, 0),
    [ZONE] = OTHER(fit_zone, ON_WORD | ON_MARK, 0),
    [OFFSET] = OTHER(fit_offset, ON_WORD | ON_MARK, 0),
    [AGO] = PHRASE("ago"),
    [BACK_OF] = PHRASE("back of "),
    [FIRST_DAY_OF] = PHRASE("first day of"),
    [FRONT_OF] = PHRASE("front of "),
    [LAST_DAY_OF] = PHRASE("last day of"),
    [MIDNIGHT] = PHRASE("midnight"),
    [NOON] = PHRASE("noon"),
    [NOW] = PHRASE("now"),
    [OF] = PHRASE("of"),
    [TODAY] = PHRASE("today"),
    [TOMORROW] = PHRASE("tomorrow"),
    [YESTERDAY] = PHRASE("yesterday"),
    [AT_SIGN] = MARK("@"),
    [BLANK] = MARK(" "),
    [CAPITAL_T] = LETTER("T"),
    [CAPITAL_W] = LETTER("W"),
    [COLON] = MARK(":"),
    [DASH] = MARK("-"),
    [DOT] = MARK("."),
    [DOT_OR_COMMA] = MARK(".,"),
    [DOT_OR_DASH] = MARK(".-"),
    [DOT_OR_TAB] = MARK(".\t"),
    [DOT_TAB_OR_DASH] = MARK(".\t-"),
    [DOT_OR_COLON] = MARK(":."),
    [SLASH] = MARK("/"),
    [PLUS_OR_MINUS] = MARK("+-"),
    [LETTER_T] = LETTER("Tt"),
    [LINE_END] = OTHER(fit_line_end, ON_MARK, 0),
    [MAYBE_DASH] = MAYBE("-"),
    [MAYBE_DOT_OR_DASH] = MAYBE(".-"),
    [MAYBE_LETTER_T] = MAYBE("Tt"),
    [MAYBE_SIGN] = MAYBE("+-"),
    [MAYBE_SLASH] = MAYBE("/"),
    [SPACE] = OTHER(fit_space, ON_MARK | ON_WORD, 1),
    [MAYBE_SPACE] = OTHER(fit_space, ON_ANY, 0),
    [MAYBE_SIGNS] = RUN("+-", 0),
    [MAYBE_BLANKS] = RUN(" \t", 0),
    [MAYBE_BREAKS] = RUN(" \t.-", 0),
    [DAY_TAIL] = RUN(",.stndrh\t ", 1),
    [DAY_TAIL_OR_END] = {fit_tail_or_end, ON_ANY, ",.stndrh\t ", 1, ANY_COUNT, 0, 0},
};

/* Calls itself where a part fits in several lengths: as deep as a form is long. */
static void try_from(const uint8_t parts[MOMENT_FORM_PARTS], size_t index, struct str text,
                     size_t at, size_t *longest)
{
    for (; index < MOMENT_FORM_PARTS && parts[index] != PART_END; index++) {
        const struct part *part = &parts_by_name[parts[index]];
        struct lengths lengths;
        lengths.count = 0;
        part->fit(str_after(text, at), part, &lengths);
        if (lengths.count == 0) {
            return;
        }
        for (size_t i = 1; i < lengths.count; i++) {
            try_from(parts, index + 1, text, at + lengths.length[i], longest);
        }
        at += lengths.length[0];
    }
    *longest = at > *longest ? at : *longest;
}

static size_t fit_form(const uint8_t parts[MOMENT_FORM_PARTS], struct str text)
{
    size_t longest = 0;
    try_from(parts, 0, text, 0, &longest);
    return longest;
}

const struct moment_form *moment_match(const struct moment_form *forms, size_t count,
                                       struct str text, size_t *length)
{
    const struct moment_form *winner = NULL;
    uint8_t first = class_of(char_at(text, 0));
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        if ((parts_by_name[forms[i].parts[0]].first & first) == 0) {
            continue;
        }
        size_t fits = fit_form(forms[i].parts, text);
        if (fits > longest) {
            longest = fits;
            winner = &forms[i];
        }
    }
    *length = longest;
    return winner;
}
