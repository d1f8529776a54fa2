/* moment_words - the English words of dates: months, weekdays, units, counting words, and
 * the abbreviations of time zones.
 *
 * Read-only tables and pure functions; letters match in either case unless said otherwise.
 */
#ifndef HOST_SMARTY_MOMENT_WORDS_H
#define HOST_SMARTY_MOMENT_WORDS_H

#include "base/str.h"

/* What a word can be; a bit each, so that callers can ask for several. */
enum {
    WORD_MONTH = 1 << 0,       /* "march"; amount 1 to 12 */
    WORD_MONTH_SHORT = 1 << 1, /* "mar" */
    WORD_MONTH_ROMAN = 1 << 2, /* "III", in a text always in capitals */
    WORD_DAY = 1 << 3,         /* "fri", "friday", "fridays"; amount 0 to 6 from Sunday */
    WORD_WORKDAY = 1 << 4,     /* "weekday" */
    WORD_UNIT = 1 << 5,        /* "hours"; amount: how many of `unit` it is */
    WORD_WEEK = 1 << 6,        /* "week", which has rules of its own */
    WORD_ORDINAL = 1 << 7,     /* "first" to "twelfth" */
    WORD_RELATIVE = 1 << 8     /* "next" 1, "last" and "previous" -1, "this" 0 */
};

enum moment_unit {
    UNIT_MICROSECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_MONTH,
    UNIT_YEAR,
    UNIT_COUNT,
    UNIT_WEEKDAY, /* a certain day of the week */
    UNIT_WORKDAY  /* Monday to Friday */
};

struct moment_word {
    char text[14];
    uint16_t classes;
    uint8_t unit;
    int16_t amount;
};

/* The abbreviation of an offset; of several that share it, the one that PHP means. */
struct moment_zone_word {
    char text[6];
    bool summer;
    int32_t seconds; /* to add to UTC, summer time included */
};

enum { MOMENT_WORD_LENGTHS = 4 }; /* "sec", "secs", "second", "seconds" */

/* The word as a whole, or NULL. */
const struct moment_word *moment_word_find(struct str word, unsigned classes);

/* How many words of these classes `text` begins with, and their lengths. */
size_t moment_word_lengths(struct str text, unsigned classes,
                           size_t lengths[MOMENT_WORD_LENGTHS]);

const struct moment_zone_word *moment_zone_word_find(struct str word);

/* 1 to 12 and 0 to 6. */
const char *moment_month_name(int month);
const char *moment_day_name(int weekday);

#endif
