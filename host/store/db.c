#include "store/db.h"

#include <stdlib.h>

#include "store/counts.h"
#include "store/db_driver.h"

static const struct db_driver *const drivers[] = {&db_sqlite};
enum { DRIVER_COUNT = sizeof drivers / sizeof *drivers };

static const struct db_driver *find_driver(struct str place, struct error *error)
{
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        struct str scheme = str_from(drivers[i]->scheme);
        if (str_starts(place, scheme) && place.len > scheme.len) {
            return drivers[i];
        }
    }
    (void)error_set(error, IMH_REJECTED, "must be sqlite:PATH, not '%.*s'",
                    STR_ARGS(place));
    return NULL;
}

bool db_place_is_known(struct str place, struct error *error)
{
    return find_driver(place, error) != NULL;
}

struct db *db_open(struct str place, enum db_how how, struct error *error)
{
    const struct db_driver *driver = find_driver(place, error);
    return driver ? driver->open(str_after(place, strlen(driver->scheme)), how, error)
                  : NULL;
}

void db_close(struct db *db)
{
    for (size_t i = 0; db && i < DB_QUERY_SLOTS; i++) {
        while (db->queries[i]) {
            struct query *query = db->queries[i];
            db->queries[i] = query->next;
            db->driver->finish(query);
            free(query);
        }
    }
    if (db) {
        counts_done(&db->counts);
        db->driver->close(db);
    }
}

enum db_state db_state(const struct db *db)
{
    return db->state;
}

const char *db_name(const struct db *db)
{
    return db->name;
}

bool db_run(struct db *db, const char *sql, struct error *error)
{
    return db->driver->run(db, sql, error);
}

/* ---- transactions ---- */

static bool run_kept(struct db *db, const char *sql, struct error *error)
{
    struct query *query = db_query(db, sql, error);
    return query_run(query, error);
}

bool db_begin(struct db *db, struct error *error)
{
    if (!run_kept(db, "begin", error)) {
        return false;
    }
    counts_clear(&db->counts);
    return true;
}

bool db_commit(struct db *db, struct error *error)
{
    return counts_write(&db->counts, db, error) && run_kept(db, "commit", error);
}

void db_rollback(struct db *db)
{
    struct error ignored;
    if (db_in_transaction(db)) {
        (void)run_kept(db, "rollback", &ignored);
    }
}

bool db_in_transaction(const struct db *db)
{
    return db->driver->in_transaction(db);
}

bool db_savepoint(struct db *db, struct error *error)
{
    return run_kept(db, "savepoint inner_work", error) && counts_enter(&db->counts, error);
}

bool db_release(struct db *db, struct error *error)
{
    counts_leave(&db->counts);
    return run_kept(db, "release savepoint inner_work", error);
}

bool db_undo(struct db *db, struct error *error)
{
    counts_undo(&db->counts);
    return run_kept(db, "rollback to savepoint inner_work", error) && db_release(db, error);
}

bool db_count(struct db *db, const char *sql, int64_t key, const int64_t *by,
              struct error *error)
{
    if (!db_in_transaction(db)) {
        return error_set(error, IMH_BROKEN, "%s: counted outside of a transaction",
                         db->name);
    }
    return counts_add(&db->counts, sql, key, by, error);
}

bool db_settle(struct db *db, uint32_t log_pages, struct error *error)
{
    return db->driver->settle(db, log_pages, error);
}

bool db_has_table(struct db *db, struct str name, bool *has, struct error *error)
{
    return db->driver->has_table(db, name, has, error);
}

bool db_verify(struct db *db, void (*damaged)(void *context, struct str what),
               void *context, struct error *error)
{
    return db->driver->verify(db, damaged, context, error);
}

int64_t db_changes(const struct db *db)
{
    return db->driver->changes(db);
}

int64_t db_last_key(const struct db *db)
{
    return db->driver->last_key(db);
}

/* ---- queries ---- */

/* By the address of the text: it is static, and two texts never share one. */
static struct query **slot_of(struct db *db, const char *sql)
{
    uintptr_t address = (uintptr_t)sql;
    return &db->queries[(address ^ address >> 7) % DB_QUERY_SLOTS];
}

