/* state - a state directory for one test: made before it, removed after it. */
#ifndef TESTS_UNIT_STORE_STATE_H
#define TESTS_UNIT_STORE_STATE_H

#include "store/db.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct state {
    char outer[56];   /* the folder around it */
    char folder[64];  /* the state directory; there after state_make_folder() */
    char place[96];   /* "sqlite:" and the database in it */
    char path[3][96]; /* of state_path() */
    unsigned next_path;
};

/* For cmocka_unit_test_setup_teardown(). */
int state_make(void **state);
int state_remove(void **state);

#define state_test(test) cmocka_unit_test_setup_teardown(test, state_make, state_remove)

void state_make_folder(const struct state *state);

/* The path of a file in the state directory; good until the third call after. */
const char *state_path(struct state *state, const char *name);

bool state_has(struct state *state, const char *name);
int64_t state_bytes(struct state *state, const char *name); /* of a file; -1: none */
void state_write(struct state *state, const char *name, const void *bytes, size_t len);
void state_poke(struct state *state, const char *name, int64_t at, const void *bytes,
                size_t len);

/* What a kill would leave: the files as they are now, in the directory `copy`. */
void state_copy(struct state *state, struct state *copy);

/* The database of the state directory, opened without fail. */
struct db *state_open(struct state *state);

/* Not opened: checks the category and that the sentence has these words. */
void state_refused(const struct state *state, enum db_how how, imh_status status,
                   const char *words);

/* The number that a statement without parameters selects. */
int64_t state_number(struct db *db, const char *sql);

#endif
