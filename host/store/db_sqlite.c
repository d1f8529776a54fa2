/* SQLite. One connection does every write and every checkpoint, and locks all others out:
 * the versions of Debian 12 can damage a file when two of them write at the same instant.
 */
#include "store/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/text.h"
#include "store/db_driver.h"
#include "store/db_file.h"
#include "store/db_sqlite_layer.h"

/* A log that grew larger is cut back to this once it is moved. */
#define LOG_BYTES_KEPT_TEXT "67108864"

struct sqlite {
    struct db db; /* first */
    sqlite3 *handle;
    uint32_t log_pages; /* in the log after the last commit */
};

static struct sqlite *of(const struct db *db)
{
    return (struct sqlite *)(void *)db;
}

static sqlite3_stmt *statement_of(const struct query *query)
{
    return query->prepared;
}

/* ---- what went wrong ---- */

/* By SQLite's primary code; what is not here is our own mistake. */
static const struct failure {
    int code;
    imh_status status;
    enum db_state state;
    const char *text; /* NULL: SQLite's own words */
} failures[] = {
    {SQLITE_CONSTRAINT, IMH_REJECTED, DB_GOOD, NULL},
    {SQLITE_TOOBIG, IMH_REJECTED, DB_GOOD, "too large a value"},
    {SQLITE_BUSY, IMH_WAIT, DB_GOOD, "in use by another program"},
    {SQLITE_NOMEM, IMH_RETRY, DB_GOOD, "out of memory"},
    {SQLITE_FULL, IMH_RETRY, DB_FULL, "no room on the disk: make some"},
    {SQLITE_CANTOPEN, IMH_RETRY, DB_GOOD, "cannot be opened"},
    {SQLITE_PERM, IMH_DENIED, DB_GOOD, "not allowed"},
    {SQLITE_READONLY, IMH_DENIED, DB_GOOD, "may not be written"},
    {SQLITE_IOERR, IMH_RETRY, DB_SUSPECT, "the disk failed"},
    {SQLITE_CORRUPT, IMH_REJECTED, DB_SUSPECT, "damaged: restore it from a backup"},
    {SQLITE_NOTADB, IMH_REJECTED, DB_SUSPECT, "not a database, or damaged"},
};
enum { FAILURE_COUNT = sizeof failures / sizeof *failures };

/* Some failures of a write only say that there is no room, or no memory. Which one it was
 * still stands in errno: SQLite keeps it for itself only when a commit fails. */
static int plain_code(int code, int number)
{
    if (code == SQLITE_IOERR_NOMEM) {
        return SQLITE_NOMEM;
    }
    if (code == SQLITE_IOERR_DATA) {
        return SQLITE_CORRUPT; /* the page's sum is wrong */
    }
    if (code == SQLITE_IOERR_WRITE &&
        (number == ENOSPC || number == EDQUOT || number == EFBIG)) {
        return SQLITE_FULL;
    }
    return code & 0xFF;
}

static bool fail_code(struct db *db, int code, const char *sql, struct error *error)
{
    int plain = plain_code(code, errno);
    const char *words = sqlite3_errmsg(of(db)->handle);
    for (size_t i = 0; i < FAILURE_COUNT; i++) {
        const struct failure *failure = &failures[i];
        if (failure->code == plain) {
            db->state = failure->state > db->state ? failure->state : db->state;
            return error_set(error, failure->status, "%s: %s", db->name,
                             failure->text ? failure->text : words);
        }
    }
    return error_set(error, IMH_BROKEN, "%s: %s: %s", db->name, words, sql);
}

/* ---- statements ---- */

