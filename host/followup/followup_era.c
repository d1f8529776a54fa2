#include "followup/followup_era.h"

#include "followup/followup_run.h"

const char *era_name(enum era_state state)
{
    static const char *const names[] = {"gone", "disabled", "enabled"};
    return names[state <= ERA_ENABLED ? state : ERA_GONE];
}

static bool find_newest(struct db *db, int64_t place, struct str name, int64_t *state,
                        int64_t *version, struct error *error)
{
    static const char sql[] = "select state, coalesce(version, 0) from followup_era"
                              " where place = $1 and name = $2 order by id desc limit 1";
    OWN(query) query = db_query(db, sql, error);
    *state = ERA_GONE;
    *version = 0;
    query_put_int(query, place);
    query_put_text(query, name);
    enum query_step step = query_next(query, error);
    if (step == QUERY_ROW) {
        *state = query_int(query, 0);
        *version = query_int(query, 1);
    }
    return step != QUERY_FAILED;
}

struct row {
    int64_t place;
    struct str name;
    int64_t at_ms, state, version; /* 0: it is gone */
};

static bool add(struct db *db, const struct row *row, struct error *error)
{
    static const char sql[] =
        "insert into followup_era (place, name, at_ms, state, version)"
        " values ($1, $2, $3, $4, $5)";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, row->place);
    query_put_text(query, row->name);
    query_put_int(query, row->at_ms);
    query_put_int(query, row->state);
    if (row->version != 0) {
        query_put_int(query, row->version);
    } else {
        query_put_null(query);
    }
    return query_run(query, error);
}

bool era_add(struct db *db, int64_t place, const struct followup *followup, int64_t now_ms,
             struct error *error)
{
    struct row row = {.place = place,
                      .name = followup->name,
                      .at_ms = now_ms,
                      .state = followup->disabled ? ERA_DISABLED : ERA_ENABLED};
    int64_t was = ERA_GONE;
    int64_t before = 0;
    if (!run_version(db, followup, &row.version, error) ||
        !find_newest(db, place, followup->name, &was, &before, error)) {
        return false;
    }
    return (was == row.state && before == row.version) || add(db, &row, error);
}

/* Who knows which of them are there. */
struct knower {
    bool (*is_there)(void *self, struct str account, struct str name);
    void *self;
};

/* The first one that is there by the store, and not by the knower; no name: none is. */
static bool find_missing(struct db *db, const struct knower *knower, struct arena *arena,
                         struct row *found, struct error *error)
{
    static const char sql[] =
        "select integration.account, place, followup_era.name from followup_era"
        " join integration on integration.id = place where state <> 0 and not exists"
        " (select 1 from followup_era later where later.place = followup_era.place"
        "  and later.name = followup_era.name and later.id > followup_era.id)";
    OWN(query) query = db_query(db, sql, error);
    enum query_step step = QUERY_FAILED;
    found->name = STR_OF("");
    while ((step = query_next(query, error)) == QUERY_ROW) {
        if (!knower->is_there(knower->self, query_text(query, 0), query_text(query, 2))) {
            found->place = query_int(query, 1);
            found->name = arena_copy(arena, query_text(query, 2));
            return found->name.ptr ||
                   error_set(error, IMH_RETRY, "no memory for a follow-up");
        }
    }
    return step == QUERY_DONE;
}

bool era_end_others(struct db *db,
                    bool (*is_there)(void *self, struct str account, struct str name),
                    void *self, int64_t now_ms, struct error *error)
{
    const struct knower knower = {is_there, self};
    struct row row = {.at_ms = now_ms, .state = ERA_GONE};
    struct arena arena;
    bool good;
    arena_init(&arena, 1024, 0);
    do {
        good = find_missing(db, &knower, &arena, &row, error) &&
               (row.name.len == 0 || add(db, &row, error));
    } while (good && row.name.len > 0);
    arena_done(&arena);
    return good;
}

bool era_each(struct db *db, struct str account, struct str name,
              void (*each)(void *self, const struct era *era), void *self,
              struct error *error)
{
    static const char sql[] = "select at_ms, state, coalesce(text, '') from followup_era"
                              " join integration on integration.id = place"
                              " left join followup_text on followup_text.id = version"
                              " where integration.account = $1 and followup_era.name = $2"
                              " order by followup_era.id desc";
    OWN(query) query = db_query(db, sql, error);
    enum query_step step = QUERY_FAILED;
    query_put_text(query, account);
    query_put_text(query, name);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct era era = {.at_ms = query_int(query, 0),
                                .state = (enum era_state)query_int(query, 1),
                                .name = name,
                                .text = query_text(query, 2)};
        each(self, &era);
    }
    return step == QUERY_DONE;
}

/* One that another followed before that moment. */
bool era_forget(struct db *db, int64_t before_ms, uint32_t most, uint32_t *gone,
                struct error *error)
{
    static const char sql[] =
        "delete from followup_era where id in (select old.id from followup_era old"
        " where exists (select 1 from followup_era later where later.place = old.place"
        "  and later.name = old.name and later.id > old.id and later.at_ms < $1)"
        " order by old.id limit $2)";
    return db_forget(db, sql, before_ms, most, gone, error);
}
