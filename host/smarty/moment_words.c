#include "smarty/moment_words.h"

/* Grouped by their first letter, to be found fast. */
static const struct moment_word a_words[] = {
    {"apr", WORD_MONTH_SHORT, UNIT_MONTH, 4},
    {"april", WORD_MONTH, UNIT_MONTH, 4},
    {"aug", WORD_MONTH_SHORT, UNIT_MONTH, 8},
    {"august", WORD_MONTH, UNIT_MONTH, 8},
};

static const struct moment_word d_words[] = {
    {"day", WORD_UNIT, UNIT_DAY, 1},
    {"days", WORD_UNIT, UNIT_DAY, 1},
    {"dec", WORD_MONTH_SHORT, UNIT_MONTH, 12},
    {"december", WORD_MONTH, UNIT_MONTH, 12},
};

static const struct moment_word e_words[] = {
    {"eight", WORD_ORDINAL, UNIT_COUNT, 8},
    {"eighth", WORD_ORDINAL, UNIT_COUNT, 8},
    {"eleventh", WORD_ORDINAL, UNIT_COUNT, 11},
};

static const struct moment_word f_words[] = {
    {"feb", WORD_MONTH_SHORT, UNIT_MONTH, 2}, {"february", WORD_MONTH, UNIT_MONTH, 2},
    {"fifth", WORD_ORDINAL, UNIT_COUNT, 5},   {"first", WORD_ORDINAL, UNIT_COUNT, 1},
    {"forthnight", WORD_UNIT, UNIT_DAY, 14},  {"forthnights", WORD_UNIT, UNIT_DAY, 14},
    {"fortnight", WORD_UNIT, UNIT_DAY, 14},   {"fortnights", WORD_UNIT, UNIT_DAY, 14},
    {"fourth", WORD_ORDINAL, UNIT_COUNT, 4},  {"fri", WORD_DAY, UNIT_WEEKDAY, 5},
    {"friday", WORD_DAY, UNIT_WEEKDAY, 5},    {"fridays", WORD_DAY, UNIT_WEEKDAY, 5},
};

static const struct moment_word h_words[] = {
    {"hour", WORD_UNIT, UNIT_HOUR, 1},
    {"hours", WORD_UNIT, UNIT_HOUR, 1},
};

static const struct moment_word i_words[] = {
    {"I", WORD_MONTH_ROMAN, UNIT_MONTH, 1},   {"II", WORD_MONTH_ROMAN, UNIT_MONTH, 2},
    {"III", WORD_MONTH_ROMAN, UNIT_MONTH, 3}, {"IV", WORD_MONTH_ROMAN, UNIT_MONTH, 4},
    {"IX", WORD_MONTH_ROMAN, UNIT_MONTH, 9},
};

static const struct moment_word j_words[] = {
    {"jan", WORD_MONTH_SHORT, UNIT_MONTH, 1}, {"january", WORD_MONTH, UNIT_MONTH, 1},
    {"jul", WORD_MONTH_SHORT, UNIT_MONTH, 7}, {"july", WORD_MONTH, UNIT_MONTH, 7},
    {"jun", WORD_MONTH_SHORT, UNIT_MONTH, 6}, {"june", WORD_MONTH, UNIT_MONTH, 6},
};

static const struct moment_word l_words[] = {
    {"last", WORD_RELATIVE, UNIT_COUNT, -1},
};

static const struct moment_word m_words[] = {
    {"mar", WORD_MONTH_SHORT, UNIT_MONTH, 3},
    {"march", WORD_MONTH, UNIT_MONTH, 3},
    {"may", WORD_MONTH | WORD_MONTH_SHORT, UNIT_MONTH, 5},
    {"microsecond", WORD_UNIT, UNIT_MICROSECOND, 1},
    {"microseconds", WORD_UNIT, UNIT_MICROSECOND, 1},
    {"millisecond", WORD_UNIT, UNIT_MICROSECOND, 1000},
    {"milliseconds", WORD_UNIT, UNIT_MICROSECOND, 1000},
    {"min", WORD_UNIT, UNIT_MINUTE, 1},
    {"mins", WORD_UNIT, UNIT_MINUTE, 1},
    {"minute", WORD_UNIT, UNIT_MINUTE, 1},
    {"minutes", WORD_UNIT, UNIT_MINUTE, 1},
    {"mon", WORD_DAY, UNIT_WEEKDAY, 1},
    {"monday", WORD_DAY, UNIT_WEEKDAY, 1},
    {"mondays", WORD_DAY, UNIT_WEEKDAY, 1},
    {"month", WORD_UNIT, UNIT_MONTH, 1},
    {"months", WORD_UNIT, UNIT_MONTH, 1},
    {"ms", WORD_UNIT, UNIT_MICROSECOND, 1000},
    {"msec", WORD_UNIT, UNIT_MICROSECOND, 1000},
    {"msecs", WORD_UNIT, UNIT_MICROSECOND, 1000},
};

