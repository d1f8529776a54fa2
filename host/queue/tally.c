#include "queue/tally.h"

/* A number that is selected for the integration, with one more parameter. */
static bool select_number(struct db *db, const char *sql, int64_t integration,
                          int64_t number, int64_t *found, struct error *error)
{
    OWN(query) query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_int(query, integration);
    query_put_int(query, number);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    *found = query_int(query, 0);
    return true;
}

bool tally_count(struct db *db, int64_t integration, int64_t now_ms, struct tally *tally,
                 struct error *error)
{
    static const char in_streams[] =
        "select count(*) from (select 1 from job where integration = $1"
        " and ended_at_ms is null limit $2) as counted";
    static const char held[] =
        "select count(*) from (select 1 from job where integration = $1"
        " and ready_at_ms = 9223372036854775807 limit $2) as counted";
    static const char running[] =
        "select count(*) from (select 1 from job where integration = $1"
        " and ready_at_ms = -1 limit $2) as counted";
    static const char failed[] =
        "select count(*) from (select 1 from job where integration = $1"
        " and state in (3, 4) limit $2) as counted";
    static const char due[] = "select coalesce(min(ready_at_ms), 0) from job where"
                              " integration = $1 and ready_at_ms >= 0"
                              " and ready_at_ms <= $2";
    struct tally found;
    if (!select_number(db, in_streams, integration, TALLY_MOST, &found.waiting, error) ||
        !select_number(db, held, integration, TALLY_MOST, &found.held, error) ||
        !select_number(db, running, integration, TALLY_MOST, &found.running, error) ||
        !select_number(db, failed, integration, TALLY_MOST, &found.failed, error) ||
        !select_number(db, due, integration, now_ms, &found.due_since_ms, error)) {
        return false;
    }
    found.waiting -= found.running < found.waiting ? found.running : found.waiting;
    *tally = found;
    return true;
}
