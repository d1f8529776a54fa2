#include "followup/followup_run.h"

#include "base/digest.h"
#include "base/text.h"

/* ---- words ---- */

static const char *const state_names[RUN_STATES] = {
    [RUN_WAITING] = "waiting",     [RUN_ACTING] = "acting",
    [RUN_DONE] = "done",           [RUN_UNWANTED] = "unwanted",
    [RUN_ENDED] = "ended",         [RUN_NEEDLESS] = "needless",
    [RUN_LIMITED] = "limited",     [RUN_LOOP] = "loop",
    [RUN_FAILED] = "failed",       [RUN_DISCARDED] = "discarded",
    [RUN_RESTARTER] = "restarter",
};

const char *run_state_name(enum run_state state)
{
    bool known = state > 0 && state < RUN_STATES;
    return known ? state_names[state] : "unknown";
}

/* ---- texts ---- */

static bool find_version(struct db *db, const struct followup *followup, int64_t *version,
                         struct error *error)
{
    static const char sql[] = "select id from followup_text where digest = $1";
    OWN(query) query = db_query(db, sql, error);
    query_put_bytes(query, (struct str){followup->digest, FOLLOWUP_DIGEST_BYTES});
    enum query_step step = query_next(query, error);
    *version = step == QUERY_ROW ? query_int(query, 0) : 0;
    return step != QUERY_FAILED;
}

bool run_version(struct db *db, const struct followup *followup, int64_t *version,
                 struct error *error)
{
    static const char sql[] = "insert into followup_text (digest, text) values ($1, $2)";
    if (!find_version(db, followup, version, error)) {
        return false;
    }
    if (*version != 0) {
        return true;
    }
    struct query *query = db_query(db, sql, error);
    query_put_bytes(query, (struct str){followup->digest, FOLLOWUP_DIGEST_BYTES});
    query_put_text(query, followup->text);
    if (!query_run(query, error)) {
        return false;
    }
    *version = db_last_key(db);
    return true;
}

bool run_text(struct db *db, int64_t version, struct arena *arena, struct str *text,
              struct error *error)
{
    static const char sql[] = "select text from followup_text where id = $1";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, version);
    if (query_next(query, error) != QUERY_ROW) {
        return error_set(error, IMH_MISSING, "there is no text %lld of a follow-up",
                         (long long)version);
    }
    *text = arena_copy(arena, query_text(query, 0));
    return text->ptr || error_set(error, IMH_RETRY, "no memory for a follow-up");
}

/* ---- rows ---- */

bool run_insert(struct db *db, struct followup_run *run, struct error *error)
{
    static const char sql[] =
        "insert into followup_run (integration, place, name, version, event, record, state,"
        " step, steps, asks, since_ms, job, reason, made_ms, ended_ms) values ($1, $2, $3,"
        " $4, $5, $6, $7, $8, $9, $10, $11, null, $12, $13, $14)"
        " on conflict (event, name) do nothing";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, run->integration);
    query_put_int(query, run->place);
    query_put_text(query, run->name);
    query_put_int(query, run->version);
    query_put_int(query, run->event);
    query_put_text(query, run->record);
    query_put_int(query, run->state);
    query_put_int(query, run->step);
    query_put_int(query, run->steps);
    query_put_int(query, run->asks);
    query_put_int(query, run->since_ms);
    query_put_text(query, run->reason);
    query_put_int(query, run->made_ms);
    if (run->ended_ms != 0) {
        query_put_int(query, run->ended_ms);
    } else {
        query_put_null(query);
    }
    if (!query_run(query, error)) {
        return false;
    }
    run->id = db_changes(db) > 0 ? db_last_key(db) : 0;
    return true;
}

#define RUN_COLUMNS                                                              \
    "select id, integration, place, version, event, state, step, steps, asks,"   \
    " since_ms, coalesce(job, 0), made_ms, coalesce(ended_ms, 0), name, record," \
    " reason from followup_run"

static bool read_run(struct query *query, struct arena *arena, struct followup_run *run,
                     struct error *error)
{
    enum query_step step = query_next(query, error);
    if (step != QUERY_ROW) {
        return step == QUERY_DONE && error_set(error, IMH_MISSING, "there is no such run");
    }
    *run = (struct followup_run){.id = query_int(query, 0),
                                 .integration = query_int(query, 1),
                                 .place = query_int(query, 2),
                                 .version = query_int(query, 3),
                                 .event = query_int(query, 4),
                                 .state = (enum run_state)query_int(query, 5),
                                 .step = (uint32_t)query_int(query, 6),
                                 .steps = (uint32_t)query_int(query, 7),
                                 .asks = query_int(query, 8) != 0,
                                 .since_ms = query_int(query, 9),
                                 .job = query_int(query, 10),
                                 .made_ms = query_int(query, 11),
                                 .ended_ms = query_int(query, 12),
                                 .name = arena_copy(arena, query_text(query, 13)),
                                 .record = arena_copy(arena, query_text(query, 14)),
                                 .reason = arena_copy(arena, query_text(query, 15))};
    return (run->name.ptr && run->record.ptr && run->reason.ptr) ||
           error_set(error, IMH_RETRY, "no memory for a follow-up");
}

