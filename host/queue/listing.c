#include "queue/listing.h"

#include "queue/book_sql_row.h"

/* Puts the job at its place; one that comes too late for the page is left out. */
static void insert_row(struct book_rows *rows, const struct job *job)
{
    uint32_t at = rows->count;
    while (at > 0 && rows->items[at - 1].ready_at_ms > job->ready_at_ms) {
        at--;
    }
    if (at == rows->most) {
        return;
    }
    rows->count += rows->count < rows->most;
    memmove(&rows->items[at + 1], &rows->items[at],
            (rows->count - at - 1) * sizeof *rows->items);
    rows->items[at] = *job;
}

static bool add_integration(struct db *db, int64_t integration, int64_t since_ms,
                            struct arena *arena, struct book_rows *rows,
                            struct error *error)
{
    static const char sql[] = "select" JOB_COLUMNS " from job where integration = $1"
                              " and ready_at_ms is not null and created_at_ms >= $2"
                              " order by ready_at_ms, id limit $3";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_int(query, integration);
    query_put_int(query, since_ms);
    query_put_int(query, rows->most);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        struct job job;
        if (!book_sql_read(query, arena, &job, error)) {
            return false;
        }
        insert_row(rows, &job);
    }
    return step == QUERY_DONE;
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
    if (!query) {
        return false;
    }
    query_put_text(query, filter->account);
    query_put_text(query, filter->integration);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        if (!add_integration(db, query_int(query, 0), filter->since_ms, arena, rows,
                             error)) {
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
    if (!query) {
        return false;
    }
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
