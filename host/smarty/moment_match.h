/* moment_match - which form, such as YEAR4 "-" MONTH2 "-" DAY2, fits a text.
 *
 * A form is a row of parts. A part may fit in several lengths (an hour takes one digit or
 * two), all of them are tried, and the longest fit of the whole counts: that is how the
 * scanner of PHP decides, and forms must be written as its patterns are. Behind its end the
 * text has zero bytes, of which a part may take one. Pure functions, no allocation.
 */
#ifndef HOST_SMARTY_MOMENT_MATCH_H
#define HOST_SMARTY_MOMENT_MATCH_H

#include "base/str.h"

/* MAYBE_ parts fit nothing too. */
enum moment_part {
    PART_END,
    /* numbers: a 2 or 4 at the end says that so many digits are needed */
    HOUR,
    HOUR2,
    HOUR12,
    MINUTE,
    MINUTE2,
    SECOND,
    SECOND2,
    MONTH,
    MONTH2,
    DAY, /* also "1st" */
    DAY2,
    YEAR,
    YEAR2,
    YEAR4,
    DAY_OF_YEAR3,
    WEEK2,
    WEEKDAY1,
    AMOUNT,   /* 1 to 13 digits */
    EXPANDED, /* 5 to 19 digits */
    DIGITS,
    MAYBE_SIX_DIGITS,
    /* words */
    MONTH_ANY,   /* full, short or Roman */
    MONTH_NAME,  /* full or short */
    MONTH_SHORT, /* short */
    WEEKDAY,
    WEEKDAY_OR_WORKDAY,
    UNIT,
    UNIT_OR_WEEK,
    COUNTING, /* "first", "next" */
    RELATIVE, /* "next" */
    WEEK,
    MERIDIAN, /* "am", "P.M.", and the blank or end behind it */
    ZONE,     /* "CET", "(CET)", "Europe/Amsterdam" */
    OFFSET,   /* "+0100", "GMT+1", "-01:30:00" */
    AGO,
    BACK_OF,
    FIRST_DAY_OF,
    FRONT_OF,
    LAST_DAY_OF,
    MIDNIGHT,
    NOON,
    NOW,
    OF,
    TODAY,
    TOMORROW,
    YESTERDAY,
    /* marks */
    AT_SIGN,
    BLANK, /* exactly one */
    CAPITAL_T,
    CAPITAL_W,
    COLON,
    DASH,
    DOT,
    DOT_OR_COMMA,
    DOT_OR_DASH,
    DOT_OR_TAB,
    DOT_TAB_OR_DASH,
    DOT_OR_COLON,
    SLASH,
    PLUS_OR_MINUS,
    LETTER_T,
    LINE_END, /* newline or zero byte */
    MAYBE_DASH,
    MAYBE_DOT_OR_DASH,
    MAYBE_LETTER_T,
    MAYBE_SIGN,
    MAYBE_SLASH,
    /* runs */
    SPACE,
    MAYBE_SPACE,
    MAYBE_SIGNS,
    MAYBE_BLANKS,
    MAYBE_BREAKS, /* between day and month: blanks, dots, dashes */
    DAY_TAIL,     /* between day and year: blanks, commas, dots, letters of "th" */
    DAY_TAIL_OR_END,
    PART_COUNT
};

enum { MOMENT_FORM_PARTS = 15 }; /* the longest form has 14 */

struct moment_draft;

struct moment_form {
    uint8_t parts[MOMENT_FORM_PARTS]; /* PART_END behind them */
    uint8_t once;                     /* and what it says, for the parser */
    const char *fields;
    bool (*take)(struct moment_draft *draft, struct str token);
};

/* The form that fits `text` longest from its start, of equals the first; NULL: none does.
 * `*length` may be one more than the text has, for a zero byte behind it. */
const struct moment_form *moment_match(const struct moment_form *forms, size_t count,
                                       struct str text, size_t *length);

#endif
