/* relay - calls that the daemon makes for commands: with its configuration, credentials and
 * budgets, so that what a command asks of a remote counts with all the rest, and with one
 * cache of answers for all of them.
 *
 * What is kept of an integration is kept under its edition, a number that it gets anew when
 * its settings, a secret or its plugin's file have changed.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_RELAY_H
#define HOST_APP_RELAY_H

#include "app/daemon.h"
#include "engine/kept.h"

enum {
    RELAY_TIME_MS = 10 * 60 * 1000, /* longest call */
    RELAY_ERRANDS_MOST = 1000       /* under way at once */
};

struct relay;

struct relay *relay_make(struct error *error);

/* The daemon ends: nobody is told any more. */
void relay_free(struct relay *relay);

/* The newest site was put to work: its integrations get their editions, those of the one
 * before where nothing has changed. */
void relay_compare(struct daemon *daemon);

/* A secret of the integration was changed by a person. */
void relay_forget(struct relay *relay, struct configured *configured);

/* MESSAGE_PLUGIN or MESSAGE_ERRAND; false for anything else. */
bool relay_message(void *daemon, uint64_t peer, const struct frame *frame);

/* `wait_ms`, cut to when relay_turn() has something to do. */
int64_t relay_wait_ms(const struct relay *relay, int64_t wait_ms);

/* Ends the waiting of those whose time is over, or who hung up. */
void relay_turn(struct daemon *daemon);

struct kept_figures relay_figures(const struct relay *relay);

#endif
