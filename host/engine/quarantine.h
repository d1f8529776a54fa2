/* quarantine - a plugin that keeps dying is not started any more for a while.
 *
 * Pauses that grow are for a plugin that dies now and then; one that dies at every start,
 * or at every record of a shop, would go on for ever, and harm somebody's calls each time.
 * A quarantine ends by itself, as what killed it may have been the remote, or at once when
 * the plugin's file is another one.
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_QUARANTINE_H
#define HOST_ENGINE_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/path.h"

enum {
    QUARANTINE_DEATHS = 5,                 /* so many ... */
    QUARANTINE_WITHIN_MS = 10 * 60 * 1000, /* ... in so short a time: */
    QUARANTINE_MS = 60 * 60 * 1000         /* so long */
};

struct quarantine {
    int64_t deaths_ms[QUARANTINE_DEATHS]; /* the last ones, as a ring; 0: none */
    unsigned next;
    int64_t until_ms; /* 0: not in quarantine */
    struct path_mark file;
};

/* It died; true when it is in quarantine from now on. `file` is the one it was loaded from;
 * `now_ms` is monotonic, above 0. */
bool quarantine_death(struct quarantine *quarantine, const struct path_mark *file,
                      int64_t now_ms);

/* Is it, still? With another file, or when its time is over, it begins anew. */
bool quarantine_holds(struct quarantine *quarantine, const struct path_mark *file,
                      int64_t now_ms);

#endif
