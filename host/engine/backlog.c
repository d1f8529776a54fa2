#include "engine/backlog.h"

#include <stdlib.h>

#include "base/arena.h"

enum { BLOCK_BYTES = 4096, WAIT_MS = 1000 };

struct found {
    struct str account, integration; /* end with a zero, as all of an arena */
};

struct backlog {
    struct store_work work; /* first */
    struct store *store;
    const struct clock *clock;
    struct inbox *answers;
    bool under_way;
    int64_t look_ms; /* monotonic: when it is due */
    int64_t most;
    struct arena arena; /* of what was found */
    struct found *found;
    uint32_t count;
};

/* ---- in the store's thread ---- */

static bool look(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] =
        "select account, name from integration where"
        " (select count(*) from (select 1 from job where job.integration = integration.id"
        " and ended_at_ms is null limit $1) as waiting) >= $1 limit $2";
    struct backlog *backlog = (struct backlog *)(void *)work;
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, backlog->most);
    query_put_int(query, BACKLOG_FOUND_MOST);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        struct found *found = &backlog->found[backlog->count];
        found->account = arena_copy(&backlog->arena, query_text(query, 0));
        found->integration = arena_copy(&backlog->arena, query_text(query, 1));
        backlog->count += found->account.ptr && found->integration.ptr;
    }
    return step == QUERY_DONE;
}

/* ---- beside it ---- */

struct backlog *backlog_make(struct store *store, const struct clock *clock,
                             struct error *error)
{
    struct backlog *backlog = calloc(1, sizeof *backlog);
    if (backlog) {
        backlog->store = store;
        backlog->clock = clock;
        backlog->work.run = look;
        backlog->answers = backlog->work.answer_to = inbox_make();
        arena_init(&backlog->arena, BLOCK_BYTES, 0);
    }
    if (!backlog || !backlog->answers) {
        backlog_free(backlog);
        (void)error_set(error, IMH_RETRY, "no memory to watch the queue");
        return NULL;
    }
    return backlog;
}

void backlog_free(struct backlog *backlog)
{
    if (!backlog) {
        return;
    }
    while (backlog->under_way) {
        backlog->under_way = inbox_wait(backlog->answers, WAIT_MS) == NULL;
    }
    inbox_free(backlog->answers);
    arena_done(&backlog->arena);
    free(backlog);
}

static void begin(struct backlog *backlog, int64_t most)
{
    arena_clear(&backlog->arena);
    backlog->found =
        arena_zero(&backlog->arena, BACKLOG_FOUND_MOST, sizeof *backlog->found);
    backlog->count = 0;
    backlog->most = most;
    backlog->under_way = backlog->found != NULL;
    if (backlog->under_way) {
        store_put(backlog->store, &backlog->work);
    }
}

bool backlog_turn(struct backlog *backlog, int64_t most, int64_t every_ms,
                  void (*each)(void *self, const char *account, const char *integration),
                  void *self)
{
    int64_t now_ms = clock_mono_ms(backlog->clock);
    bool over = backlog->under_way && inbox_take(backlog->answers);
    if (over) {
        backlog->under_way = false;
        over = backlog->work.done;
        for (uint32_t i = 0; over && i < backlog->count; i++) {
            each(self, backlog->found[i].account.ptr, backlog->found[i].integration.ptr);
        }
    } else if (!backlog->under_way && most > 0 && now_ms >= backlog->look_ms) {
        backlog->look_ms =
            now_ms + (every_ms < BACKLOG_LOOK_MS ? every_ms : BACKLOG_LOOK_MS);
        begin(backlog, most);
    }
    return over;
}
