/* db_file - the file of an SQLite database, judged before SQLite touches it.
 *
 * Beside PATH may lie PATH-wal (the log: what is not in the file yet), PATH-journal (only
 * while a file is being made) and PATH-made, which says that there was a database once. So
 * one that is missing or empty is refused instead of being made anew, and so is one whose
 * log was taken away while it was in use. Thread: store.
 */
#ifndef HOST_STORE_DB_FILE_H
#define HOST_STORE_DB_FILE_H

#include "store/db.h"

/* "imh" and a zero: marks a file as ours. */
#define DB_FILE_APPLICATION 0x696D6800
#define DB_FILE_APPLICATION_TEXT "0x696D6800"

/* The header says whether the file was in use when it was last written. */
#define DB_FILE_CLOSED 0
#define DB_FILE_CLOSED_TEXT "0"
#define DB_FILE_OPEN_TEXT "1"

/* Refuses what is not ours or not whole; makes an empty file, synced, where nothing was. */
bool db_file_ready(const char *path, enum db_how how, struct error *error);

/* The database is there for good: syncs its folder and leaves PATH-made. */
bool db_file_keep(const char *path, struct error *error);

/* Has the whole file read into memory, as far as there is room: pages that are asked for in
 * the order of a tree cost a disk ten times as much. What fails here fails later, too. */
void db_file_read_ahead(const char *path);

#endif
