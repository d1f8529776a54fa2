/* migrations - the numbered steps that lead an older database to today's tables.
 *
 * A step is one transaction, so a kill leaves the database before or after it. A step that
 * was released is never edited: what it got wrong, a later one mends. The number of each
 * step done stands in the table `migration`. Thread: store.
 */
#ifndef HOST_STORE_MIGRATIONS_H
#define HOST_STORE_MIGRATIONS_H

#include "base/clock.h"
#include "store/db.h"

struct migration {
    const char *name;
    const char *sql; /* statements, separated by semicolons */
};

struct migrations {
    const struct migration *items; /* number 1 comes first */
    unsigned count;
};

extern const struct migrations migrations_all;

/* Always false: the database is of a newer imh. */
bool migrations_refuse(const struct db *db, const struct migrations *migrations,
                       int64_t number, struct error *error);

/* Does the steps that are missing. A database of a newer imh is refused. */
bool migrations_run(struct db *db, const struct migrations *migrations,
                    const struct clock *clock, struct error *error);

/* The number of the last step done; 0 for a new database. */
bool migrations_number(struct db *db, int64_t *number, struct error *error);

#endif