static const struct moment_word n_words[] = {
    {"next", WORD_RELATIVE, UNIT_COUNT, 1},
    {"ninth", WORD_ORDINAL, UNIT_COUNT, 9},
    {"nov", WORD_MONTH_SHORT, UNIT_MONTH, 11},
    {"november", WORD_MONTH, UNIT_MONTH, 11},
};

static const struct moment_word o_words[] = {
    {"oct", WORD_MONTH_SHORT, UNIT_MONTH, 10},
    {"october", WORD_MONTH, UNIT_MONTH, 10},
};

static const struct moment_word p_words[] = {
    {"previous", WORD_RELATIVE, UNIT_COUNT, -1},
};

static const struct moment_word s_words[] = {
    {"sat", WORD_DAY, UNIT_WEEKDAY, 6},       {"saturday", WORD_DAY, UNIT_WEEKDAY, 6},
    {"saturdays", WORD_DAY, UNIT_WEEKDAY, 6}, {"sec", WORD_UNIT, UNIT_SECOND, 1},
    {"second", WORD_UNIT, UNIT_SECOND, 1},    {"second", WORD_ORDINAL, UNIT_COUNT, 2},
    {"seconds", WORD_UNIT, UNIT_SECOND, 1},   {"secs", WORD_UNIT, UNIT_SECOND, 1},
    {"sep", WORD_MONTH_SHORT, UNIT_MONTH, 9}, {"sept", WORD_MONTH_SHORT, UNIT_MONTH, 9},
    {"september", WORD_MONTH, UNIT_MONTH, 9}, {"seventh", WORD_ORDINAL, UNIT_COUNT, 7},
    {"sixth", WORD_ORDINAL, UNIT_COUNT, 6},   {"sun", WORD_DAY, UNIT_WEEKDAY, 0},
    {"sunday", WORD_DAY, UNIT_WEEKDAY, 0},    {"sundays", WORD_DAY, UNIT_WEEKDAY, 0},
};

static const struct moment_word t_words[] = {
    {"tenth", WORD_ORDINAL, UNIT_COUNT, 10}, {"third", WORD_ORDINAL, UNIT_COUNT, 3},
    {"this", WORD_RELATIVE, UNIT_COUNT, 0},  {"thu", WORD_DAY, UNIT_WEEKDAY, 4},
    {"thursday", WORD_DAY, UNIT_WEEKDAY, 4}, {"thursdays", WORD_DAY, UNIT_WEEKDAY, 4},
    {"tue", WORD_DAY, UNIT_WEEKDAY, 2},      {"tuesday", WORD_DAY, UNIT_WEEKDAY, 2},
    {"tuesdays", WORD_DAY, UNIT_WEEKDAY, 2}, {"twelfth", WORD_ORDINAL, UNIT_COUNT, 12},
};

static const struct moment_word u_words[] = {
    {"usec", WORD_UNIT, UNIT_MICROSECOND, 1},
    {"usecs", WORD_UNIT, UNIT_MICROSECOND, 1},
};

static const struct moment_word v_words[] = {
    {"V", WORD_MONTH_ROMAN, UNIT_MONTH, 5},
    {"VI", WORD_MONTH_ROMAN, UNIT_MONTH, 6},
    {"VII", WORD_MONTH_ROMAN, UNIT_MONTH, 7},
    {"VIII", WORD_MONTH_ROMAN, UNIT_MONTH, 8},
};

static const struct moment_word w_words[] = {
    {"wed", WORD_DAY, UNIT_WEEKDAY, 3},         {"wednesday", WORD_DAY, UNIT_WEEKDAY, 3},
    {"wednesdays", WORD_DAY, UNIT_WEEKDAY, 3},  {"week", WORD_WEEK, UNIT_DAY, 7},
    {"weekday", WORD_WORKDAY, UNIT_WORKDAY, 1}, {"weekdays", WORD_WORKDAY, UNIT_WORKDAY, 1},
    {"weeks", WORD_UNIT, UNIT_DAY, 7},
};