static bool sqlite_run(struct db *db, const char *sql, struct error *error)
{
    int code = sqlite3_exec(of(db)->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || fail_code(db, code, sql, error);
}

static bool sqlite_in_transaction(const struct db *db)
{
    return !sqlite3_get_autocommit(of(db)->handle);
}

/* $1, $2 ... must appear in order: then they count as in PostgreSQL. */
static bool has_parameters_in_order(sqlite3_stmt *statement, int count)
{
    for (int i = 1; i <= count; i++) {
        char name[16];
        const char *given = sqlite3_bind_parameter_name(statement, i);
        (void)snprintf(name, sizeof name, "$%d", i);
        if (!given || strcmp(given, name) != 0) {
            return false;
        }
    }
    return true;
}

static bool sqlite_prepare(struct query *query, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    const char *rest = "";
    int code = sqlite3_prepare_v3(of(query->db)->handle, query->sql, -1,
                                  SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    if (code != SQLITE_OK) {
        return fail_code(query->db, code, query->sql, error);
    }
    int count = statement ? sqlite3_bind_parameter_count(statement) : 0;
    if (!statement || *rest || !has_parameters_in_order(statement, count)) {
        (void)sqlite3_finalize(statement);
        return error_set(error, IMH_BROKEN,
                         "%s: not one statement with $1, $2 ... in order: %s",
                         query->db->name, query->sql);
    }
    query->prepared = statement;
    query->parameters = (unsigned)count;
    return true;
}

/* A statement that gives rows and writes may commit here, when it was not read to its end.
 */
static void sqlite_reset(struct query *query)
{
    struct error ignored;
    int code = sqlite3_reset(statement_of(query));
    if (code != SQLITE_OK && !query->failed) {
        (void)fail_code(query->db, code, query->sql, &ignored);
    }
    (void)sqlite3_clear_bindings(statement_of(query));
}

static void sqlite_finish(struct query *query)
{
    (void)sqlite3_finalize(statement_of(query));
}

static bool put(struct query *query, int code)
{
    return code == SQLITE_OK || fail_code(query->db, code, query->sql, &query->error);
}

static bool sqlite_put_int(struct query *query, unsigned place, int64_t number)
{
    return put(query, sqlite3_bind_int64(statement_of(query), (int)place, number));
}

/* A null pointer would be NULL, not the empty text. */
static bool sqlite_put_text(struct query *query, unsigned place, struct str text)
{
    return put(query, sqlite3_bind_text64(statement_of(query), (int)place,
                                          text.len > 0 ? text.ptr : "", text.len,
                                          SQLITE_STATIC, SQLITE_UTF8));
}

static bool sqlite_put_bytes(struct query *query, unsigned place, struct str bytes)
{
    return put(query, sqlite3_bind_blob64(statement_of(query), (int)place,
                                          bytes.len > 0 ? bytes.ptr : "", bytes.len,
                                          SQLITE_STATIC));
}

static enum query_step sqlite_step(struct query *query, struct error *error)
{
    int code = sqlite3_step(statement_of(query));
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        return code == SQLITE_ROW ? QUERY_ROW : QUERY_DONE;
    }
    (void)fail_code(query->db, code, query->sql, error);
    return QUERY_FAILED;
}

static int64_t sqlite_column_int(const struct query *query, unsigned column)
{
    return sqlite3_column_int64(statement_of(query), (int)column);
}

/* Of a text too: as bytes it needs no zero behind it, so no memory. */
static struct str sqlite_column_bytes(const struct query *query, unsigned column)
{
    const char *ptr = sqlite3_column_blob(statement_of(query), (int)column);
    int len = sqlite3_column_bytes(statement_of(query), (int)column);
    return ptr && len > 0 ? (struct str){ptr, (size_t)len} : STR_OF("");
}

static bool sqlite_column_is_null(const struct query *query, unsigned column)
{
    return sqlite3_column_type(statement_of(query), (int)column) == SQLITE_NULL;
}

static int64_t sqlite_changes(const struct db *db)
{
    return sqlite3_changes64(of(db)->handle);
}

static int64_t sqlite_last_key(const struct db *db)
{
    return sqlite3_last_insert_rowid(of(db)->handle);
}

/* ---- the log ---- */

/* After each commit that wrote something. */
static int note_commit(void *data, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite *sqlite = data;
    (void)handle;
    (void)name;
    sqlite->log_pages = pages > 0 ? (uint32_t)pages : 0;
    if (sqlite->db.state == DB_FULL) {
        sqlite->db.state = DB_GOOD;
    }
    return SQLITE_OK;
}

/* SQLite's own automatic checkpoint swallows a failed sync and tries again later, which
 * would succeed without the data: so ours are made here, and their failure counts. */
static bool checkpoint(struct db *db, int mode, struct error *error)
{
    int code = sqlite3_wal_checkpoint_v2(of(db)->handle, NULL, mode, NULL, NULL);
    if (code != SQLITE_OK) {
        return fail_code(db, code, "checkpoint", error);
    }
    of(db)->log_pages = 0;
    return true;
}

static bool sqlite_settle(struct db *db, uint32_t log_pages, struct error *error)
{
    if (log_pages == 0) {
        return checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE, error);
    }
    return of(db)->log_pages < log_pages ||
           checkpoint(db, SQLITE_CHECKPOINT_PASSIVE, error);
}

