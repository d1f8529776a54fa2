/* moment_draft - what a text says about a moment, before it is one.
 *
 * The parser fills a draft part by part; moment_draft_seconds() takes what is missing from
 * now and works out what is relative, in the order in which PHP does it.
 */
#ifndef HOST_SMARTY_MOMENT_DRAFT_H
#define HOST_SMARTY_MOMENT_DRAFT_H

#include "smarty/moment.h"
#include "smarty/moment_words.h"

/* A field that nothing was said about: the same number as in PHP, where it can be written
 * as a year. */
#define MOMENT_UNSET INT64_C(-9999999)

enum moment_zone_form {
    ZONE_UNSAID,
    ZONE_OFFSET,       /* "+01:00" */
    ZONE_ABBREVIATION, /* "CEST" */
    ZONE_NAMED         /* "Europe/Amsterdam" */
};

/* Which day of the month is meant. */
enum moment_edge { EDGE_NONE, EDGE_FIRST_DAY, EDGE_LAST_DAY };

enum moment_special {
    SPECIAL_NONE,
    SPECIAL_WORKDAYS,   /* "+3 weekdays" */
    SPECIAL_WEEKDAY_OF, /* "second monday of" */
    SPECIAL_LAST_WEEKDAY_OF
};

/* Whether "monday" said on a Monday is that day, and what else it means. */
enum moment_weekday_rule {
    WEEKDAY_AFTER_TODAY, /* "next monday" */
    WEEKDAY_OR_TODAY,    /* "monday", "+1 monday" */
    WEEKDAY_OF_WEEK      /* "monday next week" */
};

struct moment_draft {
    struct moment_wall wall; /* fields may be MOMENT_UNSET */
    int64_t microsecond;
    bool has_date;
    unsigned time_count; /* a second "2025" behind "0905" is a year */
    unsigned zone_count; /* the second is passed over, the third is an error */

    enum moment_zone_form zone_form;
    int32_t offset_s; /* to add to UTC, without summer time */
    bool summer;
    const struct zone *home; /* where nothing else is said; lent */
    const struct zone *zone; /* named: `home`, UTC or `opened` */
    struct zone *opened;     /* owned */

    int64_t relative[UNIT_COUNT];
    bool has_weekday;
    int weekday; /* 0 to 6 from Sunday; negative: counted back */
    enum moment_weekday_rule weekday_rule;
    enum moment_special special;
    int64_t workdays;
    enum moment_edge edge;
};

/* `home` is lent until moment_draft_done(). */
void moment_draft_init(struct moment_draft *draft, const struct zone *home);
void moment_draft_done(struct moment_draft *draft);

/* Uses up the draft. False when the moment is not within 64 bits. */
bool moment_draft_seconds(struct moment_draft *draft, int64_t now_s, int64_t *seconds);

#endif
