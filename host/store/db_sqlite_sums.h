/* db_sqlite_sums - a sum in each page of the database, so that damage does not go unseen.
 *
 * SQLite keeps sums of its log only: a bit that flips in the database itself would come
 * back as somebody's order. A layer below SQLite writes a sum into the last 8 bytes of each
 * page and looks at it whenever the page is read. The form is that of SQLite's own
 * extension `cksumvfs`, so its tools can read and write such files; a program without it
 * can read them, but pages it writes count as damaged. Thread: any.
 */
#ifndef HOST_STORE_DB_SQLITE_SUMS_H
#define HOST_STORE_DB_SQLITE_SUMS_H

enum { DB_SQLITE_SUM_BYTES = 8 /* to be reserved in each page */ };

/* The layer's name for sqlite3_open_v2(), over what is SQLite's default the first time. */
const char *db_sqlite_sums_layer(void);

#endif
