/* followup - what is to be done when something happened, as an account's file says it.
 *
 * A section is read once: names and values become steps, waits and compiled expressions;
 * its text goes with each run, and is read again from there when the file has changed
 * since. Whether identifiers, types and actions exist is for the caller to check.
 *
 * Never changed once made, so threads may share it.
 */
#ifndef HOST_FOLLOWUP_FOLLOWUP_H
#define HOST_FOLLOWUP_FOLLOWUP_H

#include "base/arena.h"
#include "base/error.h"
#include "base/own.h"
#include "base/str.h"
#include "followup/values.h"

struct smarty_template;

enum {
    FOLLOWUP_NAME_BYTES = 64,
    FOLLOWUP_TEXT_BYTES = 64 << 10,
    FOLLOWUP_DIGEST_BYTES = 16,
    FOLLOWUP_EVENTS_MOST = 64, /* of on, until and restart each */
    FOLLOWUP_STEPS_MOST = 20,
    FOLLOWUP_ARGUMENTS_MOST = 64, /* of a step */
    FOLLOWUP_LIMIT_MOST = 1000000
};

/* "shop.order-create", and of until and restart the member that both events have alike. */
struct followup_event {
    struct str integration, type;
    struct str field; /* "customer.email" */
    unsigned line;
};

struct followup_events {
    struct followup_event *items;
    uint32_t count;
};

/* Days are of the account's calendar: the clock on the wall stays. */
struct followup_wait {
    int64_t seconds;
    int64_t days;
};

struct followup_argument {
    struct str name;
    struct str source; /* as it was written */
    struct smarty_template *value;
    unsigned line;
};

struct followup_step {
    struct smarty_template *condition; /* `if`; NULL: none */
    struct smarty_template *recheck;
    struct values condition_values, recheck_values; /* of their variables */
    struct followup_wait wait;
    struct str integration, action;
    struct followup_argument *arguments;
    uint32_t argument_count;
    unsigned line; /* of its `do`; 0: it has none */
    unsigned condition_line, recheck_line;
};

struct followup_limit {
    uint32_t most; /* 0: no limit */
    int64_t period_s;
    struct smarty_template *per; /* what is counted apart */
    unsigned line;
};

struct followup {
    struct followup *next; /* for who keeps several */
    struct arena arena;
    struct str name, text;
    char digest[FOLLOWUP_DIGEST_BYTES]; /* of the text */
    unsigned line;                      /* of its section; 0: not known */
    bool disabled;
    bool wrong; /* something is: it can only be looked at */
    struct followup_events on, until, restart;
    struct followup_limit limit;
    struct followup_step *steps;
    uint32_t step_count;
};

/* A line of the section. */
struct followup_entry {
    struct str name, value;
    unsigned line;
};

/* Who is told what is wrong; `wrong` may be meant for one of the words `names`. */
struct followup_problems {
    void *self;
    void (*tell)(void *self, unsigned line, const char *what, struct str wrong,
                 struct str names);
};

/* What is wrong, all of it, is told; then it is `wrong`. NULL: no memory. */
struct followup *followup_make(struct str name, const struct followup_entry *entries,
                               uint32_t count, const struct followup_problems *problems);

/* From the text of one that was made before. */
struct followup *followup_read(struct str name, struct str text, struct error *error);

void followup_free(struct followup *followup);
OWN_BY(followup);

/* When a wait that began at `since_ms` is over. */
struct zone;
int64_t followup_wait_end(const struct followup_wait *wait, const struct zone *zone,
                          int64_t since_ms);

#endif
