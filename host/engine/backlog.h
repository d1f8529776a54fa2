/* backlog - which integrations have too many jobs that wait.
 *
 * Looks now and then, in the store's thread and beside the work, and counts no further than
 * it has to. Thread: the daemon's.
 */
#ifndef HOST_ENGINE_BACKLOG_H
#define HOST_ENGINE_BACKLOG_H

#include "base/own.h"
#include "store/store.h"

enum {
    BACKLOG_LOOK_MS = 30000,  /* how often */
    BACKLOG_MOST = 100000,    /* that can be asked for */
    BACKLOG_FOUND_MOST = 1000 /* integrations that are told at once */
};

struct backlog;

/* NULL when memory or descriptors are out. Lent for its life: store and clock. */
struct backlog *backlog_make(struct store *store, const struct clock *clock,
                             struct error *error);
void backlog_free(struct backlog *backlog); /* waits for its look, if one is under way */
OWN_BY(backlog);

/* A look is over: `each` is told of all that have `most` jobs or more that wait, are held
 * or run, and true is returned. Begins one when it is time: after `every_ms`, or the usual
 * when that is shorter. `most` 0: nobody wants to know. */
bool backlog_turn(struct backlog *backlog, int64_t most, int64_t every_ms,
                  void (*each)(void *self, const char *account, const char *integration),
                  void *self);

#endif
