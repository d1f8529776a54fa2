/* room - is there enough of the disk left? Below a mark new work is refused, so that what
 * was accepted can still be recorded to its end; a good deal above it, it is taken again.
 *
 * Pure: of what the disk says. Thread: the daemon's.
 */
#ifndef HOST_ENGINE_ROOM_H
#define HOST_ENGINE_ROOM_H

#include "base/error.h"
#include "store/store.h"

enum {
    ROOM_SHARE = 10,      /* unless somebody says how much: this part of the disk ... */
    ROOM_USUAL_MIB = 256, /* ... and at most so much */
    ROOM_AGAIN_SHARE = 4  /* it is enough again with this part of the mark more */
};

struct room {
    int64_t asked_bytes;    /* that are to be free; -1: the usual; 0: nobody minds */
    struct store_disk disk; /* as it was last */
    bool is_short;
};

/* How much is to be free of such a disk. */
int64_t room_mark_bytes(const struct room *room);

/* What the disk says now. True when it became short, or enough again. */
bool room_look(struct room *room, const struct store_disk *disk);

/* IMH_RETRY: how little is left, and what to do. */
void room_say(const struct room *room, struct error *error);

#endif