/* ---- looking inside ---- */

static bool sqlite_has_table(struct db *db, struct str name, bool *has, struct error *error)
{
    static const char sql[] =
        "select count(*) from sqlite_schema where type = 'table' and name = $1";
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_text(query, name);
    bool good = query_next(query, error) == QUERY_ROW;
    if (good) {
        *has = query_int(query, 0) > 0;
    }
    query_end(query);
    return good;
}

static bool verify_by(struct db *db, const char *sql, const char *what,
                      void (*damaged)(void *context, struct str what), void *context,
                      struct error *error)
{
    enum query_step step;
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    while ((step = query_next(query, error)) == QUERY_ROW) {
        struct text line;
        if (!str_is(query_text(query, 0), "ok")) {
            db->state =
                DB_SUSPECT; /* it is not closed well, so the next start looks, too */
            text_init(&line, 4096);
            text_print(&line, "%s: %.*s", what, STR_ARGS(query_text(query, 0)));
            damaged(context, text_str(&line));
            text_done(&line);
        }
    }
    query_end(query);
    return step == QUERY_DONE;
}

static bool sqlite_verify(struct db *db, void (*damaged)(void *context, struct str what),
                          void *context, struct error *error)
{
    return verify_by(db, "pragma integrity_check", "integrity", damaged, context, error) &&
           verify_by(db, "pragma foreign_key_check", "foreign key", damaged, context,
                     error);
}

/* ---- open and close ---- */

/* Does the only row say what it should? Read to the end: only there a pragma that writes
 * has written, though it answered before. */
static bool answers(struct db *db, const char *sql, struct str wanted,
                    const char *otherwise, struct error *error)
{
    OWN(query) query = db_query(db, sql, error);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    struct str answer = query_text(query, 0);
    if (!str_eq(answer, wanted)) {
        return error_set(error, IMH_REJECTED, "%s: %s: %.*s", db->name, otherwise,
                         STR_ARGS(answer));
    }
    return query_next(query, error) == QUERY_DONE;
}

static bool read_number(struct db *db, const char *sql, int64_t *number,
                        struct error *error)
{
    struct query *query = db_query(db, sql, error);
    bool good = query_next(query, error) == QUERY_ROW;
    if (good) {
        *number = query_int(query, 0);
    }
    query_end(query);
    return good;
}

/* An empty file becomes ours; its first transaction says so, before the log is used. */
static bool make_ours(struct db *db, struct error *error)
{
    static const char sql[] = "pragma application_id = " DB_FILE_APPLICATION_TEXT;
    int64_t application = 0;
    int64_t things = 0;
    if (!read_number(db, "pragma application_id", &application, error) ||
        !read_number(db, "select count(*) from sqlite_schema", &things, error)) {
        return false;
    }
    if (application == DB_FILE_APPLICATION) {
        return true;
    }
    if (application != 0 || things != 0) {
        return error_set(error, IMH_REJECTED, "%s: a database of another program",
                         db->name);
    }
    return sqlite_run(db, sql, error);
}

/* After a good end the file is whole, and what a disk does to it later the sums tell when
 * it is read. After any other, all of it is looked at before something builds on it. */
static bool check_end(struct db *db, struct error *error)
{
    int64_t ended = 0;
    if (!read_number(db, "pragma user_version", &ended, error)) {
        return false;
    }
    if (ended == DB_FILE_CLOSED) {
        return true;
    }
    db_file_read_ahead(db->name);
    return answers(db, "pragma quick_check(1)", STR_OF("ok"),
                   "damaged: restore it from a backup", error);
}

/* Locked for us alone, without shared memory; the log survives only whole. What an earlier
 * process wrote, perhaps without knowing whether it is on the disk, is written again and
 * synced by the checkpoint before anything builds on it. */
