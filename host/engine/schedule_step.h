/* schedule_step - what schedule asks of the store: each a step in the store's thread.
 *
 * Private to schedule. A step comes back to `after`, which owns it; what it gives lies in
 * its arena.
 */
#ifndef HOST_ENGINE_SCHEDULE_STEP_H
#define HOST_ENGINE_SCHEDULE_STEP_H

#include "engine/schedule.h"
#include "engine/skipped.h"

struct polled;

struct poll_step {
    struct store_work work; /* first */
    void (*after)(struct schedule *schedule, struct poll_step *step);
    struct polled *polled;
    struct arena arena;
    struct followup_page *looked; /* what comes of a page's events; NULL: nothing */
};

/* How far a source was read, and the number of its integration. */
struct poll_place {
    struct poll_step step; /* first */
    struct str account, identifier, source;
    int64_t integration;
    struct source_place place;
};

/* What a plugin kept under a key. */
struct poll_state {
    struct poll_step step; /* first */
    const struct supervisor *asked_by;
    uint64_t call;
    uint64_t number;
    int64_t integration;
    struct str key;
    struct str value; /* filled; NULL: nothing */
};

/* What a page brought. It is filled while the poll runs. */
struct poll_page {
    struct poll_step step; /* first */
    struct event_page page;
    struct source_place place; /* after it */
    int64_t since_ms;          /* what was before was read by another poll */
    uint32_t event_room, state_room;
    struct state_item *states; /* page.state_count of them */
    struct str cursor;
    bool more;
    struct skipped skipped; /* its `number` 0: no record was */
    struct error failure;   /* IMH_OK: what came so far can be kept */
};

/* NULL when memory is out. */
struct poll_place *poll_place_make(struct polled *polled, struct str account,
                                   struct str identifier, struct str source);
struct poll_state *poll_state_make(struct polled *polled, int64_t integration,
                                   uint64_t call, const struct state_question *question);
struct poll_page *poll_page_make(struct polled *polled, int64_t integration,
                                 struct str source);

/* Copies it into the page; what cannot be kept is its failure. */
void poll_page_event(struct poll_page *got, const struct call_event *event,
                     const imh_event_type *type);
void poll_page_state(struct poll_page *got, const struct state_item *item);
void poll_page_cursor(struct poll_page *got, const struct cursor *cursor);

/* When the page passed over a record: it goes into the overview with the page. */
bool poll_page_skip(struct poll_page *got, const struct source_page *asked,
                    struct error *error);

/* What its events start is found here, off the store's thread; `followups` NULL: nothing.
 * false: no memory. */
bool poll_page_look(struct poll_page *got, struct followups *followups, struct str account,
                    struct str identifier);

/* How a source of the integration is read. */
struct source_pace schedule_pace(const struct integration *integration,
                                 const imh_source *source);

/* Any of them; NULL is fine. */
void poll_step_free(struct poll_step *step);

#endif
