/* db_driver - what is behind db.h: one row of functions a kind of database.
 *
 * db.c keeps the prepared queries and counts parameters; a driver does the rest. Functions
 * that fail fill the error and set `db->state`.
 */
#ifndef HOST_STORE_DB_DRIVER_H
#define HOST_STORE_DB_DRIVER_H

#include "store/counts.h"
#include "store/db.h"

enum { DB_QUERY_SLOTS = 128, DB_NAME_BYTES = 4096 };

struct query {
    struct query *next; /* of the same slot */
    struct db *db;
    const char *sql;
    void *prepared; /* the driver's */
    unsigned parameters, put;
    bool busy;    /* lent to somebody */
    bool running; /* after its first step */
    bool ended;   /* after its last row: SQLite would begin anew */
    bool failed;  /* for good: `error` says why */
    struct error error;
};

struct db_driver {
    const char *scheme; /* "sqlite:" */
    struct db *(*open)(struct str place, enum db_how how, struct error *error);
    void (*close)(struct db *db);
    bool (*run)(struct db *db, const char *sql, struct error *error);
    bool (*in_transaction)(const struct db *db);
    bool (*settle)(struct db *db, uint32_t log_pages, struct error *error);
    bool (*has_table)(struct db *db, struct str name, bool *has, struct error *error);
    bool (*verify)(struct db *db, void (*damaged)(void *context, struct str what),
                   void *context, struct error *error);
    int64_t (*changes)(const struct db *db);
    int64_t (*last_key)(const struct db *db);
    /* Queries: prepare() sets `prepared` and `parameters`; places count from 1. */
    bool (*prepare)(struct query *query, struct error *error);
    void (*reset)(struct query *query);
    void (*finish)(struct query *query);
    bool (*put_int)(struct query *query, unsigned place, int64_t number);
    bool (*put_text)(struct query *query, unsigned place, struct str text);
    bool (*put_bytes)(struct query *query, unsigned place, struct str bytes);
    enum query_step (*step)(struct query *query, struct error *error);
    int64_t (*column_int)(const struct query *query, unsigned column);
    struct str (*column_bytes)(const struct query *query, unsigned column);
    bool (*column_is_null)(const struct query *query, unsigned column);
};

/* First member of a driver's own struct. */
struct db {
    const struct db_driver *driver;
    enum db_state state;
    char name[DB_NAME_BYTES];
    unsigned lent; /* queries that nobody ended yet */
    struct counts counts;
    struct query *queries[DB_QUERY_SLOTS];
};

extern const struct db_driver db_sqlite;

#endif