static bool take_over(struct db *db, struct error *error)
{
    return sqlite_run(db,
                      "pragma page_size = 4096;"
                      "pragma locking_mode = exclusive;"
                      "pragma synchronous = full;"
                      "pragma temp_store = memory;"
                      "pragma mmap_size = 0;"
                      "pragma foreign_keys = on;"
                      "pragma trusted_schema = off;"
                      "pragma secure_delete = on;"
                      "pragma cell_size_check = on;"
                      "pragma journal_size_limit = " LOG_BYTES_KEPT_TEXT,
                      error) &&
           make_ours(db, error) &&
           answers(db, "pragma journal_mode = wal", STR_OF("wal"), "it cannot have a log",
                   error) &&
           check_end(db, error) &&
           sqlite_run(db, "pragma user_version = " DB_FILE_OPEN_TEXT, error) &&
           checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE, error);
}

static void configure(struct sqlite *sqlite)
{
    int reserved = DB_SQLITE_SUM_BYTES;
    (void)sqlite3_file_control(sqlite->handle, "main", SQLITE_FCNTL_RESERVE_BYTES,
                               &reserved);
    /* In the place of the hook that makes SQLite's automatic checkpoints. */
    (void)sqlite3_wal_hook(sqlite->handle, note_commit, sqlite);
    (void)sqlite3_db_config(sqlite->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(sqlite->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_db_config(sqlite->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    /* Closing does not checkpoint by itself: it would not say when that failed. */
    (void)sqlite3_db_config(sqlite->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* A good end leaves one file that says that it is whole. */
static void sqlite_close(struct db *db)
{
    struct error ignored;
    struct sqlite *sqlite = of(db);
    if (db->state != DB_SUSPECT &&
        sqlite_run(db, "pragma user_version = " DB_FILE_CLOSED_TEXT, &ignored) &&
        checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE, &ignored)) {
        (void)sqlite3_db_config(sqlite->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    }
    (void)sqlite3_close(sqlite->handle);
    free(sqlite);
}

static struct db *sqlite_open(struct str place, enum db_how how, struct error *error)
{
    struct sqlite *sqlite = calloc(1, sizeof *sqlite);
    if (!sqlite) {
        (void)error_set(error, IMH_RETRY, "%.*s: out of memory", STR_ARGS(place));
        return NULL;
    }
    struct db *db = &sqlite->db;
    db->driver = &db_sqlite;
    /* A name without a folder could mean something to SQLite: ":memory:", "file:". */
    const char *prefix = memchr(place.ptr, '/', place.len) ? "" : "./";
    int length = snprintf(db->name, sizeof db->name, "%s%.*s", prefix, STR_ARGS(place));
    bool good =
        (place.len > 0 && length < (int)sizeof db->name) ||
        error_set(error, IMH_REJECTED, "'%.*s' is no path of a database", STR_ARGS(place));
    good = good && db_file_ready(db->name, how, error);
    if (!good) {
        free(sqlite);
        return NULL;
    }
    int code =
        sqlite3_open_v2(db->name, &sqlite->handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                        db_sqlite_layer_name());
    good = code == SQLITE_OK || fail_code(db, code, "open", error);
    if (good) {
        configure(sqlite);
        good = take_over(db, error) && db_file_keep(db->name, error);
    }
    if (!good) {
        db->state = DB_SUSPECT; /* nothing is written any more */
        db_close(db);
        return NULL;
    }
    return db;
}

const struct db_driver db_sqlite = {
    .scheme = "sqlite:",
    .open = sqlite_open,
    .close = sqlite_close,
    .run = sqlite_run,
    .in_transaction = sqlite_in_transaction,
    .settle = sqlite_settle,
    .has_table = sqlite_has_table,
    .verify = sqlite_verify,
    .changes = sqlite_changes,
    .last_key = sqlite_last_key,
    .prepare = sqlite_prepare,
    .reset = sqlite_reset,
    .finish = sqlite_finish,
    .put_int = sqlite_put_int,
    .put_text = sqlite_put_text,
    .put_bytes = sqlite_put_bytes,
    .step = sqlite_step,
    .column_int = sqlite_column_int,
    .column_bytes = sqlite_column_bytes,
    .column_is_null = sqlite_column_is_null,
};
