/* audit - who changed what: one row for each act of a person or program that matters later.
 * Values, above all secrets, do not belong here. Thread: store. */
#ifndef HOST_STORE_AUDIT_H
#define HOST_STORE_AUDIT_H

#include "store/db.h"

struct audit {
    int64_t at_ms;
    struct str actor;   /* "uid 1000", "key billing" */
    struct str action;  /* "vault set" */
    struct str account; /* may be empty */
    struct str subject; /* "mywebshop token" */
};

/* In the transaction of what it tells of. */
bool audit_add(struct db *db, const struct audit *audit, struct error *error);

#endif
