/* db_sqlite_layer - what stands between SQLite and its files.
 *
 * SQLite keeps sums of its log only: a bit that flips in the database itself would come
 * back as somebody's order. The layer writes a sum into the last 8 bytes of each page of
 * the database and looks at it whenever the page is read. The form is that of SQLite's own
 * extension `cksumvfs`, so its tools can read and write such files; a program without it
 * can read them, but pages it writes count as damaged.
 *
 * And it gathers the many small writes of a commit or a checkpoint (db_sqlite_gather).
 * Thread: any.
 */
#ifndef HOST_STORE_DB_SQLITE_LAYER_H
#define HOST_STORE_DB_SQLITE_LAYER_H

enum { DB_SQLITE_SUM_BYTES = 8 /* to be reserved in each page */ };

/* The layer's name for sqlite3_open_v2(), over what is SQLite's default the first time. */
const char *db_sqlite_layer_name(void);

#endif
