#include "followup/followup_met.h"

#include "base/text.h"

/* ---- fields ---- */

static void put_place(struct query *query, const struct run_watch *place)
{
    query_put_text(query, place->account);
    query_put_text(query, place->integration);
    query_put_text(query, place->type);
}

bool met_fields(struct db *db, const struct run_watch *place, struct arena *arena,
                struct met_field **fields, uint32_t *count, struct error *error)
{
    static const char sql[] =
        "select field, met_from is not null from followup_watched where account = $1"
        " and integration = $2 and type = $3 order by field limit $4";
    OWN(query) query = db_query(db, sql, error);
    enum query_step step = QUERY_FAILED;
    *count = 0;
    *fields = arena_zero(arena, MET_FIELDS_MOST, sizeof **fields);
    put_place(query, place);
    query_put_int(query, MET_FIELDS_MOST);
    while (*fields && (step = query_next(query, error)) == QUERY_ROW) {
        struct met_field *field = &(*fields)[(*count)++];
        field->name = arena_copy(arena, query_text(query, 0));
        field->is_kept = query_int(query, 1) != 0;
        *fields = field->name.ptr ? *fields : NULL;
    }
    if (!*fields) {
        return error_set(error, IMH_RETRY, "no memory for a follow-up");
    }
    return step == QUERY_DONE;
}

bool met_keep(struct db *db, const struct run_watch *field, int64_t from,
              struct error *error)
{
    static const char sql[] =
        "insert into followup_watched (account, integration, type, field, met_from)"
        " values ($1, $2, $3, $4, $5) on conflict (account, integration, type, field)"
        " do update set met_from = excluded.met_from where followup_watched.met_from is "
        "null"
        " or followup_watched.met_from > excluded.met_from";
    struct query *query = db_query(db, sql, error);
    put_place(query, field);
    query_put_text(query, field->field);
    query_put_int(query, from);
    return query_run(query, error);
}

bool met_kept_from(struct db *db, const struct run_watch *field, int64_t *from,
                   struct error *error)
{
    static const char sql[] = "select coalesce(met_from, 0) from followup_watched"
                              " where account = $1 and integration = $2 and type = $3"
                              " and field = $4";
    OWN(query) query = db_query(db, sql, error);
    put_place(query, field);
    query_put_text(query, field->field);
    enum query_step step = query_next(query, error);
    *from = step == QUERY_ROW ? query_int(query, 0) : 0;
    return step != QUERY_FAILED;
}

/* ---- events ---- */

static struct query *by_digest(struct db *db, const char *sql, struct text *digest,
                               const struct run_watch *watch, struct error *error)
{
    bool good = run_watch_digest(watch, digest, error);
    struct query *query = good ? db_query(db, sql, error) : NULL;
    query_put_bytes(query, str_before(text_str(digest), FOLLOWUP_DIGEST_BYTES));
    return query;
}

bool met_add(struct db *db, const struct run_watch *watch, const struct met *met,
             struct error *error)
{
    static const char sql[] =
        "insert into followup_met (digest, event, at_ms) values ($1, $2, $3)"
        " on conflict (digest) do update set event = excluded.event,"
        " at_ms = excluded.at_ms where excluded.at_ms > followup_met.at_ms"
        " or (excluded.at_ms = followup_met.at_ms and excluded.event > followup_met.event)";
    struct text digest;
    struct query *query = by_digest(db, sql, &digest, watch, error);
    bool good = query != NULL;
    if (query) {
        query_put_int(query, met->event);
        query_put_int(query, met->at_ms);
        good = query_run(query, error);
    }
    text_done(&digest);
    return good;
}

bool met_find(struct db *db, const struct run_watch *watch, const struct met *than,
              struct met *met, struct error *error)
{
    static const char sql[] = "select event, at_ms from followup_met where digest = $1"
                              " and event <> $2 and (event > $2 or at_ms > $3)";
    struct text digest;
    enum query_step step = QUERY_FAILED;
    struct query *query = by_digest(db, sql, &digest, watch, error);
    *met = (struct met){0, 0};
    if (query) {
        query_put_int(query, than->event);
        query_put_int(query, than->at_ms);
        step = query_next(query, error);
        if (step == QUERY_ROW) {
            *met = (struct met){query_int(query, 0), query_int(query, 1)};
        }
        query_end(query);
    }
    text_done(&digest);
    return step != QUERY_FAILED;
}

bool met_forget(struct db *db, int64_t before_ms, uint32_t most, uint32_t *gone,
                struct error *error)
{
    static const char sql[] =
        "delete from followup_met where digest in (select digest"
        " from followup_met where at_ms < $1 order by at_ms limit $2)";
    return db_forget(db, sql, before_ms, most, gone, error);
}
