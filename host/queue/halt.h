/* halt - what keeps the jobs of an integration from running: a person who said so, or
 * credentials that were refused.
 *
 * A pause is kept until a person ends it; holds (queue.h) end with it, and when a secret or
 * setting is changed. Both are asked about by the rules of the queue.
 *
 * Thread: store.
 */
#ifndef HOST_QUEUE_HALT_H
#define HOST_QUEUE_HALT_H

#include "base/arena.h"
#include "store/db.h"

enum { PAUSE_WHO_BYTES = 32 };

/* Somebody disabled the integration. */
struct pause {
    int64_t since_ms; /* 0: nobody did */
    char who[PAUSE_WHO_BYTES];
};

/* One that is paused already stays as it is. */
bool halt_pause(struct db *db, int64_t integration, const struct pause *pause,
                struct error *error);
bool halt_end_pause(struct db *db, int64_t integration, struct error *error);
bool halt_find_pause(struct db *db, int64_t integration, struct pause *pause,
                     struct error *error);

struct halt {
    struct str account, integration;
    bool paused;     /* by a person; else held */
    struct str part; /* of a hold: what is; empty for all of it */
    int64_t since_ms;
    struct str why; /* the remote's words, or who paused it */
};

/* What keeps jobs of that part waiting, a pause before a hold; texts are copied into the
 * arena. With `since_ms` 0 nothing does. */
bool halt_find(struct db *db, int64_t integration, struct str part, struct arena *arena,
               struct halt *halt, struct error *error);

/* All there are, by integration; what is passed is lent for the call. */
bool halt_each(struct db *db, void (*each)(void *self, const struct halt *halt), void *self,
               struct error *error);

#endif
