/* db_log - is SQLite's log (PATH-wal) damaged before its end?
 *
 * SQLite reads its log up to the first frame whose sum is wrong, and forgets the rest
 * without a word: after a power cut that is the last commit, whose sync was under way. But
 * a commit begins only when the one before it is synced, so of the commits that end with a
 * broken frame or behind it at most one can be unsynced. Where there are more, synced ones
 * would be lost: the log was damaged, and that is said instead. Damage to the last commit
 * cannot be told from a power cut; nor can one to the end of the last but one, where it
 * hides that a commit ended there. Thread: store.
 */
#ifndef HOST_STORE_DB_LOG_H
#define HOST_STORE_DB_LOG_H

#include "base/error.h"

enum { DB_LOG_PAGE_BYTES = 4096 };

/* Sums as SQLite's log has them: over pairs of numbers, each sum goes into the next. */
struct db_log_sum {
    uint32_t first, second;
};

/* `count` is a multiple of 8. `big`: the bytes are numbers with the high byte first. */
struct db_log_sum db_log_add(struct db_log_sum sum, const unsigned char *bytes,
                             size_t count, bool big);

/* `path` is the log's; one that is not there is whole. */
bool db_log_is_whole(const char *path, struct error *error);

#endif
