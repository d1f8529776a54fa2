#include "queue/listing.h"

#include "queue/book_sql_row.h"

/* What is not ready comes last. */
static bool is_turn(int64_t ready_at_ms)
{
    return ready_at_ms != JOB_NOT_READY;
}

/* Does it come later in the list? */
static bool is_later(const struct job *job, int64_t ready_at_ms, int64_t id)
{
    if (is_turn(job->ready_at_ms) != is_turn(ready_at_ms)) {
        return !is_turn(job->ready_at_ms);
    }
    return job->ready_at_ms != ready_at_ms ? job->ready_at_ms > ready_at_ms : job->id > id;
}

/* Puts the job at its place. */
static void insert_row(struct book_rows *rows, const struct job *job)
{
    uint32_t at = rows->count;
    while (at > 0 && is_later(&rows->items[at - 1], job->ready_at_ms, job->id)) {
        at--;
    }
    rows->count += rows->count < rows->most;
    memmove(&rows->items[at + 1], &rows->items[at],
            (rows->count - at - 1) * sizeof *rows->items);
    rows->items[at] = *job;
}

/* The rows, until they are too late for the page. */
static bool add_rows(struct query *query, struct arena *arena, struct book_rows *rows,
                     struct error *error)
{
    enum query_step step;
    while ((step = query_next(query, error)) == QUERY_ROW) {
        struct job job;
        bool full = rows->count == rows->most;
        if (full && !is_later(&rows->items[rows->count - 1], query_int(query, 12),
                              query_int(query, 0))) {
            return true;
        }
        if (!book_sql_read(query, arena, &job, error)) {
            return false;
        }
        insert_row(rows, &job);
    }
    return step == QUERY_DONE;
}

/* Those of one integration: the first of their streams. */
static bool add_first(struct db *db, int64_t integration,
                      const struct overview_filter *filter, struct arena *arena,
                      struct book_rows *rows, struct error *error)
{
    static const char sql[] =
        "select" JOB_COLUMNS " from job where integration = $1"
        " and ready_at_ms is not null and (ready_at_ms, id) > ($2, $3)"
        " and created_at_ms >= $4 order by ready_at_ms, id limit $5";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_int(query, filter->after > 0 ? filter->after_ms : INT64_MIN);
    query_put_int(query, filter->after);
    query_put_int(query, filter->since_ms);
    query_put_int(query, rows->most);
    return add_rows(query, arena, rows, error);
}

/* The others. */
static bool add_behind(struct db *db, int64_t integration,
                       const struct overview_filter *filter, struct arena *arena,
                       struct book_rows *rows, struct error *error)
{
    static const char sql[] =
        "select" JOB_COLUMNS " from job where integration = $1"
        " and state = 0 and id > $2 and created_at_ms >= $3 order by id limit $4";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_int(query, is_turn(filter->after_ms) ? 0 : filter->after);
    query_put_int(query, filter->since_ms);
    query_put_int(query, rows->most);
    return add_rows(query, arena, rows, error);
}

static bool add_integration(struct db *db, int64_t integration,
                            const struct overview_filter *filter, struct arena *arena,
                            struct book_rows *rows, struct error *error)
{
    bool good = !is_turn(filter->after_ms) ||
                add_first(db, integration, filter, arena, rows, error);
    return good && (rows->count == rows->most ||
                    add_behind(db, integration, filter, arena, rows, error));
}

bool listing_due(struct db *db, const struct overview_filter *filter, struct arena *arena,
                 struct book_rows *rows, struct error *error)
{
    static const char sql[] = "select id from integration"
                              " where ($1 = '' or account = $1)"
                              " and ($2 = '' or name = $2)";
    enum query_step step;
    rows->count = 0;
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, filter->account);
    query_put_text(query, filter->integration);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        if (!add_integration(db, query_int(query, 0), filter, arena, rows, error)) {
            return false;
        }
    }
    return step == QUERY_DONE;
}

bool listing_names(struct db *db, int64_t integration, struct arena *arena,
                   struct str *account, struct str *name, struct error *error)
{
    static const char sql[] = "select account, name from integration where id = $1";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, integration);
    enum query_step step = query_next(query, error);
    if (step != QUERY_ROW) {
        return step == QUERY_DONE &&
               error_set(error, IMH_BROKEN, "a job of an integration that is not there");
    }
    *account = arena_copy(arena, query_text(query, 0));
    *name = arena_copy(arena, query_text(query, 1));
    return (account->ptr && name->ptr) || error_set(error, IMH_RETRY, "no memory");
}

bool listing_owners(struct db *db,
                    void (*each)(void *self, struct str account, struct str name),
                    void *self, struct error *error)
{
    static const char sql[] =
        "select account, name from integration where exists (select 1 from job"
        " where job.integration = integration.id and ended_at_ms is null) or exists"
        " (select 1 from job where job.integration = integration.id and state in (3, 4))"
        " order by account, name";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        each(self, query_text(query, 0), query_text(query, 1));
    }
    return step == QUERY_DONE;
}
