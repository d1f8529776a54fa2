/* bare_sqlite - what SQLite alone gives a queue: one table with a due index, rows of 500
 * bytes, synced before yes. The baseline of the queue's figures.
 */
#ifndef TESTS_BENCH_BARE_SQLITE_H
#define TESTS_BENCH_BARE_SQLITE_H

#include <stdbool.h>
#include <stdint.h>

enum { BARE_ROW_BYTES = 500 };

/* Rows a second of `producers` that each wait for their row's commit (a writer commits
 * what has gathered), or of one that puts `batch` rows into each commit. Ends the process
 * when SQLite fails. `ordered`: with an index by which the next row of a stream is found,
 * of 64 that take turns: what order costs. */
double bare_sqlite(const char *folder, unsigned producers, unsigned batch, bool ordered,
                   int64_t span_ms);

#endif
