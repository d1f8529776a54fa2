#include "engine/followup_again.h"

#include "event/event.h"
#include "followup/followup_met.h"
#include "followup/trigger.h"

/* The row's event, when it has the field. */
static bool learn_event(struct db *db, const struct run_watch *field,
                        const struct query *row, struct error *error)
{
    const struct trigger trigger = {.data = query_text(row, 3),
                                    .subject = query_text(row, 4)};
    int64_t at_ms = query_int(row, 1);
    int64_t seen_ms = query_int(row, 2);
    const struct met met = {query_int(row, 0), at_ms < seen_ms ? at_ms : seen_ms};
    struct run_watch watch = *field;
    struct text value;
    bool good = true;
    text_init(&value, EVENT_DATA_BYTES);
    if (trigger_field(&trigger, field->field, &value)) {
        watch.value = text_str(&value);
        good = met_add(db, &watch, &met, error);
    }
    text_done(&value);
    return good;
}

/* Those between two numbers. */
static bool learn_span(struct db *db, const struct run_watch *field, int64_t after,
                       int64_t before, struct error *error)
{
    static const char sql[] =
        "select id, at_ms, seen_at_ms, data, subject from event where integration ="
        " (select id from integration where account = $1 and name = $2)"
        " and id > $3 and id < $4 and type = $5 order by id";
    OWN(query) query = db_query(db, sql, error);
    enum query_step step = QUERY_FAILED;
    query_put_text(query, field->account);
    query_put_text(query, field->integration);
    query_put_int(query, after);
    query_put_int(query, before);
    query_put_text(query, field->type);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        if (!learn_event(db, field, query, error)) {
            return false;
        }
    }
    return step == QUERY_DONE;
}

/* Of a field that nobody looked for before: those to come are kept. */
static bool begin(struct db *db, const struct run_watch *field, int64_t *from,
                  struct error *error)
{
    static const char sql[] = "select coalesce(max(id), 0) + 1 from event";
    OWN(query) query = db_query(db, sql, error);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    *from = query_int(query, 0);
    return met_keep(db, field, *from, error);
}

/* Backwards, from what is kept to behind that event. */
static bool learn_field(struct db *db, const struct run_watch *field, int64_t after,
                        uint32_t *left, struct error *error)
{
    int64_t from;
    if (!met_kept_from(db, field, &from, error) ||
        (from == 0 && !begin(db, field, &from, error))) {
        return false;
    }
    if (from <= after + 1 || *left == 0) {
        return true;
    }
    int64_t first = from - after - 1 > *left ? from - *left : after + 1;
    *left -= (uint32_t)(from - first);
    return learn_span(db, field, first - 1, from, error) &&
           met_keep(db, field, first, error);
}

static bool learn_all(const struct learning *learning, struct db *db,
                      const struct followup_events *events, uint32_t *left,
                      struct error *error)
{
    bool good = true;
    for (uint32_t i = 0; good && i < events->count; i++) {
        const struct run_watch field = {.account = learning->account,
                                        .integration = events->items[i].integration,
                                        .type = events->items[i].type,
                                        .field = events->items[i].field};
        good = learn_field(db, &field, learning->after, left, error);
    }
    return good;
}

bool followup_learn(const struct learning *learning, struct db *db, uint32_t *left,
                    struct error *error)
{
    return learn_all(learning, db, &learning->followup->until, left, error) &&
           learn_all(learning, db, &learning->followup->restart, left, error);
}