static bool load(struct db *db, const char *sql, int64_t id, struct arena *arena,
                 struct followup_run *run, struct error *error)
{
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, id);
    return read_run(query, arena, run, error);
}

bool run_load(struct db *db, int64_t id, struct arena *arena, struct followup_run *run,
              struct error *error)
{
    static const char sql[] = RUN_COLUMNS " where id = $1";
    return load(db, sql, id, arena, run, error);
}

bool run_of_job(struct db *db, int64_t job, struct arena *arena, struct followup_run *run,
                struct error *error)
{
    static const char sql[] = RUN_COLUMNS " where job = $1";
    return load(db, sql, job, arena, run, error);
}

bool run_each_of_event(struct db *db, int64_t event, struct arena *arena,
                       void (*each)(void *self, const struct followup_run *run), void *self,
                       struct error *error)
{
    static const char sql[] = RUN_COLUMNS " where event = $1 order by name";
    OWN(query) query = db_query(db, sql, error);
    struct followup_run run;
    struct error none = {.status = IMH_OK};
    if (!query) {
        return false;
    }
    query_put_int(query, event);
    while (read_run(query, arena, &run, &none)) {
        each(self, &run);
    }
    if (none.status != IMH_MISSING) {
        *error = none;
    }
    return none.status == IMH_MISSING;
}

bool run_update(struct db *db, const struct followup_run *run, struct error *error)
{
    static const char sql[] =
        "update followup_run set state = $1, step = $2, asks = $3, since_ms = $4, job = $5,"
        " reason = $6, ended_ms = $7 where id = $8";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, run->state);
    query_put_int(query, run->step);
    query_put_int(query, run->asks);
    query_put_int(query, run->since_ms);
    if (run->job != 0) {
        query_put_int(query, run->job);
    } else {
        query_put_null(query);
    }
    query_put_text(query, str_before(run->reason, RUN_REASON_BYTES));
    if (run->ended_ms != 0) {
        query_put_int(query, run->ended_ms);
    } else {
        query_put_null(query);
    }
    query_put_int(query, run->id);
    return query_run(query, error);
}

/* `sql` says what, of the run $1. */
static bool drop_of_run(struct db *db, const char *sql, int64_t run, struct error *error)
{
    struct query *query = db_query(db, sql, error);
    query_put_int(query, run);
    return query_run(query, error);
}

bool run_end(struct db *db, struct followup_run *run, enum run_state state,
             struct str reason, int64_t now_ms, struct error *error)
{
    static const char sql[] = "delete from followup_watch where run = $1";
    run->state = state;
    run->reason = reason;
    run->ended_ms = now_ms;
    return run_update(db, run, error) && drop_of_run(db, sql, run->id, error);
}

bool run_counts(struct db *db, struct str account,
                void (*each)(void *self, const struct run_count *count), void *self,
                struct error *error)
{
    static const char sql[] =
        "select integration.account, followup_run.name, state, count(*) from followup_run"
        " join integration on integration.id = place"
        " where integration.account = $1 or $1 = ''"
        " group by integration.account, followup_run.name, state order by 1, 2, 3";
    OWN(query) query = db_query(db, sql, error);
    enum query_step step = QUERY_FAILED;
    query_put_text(query, account);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct run_count count = {.account = query_text(query, 0),
                                        .name = query_text(query, 1),
                                        .state = (enum run_state)query_int(query, 2),
                                        .runs = query_int(query, 3)};
        each(self, &count);
    }
    return step == QUERY_DONE;
}

/* ---- watches ---- */

/* The fingerprint of some texts. */
static bool add_digest(struct text *digest, const struct str *parts, uint32_t count,
                       struct error *error)
{
    struct text whole;
    text_init(&whole, 1 << 20);
    for (uint32_t i = 0; i < count; i++) {
        text_print(&whole, "%zu:", parts[i].len);
        text_add(&whole, parts[i]);
    }
    bool good = !whole.failed &&
                digest_add(digest, STR_OF("sha256"), text_str(&whole), true) &&
                digest->len >= FOLLOWUP_DIGEST_BYTES;
    text_done(&whole);
    return good || error_set(error, IMH_RETRY, "no memory for a follow-up");
}

bool run_watch_digest(const struct run_watch *watch, struct text *digest,
                      struct error *error)
{
    const struct str parts[] = {watch->account, watch->integration, watch->type,
                                watch->field, watch->value};
    text_init(digest, 64);
    return add_digest(digest, parts, 5, error);
}

static void put_place(struct query *query, const struct run_watch *watch)
{
    query_put_text(query, watch->account);
    query_put_text(query, watch->integration);
    query_put_text(query, watch->type);
}

