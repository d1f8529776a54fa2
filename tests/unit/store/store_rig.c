#include "store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "disk.h"

bool rig_put(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "insert into audit values ($1, 1, 'test', 'put', '', '')";
    const struct put *put = (struct put *)(void *)work;
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_int(query, put->id);
    return query_run(query, error) &&
           (!put->fails || error_set(error, IMH_MISSING, "told to fail"));
}

bool rig_count(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "select count(*), coalesce(sum(id), 0) from audit";
    struct count *count = (struct count *)(void *)work;
    OWN(query) query = db_query(db, sql, error);
    if (!query || query_next(query, error) != QUERY_ROW) {
        return false;
    }
    count->rows = query_int(query, 0);
    count->sum = query_int(query, 1);
    return true;
}

bool rig_sql(struct store_work *work, struct db *db, struct error *error)
{
    return db_run(db, ((struct sql *)(void *)work)->text, error);
}

struct store_settings rig_settings(const struct state *at)
{
    return (struct store_settings){
        .folder = at->folder, .place = "sqlite:imh.db", .clock = &clock_real};
}

struct store *rig_open_with(const struct store_settings *settings)
{
    struct error error = {.text = ""};
    struct store *store = store_open(settings, &error);
    assert_string_equal(error.text, "");
    assert_non_null(store);
    return store;
}

struct store *rig_open(const struct state *at)
{
    const struct store_settings settings = rig_settings(at);
    return rig_open_with(&settings);
}

bool rig_put_row(struct store *store, int64_t id, struct error *error)
{
    struct put put = {.work.run = rig_put, .id = id};
    return store_do(store, &put.work, error);
}

void rig_assert_rows(struct store *store, int64_t rows, int64_t sum)
{
    struct error error = {.text = ""};
    struct count count = {.work.run = rig_count};
    bool done = store_do(store, &count.work, &error);
    assert_string_equal(error.text, "");
    assert_true(done);
    assert_int_equal(count.rows, rows);
    assert_int_equal(count.sum, sum);
}

void rig_put_all(struct store *store, struct put *puts, size_t count, struct inbox *answers)
{
    for (size_t i = 0; i < count; i++) {
        puts[i].work.run = rig_put;
        puts[i].work.answer_to = answers;
        store_put(store, &puts[i].work);
    }
}

void rig_take_all(struct inbox *answers, const struct put *puts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(inbox_wait(answers, PATIENCE_MS), &puts[i].work.item);
    }
    assert_null(inbox_take(answers));
}

int rig_make(void **state)
{
    disk_heal();
    return state_make(state);
}