static const struct moment_word x_words[] = {
    {"X", WORD_MONTH_ROMAN, UNIT_MONTH, 10},
    {"XI", WORD_MONTH_ROMAN, UNIT_MONTH, 11},
    {"XII", WORD_MONTH_ROMAN, UNIT_MONTH, 12},
};

static const struct moment_word y_words[] = {
    {"year", WORD_UNIT, UNIT_YEAR, 1},
    {"years", WORD_UNIT, UNIT_YEAR, 1},
};

static const struct moment_word mu_words[] = {
    {"\xc2\xb5s", WORD_UNIT, UNIT_MICROSECOND, 1},
    {"\xc2\xb5sec", WORD_UNIT, UNIT_MICROSECOND, 1},
    {"\xc2\xb5secs", WORD_UNIT, UNIT_MICROSECOND, 1},
};

struct group {
    const struct moment_word *words;
    size_t count;
};

#define GROUP(words)                             \
    {                                            \
        (words), sizeof(words) / sizeof *(words) \
    }

/* By letter; the last one is for the first byte of a micro sign. */
enum { MICRO_GROUP = 26, GROUPS };

static const struct group groups[GROUPS] = {
    ['a' - 'a'] = GROUP(a_words), ['d' - 'a'] = GROUP(d_words),
    ['e' - 'a'] = GROUP(e_words), ['f' - 'a'] = GROUP(f_words),
    ['h' - 'a'] = GROUP(h_words), ['i' - 'a'] = GROUP(i_words),
    ['j' - 'a'] = GROUP(j_words), ['l' - 'a'] = GROUP(l_words),
    ['m' - 'a'] = GROUP(m_words), ['n' - 'a'] = GROUP(n_words),
    ['o' - 'a'] = GROUP(o_words), ['p' - 'a'] = GROUP(p_words),
    ['s' - 'a'] = GROUP(s_words), ['t' - 'a'] = GROUP(t_words),
    ['u' - 'a'] = GROUP(u_words), ['v' - 'a'] = GROUP(v_words),
    ['w' - 'a'] = GROUP(w_words), ['x' - 'a'] = GROUP(x_words),
    ['y' - 'a'] = GROUP(y_words), [MICRO_GROUP] = GROUP(mu_words),
};

