#include "event/event.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"

/* ---- events ---- */

static bool is_object(struct str json, struct error *error)
{
    return str_starts(str_trim(json), STR_OF("{")) &&
           json_check(json, &json_limits_input, error);
}

bool event_check(const struct event *event, struct error *error)
{
    struct error why;
    if (event->key.len == 0 || event->key.len > EVENT_KEY_BYTES ||
        !utf8_is_valid(event->key)) {
        return error_set(error, IMH_REJECTED,
                         "an event's key has to be a text of 1 to %d bytes",
                         EVENT_KEY_BYTES);
    }
    const struct {
        const char *name;
        struct str json;
        size_t most;
    } parts[] = {{"subject", event->subject, EVENT_SUBJECT_BYTES},
                 {"data", event->data, EVENT_DATA_BYTES}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].json.len > parts[i].most || !is_object(parts[i].json, &why)) {
            return error_set(error, IMH_REJECTED,
                             "an event's %s has to be a JSON object of at most %zu bytes",
                             parts[i].name, parts[i].most);
        }
    }
    return true;
}

enum { DIGEST_BYTES = 16 };

/* Of its type, which has no line ends, and its key: nobody meets two alike. */
static bool add_digest(struct text *digest, const struct event *event)
{
    struct text whole;
    text_init(&whole, 2 * EVENT_KEY_BYTES);
    text_print(&whole, "%.*s\n%.*s", STR_ARGS(event->type), STR_ARGS(event->key));
    bool good = !whole.failed &&
                digest_add(digest, STR_OF("sha256"), text_str(&whole), true) &&
                digest->len > DIGEST_BYTES;
    text_done(&whole);
    return good;
}

/* true in `fresh` when nobody came before with that key. */
static bool keep_key(struct db *db, const struct event *event, bool learn, bool *fresh,
                     struct error *error)
{
    static const char sql[] =
        "insert into event_key (integration, digest, learned) values ($1, $2, $3)"
        " on conflict (integration, digest) do nothing";
    struct text digest;
    text_init(&digest, 64);
    bool good = add_digest(&digest, event) ||
                error_set(error, IMH_RETRY, "no memory for the key of an event");
    struct query *query = good ? db_query(db, sql, error) : NULL;
    if (query) {
        query_put_int(query, event->integration);
        query_put_bytes(query, str_before(text_str(&digest), DIGEST_BYTES));
        query_put_int(query, learn);
        good = query_run(query, error);
        *fresh = good && db_changes(db) > 0;
    }
    text_done(&digest);
    return query && good;
}

bool event_knows(struct db *db, const struct event *event, enum event_known *known,
                 struct error *error)
{
    static const char sql[] = "select coalesce(learned, -1) from event_key"
                              " where integration = $1 and digest = $2";
    struct text digest;
    text_init(&digest, 64);
    enum query_step step = QUERY_FAILED;
    bool good = add_digest(&digest, event) ||
                error_set(error, IMH_RETRY, "no memory for the key of an event");
    OWN(query) query = good ? db_query(db, sql, error) : NULL;
    *known = EVENT_NEW;
    if (query) {
        query_put_int(query, event->integration);
        query_put_bytes(query, str_before(text_str(&digest), DIGEST_BYTES));
        step = query_next(query, error);
    }
    if (step == QUERY_ROW) {
        *known = query_int(query, 0) == 1 ? EVENT_LEARNED : EVENT_TOLD;
    }
    text_done(&digest);
    return step != QUERY_FAILED;
}

static bool insert(struct db *db, struct event *event, struct error *error)
{
    static const char sql[] =
        "insert into event (integration, type, key, at_ms, seen_at_ms, subject, data,"
        " origin) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, event->integration);
    query_put_text(query, event->type);
    query_put_text(query, event->key);
    query_put_int(query, event->at_ms);
    query_put_int(query, event->seen_at_ms);
    query_put_text(query, event->subject);
    query_put_text(query, event->data);
    query_put_text(query, event->origin);
    if (!query_run(query, error)) {
        return false;
    }
    event->id = db_last_key(db);
    return true;
}

bool event_add(struct db *db, struct event *event, bool learn, struct error *error)
{
    bool fresh = false;
    event->id = 0;
    return keep_key(db, event, learn, &fresh, error) &&
           (!fresh || learn || insert(db, event, error));
}

/* From the oldest: few are looked at. */
bool event_forget(struct db *db, int64_t before_ms, uint32_t most, uint32_t *gone,
                  struct error *error)
{
    static const char sql[] =
        "delete from event where id in (select id from event where seen_at_ms < $1"
        " and id < (select max(id) from event) and not exists (select 1 from followup_run"
        "  where followup_run.event = event.id and followup_run.ended_ms is null)"
        " order by seen_at_ms, id limit $2)";
    return db_forget(db, sql, before_ms, most, gone, error);
}

/* ---- what plugins keep ---- */

bool event_state(struct db *db, int64_t integration, struct str key, struct arena *arena,
                 struct str *value, struct error *error)
{
    static const char sql[] = "select value from state where integration = $1 and key = $2";
    OWN(query) query = db_query(db, sql, error);
    *value = (struct str){NULL, 0};
    query_put_int(query, integration);
    query_put_text(query, key);
    enum query_step step = query_next(query, error);
    if (step != QUERY_ROW) {
        return step == QUERY_DONE;
    }
    *value = arena_copy(arena, query_bytes(query, 0));
    return value->ptr || error_set(error, IMH_RETRY, "no memory for a state");
}

