/* folder - the state directory: made for us alone, and owned by one process at a time.
 *
 * The owner holds a lock on an open file, STATE/lock, which also has its process id; the
 * kernel drops the lock with the process, so a killed owner leaves nothing behind.
 */
#ifndef HOST_STORE_FOLDER_H
#define HOST_STORE_FOLDER_H

#include "base/error.h"

struct folder {
    int lock; /* -1: not owned */
};

/* Makes the directory (mode 0700) when it is not there, and waits up to `wait_ms` for the
 * one who has it. Errors: IMH_WAIT says who that is; IMH_DENIED when others may write into
 * the directory. */
bool folder_claim(struct folder *folder, const char *path, int64_t wait_ms,
                  struct error *error);

/* Is the directory still where it was? One that was moved or removed can be claimed again,
 * by another one at the same path. */
bool folder_is_in_place(const struct folder *folder, const char *path);

/* Harmless when not owned. */
void folder_release(struct folder *folder);

#endif
