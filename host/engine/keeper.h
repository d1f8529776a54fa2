/* keeper - keeps the store in order beside the work: forgets what was kept long enough, and
 * looks how much room its disk has.
 *
 * Jobs that are done or discarded go, with all that is known of them, job_kept_days()
 * after; a few at a time, with pauses, so that nobody who writes waits for it. What people
 * have not decided about stays until they do. While the calendar is far ahead of where it
 * was, or of the newest job and event at a start, nothing goes for a day.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_ENGINE_KEEPER_H
#define HOST_ENGINE_KEEPER_H

#include "base/own.h"
#include "engine/room.h"
#include "store/store.h"

enum {
    KEEPER_REST_MS = 3600 * 1000,      /* when nothing is left to forget ... */
    KEEPER_PAUSE_MS = 50,              /* ... and when there is */
    KEEPER_STEP_MS = 2,                /* after which a step begins nothing more ... */
    KEEPER_STEP_JOBS = 256,            /* ... and neither after so many jobs, */
    KEEPER_ONCE_JOBS = 4,              /* which go so many at once */
    KEEPER_JUMP_MS = 2 * 86400 * 1000, /* further ahead than this it is doubted ... */
    KEEPER_TRUST_MS = 86400 * 1000,    /* ... for so long */
    KEEPER_LOOK_MS = 1000              /* how often it looks at the disk */
};

struct keeper;

struct keeper_settings {
    struct store *store; /* lent for its life */
    const struct clock *clock;
    const struct log *log;
    int64_t free_bytes; /* that are to be on the disk, as in struct room */
    /* What the disk says; NULL: store_disk(). */
    bool (*disk)(void *self, struct store_disk *disk);
    void *self;
};

/* NULL when memory or descriptors are out. */
struct keeper *keeper_make(const struct keeper_settings *settings, struct error *error);
void keeper_free(struct keeper *keeper); /* waits for its step, if one is under way */
OWN_BY(keeper);

/* What to poll() for, and when to come at the latest: milliseconds from now. */
int keeper_fd(const struct keeper *keeper);
int64_t keeper_wait_ms(const struct keeper *keeper, int64_t wait_ms);

void keeper_turn(struct keeper *keeper);

const struct room *keeper_room(const struct keeper *keeper);

/* When nothing was left to forget, the last time; calendar; 0: never. */
int64_t keeper_swept_at_ms(const struct keeper *keeper);

/* Jobs that went since it was made. */
uint64_t keeper_forgotten(const struct keeper *keeper);

#endif