static bool drop_state(struct db *db, int64_t integration, struct str key,
                       struct error *error)
{
    static const char sql[] = "delete from state where integration = $1 and key = $2";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_text(query, key);
    return query_run(query, error);
}

static bool keep_state(struct db *db, int64_t integration, const struct state_item *item,
                       struct error *error)
{
    static const char sql[] =
        "insert into state (integration, key, value) values ($1, $2, $3)"
        " on conflict (integration, key) do update set value = excluded.value";
    if (item->value.len == 0) {
        return drop_state(db, integration, item->key, error);
    }
    struct query *query = db_query(db, sql, error);
    query_put_int(query, integration);
    query_put_text(query, item->key);
    query_put_bytes(query, item->value);
    return query_run(query, error);
}

/* ---- sources ---- */

bool event_place(struct db *db, int64_t integration, struct str source, struct arena *arena,
                 struct source_place *place, struct error *error)
{
    static const char sql[] =
        "select learned, done_ms, from_ms, to_ms, suspects, failures, parked, polls,"
        " good_at_ms, tried_at_ms, creeps, cursor, trouble from source"
        " where integration = $1 and name = $2";
    OWN(query) query = db_query(db, sql, error);
    *place = (struct source_place){.cursor = STR_OF(""), .trouble = STR_OF("")};
    query_put_int(query, integration);
    query_put_text(query, source);
    enum query_step step = query_next(query, error);
    if (step != QUERY_ROW) {
        return step == QUERY_DONE;
    }
    *place = (struct source_place){.learned = query_int(query, 0) != 0,
                                   .done_ms = query_int(query, 1),
                                   .from_ms = query_int(query, 2),
                                   .to_ms = query_int(query, 3),
                                   .suspects = (uint32_t)query_int(query, 4),
                                   .failures = (uint32_t)query_int(query, 5),
                                   .parked = (uint32_t)query_int(query, 6),
                                   .polls = query_int(query, 7),
                                   .good_at_ms = query_int(query, 8),
                                   .tried_at_ms = query_int(query, 9),
                                   .creeps = query_int(query, 10) != 0,
                                   .cursor = arena_copy(arena, query_text(query, 11)),
                                   .trouble = arena_copy(arena, query_text(query, 12))};
    return (place->cursor.ptr && place->trouble.ptr) ||
           error_set(error, IMH_RETRY, "no memory for a source");
}

static void put_place(struct query *query, const struct event_page *page)
{
    const struct source_place *place = page->place;
    const int64_t numbers[] = {place->learned,     place->done_ms,  place->from_ms,
                               place->to_ms,       place->suspects, place->failures,
                               place->parked,      place->polls,    place->good_at_ms,
                               place->tried_at_ms, place->creeps};
    query_put_int(query, page->integration);
    query_put_text(query, page->source);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        query_put_int(query, numbers[i]);
    }
    query_put_text(query, place->cursor);
    query_put_text(query, place->trouble);
}

/* Each poll follows the one before; the first makes the row. */
static bool keep_place(struct db *db, const struct event_page *page, struct error *error)
{
    static const char sql[] =
        "insert into source (integration, name, learned, done_ms, from_ms, to_ms, suspects,"
        " failures, parked, polls, good_at_ms, tried_at_ms, creeps, cursor, trouble)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        " on conflict (integration, name) do update set learned = excluded.learned,"
        " done_ms = excluded.done_ms, from_ms = excluded.from_ms, to_ms = excluded.to_ms,"
        " suspects = excluded.suspects, failures = excluded.failures,"
        " parked = excluded.parked, polls = excluded.polls,"
        " good_at_ms = excluded.good_at_ms, tried_at_ms = excluded.tried_at_ms,"
        " creeps = excluded.creeps, cursor = excluded.cursor, trouble = excluded.trouble"
        " where source.polls = excluded.polls - 1";
    struct query *query = db_query(db, sql, error);
    put_place(query, page);
    if (!query_run(query, error)) {
        return false;
    }
    return db_changes(db) > 0 ||
           error_set(error, IMH_MISSING, "the source was read by another meanwhile");
}

/* Polls go on counting: an answer that is under way is one of before. */
bool event_relearn(struct db *db, int64_t integration, struct error *error)
{
    static const char sql[] =
        "update source set learned = 0, done_ms = 0, from_ms = 0, to_ms = 0, suspects = 0,"
        " failures = 0, creeps = 0, cursor = '', trouble = '', polls = polls + 1"
        " where integration = $1";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, integration);
    return query_run(query, error);
}

static bool take_event(struct db *db, struct event_page *page, struct event *event,
                       struct error *error)
{
    bool fresh = false;
    event->id = 0;
    event->integration = page->integration;
    event->seen_at_ms = page->now_ms;
    if (!keep_key(db, event, page->learn, &fresh, error)) {
        return false;
    }
    if (!fresh || page->learn) {
        return true;
    }
    if (page->trace && !page->trace(page->tracer, db, event, error)) {
        return false;
    }
    event->at_ms = event->at_ms != 0 ? event->at_ms : page->now_ms;
    page->news++;
    return insert(db, event, error) &&
           (!page->fresh || page->fresh(page->self, db, event, error));
}

bool event_take_page(struct db *db, struct event_page *page, struct error *error)
{
    page->news = 0;
    bool good = !page->place || keep_place(db, page, error);
    for (uint32_t i = 0; good && i < page->state_count; i++) {
        good = keep_state(db, page->integration, &page->states[i], error);
    }
    for (uint32_t i = 0; good && i < page->count; i++) {
        good = take_event(db, page, &page->events[i], error);
    }
    return good;
}
