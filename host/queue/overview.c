#include "queue/overview.h"

#include "queue/book_sql_row.h"

/* Of an account, or of all: `$1` and `$2` are the filter's names. */
#define INTEGRATIONS                                              \
    "(select id from integration where ($1 = '' or account = $1)" \
    " and ($2 = '' or name = $2))"

static struct query *by_filter(struct db *db, const char *sql,
                               const struct overview_filter *filter, struct error *error)
{
    struct query *query = db_query(db, sql, error);
    query_put_text(query, filter->account);
    query_put_text(query, filter->integration);
    return query;
}

/* With `$3`: since when they were made. */
#define SINCE " and created_at_ms >= $3"

static struct query *by_filter_since(struct db *db, const char *sql,
                                     const struct overview_filter *filter,
                                     struct error *error)
{
    struct query *query = by_filter(db, sql, filter, error);
    query_put_int(query, filter->since_ms);
    return query;
}

/* ---- pages ---- */

/* Puts the job at its place, newest first; one that is too old for the page is left out. */
static void insert_row(struct book_rows *rows, const struct job *job)
{
    uint32_t at = rows->count;
    while (at > 0 && rows->items[at - 1].id < job->id) {
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

/* Those of one integration, until they are too old for the page. */
static bool add_integration(struct db *db, int64_t integration,
                            const struct overview_filter *filter, struct arena *arena,
                            struct book_rows *rows, struct error *error)
{
    static const char sql[] =
        "select" JOB_COLUMNS " from job where integration = $1"
        " and state in (3, 4) and id < $2" SINCE " order by id desc limit $4";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_int(query, filter->before > 0 ? filter->before : INT64_MAX);
    query_put_int(query, filter->since_ms);
    query_put_int(query, rows->most);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        struct job job;
        bool full = rows->count == rows->most;
        if (full && query_int(query, 0) < rows->items[rows->count - 1].id) {
            return true;
        }
        if (!book_sql_read(query, arena, &job, error)) {
            return false;
        }
        insert_row(rows, &job);
    }
    return step == QUERY_DONE;
}

bool overview_page(struct db *db, const struct overview_filter *filter, struct arena *arena,
                   struct book_rows *rows, struct error *error)
{
    static const char sql[] = "select id from integration where id in " INTEGRATIONS;
    enum query_step step;
    rows->count = 0;
    OWN(query) query = by_filter(db, sql, filter, error);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        if (!add_integration(db, query_int(query, 0), filter, arena, rows, error)) {
            return false;
        }
    }
    return step == QUERY_DONE;
}

/* ---- counts ---- */

/* All of them are counted already; when they were made, only the jobs tell. */
static struct query *ask_counts(struct db *db, const struct overview_filter *filter,
                                struct error *error)
{
    static const char all[] =
        "select coalesce(sum(waiting), 0), coalesce(sum(held), 0),"
        " coalesce(sum(running), 0), coalesce(sum(failed), 0) from job_count"
        " where integration in " INTEGRATIONS;
    static const char since[] =
        "select coalesce(sum(case when state in (0, 1) then 1 else 0 end), 0),"
        " coalesce(sum(case when ready_at_ms = 9223372036854775807 then 1 else 0 end), 0),"
        " coalesce(sum(case when state = 2 then 1 else 0 end), 0),"
        " coalesce(sum(case when state in (3, 4) then 1 else 0 end), 0)"
        " from job where integration in " INTEGRATIONS SINCE
        " and (ended_at_ms is null or state in (3, 4))";
    return filter->since_ms > 0 ? by_filter_since(db, since, filter, error)
                                : by_filter(db, all, filter, error);
}

bool overview_count(struct db *db, const struct overview_filter *filter,
                    struct overview_counts *counts, struct error *error)
{
    OWN(query) query = ask_counts(db, filter, error);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    *counts = (struct overview_counts){.waiting = query_int(query, 0),
                                       .held = query_int(query, 1),
                                       .running = query_int(query, 2),
                                       .shown = query_int(query, 3)};
    return true;
}

/* ---- why, and what was tried ---- */

bool overview_causes(struct db *db, const struct overview_filter *filter,
                     void (*each)(void *self, const struct overview_cause *cause),
                     void *self, struct error *error)
{
    static const char sql[] =
        "select history.status, history.code, count(*) from job join history"
        " on history.id = (select max(id) from history where history.job = job.id"
        " and what = 1) where job.integration in " INTEGRATIONS SINCE
        " and job.state in (3, 4)"
        " group by history.status, history.code order by count(*) desc, 1, 2";
    enum query_step step;
    OWN(query) query = by_filter_since(db, sql, filter, error);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct overview_cause cause = {(imh_status)query_int(query, 0),
                                             (uint32_t)query_int(query, 1),
                                             query_int(query, 2)};
        each(self, &cause);
    }
    return step == QUERY_DONE;
}

bool overview_history(struct db *db, int64_t job,
                      void (*each)(void *self, const struct history *history), void *self,
                      struct error *error)
{
    static const char sql[] = "select at_ms, what, attempt, status, code, times, words"
                              " from history where job = $1 order by id";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, job);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct history history = {.job = job,
                                        .at_ms = query_int(query, 0),
                                        .what = (enum happening)query_int(query, 1),
                                        .attempt = (uint32_t)query_int(query, 2),
                                        .status = (imh_status)query_int(query, 3),
                                        .code = (uint32_t)query_int(query, 4),
                                        .times = (uint32_t)query_int(query, 5),
                                        .words = query_text(query, 6)};
        each(self, &history);
    }
    return step == QUERY_DONE;
}
