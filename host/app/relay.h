/* relay - calls that the daemon makes for a command: with its configuration, credentials
 * and budgets, so that what a command asks of a remote counts with all the rest.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_RELAY_H
#define HOST_APP_RELAY_H

#include "app/daemon.h"

enum {
    RELAY_TIME_MS = 10 * 60 * 1000, /* longest call */
    RELAY_ERRANDS_MOST = 1000       /* under way at once */
};

/* MESSAGE_PLUGIN or MESSAGE_ERRAND; false for anything else. */
bool relay_message(void *daemon, uint64_t peer, const struct frame *frame);

/* The daemon ends: nobody is told any more. */
void relay_free(struct daemon *daemon);

#endif
