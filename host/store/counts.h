/* counts - what a transaction adds to rows that count others.
 *
 * It is kept until the transaction ends and then written once a row, however many changes
 * there were: a commit of a hundred jobs changes one more row, not a hundred. Savepoints
 * take along what is theirs. Part of a database, see db_count(). Thread: store.
 */
#ifndef HOST_STORE_COUNTS_H
#define HOST_STORE_COUNTS_H

#include "store/db.h"

enum { COUNTS_LEVELS_MOST = 4 /* savepoints inside each other */ };

struct count {
    const char *sql; /* static */
    int64_t key;
    int64_t by[DB_NUMBERS];
};

struct counts {
    struct count *items;
    size_t count, room;
    size_t marks[COUNTS_LEVELS_MOST]; /* where each savepoint began */
    unsigned depth;
};

void counts_done(struct counts *counts);

bool counts_add(struct counts *counts, const char *sql, int64_t key, const int64_t *by,
                struct error *error);

void counts_clear(struct counts *counts);

/* A savepoint begins, goes back to its beginning, ends. */
bool counts_enter(struct counts *counts, struct error *error);
void counts_undo(struct counts *counts);
void counts_leave(struct counts *counts);

/* Writes all of them; nothing is left. */
bool counts_write(struct counts *counts, struct db *db, struct error *error);

#endif
