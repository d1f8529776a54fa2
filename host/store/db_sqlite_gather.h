/* db_sqlite_gather - writes to a file that follow each other, as one.
 *
 * SQLite writes each page of its log in two pieces: for a commit of a hundred jobs some two
 * hundred calls of the kernel, which took a sixth of its time. What is gathered is written
 * when another write does not follow it, when there is no more room, and before anything
 * else is done with the file: so it is there before the sync that a commit waits for. A
 * write that fails is told by whatever called for it, and what was gathered is gone, as it
 * would be had it been written at once. Thread: that of the file.
 */
#ifndef HOST_STORE_DB_SQLITE_GATHER_H
#define HOST_STORE_DB_SQLITE_GATHER_H

#include <stddef.h>

#include <sqlite3.h>

enum { GATHER_BYTES = 120 << 10 }; /* below the 128 KiB that SQLite writes at once */

struct gather {
    unsigned char *bytes; /* allocated */
    size_t count;
    sqlite3_int64 at; /* in the file, of the first */
};

/* SQLITE_OK or SQLITE_NOMEM. */
int gather_init(struct gather *gather);
void gather_done(struct gather *gather);

/* Codes of SQLite, of a write to `file`. */
int gather_flush(struct gather *gather, sqlite3_file *file);

/* Makes room for 1 to GATHER_BYTES at this place: gather_add() takes them then. */
int gather_prepare(struct gather *gather, sqlite3_file *file, size_t count,
                   sqlite3_int64 at);

/* Returns the copy, which may be changed until the next call. */
unsigned char *gather_add(struct gather *gather, const void *bytes, size_t count);

#endif
