/* invariants - what must be true of the rows, whatever was killed when: one row of a table
 * each. A statement selects what breaks it, as one text a row; parts of the host that bring
 * tables bring their invariants along. Thread: store.
 */
#ifndef HOST_STORE_INVARIANTS_H
#define HOST_STORE_INVARIANTS_H

#include "store/db.h"

struct invariant {
    const char *name;   /* a sentence that is true */
    const char *broken; /* selects what breaks it */
};

struct invariants {
    const struct invariant *items;
    unsigned count;
};

extern const struct invariants invariants_all;

/* Tells each row that breaks one; false when that could not be found out. */
bool invariants_check(struct db *db, const struct invariants *invariants,
                      void (*found)(void *context, struct str what), void *context,
                      struct error *error);

#endif
