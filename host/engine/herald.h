/* herald - runs the command that tells people of trouble: one at a time, beside the work.
 *
 * The command gets what it is to tell on its standard input, an empty environment, no other
 * descriptors, and no way to more rights; for root it runs as nobody. Its end is watched:
 * when it fails or takes too long, that is in the log with its words, and it is run again
 * later. What is not told when the process ends is not told by this.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_ENGINE_HERALD_H
#define HOST_ENGINE_HERALD_H

#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/own.h"

enum {
    HERALD_WORDS_MOST = 16,   /* of a command */
    HERALD_WAITING_MOST = 64, /* things to be told */
    HERALD_TRIES_MOST = 5,
    HERALD_FDS_MOST = 2
};

struct herald_settings {
    const struct clock *clock; /* lent */
    const struct log *log;     /* lent */
    int64_t time_ms;           /* it may take */
    int64_t again_ms;          /* until it is run again */
};

struct herald;

struct herald *herald_make(const struct herald_settings *settings, struct error *error);
void herald_free(struct herald *herald); /* ends the command */
OWN_BY(herald);

/* Is it a command: words between blanks, of which the first is the path of a program, from
 * the root on? There are no quotes, and no shell. */
bool herald_check(struct str command, struct error *error);

/* It is run soon; both are copied. false: too many wait. */
bool herald_tell(struct herald *herald, struct str command, struct str facts,
                 struct error *error);

/* Starts what is to be started, and looks what became of it. */
void herald_turn(struct herald *herald);

/* What to wait for, and for how long at most. */
unsigned herald_fds(const struct herald *herald, struct pollfd *fds, int64_t *wait_ms);

#endif
