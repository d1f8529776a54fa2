/* db - a database as the store sees it: one small interface, a driver behind it.
 *
 * SQL is written once, in the dialect that SQLite and PostgreSQL share: parameters are $1,
 * $2 ... in the order of their first appearance, `integer primary key` numbers its rows.
 * A statement is prepared once and kept, so its text is a static const char. Parameters are
 * put in order, as wire_put_*() does, and stay lent until query_end().
 *
 *     OWN(query) query = db_query(db, "select box from secret where name = $1", error);
 *     query_put_text(query, name);
 *     enum query_step step = query_next(query, error);
 *
 * Errors: IMH_WAIT another program has it; IMH_RETRY the disk or the memory cannot take it
 * now; IMH_REJECTED a constraint says no, or the database is not ours, too new or damaged;
 * IMH_DENIED permissions; IMH_BROKEN our own mistake.
 *
 * Thread: store.
 */
#ifndef HOST_STORE_DB_H
#define HOST_STORE_DB_H

#include "base/error.h"
#include "base/own.h"
#include "base/str.h"

struct db;
struct query;

enum db_how { DB_MAKE /* when it is not there */, DB_EXISTING };

/* What failures so far mean for what is to come. */
enum db_state {
    DB_GOOD,
    DB_FULL,   /* nothing is lost; good again after a commit that found room */
    DB_SUSPECT /* a sync failed, or the file is damaged: nothing may be relied on */
};

/* Is there a driver for it? */
bool db_place_is_known(struct str place, struct error *error);

/* `place` is "sqlite:PATH". Errors: IMH_MISSING when DB_EXISTING does not exist; a database
 * that was there and is gone, is foreign or damaged is refused, never made anew. */
struct db *db_open(struct str place, enum db_how how, struct error *error);
void db_close(struct db *db); /* NULL is fine */

enum db_state db_state(const struct db *db);
const char *db_name(const struct db *db); /* for messages; lent */

/* Statements without parameters, separated by semicolons. */
bool db_run(struct db *db, const char *sql, struct error *error);

bool db_begin(struct db *db, struct error *error);
bool db_commit(struct db *db, struct error *error); /* true: it is on the disk */
void db_rollback(struct db *db);

/* A failure may have ended the whole transaction: then there is nothing to go back to. */
bool db_in_transaction(const struct db *db);

/* Inside a transaction, a few levels deep: what came after it is undone, or kept. */
bool db_savepoint(struct db *db, struct error *error);
bool db_release(struct db *db, struct error *error);
bool db_undo(struct db *db, struct error *error);

/* Adds to the numbers of a row that counts others: written once when the transaction ends,
 * however often, and until then not seen. `sql` takes DB_NUMBERS numbers, which are `by`,
 * and the key. */
enum { DB_NUMBERS = 4 };
bool db_count(struct db *db, const char *sql, int64_t key, const int64_t *by,
              struct error *error);

/* Housekeeping between transactions: SQLite moves its log into the database when it has at
 * least `log_pages` pages of 4 KiB. 0: in any case, and nothing that was erased is left. */
bool db_settle(struct db *db, uint32_t log_pages, struct error *error);

bool db_has_table(struct db *db, struct str name, bool *has, struct error *error);

/* Reads everything and tells each damage found; false when it could not be read. */
bool db_verify(struct db *db, void (*damaged)(void *context, struct str what),
               void *context, struct error *error);

/* ---- queries ---- */

enum query_step { QUERY_FAILED, QUERY_ROW, QUERY_DONE };

/* NULL, with the error, when it cannot be had. That is a query which fails: nothing comes
 * of putting something in, and query_next() and query_run() leave the error as it is. */
struct query *db_query(struct db *db, const char *sql, struct error *error);

void query_put_int(struct query *query, int64_t number);
void query_put_text(struct query *query, struct str text);
void query_put_bytes(struct query *query, struct str bytes);
void query_put_null(struct query *query);

/* The next row; the first call runs the statement. One that writes and gives rows too is
 * read to its end: before, it has not written. */
enum query_step query_next(struct query *query, struct error *error);

/* For statements without rows; ends the query. */
bool query_run(struct query *query, struct error *error);

/* Columns of the row, from 0; texts are lent until query_next() or query_end(). */
int64_t query_int(const struct query *query, unsigned column);
struct str query_text(const struct query *query, unsigned column);
struct str query_bytes(const struct query *query, unsigned column);
bool query_is_null(const struct query *query, unsigned column);

/* Rows that the last insert, update or delete changed; the key it gave its last row. */
int64_t db_changes(const struct db *db);
int64_t db_last_key(const struct db *db);

/* Runs a delete of what is older than a moment, $1, and of at most so many rows, $2. */
bool db_forget(struct db *db, const char *sql, int64_t before_ms, uint32_t most,
               uint32_t *gone, struct error *error);

void query_end(struct query *query); /* NULL is fine */

/* Ends those that somebody forgot: one that runs on would keep the log from being moved.
 * True when there was none. */
bool db_end_queries(struct db *db);

/* OWN(query) ends it; queries are lent by their database, which frees them. */
__attribute__((unused)) static inline void query_own(struct query **query)
{
    query_end(*query);
}

#endif
