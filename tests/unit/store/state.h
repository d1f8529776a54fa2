/* state - a state directory for one test: made before it, removed after it. */
#ifndef TESTS_UNIT_STORE_STATE_H
#define TESTS_UNIT_STORE_STATE_H

#include "base/text.h"

struct state {
    char folder[64]; /* the state directory; not made yet */
    char outer[56];  /* the folder it is in */
    char path[128];  /* of state_path() */
};

/* For cmocka_unit_test_setup_teardown(). */
int state_make(void **state);
int state_remove(void **state);

#define state_test(test) cmocka_unit_test_setup_teardown(test, state_make, state_remove)

/* The path of a file in the state directory; until the next call. */
const char *state_path(struct state *state, const char *name);

#endif
