#include "engine/aftermath.h"

#include "base/json.h"
#include "engine/stream.h"
#include "followup/trigger.h"
#include "queue/job.h"

/* When an event happened: then, or at some time in between. */
struct moment {
    int64_t from_ms, to_ms;
};

/* The stream of jobs about its record: "order/17/paid" is about "17". */
static void write_stream(const struct event *event, struct text *stream)
{
    const struct trigger trigger = {.key = event->key};
    struct str record = trigger_record(&trigger);
    size_t slash = str_find_char(record, '/');
    stream_add_text(stream, slash < record.len ? str_after(record, slash + 1) : record);
}

/* The newest action of a follow-up in the stream that has run at such a time. A moment is
 * the remote's word, and may be any number: nothing is added to it. */
static struct query *find_job(struct db *db, int64_t integration, struct str stream,
                              const struct moment *moment, struct error *error)
{
    static const char sql[] =
        "select job_text.origin from job join job_text on job_text.job = job.id"
        " where job.integration = $1 and job.stream = $2 and job.kind = 1"
        " and (job.flags & 4) <> 0 and job.starts > 0 and job.state <> $3"
        " and job.created_at_ms - $4 <= $5"
        " and (job.ended_at_ms is null or job.ended_at_ms + $6 >= $7)"
        " order by job.id desc limit 1";
    _Static_assert(JOB_ACTION == 1 && JOB_FOLLOWS == 4, "as in the index");
    struct query *query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_text(query, stream);
    query_put_int(query, JOB_DISCARDED);
    query_put_int(query, AFTERMATH_EARLY_MS);
    query_put_int(query, moment->to_ms);
    query_put_int(query, AFTERMATH_LATE_MS);
    query_put_int(query, moment->from_ms);
    return query;
}

/* One that is as old as what led to the job is a change of the same time, by its own. */
static bool is_later(struct db *db, const struct event *event, struct str origin,
                     bool *later, struct error *error)
{
    static const char sql[] = "select 1 from event where id = $1 and integration = $2"
                              " and at_ms >= $3";
    struct arena arena;
    struct str whole;
    int64_t cause = 0;
    arena_init(&arena, 1024, 0);
    if (json_find(origin, STR_OF("/event"), &arena, &whole) == JSON_INTEGER) {
        (void)str_to_int64(whole, 1, INT64_MAX, &cause);
    }
    arena_done(&arena);
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, cause);
    query_put_int(query, event->integration);
    query_put_int(query, event->at_ms);
    enum query_step step = query_next(query, error);
    *later = step == QUERY_DONE;
    return step != QUERY_FAILED;
}

static bool find(struct db *db, struct event *event, const struct moment *moment,
                 struct str stream, struct arena *arena, struct error *error)
{
    OWN(query) query = find_job(db, event->integration, stream, moment, error);
    enum query_step step = query ? query_next(query, error) : QUERY_FAILED;
    if (step != QUERY_ROW) {
        return step == QUERY_DONE;
    }
    bool later = true;
    struct str origin = arena_copy(arena, query_text(query, 0));
    if (!origin.ptr) {
        return error_set(error, IMH_RETRY, "no memory for the causes of an event");
    }
    if (event->at_ms != 0 && !is_later(db, event, origin, &later, error)) {
        return false;
    }
    event->origin = later ? origin : event->origin;
    return true;
}

bool aftermath_find(struct db *db, struct event *event, int64_t since_ms, int64_t now_ms,
                    struct arena *arena, struct error *error)
{
    const struct moment moment = {event->at_ms != 0 ? event->at_ms : since_ms,
                                  event->at_ms != 0 ? event->at_ms : now_ms};
    struct text stream;
    text_init(&stream, JOB_STREAM_BYTES);
    write_stream(event, &stream);
    bool good = text_ok(&stream, "the name of a stream", error) &&
                find(db, event, &moment, text_str(&stream), arena, error);
    text_done(&stream);
    return good;
}
