/* store_rig - works for a store under test, and the store they go to. */
#ifndef TESTS_UNIT_STORE_STORE_RIG_H
#define TESTS_UNIT_STORE_STORE_RIG_H

#include "state.h"
#include "store/store.h"

enum { PATIENCE_MS = 60000 };

/* Puts one row into the table of audits; its id may be there already. */
struct put {
    struct store_work work; /* first */
    int64_t id;
    bool fails; /* after the row */
};

/* How many rows there are, and the sum of their ids. */
struct count {
    struct store_work work; /* first */
    int64_t rows, sum;
};

/* Runs the statements. */
struct sql {
    struct store_work work; /* first */
    const char *text;
};

bool rig_put(struct store_work *work, struct db *db, struct error *error);
bool rig_count(struct store_work *work, struct db *db, struct error *error);
bool rig_sql(struct store_work *work, struct db *db, struct error *error);

struct store_settings rig_settings(const struct state *at);
struct store *rig_open_with(const struct store_settings *settings);
struct store *rig_open(const struct state *at);

bool rig_put_row(struct store *store, int64_t id, struct error *error);
void rig_assert_rows(struct store *store, int64_t rows, int64_t sum);

/* Works in their order; their answers in that order, and no others. */
void rig_put_all(struct store *store, struct put *puts, size_t count,
                 struct inbox *answers);
void rig_take_all(struct inbox *answers, const struct put *puts, size_t count);

/* A state directory on a healthy disk: see disk.h. */
int rig_make(void **state);

#define disk_test(test) cmocka_unit_test_setup_teardown(test, rig_make, state_remove)

#endif
