#include "app/halt_desk.h"

#include <stdio.h>

#include "event/event.h"
#include "queue/book_sql.h"
#include "queue/queue.h"
#include "store/audit.h"

struct halting {
    struct store_work work; /* first */
    const struct halt_asked *asked;
    struct arena arena;
    int64_t now_ms, id;
    char who[PAUSE_WHO_BYTES];
    struct pause pause;
    bool changed;
};

static struct halting *halting_of(struct store_work *work)
{
    return (struct halting *)(void *)work;
}

static bool note(const struct halting *halting, struct db *db, struct error *error)
{
    const struct halt_asked *asked = halting->asked;
    const struct audit audit = {.at_ms = halting->now_ms,
                                .actor = str_from(halting->who),
                                .action = asked->pause ? STR_OF("integration disable")
                                                       : STR_OF("integration enable"),
                                .account = asked->account,
                                .subject = asked->identifier};
    return audit_add(db, &audit, error);
}

/* What was held, and what rests after a failure. Neither dice nor policies are needed to
 * bring jobs back. */
static bool release(struct halting *halting, struct db *db, struct error *error)
{
    const struct book book = book_sql(db);
    const struct queue queue = {
        .book = &book, .now_ms = halting->now_ms, .arena = &halting->arena};
    bool good = true;
    for (bool more = true; good && more;) {
        good = queue_release(&queue, halting->id, &more, error);
    }
    for (bool more = true; good && more;) {
        good = queue_clamp(&queue, halting->id, 0, &more, error);
    }
    return good;
}

static bool enable(struct halting *halting, struct db *db, struct error *error)
{
    const struct book book = book_sql(db);
    return book.has_holds(book.self, halting->id, &halting->changed, error) &&
           halt_end_pause(db, halting->id, error) &&
           (!halting->asked->skip || event_relearn(db, halting->id, error)) &&
           release(halting, db, error);
}

static bool disable(struct halting *halting, struct db *db, struct error *error)
{
    struct pause pause = {.since_ms = halting->now_ms};
    (void)snprintf(pause.who, sizeof pause.who, "%s", halting->who);
    halting->changed = halting->pause.since_ms == 0;
    return halt_pause(db, halting->id, &pause, error);
}

static bool set(struct store_work *work, struct db *db, struct error *error)
{
    struct halting *halting = halting_of(work);
    const struct halt_asked *asked = halting->asked;
    if (!book_sql_integration(db, asked->account, asked->identifier, &halting->id, error) ||
        !halt_find_pause(db, halting->id, &halting->pause, error)) {
        return false;
    }
    return (asked->pause ? disable : enable)(halting, db, error) &&
           halt_find_pause(db, halting->id, &halting->pause, error) &&
           (!halting->changed || note(halting, db, error));
}

bool halt_desk_set(struct store *store, const struct halt_asked *asked, struct pause *pause,
                   bool *changed, struct error *error)
{
    struct halting halting = {
        .work = {.run = set}, .asked = asked, .now_ms = clock_now_ms(&clock_real)};
    (void)snprintf(halting.who, sizeof halting.who, "uid %u", (unsigned)asked->asker);
    arena_init(&halting.arena, 64 << 10, 0);
    bool good = store_do(store, &halting.work, error);
    if (good) {
        *pause = halting.pause;
        *changed = halting.changed;
    }
    arena_done(&halting.arena);
    return good;
}

/* ---- all there are ---- */

struct listing {
    struct store_work work; /* first */
    void (*each)(void *self, const struct halt *halt);
    void *self;
};

static bool list(struct store_work *work, struct db *db, struct error *error)
{
    const struct listing *listing = (const struct listing *)(void *)work;
    return halt_each(db, listing->each, listing->self, error);
}

bool halt_desk_each(struct store *store, void (*each)(void *self, const struct halt *halt),
                    void *self, struct error *error)
{
    struct listing listing = {.work = {.run = list}, .each = each, .self = self};
    return store_do(store, &listing.work, error);
}
