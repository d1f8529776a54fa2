#include "queue/halt.h"

#include <stdio.h>

bool halt_pause(struct db *db, int64_t integration, const struct pause *pause,
                struct error *error)
{
    static const char sql[] = "insert into pause (integration, since_ms, who)"
                              " values ($1, $2, $3) on conflict (integration) do nothing";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_int(query, pause->since_ms);
    query_put_text(query, str_from(pause->who));
    return query_run(query, error);
}

bool halt_end_pause(struct db *db, int64_t integration, struct error *error)
{
    static const char sql[] = "delete from pause where integration = $1";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, integration);
    return query_run(query, error);
}

bool halt_find_pause(struct db *db, int64_t integration, struct pause *pause,
                     struct error *error)
{
    static const char sql[] = "select since_ms, who from pause where integration = $1";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, integration);
    enum query_step step = query_next(query, error);
    if (step == QUERY_FAILED) {
        return false;
    }
    *pause = (struct pause){.since_ms = 0};
    if (step == QUERY_ROW) {
        pause->since_ms = query_int(query, 0);
        (void)snprintf(pause->who, sizeof pause->who, "%.*s",
                       STR_ARGS(query_text(query, 1)));
    }
    return true;
}

/* ---- both kinds ---- */

#define HALTS                                                                    \
    "select account, name, 1 as paused, '' as part, since_ms, who as why,"       \
    " integration.id as number from pause"                                       \
    " join integration on integration.id = pause.integration"                    \
    " union all select account, name, 0, part, since_ms, reason, integration.id" \
    " from hold join integration on integration.id = hold.integration"

static struct halt read_halt(const struct query *query)
{
    return (struct halt){.account = query_text(query, 0),
                         .integration = query_text(query, 1),
                         .paused = query_int(query, 2) != 0,
                         .part = query_text(query, 3),
                         .since_ms = query_int(query, 4),
                         .why = query_text(query, 5)};
}

/* false when memory is out. */
static bool copy_halt(struct arena *arena, const struct halt *from, struct halt *to)
{
    *to = *from;
    to->account = arena_copy(arena, from->account);
    to->integration = arena_copy(arena, from->integration);
    to->part = arena_copy(arena, from->part);
    to->why = arena_copy(arena, from->why);
    return to->account.ptr && to->integration.ptr && to->part.ptr && to->why.ptr;
}

bool halt_find(struct db *db, int64_t integration, struct str part, struct arena *arena,
               struct halt *halt, struct error *error)
{
    static const char sql[] = "select * from (" HALTS ") as halts where number = $1"
                              " and part in ('', $2) order by paused desc, part limit 1";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_text(query, part);
    enum query_step step = query_next(query, error);
    if (step == QUERY_DONE) {
        *halt = (struct halt){.since_ms = 0};
    }
    if (step != QUERY_ROW) {
        return step == QUERY_DONE;
    }
    const struct halt row = read_halt(query);
    return copy_halt(arena, &row, halt) ||
           error_set(error, IMH_RETRY, "no memory for what holds an integration");
}

bool halt_each(struct db *db, void (*each)(void *self, const struct halt *halt), void *self,
               struct error *error)
{
    static const char sql[] = HALTS " order by 1, 2, 3 desc, 4";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct halt halt = read_halt(query);
        each(self, &halt);
    }
    return step == QUERY_DONE;
}