/* The first meaning of each in PHP's table; military letters at the end. */
static const struct moment_zone_word zone_words[] = {
    {"acdt", true, 37800},   {"acst", false, 34200},  {"addt", true, -7200},
    {"adt", true, -10800},   {"aedt", true, 39600},   {"aest", false, 36000},
    {"ahdt", true, -32400},  {"ahst", false, -36000}, {"akdt", true, -28800},
    {"akst", false, -32400}, {"amt", false, -13840},  {"apt", true, -10800},
    {"ast", false, -14400},  {"awdt", true, 32400},   {"awst", false, 28800},
    {"awt", true, -10800},   {"bdst", true, 7200},    {"bdt", true, -36000},
    {"bmt", false, -14309},  {"bst", true, 3600},     {"cast", false, 34200},
    {"cat", false, 7200},    {"cddt", true, -14400},  {"cdt", true, -18000},
    {"cemt", true, 10800},   {"cest", true, 7200},    {"cet", false, 3600},
    {"cmt", false, -15408},  {"cpt", true, -18000},   {"cst", false, -21600},
    {"cwt", true, -18000},   {"chst", false, 36000},  {"dmt", false, -1521},
    {"eat", false, 10800},   {"eddt", true, -10800},  {"edt", true, -14400},
    {"eest", true, 10800},   {"eet", false, 7200},    {"emt", false, -26248},
    {"ept", true, -14400},   {"est", false, -18000},  {"ewt", true, -14400},
    {"ffmt", false, -14660}, {"fmt", false, -4056},   {"gdt", true, 39600},
    {"gmt", false, 0},       {"gst", false, 36000},   {"hdt", true, -34200},
    {"hkst", true, 32400},   {"hkt", false, 28800},   {"hmt", false, -19776},
    {"hpt", true, -34200},   {"hst", false, -36000},  {"hwt", true, -34200},
    {"iddt", true, 14400},   {"idt", true, 10800},    {"imt", false, 25025},
    {"ist", false, 7200},    {"jdt", true, 36000},    {"jmt", false, 8440},
    {"jst", false, 32400},   {"kdt", true, 36000},    {"kmt", false, 5736},
    {"kst", false, 30600},   {"lst", true, 9394},     {"mddt", true, -18000},
    {"mdst", true, 16279},   {"mdt", true, -21600},   {"mest", true, 7200},
    {"met", false, 3600},    {"mmt", false, 9017},    {"mpt", true, -21600},
    {"msd", true, 14400},    {"msk", false, 10800},   {"mst", false, -25200},
    {"mwt", true, -21600},   {"nddt", true, -5400},   {"ndt", true, -9052},
    {"npt", true, -9000},    {"nst", false, -12600},  {"nwt", true, -9000},
    {"nzdt", true, 46800},   {"nzmt", false, 41400},  {"nzst", false, 43200},
    {"pddt", true, -21600},  {"pdt", true, -25200},   {"pkst", true, 21600},
    {"pkt", false, 18000},   {"plmt", false, 25590},  {"pmt", false, -13236},
    {"ppmt", false, -17340}, {"ppt", true, -25200},   {"pst", false, -28800},
    {"pwt", true, -25200},   {"qmt", false, -18840},  {"rmt", false, 5794},
    {"sast", false, 7200},   {"sdmt", false, -16800}, {"sjmt", false, -20173},
    {"smt", false, -13884},  {"sst", false, -39600},  {"tbmt", false, 10751},
    {"tmt", false, 12344},   {"uct", false, 0},       {"utc", false, 0},
    {"wast", true, 7200},    {"wat", false, 3600},    {"wemt", true, 7200},
    {"west", true, 3600},    {"wet", false, 0},       {"wib", false, 25200},
    {"wita", false, 28800},  {"wit", false, 32400},   {"wmt", false, 5040},
    {"yddt", true, -25200},  {"ydt", true, -28800},   {"ypt", true, -28800},
    {"yst", false, -32400},  {"ywt", true, -28800},   {"a", false, 3600},
    {"b", false, 7200},      {"c", false, 10800},     {"d", false, 14400},
    {"e", false, 18000},     {"f", false, 21600},     {"g", false, 25200},
    {"h", false, 28800},     {"i", false, 32400},     {"k", false, 36000},
    {"l", false, 39600},     {"m", false, 43200},     {"n", false, -3600},
    {"o", false, -7200},     {"p", false, -10800},    {"q", false, -14400},
    {"r", false, -18000},    {"s", false, -21600},    {"t", false, -25200},
    {"u", false, -28800},    {"v", false, -32400},    {"w", false, -36000},
    {"x", false, -39600},    {"y", false, -43200},    {"z", false, 0},
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static const struct group *group_of(struct str text)
{
    static const struct group none = {NULL, 0};
    char first = lower(text.len > 0 ? text.ptr[0] : '\0');
    if (first >= 'a' && first <= 'z') {
        return &groups[first - 'a'];
    }
    return first == '\xc2' ? &groups[MICRO_GROUP] : &none;
}

/* The length of the word that `text` begins with, or 0. */
static size_t prefix_length(struct str text, const struct moment_word *word)
{
    size_t length = 0;
    for (; word->text[length] != '\0'; length++) {
        if (length >= text.len || lower(text.ptr[length]) != lower(word->text[length])) {
            return 0;
        }
    }
    bool exact = (word->classes & WORD_MONTH_ROMAN) != 0;
    return exact && memcmp(text.ptr, word->text, length) != 0 ? 0 : length;
}

const struct moment_word *moment_word_find(struct str word, unsigned classes)
{
    const struct group *group = group_of(word);
    for (size_t i = 0; i < group->count; i++) {
        const struct moment_word *known = &group->words[i];
        if ((known->classes & classes) && str_eq_nocase(word, str_from(known->text))) {
            return known;
        }
    }
    return NULL;
}

size_t moment_word_lengths(struct str text, unsigned classes,
                           size_t lengths[MOMENT_WORD_LENGTHS])
{
    size_t count = 0;
    const struct group *group = group_of(text);
    for (size_t i = 0; i < group->count; i++) {
        bool wanted = (group->words[i].classes & classes) != 0;
        size_t length = wanted ? prefix_length(text, &group->words[i]) : 0;
        if (length > 0 && count < MOMENT_WORD_LENGTHS) {
            lengths[count++] = length;
        }
    }
    return count;
}

const struct moment_zone_word *moment_zone_word_find(struct str word)
{
    for (size_t i = 0; i < sizeof zone_words / sizeof *zone_words; i++) {
        if (str_eq_nocase(word, str_from(zone_words[i].text))) {
            return &zone_words[i];
        }
    }
    return NULL;
}

const char *moment_month_name(int month)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    return names[month - 1];
}

const char *moment_day_name(int weekday)
{
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
    return names[weekday];
}
