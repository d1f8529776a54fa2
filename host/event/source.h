/* source - how far a source of events has been read, and what to ask it for next.
 *
 * A source is read in spans of time, a span in pages. A span is over when its last page was
 * taken; only then the next one begins. A page that fails again and again is asked for in
 * halves: the one record that is at fault is skipped at last, and the rest goes on.
 *
 * Pure: no clock, no store.
 */
#ifndef HOST_EVENT_SOURCE_H
#define HOST_EVENT_SOURCE_H

#include "base/error.h"
#include "base/str.h"

enum {
    SOURCE_SPAN_MS = 24 * 3600 * 1000, /* longest: after an outage they are cut to it */
    SOURCE_SUSPECTS = 128,             /* a page that fails is taken for so many records */
    SOURCE_PATIENCE = 4,               /* so many failures for now, before it is halved */
    SOURCE_CURSOR_BYTES = 4096
};

/* What is kept of a source. */
struct source_place {
    bool learned;        /* the first run is over: what comes is new */
    int64_t done_ms;     /* everything before it was read; 0: never */
    int64_t from_ms;     /* the span under way ... */
    int64_t to_ms;       /* ... its end; 0: none is */
    struct str cursor;   /* how far in it; empty: at its start */
    uint32_t suspects;   /* the next so many records hold the one at fault; 0: none does */
    bool creeps;         /* and are read one by one */
    uint32_t failures;   /* of this page, in a row */
    uint32_t parked;     /* records skipped so far */
    int64_t polls;       /* answers taken: tells a late one from the one waited for */
    struct str trouble;  /* why it fails now; empty: it does not */
    int64_t good_at_ms;  /* when it last answered; 0: never */
    int64_t tried_at_ms; /* when it was last asked */
};

/* How a source is to be read. */
struct source_pace {
    int64_t every_ms;
    int64_t margin_ms;
    bool lags; /* the margin is at the end of a span; else spans overlap by it */
};

struct source_page {
    bool first; /* learn only */
    bool skip;
    uint32_t most;
    int64_t from_ms, to_ms;
    struct str cursor;
};

/* The next page, of the span under way or of a new one; false: there is nothing to ask for
 * yet. */
bool source_next(const struct source_place *place, const struct source_pace *pace,
                 int64_t now_ms, struct source_page *page);

/* A page was taken: what came is to be stored with the place as it is now. */
void source_took(struct source_place *place, const struct source_page *page,
                 struct str cursor, bool more, int64_t now_ms);

/* A page failed. `rest_ms`: how long to let it be; 0: ask for a smaller one at once. What
 * failed because of a record is halved, what only failed for now after some patience. One
 * that killed its worker is crept up to: halves would kill too many. The place's `trouble`
 * is lent from `why`. */
void source_failed(struct source_place *place, const struct source_page *page,
                   const struct error *why, bool killed, int64_t now_ms, int64_t *rest_ms);

/* When the source is polled next: all of a host are spread over their period by `dice`, a
 * number that stays the same for each: that of its names. */
uint64_t source_dice(const char *account, const char *identifier, const char *source);
int64_t source_due_ms(int64_t after_ms, int64_t every_ms, uint64_t dice);

#endif
