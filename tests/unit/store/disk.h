/* disk - what is under SQLite, as a test wants it: counts, fails and waits.
 *
 * A layer between SQLite and its files. It has no shared memory, which proves that the
 * store needs none. Thread: any.
 */
#ifndef TESTS_UNIT_STORE_DISK_H
#define TESTS_UNIT_STORE_DISK_H

#include <stdbool.h>

enum disk_call { DISK_READ, DISK_WRITE, DISK_TRUNCATE, DISK_SYNC, DISK_CALLS };
enum disk_file { DISK_DATABASE, DISK_LOG, DISK_JOURNAL, DISK_FILES };

struct disk_fault {
    enum disk_call call;
    enum disk_file file;
    unsigned after; /* calls that go well before */
    unsigned times; /* how many fail then; 0: all of them */
    int code;       /* SQLite's: SQLITE_FULL, SQLITE_IOERR_FSYNC ... */
    int number;     /* errno */
};

/* SQLite uses it from now on. Once in a program. */
void disk_insert(void);

void disk_fail(const struct disk_fault *fault);
void disk_heal(void); /* no fault, nothing waits, all counts 0 */

unsigned disk_count(enum disk_call call, enum disk_file file);

/* The next sync of the log waits in the middle; until one does; until it may go on. */
void disk_hold(void);
void disk_wait_until_held(void);
void disk_release(void);

#endif
