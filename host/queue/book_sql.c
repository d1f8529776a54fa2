#include "queue/book_sql.h"

#include <inttypes.h>
#include <stdio.h>

#include "queue/book_sql_row.h"

/* ---- one number ---- */

/* Ends the query; the number of its first row, 0 when it has none. */
static bool read_id(struct query *query, int64_t *id, struct error *error)
{
    enum query_step step = query_next(query, error);
    if (step != QUERY_FAILED) {
        *id = step == QUERY_ROW ? query_int(query, 0) : 0;
    }
    query_end(query);
    return step != QUERY_FAILED;
}

static struct query *by_name(struct db *db, const char *sql, int64_t integration,
                             struct str name, struct error *error)
{
    struct query *query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_text(query, name);
    return query;
}

static bool first_of_stream(void *self, int64_t integration, struct str stream, int64_t *id,
                            struct error *error)
{
    static const char sql[] = "select id from job where integration = $1 and stream = $2"
                              " and ended_at_ms is null order by id limit 1";
    struct query *query = by_name(self, sql, integration, stream, error);
    return read_id(query, id, error);
}

static bool active_before(void *self, int64_t integration, struct str stream,
                          int64_t before, int64_t *id, struct error *error)
{
    static const char sql[] = "select id from job where integration = $1 and stream = $2"
                              " and ended_at_ms is null and id < $3 and state in (1, 2)"
                              " order by id limit 1";
    struct query *query = by_name(self, sql, integration, stream, error);
    query_put_int(query, before);
    return read_id(query, id, error);
}

static bool with_once_key(void *self, int64_t integration, struct str key, int64_t *id,
                          struct error *error)
{
    static const char sql[] = "select id from job where integration = $1 and once_key = $2";
    struct query *query = by_name(self, sql, integration, key, error);
    return read_id(query, id, error);
}

static bool next_of_key(void *self, int64_t integration, struct str key, int64_t after,
                        int64_t *id, struct error *error)
{
    static const char sql[] = "select id from job where integration = $1"
                              " and merge_key = $2 and id > $3 order by id limit 1";
    struct query *query = by_name(self, sql, integration, key, error);
    query_put_int(query, after);
    return read_id(query, id, error);
}

static bool newest_of_key(void *self, int64_t integration, struct str key, int64_t *id,
                          struct error *error)
{
    static const char sql[] = "select id from job where integration = $1"
                              " and merge_key = $2 and state <> 6"
                              " order by id desc limit 1";
    struct query *query = by_name(self, sql, integration, key, error);
    return read_id(query, id, error);
}

static bool shown_of_key(void *self, int64_t integration, struct str key, int64_t before,
                         int64_t *id, struct error *error)
{
    static const char sql[] = "select id from job where integration = $1"
                              " and merge_key = $2 and id < $3 and state in (3, 4)"
                              " order by id desc limit 1";
    struct query *query = by_name(self, sql, integration, key, error);
    query_put_int(query, before);
    return read_id(query, id, error);
}

/* ---- rows ---- */

/* Ends the query. */
static bool read_rows(struct query *query, struct arena *arena, struct book_rows *rows,
                      struct error *error)
{
    enum query_step step = QUERY_DONE;
    rows->count = 0;
    while (rows->count < rows->most && (step = query_next(query, error)) == QUERY_ROW) {
        if (!book_sql_read(query, arena, &rows->items[rows->count], error)) {
            step = QUERY_FAILED;
            break;
        }
        rows->count++;
    }
    query_end(query);
    return step != QUERY_FAILED;
}

static bool ready(void *self, int64_t integration, struct arena *arena,
                  struct book_rows *rows, struct error *error)
{
    static const char sql[] = "select" JOB_COLUMNS " from job"
                              " where integration = $1 and ready_at_ms >= $2"
                              " and ready_at_ms <= $3 order by ready_at_ms, id limit $4";
    struct query *query = db_query(self, sql, error);
    query_put_int(query, integration);
    query_put_int(query, rows->from_ms);
    query_put_int(query, rows->to_ms);
    query_put_int(query, rows->most);
    return read_rows(query, arena, rows, error);
}

#define STRAYS " and (starts > 0 or ready_at_ms > not_before_ms)"

static bool strayed(void *self, int64_t integration, struct arena *arena,
                    struct book_rows *rows, struct error *error)
{
    static const char sql[] =
        "select" JOB_COLUMNS " from job where integration = $1 and ready_at_ms >= $2"
        " and ready_at_ms <= $3" STRAYS " order by ready_at_ms, id limit $4";
    struct query *query = db_query(self, sql, error);
    query_put_int(query, integration);
    query_put_int(query, rows->from_ms);
    query_put_int(query, rows->to_ms);
    query_put_int(query, rows->most);
    return read_rows(query, arena, rows, error);
}

static bool shift(void *self, int64_t integration, int64_t after_ms, int64_t by_ms,
                  struct error *error)
{
    static const char sql[] =
        "update job set ready_at_ms = ready_at_ms + $1 where integration = $2"
        " and ready_at_ms > $3 and ready_at_ms < $4" STRAYS;
    struct query *query = db_query(self, sql, error);
    query_put_int(query, by_ms);
    query_put_int(query, integration);
    query_put_int(query, after_ms);
    query_put_int(query, JOB_NEVER);
    return query_run(query, error);
}

/* ---- holds ---- */

