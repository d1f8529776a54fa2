#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "state.h"

struct put {
    struct store_work work; /* first */
    const char *name;
    const char *box;
};

static bool run_put(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "insert into secret values ($1, $2, $3, $4, $5, $6, $7)";
    const struct put *put = (struct put *)(void *)work;
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_text(query, STR_OF("acme"));
    query_put_text(query, STR_OF("shop"));
    query_put_text(query, str_from(put->name));
    query_put_text(query, STR_OF("key"));
    query_put_bytes(query, STR_OF("nonce"));
    query_put_bytes(query, str_from(put->box));
    query_put_int(query, 1);
    return query_run(query, error);
}

struct get {
    struct store_work work; /* first */
    const char *name;
    char box[64];
};

static bool run_get(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "select box from secret where name = $1";
    struct get *get = (struct get *)(void *)work;
    OWN(query) query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_text(query, str_from(get->name));
    enum query_step step = query_next(query, error);
    if (step == QUERY_ROW) {
        struct str box = query_bytes(query, 0);
        (void)snprintf(get->box, sizeof get->box, "%.*s", STR_ARGS(box));
    }
    return step == QUERY_ROW ||
           (step == QUERY_DONE && error_set(error, IMH_MISSING, "no secret"));
}

static struct store *open_store(const struct state *at)
{
    struct error error = {.text = ""};
    const struct store_settings settings = {
        .folder = at->folder, .place = "sqlite:imh.db", .clock = &clock_real};
    struct store *store = store_open(&settings, &error);
    assert_string_equal(error.text, "");
    assert_non_null(store);
    return store;
}

static void what_was_put_is_there_after_a_restart(void **state)
{
    const struct state *at = *state;
    struct error error;
    struct put put = {.work.run = run_put, .name = "token", .box = "sealed"};
    struct get get = {.work.run = run_get, .name = "token"};
    struct store *store = open_store(at);
    assert_true(store_do(store, &put.work, &error));
    store_close(store);
    store = open_store(at);
    assert_true(store_do(store, &get.work, &error));
    assert_string_equal(get.box, "sealed");
    store_close(store);
}

static void a_work_that_fails_says_why(void **state)
{
    const struct state *at = *state;
    struct error error;
    struct put put = {.work.run = run_put, .name = "token", .box = "sealed"};
    struct get get = {.work.run = run_get, .name = "other"};
    struct store *store = open_store(at);
    assert_true(store_do(store, &put.work, &error));
    assert_false(store_do(store, &put.work, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_false(store_do(store, &get.work, &error));
    assert_int_equal(error.status, IMH_MISSING);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(what_was_put_is_there_after_a_restart),
        state_test(a_work_that_fails_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