static bool note_field(struct db *db, const struct run_watch *watch, struct error *error)
{
    static const char sql[] =
        "insert into followup_watched (account, integration, type, field)"
        " values ($1, $2, $3, $4) on conflict do nothing";
    struct query *query = db_query(db, sql, error);
    put_place(query, watch);
    query_put_text(query, watch->field);
    return query_run(query, error);
}

bool run_watch(struct db *db, const struct run_watch *watch, int64_t run,
               struct error *error)
{
    static const char sql[] = "insert into followup_watch (digest, run, restarts)"
                              " values ($1, $2, $3) on conflict do nothing";
    struct text digest;
    bool good = run_watch_digest(watch, &digest, error) && note_field(db, watch, error);
    struct query *query = good ? db_query(db, sql, error) : NULL;
    if (query) {
        query_put_bytes(query, str_before(text_str(&digest), FOLLOWUP_DIGEST_BYTES));
        query_put_int(query, run);
        query_put_int(query, watch->restarts);
        good = query_run(query, error);
    }
    text_done(&digest);
    return query && good;
}

bool run_find(struct db *db, const struct run_watch *watch, int64_t after,
              struct arena *arena, struct run_found *found, struct error *error)
{
    static const char sql[] = "select run from followup_watch where digest = $1"
                              " and run > $2 and restarts = $3 order by run limit $4";
    struct text digest;
    enum query_step step = QUERY_FAILED;
    bool good = run_watch_digest(watch, &digest, error);
    OWN(query) query = good ? db_query(db, sql, error) : NULL;
    *found = (struct run_found){arena_zero(arena, RUN_FOUND_MOST, sizeof *found->ids), 0};
    query_put_bytes(query, str_before(text_str(&digest), FOLLOWUP_DIGEST_BYTES));
    query_put_int(query, after);
    query_put_int(query, watch->restarts);
    query_put_int(query, RUN_FOUND_MOST);
    while (query && found->ids && (step = query_next(query, error)) == QUERY_ROW) {
        found->ids[found->count++] = query_int(query, 0);
    }
    text_done(&digest);
    if (!found->ids) {
        return error_set(error, IMH_RETRY, "no memory for follow-ups");
    }
    return good && step == QUERY_DONE;
}

/* ---- limits ---- */

static bool count_uses(struct db *db, const struct run_use *use, struct str digest,
                       int64_t *count, struct error *error)
{
    static const char sql[] = "select count(*) from followup_use where digest = $1"
                              " and at_ms > $2 and run <> $3";
    OWN(query) query = db_query(db, sql, error);
    query_put_bytes(query, digest);
    query_put_int(query, use->now_ms - use->period_ms);
    query_put_int(query, use->run);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    *count = query_int(query, 0);
    return true;
}

static bool add_use(struct db *db, const struct run_use *use, struct str digest,
                    struct error *error)
{
    static const char sql[] =
        "insert into followup_use (digest, run, at_ms, expires_ms)"
        " values ($1, $2, $3, $4) on conflict (digest, run) do nothing";
    struct query *query = db_query(db, sql, error);
    query_put_bytes(query, digest);
    query_put_int(query, use->run);
    query_put_int(query, use->now_ms);
    query_put_int(query, use->now_ms + use->period_ms);
    return query_run(query, error);
}

bool run_use(struct db *db, const struct run_use *use, bool *over, int64_t *before,
             struct error *error)
{
    const struct str parts[] = {use->account, use->name, use->whom};
    struct text digest;
    text_init(&digest, 64);
    *before = 0;
    bool good = add_digest(&digest, parts, 3, error);
    struct str key = str_before(text_str(&digest), FOLLOWUP_DIGEST_BYTES);
    good = good && count_uses(db, use, key, before, error);
    *over = good && *before >= use->most;
    good = good && (*over || add_use(db, use, key, error));
    text_done(&digest);
    return good;
}

bool run_unuse(struct db *db, int64_t run, struct error *error)
{
    static const char sql[] = "delete from followup_use where run = $1";
    return drop_of_run(db, sql, run, error);
}

/* ---- forgetting ---- */

bool run_forget(struct db *db, int64_t before_ms, uint32_t most, uint32_t *gone,
                struct error *error)
{
#define OLD_RUNS                                                \
    "(select id from followup_run where ended_ms < $1"          \
    " and not exists (select 1 from event"                      \
    "  where event.id = followup_run.event) order by ended_ms," \
    " id limit $2)"
    static const char notes[] = "delete from followup_note where run in " OLD_RUNS;
    static const char runs[] = "delete from followup_run where id in " OLD_RUNS;
    return db_forget(db, notes, before_ms, most, gone, error) &&
           db_forget(db, runs, before_ms, most, gone, error);
}

bool run_forget_uses(struct db *db, int64_t now_ms, uint32_t most, uint32_t *gone,
                     struct error *error)
{
    static const char sql[] =
        "delete from followup_use where (digest, run) in (select digest, run"
        " from followup_use where expires_ms < $1 order by expires_ms limit $2)";
    return db_forget(db, sql, now_ms, most, gone, error);
}
