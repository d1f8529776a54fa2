#include "queue/book_sql.h"
#include "queue/book_sql_row.h"
#include "queue/tally.h"

static bool copy(struct arena *arena, const struct query *query, unsigned column,
                 struct str *to)
{
    *to = arena_copy(arena, query_text(query, column));
    return to->ptr != NULL;
}

static void note_stored(struct job *job)
{
    job->stored = job->state;
    job->stored_held = job->ready_at_ms == JOB_NEVER;
}

static uint32_t number(const struct query *query, unsigned column)
{
    return (uint32_t)query_int(query, column);
}

bool book_sql_read(const struct query *query, struct arena *arena, struct job *job,
                   struct error *error)
{
    struct job read = {
        .id = query_int(query, 0),
        .integration = query_int(query, 1),
        .kind = (enum job_kind)query_int(query, 2),
        .state = (enum job_state)query_int(query, 3),
        .flags = number(query, 4),
        .starts = number(query, 5),
        .attempts = number(query, 6),
        .kills = number(query, 7),
        .version = number(query, 8),
        .batch_most = number(query, 9),
        .created_at_ms = query_int(query, 10),
        .not_before_ms = query_int(query, 11),
        .ready_at_ms = query_int(query, 12),
        .ended_at_ms = query_int(query, 13),
    };
    note_stored(&read);
    if (!copy(arena, query, 14, &read.part) || !copy(arena, query, 15, &read.stream) ||
        !copy(arena, query, 16, &read.once_key) ||
        !copy(arena, query, 17, &read.merge_key)) {
        return error_set(error, IMH_RETRY, "no memory for job %lld", (long long)read.id);
    }
    *job = read;
    return true;
}

/* ---- writing ---- */

static void put_key(struct query *query, struct str key)
{
    if (key.len > 0) {
        query_put_text(query, key);
    } else {
        query_put_null(query);
    }
}

static void put_moment(struct query *query, int64_t moment_ms, int64_t none)
{
    if (moment_ms != none) {
        query_put_int(query, moment_ms);
    } else {
        query_put_null(query);
    }
}

/* What changes in the life of a job. */
static void put_changing(struct query *query, const struct job *job)
{
    query_put_int(query, job->state);
    query_put_int(query, job->flags);
    query_put_int(query, job->starts);
    query_put_int(query, job->attempts);
    query_put_int(query, job->kills);
    query_put_int(query, job->version);
    query_put_int(query, job->batch_most);
    query_put_int(query, job->not_before_ms);
    put_moment(query, job->ready_at_ms, JOB_NOT_READY);
    put_moment(query, job->ended_at_ms, 0);
}

static bool insert_text(struct db *db, int64_t id, const struct job_text *text,
                        struct error *error)
{
    static const char sql[] =
        "insert into job_text (job, args, origin, result) values ($1, $2, $3, '')";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, id);
    query_put_text(query, text->args);
    query_put_text(query, text->origin);
    return query_run(query, error);
}

bool book_sql_insert(void *self, struct job *job, const struct job_text *text,
                     struct error *error)
{
    static const char sql[] =
        "insert into job (state, flags, starts, attempts, kills, version, batch_most,"
        " not_before_ms, ready_at_ms, ended_at_ms, integration, kind, part, stream,"
        " created_at_ms, once_key, merge_key)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
        " $17)";
    struct query *query = db_query(self, sql, error);
    put_changing(query, job);
    query_put_int(query, job->integration);
    query_put_int(query, job->kind);
    query_put_text(query, job->part);
    query_put_text(query, job->stream);
    query_put_int(query, job->created_at_ms);
    put_key(query, job->once_key);
    put_key(query, job->merge_key);
    if (!query_run(query, error)) {
        return false;
    }
    job->id = db_last_key(self);
    note_stored(job);
    return tally_job(self, NULL, job, error) && insert_text(self, job->id, text, error);
}

bool book_sql_update(void *self, struct job *job, struct error *error)
{
    static const char sql[] =
        "update job set state = $1, flags = $2, starts = $3, attempts = $4, kills = $5,"
        " version = $6, batch_most = $7, not_before_ms = $8, ready_at_ms = $9,"
        " ended_at_ms = $10 where id = $11 and state = $12";
    const struct job before = *job;
    struct query *query = db_query(self, sql, error);
    put_changing(query, job);
    query_put_int(query, job->id);
    query_put_int(query, job->stored);
    if (!query_run(query, error)) {
        return false;
    }
    if (db_changes(self) != 1) {
        return error_set(error, IMH_BROKEN, "job %lld is not what it was loaded as",
                         (long long)job->id);
    }
    note_stored(job);
    return tally_job(self, &before, job, error);
}