static struct query *prepare(struct db *db, const char *sql, struct error *error)
{
    struct query **slot = slot_of(db, sql);
    struct query *query = calloc(1, sizeof *query);
    if (!query) {
        (void)error_set(error, IMH_RETRY, "%s: out of memory", db->name);
        return NULL;
    }
    query->db = db;
    query->sql = sql;
    if (!db->driver->prepare(query, error)) {
        free(query);
        return NULL;
    }
    query->next = *slot;
    *slot = query;
    return query;
}

struct query *db_query(struct db *db, const char *sql, struct error *error)
{
    struct query *query = *slot_of(db, sql);
    /* One that is in use higher up in the calls is not disturbed: there may be several. */
    while (query && (query->sql != sql || query->busy)) {
        query = query->next;
    }
    query = query ? query : prepare(db, sql, error);
    if (query) {
        query->busy = true;
        db->lent++;
        query->running = query->ended = query->failed = false;
        query->put = 0;
    }
    return query;
}

bool db_end_queries(struct db *db)
{
    bool all_ended = db->lent == 0;
    for (size_t i = 0; db->lent > 0 && i < DB_QUERY_SLOTS; i++) {
        for (struct query *query = db->queries[i]; query; query = query->next) {
            query_end(query);
        }
    }
    return all_ended;
}

/* The place of the next parameter; 0 when there is none, or one before it failed. */
static unsigned next_place(struct query *query)
{
    if (!query || query->failed) {
        return 0;
    }
    if (query->put == query->parameters || query->running) {
        query->failed = true;
        (void)error_set(&query->error, IMH_BROKEN, "%s: a parameter too many: %s",
                        query->db->name, query->sql);
        return 0;
    }
    return ++query->put;
}

void query_put_int(struct query *query, int64_t number)
{
    unsigned place = next_place(query);
    if (place > 0) {
        query->failed = !query->db->driver->put_int(query, place, number);
    }
}

void query_put_text(struct query *query, struct str text)
{
    unsigned place = next_place(query);
    if (place > 0) {
        query->failed = !query->db->driver->put_text(query, place, text);
    }
}

void query_put_bytes(struct query *query, struct str bytes)
{
    unsigned place = next_place(query);
    if (place > 0) {
        query->failed = !query->db->driver->put_bytes(query, place, bytes);
    }
}

void query_put_null(struct query *query)
{
    (void)next_place(query); /* what was not put is null */
}

enum query_step query_next(struct query *query, struct error *error)
{
    if (!query) {
        return QUERY_FAILED;
    }
    if (!query->failed && query->put < query->parameters) {
        query->failed = true;
        (void)error_set(&query->error, IMH_BROKEN, "%s: a parameter is missing: %s",
                        query->db->name, query->sql);
    }
    if (query->failed) {
        *error = query->error;
        return QUERY_FAILED;
    }
    if (query->ended) {
        return QUERY_DONE;
    }
    query->running = true;
    enum query_step step = query->db->driver->step(query, error);
    query->ended = step == QUERY_DONE;
    query->failed = step == QUERY_FAILED;
    if (query->failed) {
        query->error = *error;
    }
    return step;
}

bool query_run(struct query *query, struct error *error)
{
    enum query_step step = query_next(query, error);
    if (step == QUERY_ROW) {
        (void)error_set(error, IMH_BROKEN, "%s: rows that nobody reads: %s",
                        query->db->name, query->sql);
    }
    query_end(query);
    return step == QUERY_DONE;
}

int64_t query_int(const struct query *query, unsigned column)
{
    return query->db->driver->column_int(query, column);
}

struct str query_text(const struct query *query, unsigned column)
{
    return query->db->driver->column_bytes(query, column);
}

struct str query_bytes(const struct query *query, unsigned column)
{
    return query->db->driver->column_bytes(query, column);
}

bool query_is_null(const struct query *query, unsigned column)
{
    return query->db->driver->column_is_null(query, column);
}

void query_end(struct query *query)
{
    if (query && query->busy) {
        query->db->driver->reset(query);
        query->busy = false;
        query->db->lent--;
    }
}

bool db_forget(struct db *db, const char *sql, int64_t before_ms, uint32_t most,
               uint32_t *gone, struct error *error)
{
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_int(query, before_ms);
    query_put_int(query, most);
    if (!query_run(query, error)) {
        return false;
    }
    *gone = (uint32_t)db_changes(db);
    return true;
}
