/* book_sql - the book in the store's database, and what is asked of it beside the
 * rules.
 *
 * Thread: store.
 */
#ifndef HOST_QUEUE_BOOK_SQL_H
#define HOST_QUEUE_BOOK_SQL_H

#include "queue/book.h"
#include "store/db.h"

/* Over a database that is lent for the book's life. */
struct book book_sql(struct db *db);

/* The number of an integration, which is given one when it has none. */
bool book_sql_integration(struct db *db, struct str account, struct str name, int64_t *id,
                          struct error *error);

/* What the keys of this queue's commands begin with: `dice` is used once in its life. */
bool book_sql_name(struct db *db, uint64_t dice, struct arena *arena, struct str *name,
                   struct error *error);

/* Forgets jobs of a kind that are done or discarded since before `before_ms`, with all that
 * belongs to them, oldest first and at most `most`; never the newest of all jobs: its
 * number must not be given again. `gone`: how many went. */
bool book_sql_forget(struct db *db, enum job_kind kind, int64_t before_ms, uint32_t most,
                     uint32_t *gone, struct error *error);

#endif
