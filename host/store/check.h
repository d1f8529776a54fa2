/* check - is the store whole? Reads all of it, while nobody else has it: the file, the
 * tables' references, and every invariant. Changes nothing but what SQLite repairs after a
 * kill. Thread: the caller's.
 */
#ifndef HOST_STORE_CHECK_H
#define HOST_STORE_CHECK_H

#include "store/store.h"

struct check_report {
    /* Called for each thing that is wrong, in one line. */
    void (*found)(struct check_report *report, struct str what);
    unsigned count;  /* how often */
    int64_t schema;  /* the database's */
    unsigned newest; /* the one this imh brings it to */
};

/* Errors: IMH_MISSING there is no store yet; else it could not be looked at. */
bool check_store(const struct store_settings *settings, struct check_report *report,
                 struct error *error);

#endif
