/* event - something that happened over there, as the store keeps it.
 *
 * Its key is unique per occurrence within its integration and type, and remembered for
 * good, by its digest: what comes twice is dropped. Thread: store.
 */
#ifndef HOST_EVENT_EVENT_H
#define HOST_EVENT_EVENT_H

#include "base/arena.h"
#include "base/message.h"
#include "event/source.h"
#include "store/db.h"

enum {
    EVENT_KEY_BYTES = 200,
    EVENT_SUBJECT_BYTES = 16 << 10,
    EVENT_DATA_BYTES = 512 << 10,
    EVENT_KEPT_DAYS = 90
};

struct event {
    int64_t id; /* ascending in the order in which they were taken; 0: it is a repeat */
    int64_t integration;
    struct str type, key;
    int64_t at_ms; /* when it happened */
    int64_t seen_at_ms;
    struct str subject, data; /* JSON objects */
    struct str origin;        /* JSON: its causes; empty for none */
    uint32_t flags;           /* of its type: IMH_OPT_IN, IMH_OPT_OUT; not kept */
};

/* Is it one that can be kept? IMH_REJECTED, and why. */
bool event_check(const struct event *event, struct error *error);

/* Keeps it, unless one with its key was kept before: then its id is 0. `learn`: the key
 * only. */
bool event_add(struct db *db, struct event *event, bool learn, struct error *error);

/* Did one of this integration, type and key come before? */
enum event_known {
    EVENT_NEW,
    EVENT_TOLD,   /* it was kept, if it is not forgotten by now */
    EVENT_LEARNED /* it was there when the integration was linked: nobody was told */
};

bool event_knows(struct db *db, const struct event *event, enum event_known *known,
                 struct error *error);

/* What a page of a source brought: all of it is kept, with the place, or nothing. */
struct event_page {
    int64_t integration;
    struct str source;
    /* After it; its number of polls before it is one less. NULL: it stays where it is. */
    const struct source_place *place;
    bool learn;
    struct event *events; /* count */
    uint32_t count;
    const struct state_item *states; /* state_count; an empty value is removed */
    uint32_t state_count;
    int64_t now_ms;
    /* Asked for the origin of each that is new, before it is kept; its `at_ms` may be 0
     * still. NULL: it has that already. */
    bool (*trace)(void *self, struct db *db, struct event *event, struct error *error);
    void *tracer; /* self of trace */
    /* Told each that is new, in the same transaction; NULL: nobody is. */
    bool (*fresh)(void *self, struct db *db, const struct event *event,
                  struct error *error);
    void *self;
    uint32_t news; /* filled */
};

/* Errors: IMH_MISSING: another page was taken meanwhile; this one is not. */
bool event_take_page(struct db *db, struct event_page *page, struct error *error);

/* How far a source was read; a blank one when it never was. */
bool event_place(struct db *db, int64_t integration, struct str source, struct arena *arena,
                 struct source_place *place, struct error *error);

/* Its sources are read as those of one that was just linked: what is there then raises no
 * events. */
bool event_relearn(struct db *db, int64_t integration, struct error *error);

/* What a plugin keeps under a key; NULL: nothing. */
bool event_state(struct db *db, int64_t integration, struct str key, struct arena *arena,
                 struct str *value, struct error *error);

/* Forgets events seen before that moment, oldest first, at most `most`; never the newest.
 * Their keys stay. */
bool event_forget(struct db *db, int64_t before_ms, uint32_t most, uint32_t *gone,
                  struct error *error);

#endif
