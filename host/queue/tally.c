#include "queue/tally.h"

/* ---- counting ---- */

enum { WAITING, HELD, RUNNING, FAILED, NUMBERS };

_Static_assert((int)NUMBERS == (int)DB_NUMBERS, "the numbers of a row");

static void add(int64_t *by, const struct job *job, int64_t sign)
{
    static const int place[JOB_STATES] = {
        [JOB_BEHIND] = WAITING,   [JOB_WAITING] = WAITING, [JOB_RUNNING] = RUNNING,
        [JOB_FAILED] = FAILED,    [JOB_UNKNOWN] = FAILED,  [JOB_DONE] = NUMBERS,
        [JOB_DISCARDED] = NUMBERS};
    by[job->stored < JOB_STATES ? place[job->stored] : NUMBERS] += sign;
    by[HELD] += job->stored_held ? sign : 0;
}

bool tally_job(struct db *db, const struct job *before, const struct job *job,
               struct error *error)
{
    static const char sql[] =
        "insert into job_count (waiting, held, running, failed, integration)"
        " values ($1, $2, $3, $4, $5) on conflict (integration) do update set"
        " waiting = job_count.waiting + excluded.waiting,"
        " held = job_count.held + excluded.held,"
        " running = job_count.running + excluded.running,"
        " failed = job_count.failed + excluded.failed";
    int64_t by[NUMBERS + 1] = {0}; /* the last is of those that nobody counts */
    add(by, job, 1);
    if (before) {
        add(by, before, -1);
    }
    return db_count(db, sql, job->integration, by, error);
}

/* ---- reading ---- */

static bool read_counts(struct db *db, int64_t integration, struct tally *tally,
                        struct error *error)
{
    static const char sql[] = "select waiting, held, running, failed from job_count"
                              " where integration = $1";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, integration);
    enum query_step step = query_next(query, error);
    if (step == QUERY_ROW) {
        *tally = (struct tally){.waiting = query_int(query, WAITING),
                                .held = query_int(query, HELD),
                                .running = query_int(query, RUNNING),
                                .failed = query_int(query, FAILED)};
    }
    return step != QUERY_FAILED;
}

static bool read_due(struct db *db, int64_t integration, int64_t now_ms, int64_t *since_ms,
                     struct error *error)
{
    static const char sql[] = "select coalesce(min(ready_at_ms), 0) from job where"
                              " integration = $1 and ready_at_ms >= 0"
                              " and ready_at_ms <= $2";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_int(query, now_ms);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    *since_ms = query_int(query, 0);
    return true;
}

bool tally_read(struct db *db, int64_t integration, int64_t now_ms, struct tally *tally,
                struct error *error)
{
    struct tally found = {.waiting = 0};
    if (!read_counts(db, integration, &found, error) ||
        !read_due(db, integration, now_ms, &found.due_since_ms, error)) {
        return false;
    }
    *tally = found;
    return true;
}