static bool put_text(struct db *db, const char *sql, struct str text, int64_t id,
                     struct error *error)
{
    struct query *query = db_query(db, sql, error);
    query_put_text(query, text);
    query_put_int(query, id);
    return query_run(query, error);
}

bool book_sql_put_args(void *self, int64_t id, struct str args, struct error *error)
{
    static const char sql[] = "update job_text set args = $1 where job = $2";
    return put_text(self, sql, args, id, error);
}

bool book_sql_put_result(void *self, int64_t id, struct str result, struct error *error)
{
    static const char sql[] = "update job_text set result = $1 where job = $2";
    return put_text(self, sql, result, id, error);
}

/* ---- reading ---- */

static struct query *query_of(struct db *db, const char *sql, int64_t id,
                              struct error *error)
{
    struct query *query = db_query(db, sql, error);
    query_put_int(query, id);
    enum query_step step = query_next(query, error);
    if (step == QUERY_ROW) {
        return query;
    }
    if (step == QUERY_DONE) {
        (void)error_set(error, IMH_MISSING, "there is no job %lld", (long long)id);
    }
    query_end(query);
    return NULL;
}

bool book_sql_load(void *self, int64_t id, struct arena *arena, struct job *job,
                   struct error *error)
{
    static const char sql[] = "select" JOB_COLUMNS " from job where id = $1";
    OWN(query) query = query_of(self, sql, id, error);
    return query && book_sql_read(query, arena, job, error);
}

bool book_sql_load_text(void *self, int64_t id, struct arena *arena, struct job_text *text,
                        struct error *error)
{
    static const char sql[] = "select args, origin, result from job_text where job = $1";
    struct job_text read;
    OWN(query) query = query_of(self, sql, id, error);
    if (!copy(arena, query, 0, &read.args) || !copy(arena, query, 1, &read.origin) ||
        !copy(arena, query, 2, &read.result)) {
        return error_set(error, IMH_RETRY, "no memory for job %lld", (long long)id);
    }
    *text = read;
    return true;
}

/* ---- history ---- */

/* The last entry, when the new one only repeats it without counting; 0: it does not. */
static bool find_repeated(struct db *db, const struct history *history, int64_t *id,
                          struct error *error)
{
    static const char sql[] = "select id, what, attempt, status, code from history"
                              " where job = $1 order by id desc limit 1";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, history->job);
    enum query_step step = query_next(query, error);
    bool same = step == QUERY_ROW && history->attempt == 0 && query_int(query, 2) == 0 &&
                query_int(query, 1) == history->what &&
                query_int(query, 3) == history->status &&
                query_int(query, 4) == history->code;
    *id = same ? query_int(query, 0) : 0;
    return step != QUERY_FAILED;
}

static bool repeat(struct db *db, const struct history *history, int64_t id,
                   struct error *error)
{
    static const char sql[] = "update history set times = times + 1, at_ms = $1, words = $2"
                              " where id = $3";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, history->at_ms);
    query_put_text(query, history->words);
    query_put_int(query, id);
    return query_run(query, error);
}

static bool insert_history(struct db *db, const struct history *history,
                           struct error *error)
{
    static const char sql[] =
        "insert into history (job, at_ms, what, attempt, status, code, times, words)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, history->job);
    query_put_int(query, history->at_ms);
    query_put_int(query, history->what);
    query_put_int(query, history->attempt);
    query_put_int(query, history->status);
    query_put_int(query, history->code);
    query_put_int(query, history->times);
    query_put_text(query, history->words);
    return query_run(query, error);
}

/* Older entries make room. */
static bool trim(struct db *db, int64_t job, struct error *error)
{
    static const char sql[] =
        "delete from history where job = $1 and id <= (select id from history"
        " where job = $1 order by id desc limit 1 offset $2)";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, job);
    query_put_int(query, JOB_HISTORY_MOST);
    return query_run(query, error);
}

bool book_sql_add_history(void *self, const struct history *history, struct error *error)
{
    int64_t id = 0;
    if (!find_repeated(self, history, &id, error)) {
        return false;
    }
    if (id != 0) {
        return repeat(self, history, id, error);
    }
    return insert_history(self, history, error) && trim(self, history->job, error);
}