static bool put_hold(void *self, const struct hold *hold, struct error *error)
{
    static const char sql[] =
        "insert into hold (integration, part, since_ms, reason) values ($1, $2, $3, $4)"
        " on conflict (integration, part) do nothing";
    struct query *query = by_name(self, sql, hold->integration, hold->part, error);
    query_put_int(query, hold->since_ms);
    query_put_text(query, hold->reason);
    return query_run(query, error);
}

static bool end_holds(void *self, int64_t integration, struct error *error)
{
    static const char sql[] = "delete from hold where integration = $1";
    struct query *query = db_query(self, sql, error);
    query_put_int(query, integration);
    return query_run(query, error);
}

static bool has_holds(void *self, int64_t integration, bool *has, struct error *error)
{
    static const char sql[] = "select 1 from hold where integration = $1"
                              " union all select 1 from pause where integration = $1"
                              " limit 1";
    int64_t one = 0;
    struct query *query = db_query(self, sql, error);
    query_put_int(query, integration);
    if (!read_id(query, &one, error)) {
        return false;
    }
    *has = one != 0;
    return true;
}

static bool is_held(void *self, int64_t integration, struct str part, bool *held,
                    struct error *error)
{
    static const char sql[] = "select 1 from hold where integration = $1 and part = $2"
                              " union all select 1 from pause where integration = $1"
                              " and $2 = '' limit 1";
    int64_t one = 0;
    struct query *query = by_name(self, sql, integration, part, error);
    if (!read_id(query, &one, error)) {
        return false;
    }
    *held = one != 0;
    return true;
}

struct book book_sql(struct db *db)
{
    return (struct book){
        .self = db,
        .insert = book_sql_insert,
        .load = book_sql_load,
        .load_text = book_sql_load_text,
        .update = book_sql_update,
        .put_args = book_sql_put_args,
        .put_result = book_sql_put_result,
        .add_history = book_sql_add_history,
        .first_of_stream = first_of_stream,
        .active_before = active_before,
        .with_once_key = with_once_key,
        .next_of_key = next_of_key,
        .newest_of_key = newest_of_key,
        .shown_of_key = shown_of_key,
        .ready = ready,
        .strayed = strayed,
        .shift = shift,
        .put_hold = put_hold,
        .end_holds = end_holds,
        .has_holds = has_holds,
        .is_held = is_held,
    };
}

/* ---- beside the rules ---- */

static bool find_integration(struct db *db, struct str account, struct str name,
                             int64_t *id, struct error *error)
{
    static const char sql[] = "select id from integration where account = $1 and name = $2";
    struct query *query = db_query(db, sql, error);
    query_put_text(query, account);
    query_put_text(query, name);
    return read_id(query, id, error);
}

bool book_sql_integration(struct db *db, struct str account, struct str name, int64_t *id,
                          struct error *error)
{
    static const char sql[] = "insert into integration (account, name) values ($1, $2)";
    int64_t found = 0;
    if (!find_integration(db, account, name, &found, error)) {
        return false;
    }
    if (found == 0) {
        struct query *query = db_query(db, sql, error);
        query_put_text(query, account);
        query_put_text(query, name);
        if (!query_run(query, error)) {
            return false;
        }
        found = db_last_key(db);
    }
    *id = found;
    return true;
}

static bool put_name(struct db *db, struct str name, struct error *error)
{
    static const char sql[] = "insert into queue (id, name) values (1, $1)"
                              " on conflict (id) do nothing";
    struct query *query = db_query(db, sql, error);
    query_put_text(query, name);
    return query_run(query, error);
}

bool book_sql_name(struct db *db, uint64_t dice, struct arena *arena, struct str *name,
                   struct error *error)
{
    static const char sql[] = "select name from queue where id = 1";
    char fresh[24];
    (void)snprintf(fresh, sizeof fresh, "%016" PRIx64, dice);
    if (!put_name(db, str_from(fresh), error)) {
        return false;
    }
    OWN(query) query = db_query(db, sql, error);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    *name = arena_copy(arena, query_text(query, 0));
    return name->ptr || error_set(error, IMH_RETRY, "no memory for the queue's name");
}

/* ---- forgetting ---- */

/* From children to parents. */
static const char *const forget_sql[] = {
    "delete from history where job in (select id from job where kind = $1"
    " and state in (5, 6) and ended_at_ms < $2 and id < (select max(id) from job)"
    " order by state, ended_at_ms, id limit $3)",
    "delete from job_text where job in (select id from job where kind = $1"
    " and state in (5, 6) and ended_at_ms < $2 and id < (select max(id) from job)"
    " order by state, ended_at_ms, id limit $3)",
    "delete from job where id in (select id from job where kind = $1"
    " and state in (5, 6) and ended_at_ms < $2 and id < (select max(id) from job)"
    " order by state, ended_at_ms, id limit $3)",
};

bool book_sql_forget(struct db *db, enum job_kind kind, int64_t before_ms, uint32_t most,
                     uint32_t *gone, struct error *error)
{
    for (size_t i = 0; i < sizeof forget_sql / sizeof *forget_sql; i++) {
        struct query *query = db_query(db, forget_sql[i], error);
        query_put_int(query, kind);
        query_put_int(query, before_ms);
        query_put_int(query, most);
        if (!query_run(query, error)) {
            return false;
        }
    }
    *gone = (uint32_t)db_changes(db);
    return true;
}
